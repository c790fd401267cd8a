//! When to kill: the same seed, the same shares.

/// Shares of a time, in [0, 1): a SplitMix64 sequence (Steele, Lea, Flood 2014).
///
/// ```
/// use escadre_testbed::Delays;
/// let shares: Vec<f64> = Delays::of_seed(7).take(3).collect();
/// assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
/// assert_eq!(shares, Delays::of_seed(7).take(3).collect::<Vec<f64>>());
/// ```
#[derive(Clone, Debug)]
pub struct Delays(u64);

impl Delays {
    /// The sequence of `seed`.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next share.
    pub fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX);
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }
}

impl Iterator for Delays {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        Some(self.share())
    }
}
