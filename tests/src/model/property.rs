//! What is promised of every state that can be reached.

use super::{
    capacity::CAP,
    state::{LegName, Scene, State},
    variant::Variant,
};

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// By the provider's truth, no more legs are live than the cap allows.
    Cap,
    /// What is counted is what is held, undecided or converted: no cap of a window is broken, and none is used up for nothing.
    Count,
    /// Once everything has come to rest, no slot is held, nothing is undecided, and what is counted are the conversions.
    NothingLeaks,
}

impl Promise {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cap, Self::Count, Self::NothingLeaks];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cap => "cap",
            Self::Count => "count",
            Self::NothingLeaks => "nothing leaks",
        }
    }
}

impl State {
    pub(super) fn keeps(&self, promise: Promise, variant: Variant, scene: Scene) -> bool {
        match promise {
            Promise::Cap => scene.legs().filter(|leg| self.line(*leg).is_live()).count() <= CAP as usize,
            Promise::Count => self.counts_what_it_holds(variant, scene),
            Promise::NothingLeaks => {
                let rest = self.at_rest(variant, scene);
                rest.capacity.live.is_empty()
                    && rest.capacity.undecided.is_empty()
                    && rest.counts_what_it_holds(variant, scene)
            }
        }
    }

    /// Whether the targets of all attempts were rung, one after the other.
    pub(super) fn has_served_all(&self, scene: Scene) -> bool {
        scene.legs().all(|leg| self.line(leg).is_over())
    }

    fn counts_what_it_holds(&self, variant: Variant, scene: Scene) -> bool {
        let is_counted = |leg: &LegName| {
            self.capacity.live.has(variant, *leg)
                || self.capacity.undecided.has(variant, *leg)
                || self.record(leg.call).leg(*leg).is_converted()
        };
        usize::try_from(self.capacity.counted) == Ok(scene.legs().filter(is_counted).count())
    }
}
