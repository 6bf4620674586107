//! Random words, from a seed that is given.

use sha2::{Digest, Sha256};

use crate::message::MAGIC_COOKIE;

/// A source of random bytes that follow from its seed alone: SHA-256 over the seed and a counter. Nobody who sees what was drawn can tell
/// what will be, so that a branch, a tag or a nonce cannot be guessed, as long as the seed is secret and of 32 random bytes.
#[derive(Clone)]
pub struct Chance {
    seed: [u8; 32],
    drawn: u64,
}

impl Chance {
    /// A source with that seed. Two sources with one seed draw the same.
    pub const fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0 }
    }

    /// The next 32 bytes.
    pub fn bytes(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }

    /// A number below a bound; 0 if the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let mut eight = [0; 8];
        eight.copy_from_slice(&self.bytes()[..8]);
        u64::from_be_bytes(eight).checked_rem(bound).unwrap_or_default()
    }

    /// A word of 32 hexadecimal digits: 128 bits.
    pub fn word(&mut self) -> String {
        hex::encode(&self.bytes()[..16])
    }

    /// A tag for From or To (RFC 3261 §19.3).
    pub fn tag(&mut self) -> String {
        hex::encode(&self.bytes()[..8])
    }

    /// A branch for a Via.
    pub fn branch(&mut self) -> String {
        format!("{MAGIC_COOKIE}{}", hex::encode(&self.bytes()[..12]))
    }
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chance").field("drawn", &self.drawn).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_what_is_drawn_and_nothing_is_drawn_twice() {
        let (mut one, mut same) = (Chance::from_seed([1; 32]), Chance::from_seed([1; 32]));
        let words: Vec<_> = (0..100).map(|_| one.word()).collect();
        assert!(words.iter().all(|word| *word == same.word()));
        let distinct: std::collections::BTreeSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), words.len());
        assert_ne!(Chance::from_seed([2; 32]).word(), words[0]);
        assert!((0..100).all(|_| one.below(7) < 7));
    }
}
