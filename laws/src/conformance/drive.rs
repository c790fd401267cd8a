//! Running futures without a runtime.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The output of `future`, polled on this thread until it is ready.
///
/// For targets whose futures are always soon ready, in memory or a file; it waits by polling.
/// Others are driven by their own runtime, such as `tokio`.
///
/// ```
/// assert_eq!(escadre_laws::conformance::drive(async { 1 + 1 }), 2);
/// ```
pub fn drive<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}
