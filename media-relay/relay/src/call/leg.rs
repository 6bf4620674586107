//! One leg's story.

use std::time::Duration;

use jiff::Timestamp;
use ringfall_control::{
    calls::{LegState, Progress as Told},
    notice::{Cause, Leg as Notified, Standing, Status},
    order::{Destination, Progress},
    text::{HttpUrl, Id},
};
use ringfall_sip::Moment;

use super::LegNumber;

/// When a leg began, was answered, was over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Story {
    began: Moment,
    answered: Option<Moment>,
    ended: Option<(Moment, Cause)>,
}

impl Story {
    pub(super) const fn new(now: Moment) -> Self {
        Self { began: now, answered: None, ended: None }
    }

    pub(super) const fn is_answered(&self) -> bool {
        self.answered.is_some()
    }

    pub(super) const fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    pub(super) fn answer(&mut self, now: Moment) {
        self.answered.get_or_insert(now);
    }

    /// The end: of a leg that was answered, completed; else by that cause.
    pub(super) fn end(&mut self, now: Moment, unanswered: Cause) {
        let cause = if self.is_answered() { Cause::Completed } else { unanswered };
        self.ended.get_or_insert((now, cause));
    }

    pub(super) const fn status(&self) -> Status {
        match (self.ended, self.answered) {
            (Some(_), _) => Status::Ended,
            (None, Some(_)) => Status::Answered,
            (None, None) => Status::Ringing,
        }
    }

    pub(super) fn cause(&self) -> Option<Cause> {
        self.ended.map(|(_, cause)| cause)
    }

    fn duration_seconds(&self) -> Option<u32> {
        let (answered, (ended, _)) = (self.answered?, self.ended?);
        // Whole seconds: nobody pays for one that was not.
        Some(u32::try_from((ended - answered).as_secs()).unwrap_or(u32::MAX))
    }

    pub(super) fn standing(&self) -> Standing {
        Standing { status: self.status(), cause: self.cause(), duration_seconds: self.duration_seconds() }
    }

    pub(super) fn told(&self, at: impl Fn(Moment) -> Timestamp) -> Told {
        Told {
            status: self.status(),
            cause: self.cause(),
            began_at: at(self.began),
            answered_at: self.answered.map(&at),
            ended_at: self.ended.map(|(ended, _)| at(ended)),
            duration_seconds: self.duration_seconds(),
        }
    }

    /// How long it has been answered.
    pub(super) fn talked(&self, now: Moment) -> Duration {
        self.answered.map(|answered| now - answered).unwrap_or_default()
    }
}

/// A leg that was rung.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) id: Id,
    pub(super) destination: Destination,
    /// Asked for orders before the bridge.
    pub(super) leg_answered: Option<HttpUrl>,
    pub(super) progress: Option<Progress>,
    pub(super) story: Story,
    pub(super) bridged: bool,
    pub(super) sip_status: Option<u16>,
}

impl Leg {
    pub(super) fn notified(&self) -> Notified {
        let Standing { status, cause, duration_seconds } = self.story.standing();
        Notified {
            leg_id: self.id.clone(),
            status,
            cause,
            sip_status: self.sip_status,
            duration_seconds,
            bridged: self.bridged,
        }
    }

    pub(super) fn state(&self, at: impl Fn(Moment) -> Timestamp) -> LegState {
        LegState {
            leg_id: self.id.clone(),
            destination: self.destination.clone(),
            progress: self.story.told(at),
            sip_status: self.sip_status,
            bridged: self.bridged,
        }
    }

    /// How far it came, for the choice of the one that a connect tells.
    pub(super) fn reach(&self, now: Moment) -> (bool, Duration, u8) {
        let line = match self.story.cause() {
            Some(Cause::Busy) => 2,
            Some(Cause::NoAnswer) => 3,
            Some(Cause::Completed) => 4,
            Some(Cause::Failed) => 1,
            Some(Cause::Canceled) | None => 0,
        };
        (self.bridged, self.story.talked(now), line)
    }
}

/// The id of a leg: whoever knows it knows the call's, which cannot be guessed.
pub(super) fn leg_id(call: &Id, leg: LegNumber) -> Id {
    // A call's id is short enough for it.
    format!("{call}-{leg}").parse().unwrap_or_else(|_| call.clone())
}
