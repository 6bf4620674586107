//! One clock that only runs forwards, and what it was by the wall's when it began.

use std::time::Instant;

use jiff::Timestamp;
use ringfall_sip::Moment;

/// The clock of one relay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
    started_at: Timestamp,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), started_at: Timestamp::now() }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::after_origin(self.started.elapsed())
    }

    /// A moment as an instant, for those who sleep.
    pub(crate) fn instant(&self, moment: Moment) -> tokio::time::Instant {
        (self.started + moment.since_origin()).into()
    }

    /// A moment by the wall's clock.
    pub(crate) fn at(&self, moment: Moment) -> Timestamp {
        let since = jiff::SignedDuration::try_from(moment.since_origin()).unwrap_or_default();
        self.started_at.checked_add(since).unwrap_or(self.started_at)
    }
}
