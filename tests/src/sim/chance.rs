//! Chance: all that is left to it in a run comes from the run's seed.

use std::{ops::RangeInclusive, sync::Mutex, time::Duration};

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use super::held;

/// A stream of draws. Streams of different names have nothing to do with each other, so that one draw more in one place
/// does not change the rest of the world.
#[derive(Debug)]
pub struct Chance(Mutex<Xoshiro256PlusPlus>);

impl Chance {
    /// The stream of that name in the run of that seed.
    pub fn new(seed: u64, stream: &str) -> Self {
        let name = fnv(FNV_OFFSET, stream.as_bytes());
        Self(Mutex::new(Xoshiro256PlusPlus::seed_from_u64(seed ^ name)))
    }

    /// A number within bounds, each as likely as the others.
    pub fn within(&self, bounds: RangeInclusive<u64>) -> u64 {
        held(&self.0).random_range(bounds)
    }

    /// True so many times in a thousand.
    pub fn happens(&self, per_mille: u32) -> bool {
        self.within(0..=999) < u64::from(per_mille)
    }

    /// A time within bounds, given in milliseconds.
    pub fn milliseconds(&self, bounds: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.within(bounds))
    }

    /// One of some.
    ///
    /// # Panics
    /// If there is none.
    pub fn one_of<'a, T>(&self, some: &'a [T]) -> &'a T {
        &some[self.index(some.len())]
    }

    /// The index of one of some, by their weights.
    pub fn weighted(&self, weights: &[u32]) -> usize {
        let mut draw = self.within(1..=weights.iter().map(|weight| u64::from(*weight)).sum());
        let falls_here = |weight: &u32| {
            let weight = u64::from(*weight);
            let here = draw <= weight;
            draw = draw.saturating_sub(weight);
            here
        };
        weights.iter().position(falls_here).unwrap_or(0)
    }

    /// An index below a length.
    pub fn index(&self, length: usize) -> usize {
        let last = u64::try_from(length.saturating_sub(1)).unwrap_or(u64::MAX);
        usize::try_from(self.within(0..=last)).unwrap_or(0)
    }
}

/// Where an FNV-1a hash begins.
pub(super) const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>): fixed for ever, unlike the standard library's hashers.
pub(super) fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
