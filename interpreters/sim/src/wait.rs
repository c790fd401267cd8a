//! Futures that never wait.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The output of `future`, polled on this thread until it is ready.
///
/// The simulator's futures are ready when first polled: its world is a file of this machine. So
/// programs without an async runtime drive it with this; it is no runtime for other futures.
///
/// ```
/// assert_eq!(escadre_sim::wait(async { 1 + 1 }), 2);
/// ```
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}
