//! Time and randomness of a run: the runtime's paused clock, moved to a date that the seed has drawn.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use ringfall_app::clock::{Clock, Randomness};
use tokio::time::Instant;

/// A clock of the run's world.
#[derive(Debug, Clone, Copy)]
pub struct SimulatedClock {
    began_at: Instant,
    shown_then: Timestamp,
}

impl SimulatedClock {
    /// A clock that shows a time now. It goes as fast as the runtime's.
    pub fn starting(shown: Timestamp) -> Self {
        Self { began_at: Instant::now(), shown_then: shown }
    }

    /// The same clock, ahead by so much, or behind.
    #[must_use]
    pub fn ahead(self, by: SignedDuration) -> Self {
        Self { shown_then: self.shown_then + by, ..self }
    }

    /// What it shows at an instant.
    pub fn at(&self, instant: Instant) -> Timestamp {
        let passed = instant.saturating_duration_since(self.began_at);
        self.shown_then + SignedDuration::from_millis(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
    }

    /// When it shows a time.
    pub fn instant_of(&self, shown: Timestamp) -> Instant {
        let passed = shown.duration_since(self.shown_then).as_millis();
        self.began_at + std::time::Duration::from_millis(u64::try_from(passed.max(0)).unwrap_or(0))
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }
}

/// Bits that nobody needs to guess: they count up.
#[derive(Debug, Default)]
pub struct Counting(AtomicU64);

impl Randomness for Counting {
    fn bits(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::Relaxed))
    }
}
