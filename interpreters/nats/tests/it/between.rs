//! What stands between a client and its server: a line that stops, and clocks that differ.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_nats::jetstream;
use escadre_algebra::DeviceId;
use escadre_interpreter::{Interpreter, Snapshot};
use escadre_nats::device::Device;
use escadre_nats::permissions::Buckets;
use escadre_nats::{Nats, Options, make_report_buckets};
use escadre_testbed::{NatsServer, Options as Start};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket};

use crate::support::{LOG, client, fleet, inventory, open, resolve, run, soon, turn};

/// What becomes of what a server says, on its way to the client.
#[derive(Clone)]
enum Line {
    /// It stops for good once so many bytes went through, the first time only, until this is set.
    Stops { after: usize, has_stopped: Arc<AtomicBool>, is_cut: Arc<AtomicBool> },
    /// The server's clock shows so many years more: a multiple of 28, after which days are as before.
    Shifts { years: i64 },
}

impl Line {
    fn is_to_stop(&self) -> bool {
        matches!(self, Self::Stops { has_stopped, .. } if !has_stopped.load(Ordering::Relaxed))
    }
}

/// Where clients reach the server at `url` over `line`.
async fn between(url: &str, line: Line) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("nats://{}", listener.local_addr().unwrap());
    let server = url.trim_start_matches("nats://").parse().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let socket = TcpSocket::new_v4().unwrap();
            if line.is_to_stop() {
                // So that what waits for the client waits in the server.
                socket.set_recv_buffer_size(4_096).unwrap();
            }
            let Ok(server) = socket.connect(server).await else { continue };
            let ((mut from_client, to_client), (from_server, mut to_server)) =
                (client.into_split(), server.into_split());
            tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
            let line = line.clone();
            tokio::spawn(async move {
                match line {
                    Line::Stops { after, has_stopped, is_cut } => {
                        stop(from_server, to_client, after, (&has_stopped, &is_cut)).await;
                    }
                    Line::Shifts { years } => shift(from_server, to_client, years).await,
                }
            });
        }
    });
    address
}

async fn stop(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    after: usize,
    (has_stopped, is_cut): (&AtomicBool, &AtomicBool),
) {
    let (mut bytes, mut n) = (vec![0; 65_536], 0);
    while let Ok(n_read @ 1..) = from.read(&mut bytes).await {
        n += n_read;
        if n > after && !has_stopped.swap(true, Ordering::Relaxed) {
            while !is_cut.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            return;
        }
        if to.write_all(&bytes[..n_read]).await.is_err() {
            return;
        }
    }
}

async fn shift(from: OwnedReadHalf, mut to: OwnedWriteHalf, years: i64) {
    // Neither what the server says for itself nor what it answers has line feeds in it.
    let (mut from, mut line) = (BufReader::new(from), Vec::new());
    while let Ok(1..) = from.read_until(b'\n', &mut line).await {
        if to.write_all(&shifted(&line, years)).await.is_err() {
            return;
        }
        line.clear();
    }
}

/// `line` with the dates of what the server made, and when it stored a message, `years` later.
fn shifted(line: &[u8], years: i64) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(line) else { return line.to_vec() };
    let mut text = text.to_owned();
    let made = "\"created\":\"";
    let starts: Vec<usize> = text.match_indices(made).map(|(at, _)| at + made.len()).collect();
    for at in starts {
        let year: i64 = text[at..at + 4].parse().unwrap();
        text.replace_range(at..at + 4, &(year + years).to_string());
    }
    if let Some(at) = text.find("$JS.ACK.").filter(|_| text.contains("MSG ")) {
        let mut tokens: Vec<String> = text[at..].split('.').map(str::to_owned).collect();
        let ns: i64 = tokens[7].parse().unwrap();
        // Of four years one is a leap year.
        tokens[7] = (ns + years / 4 * 1_461 * 86_400 * 1_000_000_000).to_string();
        text.replace_range(at.., &tokens.join("."));
    }
    text.into_bytes()
}

#[test]
fn a_reader_whom_its_server_cuts_off_as_too_slow_reads_all_once_it_is_back() {
    LazyLock::force(&LOG);
    let config = "max_pending: 1048576".to_owned();
    let server = NatsServer::start_with(&Start { config, ..Start::default() }).unwrap();
    run(async {
        let mut target = open(&server.url(), "slow").await;
        let resolved = resolve(&fleet(1), &inventory(30));
        turn(&mut target, &resolved).await.unwrap();
        let context = jetstream::new(client(&server.url()).await);
        for i in 0..80 {
            let stored = context.publish(format!("$KV.slow.more.{i}"), vec![b'x'; 100_000].into());
            stored.await.unwrap().await.unwrap();
        }
        let stream = context.get_stream("KV_slow").await.unwrap();
        let (has_stopped, is_cut) = <(Arc<AtomicBool>, Arc<AtomicBool>)>::default();
        let line = Line::Stops { after: 200_000, has_stopped, is_cut: Arc::clone(&is_cut) };
        let url = between(&server.url(), line).await;
        let patience = Duration::from_secs(50);
        let options = Options { bucket: "slow".to_owned(), patience, ..Options::default() };
        let mut slow = Nats::open(client(&url).await, options).await.unwrap();
        let cutting = async {
            while !server.log().unwrap().contains("Slow Consumer") {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            // What is left is less than what the server lets anybody lag behind.
            stream.purge().filter("$KV.slow.more.>").await.unwrap();
            is_cut.store(true, Ordering::Relaxed);
        };
        let (seen, ()) = soon(futures_util::future::join(slow.observe(), cutting)).await;
        let seen = seen.unwrap().state;
        assert_eq!(slow.lift(&seen).unwrap(), Snapshot::wanted(&resolved));
        assert!(LOG.has(&["WARN", "`slow`: reading the bucket", "trying again"]));
    });
}

#[test]
fn who_is_silent_is_told_by_the_server_s_clock_however_far_it_is_from_the_reader_s() {
    let server = NatsServer::start().unwrap();
    run(async {
        let url = server.url();
        let buckets = Buckets::default();
        make_report_buckets(&client(&url).await, &buckets, 1).await.unwrap();
        let mut target = open(&url, "desired-state").await;
        turn(&mut target, &resolve(&fleet(1), &inventory(2))).await.unwrap();
        let id = DeviceId::parse("d000").unwrap();
        target.admit(std::slice::from_ref(&id)).await.unwrap();
        for years in [-28, 0, 28] {
            let url = between(&url, Line::Shifts { years }).await;
            let theirs = client(&url).await;
            let stream = jetstream::new(theirs.clone()).get_stream("KV_device-heartbeat").await;
            let made = stream.unwrap().cached_info().created;
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
            let off_s = i128::from(made.unix_timestamp()) - i128::from(now.as_secs());
            let year_s = 365 * 86_400;
            assert!((off_s - i128::from(years) * year_s).abs() < 30 * 86_400, "{off_s}");
            // The device and the reader have the same clock, which is not the server's.
            let device = Device::connect(theirs.clone(), id.clone(), buckets.clone(), 0).await;
            device.unwrap().beat().await.unwrap();
            let mut reader = Nats::open(theirs, Options::default()).await.unwrap();
            let world = reader.observe().await.unwrap().state;
            let status = reader.status(&world, &buckets).await.unwrap();
            let silent_for = status.devices["d000"].silent_for.unwrap();
            println!("the server's clock off by {years} years: silent for {silent_for:?}");
            assert!(silent_for < Duration::from_secs(60), "{silent_for:?}");
            assert!(status.devices["d001"].is_silent(Duration::from_secs(60)));
        }
    });
}
