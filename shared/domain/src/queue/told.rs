//! What somebody who waits has been told. It rides in our signed callback URLs, from step to step.

use jiff::Timestamp;

use super::Place;
use crate::phone::PhoneNumber;

/// What a caller who waits has been told so far, and where they stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Steps of the hold so far.
    pub steps: u16,
    /// When they were last told something; none if they were not.
    pub at: Option<Timestamp>,
    /// The last place that they were told.
    pub position: Option<u32>,
    /// The last wait that they were told: at most so many seconds.
    pub wait_seconds: Option<u32>,
    /// The place that they hold: the next step reads who stands before it without waiting for the call's record.
    pub place: Option<Place>,
}

impl Told {
    /// What the next step goes by where a caller is called off the hold, wherever in it they are.
    pub fn called_off() -> Self {
        Self { steps: 1, ..Self::default() }
    }

    /// Whether it is such a step. Every other but the first follows upon something that was told.
    pub const fn is_called_off(&self) -> bool {
        self.steps > 0 && self.at.is_none()
    }
}

/// A question on being called back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackQuestion {
    /// Whether they want it at all.
    Offer,
    /// Whether this number is the one to call.
    Confirm(PhoneNumber),
    /// Which number to call.
    Enter {
        /// Counted from 1: how often it was asked.
        visit: u8,
    },
}
