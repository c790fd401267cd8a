//! Virtual time.

use std::fmt;
use std::time::Duration;

/// How long one tick is: devices do something once a tick.
pub(crate) const TICK_MS: u64 = 1000;

/// A moment of a world's virtual time, in milliseconds since its beginning. It moves only when told.
///
/// ```
/// use std::time::Duration;
/// use escadre_sim::Clock;
/// let clock = Clock::default().after(Duration::from_millis(90_500));
/// assert_eq!(clock.now_ms(), 90_500);
/// assert_eq!(clock.to_string(), "00:01:30.500");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock {
    now_ms: u64,
}

impl Clock {
    pub(crate) fn at(now_ms: u64) -> Self {
        Self { now_ms }
    }

    /// Milliseconds since the world's beginning.
    #[must_use]
    pub fn now_ms(self) -> u64 {
        self.now_ms
    }

    /// The moment `duration` later, in whole milliseconds; the last moment if there is none so late.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self { now_ms: self.now_ms.saturating_add(ms) }
    }

    /// The number of whole ticks since the world's beginning.
    pub(crate) fn tick(self) -> u64 {
        self.now_ms / TICK_MS
    }
}

impl fmt::Display for Clock {
    /// Hours, minutes, seconds and milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (s, ms) = (self.now_ms / 1000, self.now_ms % 1000);
        write!(f, "{:02}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
    }
}
