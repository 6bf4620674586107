//! Who is at work: handlers of webhooks ([`super::webhook`]: `app/src/calls/drive.rs`, `routing.rs`, `legs.rs`) and
//! watchdogs ([`super::watchdog`]: `app/src/calls/watch.rs`). A process is what it will do next; it may die at any time.

use super::{record::Key, release::Release, state::LegName, truth::Reply, watchdog::Watch};

/// A process, by its next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Process {
    /// Gives back what a leg holds that is over, then does what was decided when the call was read.
    Release {
        /// The leg.
        release: Release,
        /// What comes after.
        then: Then,
    },
    /// Answers a webhook whose reply may dial.
    Offer {
        /// The webhook.
        window: LegName,
        /// What is to be done.
        next: Offer,
    },
    /// Writes what was reported of a key.
    Press {
        /// The leg.
        leg: LegName,
        /// Whether the report arrived in time.
        key: Key,
    },
    /// Looks after a leg.
    Watch {
        /// The leg.
        leg: LegName,
        /// What is to be done.
        next: Watch,
    },
}

/// What follows a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// The caller waits for an answer.
    Offer {
        /// The webhook.
        window: LegName,
        /// What is to be done.
        next: Offer,
    },
}

/// Offering a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Offer {
    /// Reserve capacity for an attempt and write it.
    Reserve(LegName),
    /// The same for the first attempt of a call that is not written yet: it is written with the attempt.
    ReserveFirst(LegName),
    /// The capacity is reserved; write the attempt. Only where the two are written apart.
    Write(LegName),
    /// There was no room: keep why, and see whether a copy was faster.
    Full(LegName),
    /// Turn the caller away.
    TurnAway,
    /// Reply.
    Reply(Reply),
}
