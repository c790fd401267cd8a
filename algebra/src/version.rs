//! Versions as labels spell them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A version: up to three numbers and a pre-release, ordered by semantic precedence.
///
/// `v` in front is optional, at least two numbers are needed, missing ones are 0, and build
/// metadata is ignored. The order is that of Semantic Versioning 2.0.0, §11.
///
/// ```
/// use escadre_algebra::Version;
/// let v = |s| Version::parse(s).ok_or(s);
/// assert_eq!(v("v1.2")?, v("1.2.0+build7")?);
/// assert!(v("1.2.0-rc.2")? < v("1.2.0-rc.10")? && v("1.2.0-rc.10")? < v("1.2")?);
/// assert!(Version::parse("7").is_none());
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Version {
    numbers: [u64; 3],
    pre: Arc<[Identifier]>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Identifier {
    // INVARIANT: the order of these two is the precedence order; numbers come first.
    Number(u64),
    Word(Arc<str>),
}

impl Version {
    /// The version spelled `input`, or `None` if it spells none.
    #[must_use]
    pub fn parse(input: &str) -> Option<Self> {
        let input = input.strip_prefix('v').unwrap_or(input);
        let (input, build) = input.split_once('+').map_or((input, None), |(v, b)| (v, Some(b)));
        if build.is_some_and(|b| !b.split('.').all(is_identifier)) {
            return None;
        }
        let (core, pre) = input.split_once('-').map_or((input, None), |(v, p)| (v, Some(p)));
        let mut numbers = [0; 3];
        let mut n_numbers = 0;
        for part in core.split('.') {
            *numbers.get_mut(n_numbers)? = number(part)?;
            n_numbers += 1;
        }
        let pre = match pre {
            None => Arc::from([]),
            Some(pre) => pre.split('.').map(identifier).collect::<Option<Arc<[_]>>>()?,
        };
        (n_numbers >= 2).then_some(Self { numbers, pre })
    }

    /// The least version above this one: `1.2.3-0` … `1.2.3-rc` ↦ `1.2.3-rc.0`, `1.2.3` ↦ `1.2.4-0`.
    ///
    /// `None` past the last number that 64 bits hold. `> v` is `>= v.successor()`.
    #[must_use]
    pub fn successor(&self) -> Option<Self> {
        let mut numbers = self.numbers;
        let mut pre = self.pre.to_vec();
        if pre.is_empty() {
            let at = (0..3).rev().find(|&i| numbers[i] < u64::MAX)?;
            numbers[at] += 1;
            numbers[at + 1..].fill(0);
        }
        pre.push(Identifier::Number(0));
        Some(Self { numbers, pre: pre.into() })
    }
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A decimal number without sign or leading zeros that fits 64 bits.
fn number(part: &str) -> Option<u64> {
    let plain = part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    if plain { part.parse().ok() } else { None }
}

fn identifier(part: &str) -> Option<Identifier> {
    if !is_identifier(part) {
        None
    } else if part.bytes().all(|b| b.is_ascii_digit()) {
        number(part).map(Identifier::Number)
    } else {
        Some(Identifier::Word(Arc::from(part)))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let release_last = self.pre.is_empty().cmp(&other.pre.is_empty());
        self.numbers.cmp(&other.numbers).then(release_last).then_with(|| self.pre.cmp(&other.pre))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        for (i, identifier) in self.pre.iter().enumerate() {
            f.write_str(if i == 0 { "-" } else { "." })?;
            match identifier {
                Identifier::Number(n) => write!(f, "{n}")?,
                Identifier::Word(w) => f.write_str(w)?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
