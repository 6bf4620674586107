//! A change feed that goes back some way, comes in small pieces, and keeps its changes for another reading.

use std::sync::Arc;

use async_trait::async_trait;
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Change, Feed, Position, StoreError},
};

use super::Faults;

/// The port of the change feed over the engine in memory.
#[derive(Debug, Clone)]
pub struct FaultyFeed {
    inner: MemoryStore,
    faults: Arc<Faults>,
    forgets: bool,
}

impl FaultyFeed {
    /// Over an engine. Where it does not forget, its whole content can be replayed.
    pub fn over(inner: MemoryStore, faults: Arc<Faults>, forgets: bool) -> Self {
        Self { inner, faults, forgets }
    }

    /// Whether what was consumed is gone.
    pub const fn forgets(&self) -> bool {
        self.forgets
    }
}

/// Changes that the feed goes back at most.
const MOST_BACK: u64 = 60;

#[async_trait]
impl Feed for FaultyFeed {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Change>, StoreError> {
        let weather = &self.faults.weather;
        let after = if self.faults.strikes(weather.replayed, "feed: goes back") {
            let back = u64::try_from(self.faults.delay(1..=MOST_BACK).as_millis()).unwrap_or(MOST_BACK);
            Position(after.0.saturating_sub(back))
        } else {
            after
        };
        let limit = if self.faults.strikes(weather.replayed, "feed: a small piece") {
            1 + limit / 100
        } else {
            limit
        };
        self.faults.carry("feed", self.inner.read(after, limit)).await
    }

    async fn forget(&self, through: Position) -> Result<(), StoreError> {
        if !self.forgets {
            return Ok(());
        }
        self.faults.carry("feed: forget", self.inner.forget(through)).await
    }

    async fn wait(&self, after: Position) {
        self.inner.wait(after).await;
    }
}
