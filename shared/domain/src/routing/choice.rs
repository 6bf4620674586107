//! The order among equals: weighted rendezvous, stateless, the same for every copy of a webhook.

use std::hash::Hasher;

use crate::ids::{CallId, TargetId};

/// A target's draw in a call's lottery: whoever has the least is asked first. Over many calls a target of weight `w` comes first in
/// `w / Σw` of them, because −ln(u)/w for uniform `u` is exponential with rate `w`, and the least of exponentials falls to each in proportion
/// to its rate (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
pub fn weighted_order(call: CallId, target: TargetId, weight: u32) -> f64 {
    -uniform(call, target).ln() / f64::from(weight.max(1))
}

/// A number in (0, 1) that depends on nothing but the two ids, on every machine and in every release.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
fn uniform(call: CallId, target: TargetId) -> f64 {
    let mut hash = Mixer(0x9E37_79B9_7F4A_7C15);
    hash.write_u128(call.bits());
    hash.write_u128(target.bits());
    ((hash.finish() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014) over 64-bit words: fixed for ever, unlike the standard
/// library's hashers, since a retried webhook may be answered by the next release.
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mut mixed = (self.0 ^ u64::from_le_bytes(word)).wrapping_add(0x9E37_79B9_7F4A_7C15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            self.0 = mixed ^ (mixed >> 31);
        }
    }

    fn write_u128(&mut self, word: u128) {
        self.write(&word.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_calls_follows_the_weights() {
        let targets = [
            (TargetId::from_parts(1, 1), 1_u32),
            (TargetId::from_parts(1, 2), 3),
            (TargetId::from_parts(1, 3), 6),
        ];
        let mut first = [0_u32; 3];
        for call in 0..20_000 {
            let call = CallId::from_parts(call, 7);
            let draw = |index: &usize| weighted_order(call, targets[*index].0, targets[*index].1);
            let winner = (0..3).min_by(|a, b| draw(a).total_cmp(&draw(b))).expect("three targets");
            first[winner] += 1;
        }
        for (count, expected) in first.into_iter().zip([2_000, 6_000, 12_000]) {
            assert!(count.abs_diff(expected) < 300, "{first:?}");
        }
    }

    #[test]
    fn a_draw_never_changes() {
        let draw = weighted_order(CallId::from_parts(1, 2), TargetId::from_parts(3, 4), 5);
        assert!(draw.is_finite() && draw > 0.0);
        assert_eq!(
            draw.to_bits(),
            weighted_order(CallId::from_parts(1, 2), TargetId::from_parts(3, 4), 5).to_bits()
        );
    }
}
