//! The moments at which a call wants to be woken.

use std::collections::BTreeMap;

use ringfall_sip::Moment;

use super::LegNumber;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Nothing was entered.
    Entry(LegNumber),
    /// A leg has rung for long enough.
    Ring(LegNumber),
    /// Whoever has answered has been spoken to for long enough.
    Greeting(LegNumber),
    /// Caller and leg have talked for long enough.
    Joined,
    /// The call has lasted for long enough.
    Whole,
    /// A recording's file should have been finished.
    File,
}

/// Those of one call.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeMap<Timer, Moment>);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Moment) {
        self.0.insert(timer, at);
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.0.remove(&timer);
    }

    pub(super) fn clear_all(&mut self) {
        self.0.clear();
    }

    pub(super) fn next(&self) -> Option<Moment> {
        self.0.values().min().copied()
    }

    pub(super) fn take_due(&mut self, now: Moment) -> Option<Timer> {
        let (timer, _) = self.0.iter().filter(|(_, at)| **at <= now).min_by_key(|(_, at)| **at)?;
        let timer = *timer;
        self.0.remove(&timer);
        Some(timer)
    }
}
