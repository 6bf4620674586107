//! A change feed that goes back some way, comes in small pieces, and keeps its changes for another reading, or forgets some before
//! anybody has read them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Feed, Position, Reading, StoreError, Wanted},
};

use super::Faults;

/// The port of the change feed over the engine in memory.
#[derive(Debug, Clone)]
pub struct FaultyFeed {
    inner: MemoryStore,
    faults: Arc<Faults>,
    forgets: bool,
    /// Where the last reads began, the latest first.
    begun: Arc<Mutex<VecDeque<Position>>>,
}

impl FaultyFeed {
    /// Over an engine. Where it does not forget, its whole content can be replayed.
    pub fn over(inner: MemoryStore, faults: Arc<Faults>, forgets: bool) -> Self {
        Self { inner, faults, forgets, begun: Arc::default() }
    }

    /// Whether what was consumed is gone.
    pub const fn forgets(&self) -> bool {
        self.forgets
    }
}

/// Reads that the feed goes back at most.
const MOST_BACK: u64 = 8;
/// Changes that are forgotten unread: few of them, or all that there are.
const LOST: [usize; 4] = [1, 5, 30, 500];

impl FaultyFeed {
    /// Where a read some reads ago began.
    fn earlier(&self, reads: usize) -> Option<Position> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.get(reads.min(begun.len().checked_sub(1)?)).cloned()
    }

    fn begin(&self, at: &Position) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.push_front(at.clone());
        begun.truncate(usize::try_from(MOST_BACK).unwrap_or(usize::MAX));
    }

    /// Forgets what comes next, as a feed does of which nobody has read for a day. Nobody is that late who only passes over what is not wanted:
    /// that place is written down every hour.
    async fn lose(&self, after: &Position, wanted: Wanted) -> Result<(), StoreError> {
        let most = LOST[self.faults.index(LOST.len())];
        let lost = self.inner.read(after, most, wanted).await?;
        if lost.changes.is_empty() {
            return Ok(());
        }
        self.inner.forget(&lost.reached).await
    }
}

#[async_trait]
impl Feed for FaultyFeed {
    async fn read(&self, after: &Position, limit: usize, wanted: Wanted) -> Result<Reading, StoreError> {
        let weather = &self.faults.weather;
        let earlier = self.faults.strikes(weather.replayed, "feed: goes back").then(|| {
            let back = self.faults.delay(1..=MOST_BACK).as_millis();
            self.earlier(usize::try_from(back).unwrap_or(usize::MAX))
        });
        self.begin(after);
        if self.forgets && self.faults.strikes(weather.gap, "feed: forgets what nobody has read") {
            self.lose(after, wanted).await?;
        }
        let limit = if self.faults.strikes(weather.replayed, "feed: a small piece") {
            1 + limit / 100
        } else {
            limit
        };
        let read = async {
            let mut reading = self.inner.read(after, limit, wanted).await?;
            // What was read before comes once more, in front of what is new.
            if let Some(earlier) = earlier.flatten() {
                let again = self.inner.read(&earlier, limit, wanted).await?.changes;
                reading.changes.splice(0..0, again);
            }
            Ok(reading)
        };
        self.faults.carry("feed", read).await
    }

    async fn forget(&self, through: &Position) -> Result<(), StoreError> {
        if !self.forgets {
            return Ok(());
        }
        self.faults.carry("feed: forget", self.inner.forget(through)).await
    }

    async fn wait(&self, after: &Position) {
        self.inner.wait(after).await;
    }
}
