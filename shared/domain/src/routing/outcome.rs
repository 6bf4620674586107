//! What became of a target that was tried, derived from the facts of its attempt.

use super::Reason;
use crate::call::{Leg, event::EndCause};

/// The coarse half of a decision record's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is being rung.
    Offered,
    /// It took the call.
    Connected,
    /// It was rung and did not take the call.
    Tried,
    /// It was not rung.
    PassedOver,
}

impl Outcome {
    /// The word in decision records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Connected => "connected",
            Self::Tried => "tried",
            Self::PassedOver => "passed_over",
        }
    }
}

impl Leg {
    /// What became of this attempt, and why.
    pub fn outcome(&self) -> (Outcome, Reason) {
        let billable_after_seconds = self.terms.billable_after_seconds;
        match (self.was_accepted(), self.connected_seconds(), self.ended) {
            (true, Some(connected_seconds), _) if self.is_converted() => {
                (Outcome::Connected, Reason::Converted { connected_seconds, billable_after_seconds })
            }
            (true, Some(connected_seconds), _) if self.gives_second_chance() => {
                let before_seconds = self.terms.second_chance_before_seconds.unwrap_or(0);
                (Outcome::Connected, Reason::HungUpEarly { connected_seconds, before_seconds })
            }
            (true, Some(connected_seconds), _) => {
                (Outcome::Connected, Reason::TooShort { connected_seconds, billable_after_seconds })
            }
            (true, None, _) => (Outcome::Connected, Reason::Accepted),
            (false, _, None) => (Outcome::Offered, Reason::Ringing),
            (false, _, Some(end)) => (Outcome::Tried, self.reason_of(end.cause)),
        }
    }

    const fn reason_of(&self, cause: EndCause) -> Reason {
        match cause {
            EndCause::Completed => Reason::Declined,
            EndCause::Busy => Reason::Busy,
            EndCause::NoAnswer => Reason::NoAnswer { ring_timeout_seconds: self.ring_timeout_seconds },
            EndCause::Failed => Reason::Failed,
            EndCause::Canceled => Reason::CallerHungUp,
            EndCause::NeverDialled => Reason::NeverDialled,
        }
    }
}
