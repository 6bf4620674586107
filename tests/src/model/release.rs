//! Giving capacity back, in two phases (`store/src/protocols/release.rs`).

use super::{
    record::LegRecord,
    state::{LegName, Scene, State},
    truth::Mark,
    variant::Variant,
};

/// A release under way: the leg as it was read, and the time at which that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Release {
    pub(super) leg: LegName,
    pub(super) read: LegRecord,
    /// How long ago the leg's end was, by the clock read before the leg was.
    pub(super) known: Mark,
    pub(super) phase: Phase,
}

/// Which of the two writes comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    /// Free the slot.
    Slot,
    /// Settle what was noted as undecided.
    Undecided,
}

/// How far what was read settles what a leg is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Converted,
    NotConverted,
    Undecided,
}

impl State {
    /// Whether a leg holds anything that can be given back.
    pub(super) fn holds(&self, variant: Variant, leg: LegName) -> bool {
        [self.capacity.live, self.capacity.undecided].iter().any(|names| names.has(variant, leg))
    }
    /// One write of a release.
    ///
    /// # Returns
    /// The release, if a second write is to follow.
    pub(super) fn release(&mut self, variant: Variant, scene: Scene, release: Release) -> Option<Release> {
        release.read.ended?;
        let standing = self.standing(variant, scene, release);
        match release.phase {
            Phase::Slot => {
                let was_live = self.capacity.free(variant, release.leg);
                if was_live || variant == Variant::CountGivenBackTwice {
                    self.give_back_rest(variant, release.leg, standing);
                }
                let is_settled = standing != Standing::Undecided;
                (!was_live && is_settled && scene.keys)
                    .then_some(Release { phase: Phase::Undecided, ..release })
            }
            Phase::Undecided => {
                if self.capacity.undecided.has(variant, release.leg) && standing != Standing::Undecided {
                    self.capacity.undecided.remove(variant, release.leg);
                    self.give_back_rest(variant, release.leg, standing);
                }
                None
            }
        }
    }

    fn give_back_rest(&mut self, variant: Variant, leg: LegName, standing: Standing) {
        match standing {
            Standing::Converted => {}
            Standing::NotConverted => self.capacity.counted -= 1,
            Standing::Undecided => self.capacity.undecided.insert(variant, leg),
        }
    }

    fn standing(&self, variant: Variant, scene: Scene, release: Release) -> Standing {
        let mark = match variant {
            Variant::SettledByLaterClock => {
                self.record(release.leg.call).leg(release.leg).ended.unwrap_or_default()
            }
            _ => release.known,
        };
        let final_from = if variant == Variant::SettledWithoutMargin { Mark::Past } else { Mark::Settled };
        match () {
            () if release.read.is_converted() => Standing::Converted,
            () if scene.keys && mark < final_from => Standing::Undecided,
            () => Standing::NotConverted,
        }
    }
}
