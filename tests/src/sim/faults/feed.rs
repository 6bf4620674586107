//! A change feed that goes back some way, comes in small pieces, and keeps its changes for another reading.

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
        let earlier = earlier.flatten();
        let after = earlier.as_ref().unwrap_or(after);
        let limit = if self.faults.strikes(weather.replayed, "feed: a small piece") {
            1 + limit / 100
        } else {
            limit
        };
        self.faults.carry("feed", self.inner.read(after, limit, wanted)).await
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
