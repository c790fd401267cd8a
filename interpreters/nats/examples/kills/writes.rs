//! How many writes were sent: when to kill.

use async_nats::Client;
use futures_util::StreamExt;
use tokio::sync::watch;

use crate::Outcome;

/// The number of messages that controllers sent to a bucket, stored or not.
///
/// They are heard as any subscriber hears them: when they come, and not when their batch is stored. So a kill
/// falls into a batch as well as between two.
pub(crate) struct Writes(watch::Receiver<u64>);

impl Writes {
    /// Hears those to the bucket named `bucket`; to be called on the runtime.
    pub(crate) async fn of(client: &Client, bucket: &str) -> Outcome<Self> {
        let heard = client.subscribe(format!("$KV.{bucket}.>")).await;
        let mut heard = heard.map_err(|error| error.to_string())?;
        // The subscription is there once the server answers.
        client.flush().await.map_err(|error| error.to_string())?;
        let (tell, n) = watch::channel(0);
        tokio::spawn(async move {
            while heard.next().await.is_some() {
                tell.send_modify(|n| *n += 1);
                if tell.is_closed() {
                    break;
                }
            }
        });
        Ok(Self(n))
    }

    /// How many there were.
    pub(crate) fn n(&self) -> u64 {
        *self.0.borrow()
    }

    /// Waits until there were `n` of them.
    pub(crate) async fn reach(&mut self, n: u64) {
        // Where nobody counts any more, the controllers end first.
        if self.0.wait_for(|sent| *sent >= n).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
