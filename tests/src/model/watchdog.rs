//! The watchdog: when it frees a slot, and when it does not.

use super::{
    process::{Process, Then},
    release::{Phase, Release},
    state::{LegName, State},
    truth::{Line, Mark},
    variant::Variant,
};

/// What a watchdog does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Watch {
    /// Read the call. The clock is read already.
    Read(Clock),
    /// Ask the provider.
    Ask(Clock),
    /// The provider knows no such leg: judge whether it can still begin.
    Judge(Clock),
    /// Write the end.
    End(Clock),
}

/// What the clock said when the watchdog began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Clock {
    /// A leg that the provider did not know by then can never begin.
    is_too_late: bool,
    /// How long ago the leg ended.
    ended: Mark,
}

/// What the provider says of a leg, where that leads to anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is over.
    Over,
    /// It is not known.
    NoSuchLeg,
}

impl State {
    /// Whether a watchdog may now do more than the webhook of a leg's end does: to that extent it is modelled.
    pub(super) fn is_worth_watching(&self, variant: Variant, leg: LegName) -> bool {
        match self.record(leg.call).leg(leg).ended {
            _ if variant == Variant::NoRecovery => false,
            Some(_) => self.holds(variant, leg),
            None => {
                variant == Variant::DeadlineReadAfterAnswer
                    || variant == Variant::ExpiryAlone
                    || self.is_too_late(variant, leg)
            }
        }
    }

    /// A watchdog begins to look at a leg.
    pub(super) fn watch(&mut self, variant: Variant, leg: LegName) {
        let ended = self.record(leg.call).leg(leg).ended.unwrap_or_default();
        let clock = Clock { is_too_late: self.is_too_late(variant, leg), ended };
        self.begin(Process::Watch { leg, next: Watch::Read(clock) });
    }

    /// Whether the webhook whose reply would dial a leg has passed its deadline, and the margin after that.
    fn is_too_late(&self, variant: Variant, leg: LegName) -> bool {
        match variant {
            Variant::AskingWithoutDeadline => true,
            Variant::DeadlineWithoutMargin => self.window(leg).mark() >= Mark::Past,
            _ => self.window(leg).mark() == Mark::Settled,
        }
    }

    /// What the provider may answer now.
    pub(super) fn answers(&self, leg: LegName) -> Vec<Answer> {
        let may_lag = self.window(leg).mark() != Mark::Settled;
        let over = self.line(leg).is_over().then_some(Answer::Over);
        let is_unknown = self.line(leg) == Line::NotPlaced || may_lag;
        over.into_iter().chain(is_unknown.then_some(Answer::NoSuchLeg)).collect()
    }

    /// The provider has answered.
    pub(super) fn answered(&mut self, leg: LegName, clock: Clock, answer: Answer) {
        let next = match answer {
            Answer::Over => Watch::End(clock),
            Answer::NoSuchLeg => Watch::Judge(clock),
        };
        self.begin(Process::Watch { leg, next });
    }

    /// One step of a watchdog, but the provider's answer.
    pub(super) fn look(&mut self, variant: Variant, leg: LegName, next: Watch) {
        match next {
            Watch::Read(clock) => self.read(variant, leg, clock),
            Watch::Ask(_) => {}
            Watch::Judge(clock) => {
                let reads_clock_now = variant == Variant::DeadlineReadAfterAnswer;
                if clock.is_too_late || reads_clock_now && self.is_too_late(variant, leg) {
                    self.begin(Process::Watch { leg, next: Watch::End(clock) });
                }
            }
            Watch::End(clock) => {
                self.record_mut(leg.call).end(leg);
                self.give_back(leg, clock);
            }
        }
    }

    fn read(&mut self, variant: Variant, leg: LegName, clock: Clock) {
        let read = self.record(leg.call).leg(leg);
        if !read.is_there {
            return;
        }
        if read.ended.is_some() {
            self.give_back(leg, clock);
        } else if variant == Variant::ExpiryAlone {
            self.capacity.free(variant, leg);
        } else {
            self.begin(Process::Watch { leg, next: Watch::Ask(clock) });
        }
    }

    fn give_back(&mut self, leg: LegName, clock: Clock) {
        let read = self.record(leg.call).leg(leg);
        let release = Release { leg, read, known: clock.ended, phase: Phase::Slot };
        self.begin(Process::Release { release, then: Then::Nothing });
    }
}
