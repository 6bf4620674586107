//! The feed of an engine that keeps one order: one lane, in which changes are counted.

use crate::port::{Change, Lane, Mark, Place, Position, Progress, Reading};

const NAME: &str = "all";

/// A place in the one lane: how many changes there were up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Serial(pub(super) u64);

impl Serial {
    /// The place that was reached. A position of another engine counts as far as it can be understood.
    pub(super) fn reached(position: &Position) -> Self {
        match position.progress(&lane()) {
            None => Self(0),
            Some(Progress::Through(place)) => Self(place.as_str().parse().unwrap_or(u64::MAX)),
            Some(Progress::Finished) => Self(u64::MAX),
        }
    }

    /// As the ports say it.
    pub(super) fn mark(self) -> Mark {
        Mark { lane: lane(), place: Place::from(self.0) }
    }
}

/// What a read gives.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) changes: Vec<Change>,
    /// The place of the last change that was looked at, or up to which all are forgotten.
    pub(super) through: Serial,
    /// Whether changes were forgotten behind the place at which the read began.
    pub(super) has_gap: bool,
}

/// What a read behind `after` gives, as the port says it.
pub(super) fn reading(after: &Position, found: Found) -> Reading {
    let Found { changes, through, has_gap } = found;
    let mut reached = after.clone();
    if through > Serial::reached(after) {
        let Mark { lane, place } = through.mark();
        reached.set(lane, Progress::Through(place));
    }
    Reading { changes, reached, has_gap }
}

fn lane() -> Lane {
    Lane::new(NAME).expect("the name has no space and no @")
}
