//! Seeded faults.

use std::fmt;
use std::str::FromStr;

/// How many ticks what reaches a device stays as it is: a virtual minute.
pub(crate) const WINDOW: u64 = 60;
/// How many ticks a slow pull takes.
pub(crate) const SLOW_TICKS: u64 = 10;

/// What goes wrong, how often, decided by a seed: the same faults hit the same devices at the same ticks.
///
/// Its text is a list of `key=value`, joined by commas; what is not said does not go wrong.
///
/// ```
/// use escadre_sim::Faults;
/// let faults: Faults = "seed=7,offline=5%,pull-fails=1%,lost-writes=0.5%,crash-after=100".parse()?;
/// assert_eq!(faults.crash_after, Some(100));
/// assert_eq!(faults.to_string().parse::<Faults>()?, faults);
/// let wrong = "offline=lots".parse::<Faults>().unwrap_err().to_string();
/// assert!(wrong.contains("`lots` is no share: expected a percentage such as `5%` or `0.5%`"));
/// # Ok::<(), escadre_sim::FaultsError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// What decides which devices and ticks are hit.
    pub seed: u64,
    /// `offline`: the share of devices that are off, drawn anew each virtual minute.
    pub offline: Rate,
    /// `partition`: the share of devices that are cut off together, another part each virtual minute.
    pub partition: Rate,
    /// `slow`: the share of pulls that take ten ticks.
    pub slow: Rate,
    /// `pull-fails`: the share of ticks at which a pull fails.
    pub failing_pulls: Rate,
    /// `lost-writes`: the share of writes that are acknowledged but not there: the next plan shows them.
    pub lost_writes: Rate,
    /// `refused-writes`: the share of writes that are not taken, and told to be so.
    pub refused_writes: Rate,
    /// `crash-after`: the controller is gone after so many devices of an apply.
    pub crash_after: Option<u64>,
}

/// A share of events, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

/// A text that spells no faults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("in the faults `{input}`: {message}")]
pub struct FaultsError {
    input: String,
    message: String,
}

impl FaultsError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(format!("for example `seed=7,offline=5%,crash-after=100`; {KEYS}"))
    }
}

const KEYS: &str = "the keys are seed, offline, partition, slow, pull-fails, lost-writes, refused-writes, crash-after";

/// What is drawn, so that one seed draws different things apart.
#[derive(Clone, Copy)]
pub(crate) enum Draw {
    Offline = 1,
    Ring,
    Partition,
    Slow,
    Pull,
    Lost,
    Refused,
    Drift,
    Sector,
}

/// 64 bits from a seed, what is drawn, a name and a number: FNV-1a, then SplitMix64's finaliser.
///
/// It is stable: the same on every machine and in every version.
pub(crate) fn draw(seed: u64, what: Draw, name: &str, number: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let numbers = [seed, what as u64, number];
    let bytes = numbers.iter().flat_map(|n| n.to_le_bytes()).chain(name.bytes());
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    mix(hash)
}

fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Rate {
    /// The share of `millionths` in a million, at most all.
    #[must_use]
    pub fn from_millionths(millionths: u32) -> Self {
        Self(millionths.min(1_000_000))
    }

    /// Whether `drawn`, uniform in 64 bits, is in this share.
    fn hits(self, drawn: u64) -> bool {
        ((u128::from(drawn) * 1_000_000) >> 64) < u128::from(self.0)
    }
}

impl Faults {
    /// Whether the controller and `device` reach each other at `tick`; the same within a window.
    pub(crate) fn reaches(&self, device: &str, tick: u64) -> bool {
        let window = tick / WINDOW;
        if self.offline.hits(draw(self.seed, Draw::Offline, device, window)) {
            return false;
        }
        // Devices stand on a ring; each window cuts off an arc that begins somewhere else.
        let place = draw(self.seed, Draw::Ring, device, 0);
        !self.partition.hits(place.wrapping_sub(draw(self.seed, Draw::Partition, "", window)))
    }

    pub(crate) fn pull_is_slow(&self, device: &str, resource: &str, state: u64) -> bool {
        let name = format!("{device} {resource}");
        self.slow.hits(draw(self.seed, Draw::Slow, &name, state))
    }

    pub(crate) fn pull_fails(&self, device: &str, resource: &str, tick: u64) -> bool {
        let name = format!("{device} {resource}");
        self.failing_pulls.hits(draw(self.seed, Draw::Pull, &name, tick))
    }

    /// Whether the write of `device` in the generation `generation` is acknowledged but not there.
    pub(crate) fn write_is_lost(&self, device: &str, generation: u64) -> bool {
        self.lost_writes.hits(draw(self.seed, Draw::Lost, device, generation))
    }

    pub(crate) fn write_is_refused(&self, device: &str, generation: u64) -> bool {
        self.refused_writes.hits(draw(self.seed, Draw::Refused, device, generation))
    }

    fn rates(&mut self) -> [(&'static str, &mut Rate); 6] {
        [
            ("offline", &mut self.offline),
            ("partition", &mut self.partition),
            ("slow", &mut self.slow),
            ("pull-fails", &mut self.failing_pulls),
            ("lost-writes", &mut self.lost_writes),
            ("refused-writes", &mut self.refused_writes),
        ]
    }
}

impl FromStr for Faults {
    type Err = FaultsError;
    fn from_str(input: &str) -> Result<Self, FaultsError> {
        let error =
            |message: String| FaultsError { input: input.chars().take(200).collect(), message };
        let mut faults = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for part in input.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((key, value)) = part.split_once('=') else {
                return Err(error(format!("`{part}` has no value: expected `key=value`; {KEYS}")));
            };
            let (key, value) = (key.trim(), value.trim());
            if seen.contains(&key) {
                return Err(error(format!("`{key}` is said twice")));
            }
            seen.push(key);
            let number = || {
                let wrong =
                    |_| error(format!("`{value}` is no number: `{key}` takes a whole number"));
                value.parse::<u64>().map_err(wrong)
            };
            match key {
                "seed" => faults.seed = number()?,
                "crash-after" => faults.crash_after = Some(number()?),
                key => match faults.rates().into_iter().find(|(name, _)| *name == key) {
                    Some((_, rate)) => *rate = Rate::parse(value).map_err(error)?,
                    None => return Err(error(format!("`{key}` is no fault: {KEYS}"))),
                },
            }
        }
        Ok(faults)
    }
}

impl Rate {
    fn parse(input: &str) -> Result<Self, String> {
        let error = || {
            format!(
                "`{input}` is no share: expected a percentage such as `5%` or `0.5%`, with at most 4 decimals"
            )
        };
        let number = input.strip_suffix('%').ok_or_else(error)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
            return Err(error());
        }
        let whole: u32 = whole.parse().map_err(|_| error())?;
        let fraction: u32 = format!("{fraction:0<4}").parse().map_err(|_| error())?;
        match whole.checked_mul(10_000).and_then(|w| w.checked_add(fraction)) {
            Some(millionths) if millionths <= 1_000_000 => Ok(Self(millionths)),
            _ => Err(format!("`{input}` is more than `100%`")),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 10_000, self.0 % 10_000);
        if fraction == 0 {
            return write!(f, "{whole}%");
        }
        write!(f, "{whole}.{}%", format!("{fraction:04}").trim_end_matches('0'))
    }
}

impl fmt::Display for Faults {
    /// The seed, then the faults that can happen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed={}", self.seed)?;
        let mut faults = *self;
        for (key, rate) in faults.rates().into_iter().filter(|(_, rate)| rate.0 > 0) {
            write!(f, ",{key}={rate}")?;
        }
        self.crash_after.map_or(Ok(()), |n| write!(f, ",crash-after={n}"))
    }
}
