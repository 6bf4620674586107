//! The buyer's item (`store/src/records/capacity.rs`), and the conditions on it.

use super::{state::LegName, variant::Variant};

/// The buyer's cap.
pub(super) const CAP: u32 = 1;

/// What the buyer's item holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Capacity {
    pub(super) live: Names,
    pub(super) undecided: Names,
    /// What stands for every window's count and for the money.
    pub(super) counted: i8,
}

/// Names in one of the item's maps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Names(u8);

impl Names {
    /// What a leg is called there: `call#attempt`.
    fn bit(variant: Variant, leg: LegName) -> u8 {
        let attempt = if variant == Variant::SlotsByCall { 1 } else { leg.attempt };
        1 << (2 * leg.call + attempt - 1)
    }

    pub(super) fn has(self, variant: Variant, leg: LegName) -> bool {
        self.0 & Self::bit(variant, leg) != 0
    }

    pub(super) fn insert(&mut self, variant: Variant, leg: LegName) {
        self.0 |= Self::bit(variant, leg);
    }

    pub(super) fn remove(&mut self, variant: Variant, leg: LegName) {
        self.0 &= !Self::bit(variant, leg);
    }

    /// Takes any name away, as a counter would that goes down.
    fn remove_any(&mut self) {
        self.0 &= self.0.wrapping_sub(1);
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn len(self) -> u32 {
        self.0.count_ones()
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = (0..8_u8).filter(|bit| self.0 & (1 << bit) != 0);
        f.debug_set().entries(names.map(|bit| LegName { call: bit / 2, attempt: bit % 2 + 1 })).finish()
    }
}

impl Capacity {
    /// Takes a slot and counts the leg, if there is room: the condition and the update of `reserve`.
    pub(super) fn take(&mut self, variant: Variant, leg: LegName) -> bool {
        let has_room = self.live.len() < CAP && !self.live.has(variant, leg);
        if has_room {
            self.live.insert(variant, leg);
            self.counted += 1;
        }
        has_room
    }

    /// Frees the slot of a leg.
    ///
    /// # Returns
    /// Whether it held one.
    pub(super) fn free(&mut self, variant: Variant, leg: LegName) -> bool {
        let was_live = self.live.has(variant, leg);
        if was_live {
            self.live.remove(variant, leg);
        } else if variant == Variant::PlainCounter {
            self.live.remove_any();
        }
        was_live
    }
}
