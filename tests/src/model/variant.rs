//! The protocol as it is built, and ways in which it would be wrong.

use super::{Promise, Scene};

/// A way to build the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// As it is.
    Built,
    /// Live legs are counted instead of held by name.
    PlainCounter,
    /// Slots are held by call instead of by attempt.
    SlotsByCall,
    /// Nobody looks after a slot whose webhooks are lost.
    NoRecovery,
    /// Reservation and attempt are two writes instead of one transaction.
    WrittenApart,
    /// A slot is freed once its time is up, without asking.
    ExpiryAlone,
    /// A slot is freed once the provider knows no such leg, whether or not the leg may still begin.
    AskingWithoutDeadline,
    /// As built, without the margin after the deadline, for which the provider's API may lag behind.
    DeadlineWithoutMargin,
    /// As built, but the clock is read after the provider's answer instead of before the question.
    DeadlineReadAfterAnswer,
    /// The count is given back by each report of an end, whether or not the leg holds it.
    CountGivenBackTwice,
    /// What is undecided is settled as soon as arriving reports do not count any more, though one may still be under way to the store.
    SettledWithoutMargin,
    /// As built, but whether a leg is settled is judged by a clock that is read after the call.
    SettledByLaterClock,
}

impl Variant {
    /// All of them, the one that is built first.
    pub const ALL: [Self; 12] = [
        Self::Built,
        Self::PlainCounter,
        Self::SlotsByCall,
        Self::NoRecovery,
        Self::WrittenApart,
        Self::ExpiryAlone,
        Self::AskingWithoutDeadline,
        Self::DeadlineWithoutMargin,
        Self::DeadlineReadAfterAnswer,
        Self::CountGivenBackTwice,
        Self::SettledWithoutMargin,
        Self::SettledByLaterClock,
    ];

    /// The promise that it breaks; none for the protocol as it is built.
    pub const fn breaks(self) -> Option<Promise> {
        match self {
            Self::Built => None,
            Self::PlainCounter
            | Self::SlotsByCall
            | Self::ExpiryAlone
            | Self::AskingWithoutDeadline
            | Self::DeadlineWithoutMargin
            | Self::DeadlineReadAfterAnswer => Some(Promise::Cap),
            Self::NoRecovery | Self::WrittenApart => Some(Promise::NothingLeaks),
            Self::CountGivenBackTwice | Self::SettledWithoutMargin | Self::SettledByLaterClock => {
                Some(Promise::Count)
            }
        }
    }

    /// Whether it breaks no other promise: then that is checked too.
    pub const fn keeps_the_others(self) -> bool {
        matches!(self, Self::Built | Self::NoRecovery)
    }

    /// The scenes in which it is checked: all for the protocol as it is built, else the one in which it fails.
    pub const fn scenes(self) -> &'static [Scene] {
        match self {
            Self::Built => &[Scene::WATERFALL, Scene::REPORTS],
            Self::PlainCounter | Self::SlotsByCall => &[Scene::WATERFALL],
            Self::NoRecovery
            | Self::WrittenApart
            | Self::ExpiryAlone
            | Self::AskingWithoutDeadline
            | Self::DeadlineWithoutMargin
            | Self::DeadlineReadAfterAnswer
            | Self::CountGivenBackTwice => &[Scene::RIVALS],
            Self::SettledWithoutMargin | Self::SettledByLaterClock => &[Scene::REPORTS],
        }
    }

    /// Whether a release may change something although the leg holds nothing.
    pub(super) const fn frees_what_is_not_held(self) -> bool {
        matches!(self, Self::PlainCounter | Self::SlotsByCall | Self::CountGivenBackTwice)
    }
}
