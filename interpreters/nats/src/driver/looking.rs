//! How far reading is, told while it goes on.

use std::time::{Duration, Instant};

/// How often the clock is looked at.
const N_ENTRIES: u64 = 4_096;
/// How often it is told.
const PERIOD: Duration = Duration::from_millis(100);

/// A reading whose progress is told as events of `tracing` with the target
/// [`escadre_interpreter::PROGRESS`].
pub(super) struct Looking {
    what: &'static str,
    n_done: u64,
    n_total: u64,
    told: Instant,
    is_told: bool,
}

impl Looking {
    /// Of `n_total` entries at least.
    pub(super) fn of(n_total: u64, what: &'static str) -> Self {
        Self { what, n_done: 0, n_total, told: Instant::now(), is_told: false }
    }

    /// One more was read.
    pub(super) fn advance(&mut self) {
        self.n_done += 1;
        if self.n_done.is_multiple_of(N_ENTRIES) && self.told.elapsed() >= PERIOD {
            self.told = Instant::now();
            self.is_told = true;
            self.tell(self.n_total.max(self.n_done + 1));
        }
    }

    fn tell(&self, n_total: u64) {
        let (done, what) = (self.n_done, self.what);
        tracing::info!(target: escadre_interpreter::PROGRESS, done, total = n_total, "{what}");
    }
}

impl Drop for Looking {
    /// It has ended, however.
    fn drop(&mut self) {
        if self.is_told {
            self.tell(self.n_done);
        }
    }
}
