//! The engine for simulation: everything in memory, one lock, no clock and no randomness. The same requests
//! in the same order give the same answers, always.

mod changes;
mod items;
mod queue;

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use self::{changes::Changes, items::Items, queue::Queue};
use super::{
    interpreter::{decide, validate},
    lane::{Serial, reading},
};
use crate::port::{
    Delivery, Direction, Feed, Key, MessageBody, Messages, Page, Position, Range, Reading, Receipt, Segment,
    SharedItem, Sheet, StoreError, Survey, Table, Wanted, Write, WriteError, Written,
};

/// A store in memory. Clones share their content; it is gone with the last of them.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// The position of the last change.
    head: watch::Sender<Serial>,
}

#[derive(Debug, Default)]
struct State {
    items: Items,
    changes: Changes,
    queue: Queue,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("nothing that holds the lock panics")
    }
}

impl State {
    fn write(&mut self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        let current = writes.iter().map(|write| self.items.get(write.key()).cloned()).collect();
        let after = decide(writes, current)?;
        Ok(after.into_iter().map(|(key, item)| self.keep(key, item)).collect())
    }

    fn keep(&mut self, key: Key, item: Option<SharedItem>) -> Written {
        if self.items.get(&key) != item.as_ref() {
            let old = self.items.replace(&key, item.clone());
            self.changes.add(key, old, item.clone());
        }
        Written::Now(item)
    }
}

#[async_trait]
impl Table for MemoryStore {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        validate::key(key)?;
        Ok(self.state().items.get(key).cloned())
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        validate::keys(keys)?;
        let state = self.state();
        Ok(keys.iter().map(|key| state.items.get(key).cloned()).collect())
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        validate::query(partition, range, limit)?;
        Ok(self.state().items.query(partition, range, direction, limit))
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        validate::writes(&writes)?;
        let mut state = self.state();
        let written = state.write(writes)?;
        self.shared.head.send_replace(state.changes.head());
        Ok(written)
    }
}

#[async_trait]
impl Survey for MemoryStore {
    async fn survey(
        &self,
        segment: Segment,
        after: Option<&Key>,
        limit: usize,
        wanted: Wanted,
    ) -> Result<Sheet, StoreError> {
        validate::survey(after, limit)?;
        if segment.number() > 0 {
            return Ok(Sheet { items: Vec::new(), next: None });
        }
        Ok(self.state().items.survey(after, limit, wanted))
    }
}

#[async_trait]
impl Messages for MemoryStore {
    async fn send(&self, body: MessageBody, due_at: Timestamp) -> Result<(), StoreError> {
        validate::message(&body)?;
        self.state().queue.send(body, due_at);
        Ok(())
    }

    async fn receive(
        &self,
        now: Timestamp,
        hidden_seconds: u32,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        validate::receive(hidden_seconds, limit)?;
        Ok(self.state().queue.receive(now, hidden_seconds, limit))
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), StoreError> {
        self.state().queue.acknowledge(receipt);
        Ok(())
    }

    async fn postpone(&self, receipt: &Receipt, due_at: Timestamp) -> Result<(), StoreError> {
        self.state().queue.postpone(receipt, due_at);
        Ok(())
    }
}

#[async_trait]
impl Feed for MemoryStore {
    async fn read(&self, after: &Position, limit: usize, wanted: Wanted) -> Result<Reading, StoreError> {
        validate::read(limit)?;
        Ok(reading(after, self.state().changes.read(Serial::reached(after), limit, wanted)))
    }

    async fn forget(&self, through: &Position) -> Result<(), StoreError> {
        self.state().changes.forget(Serial::reached(through));
        Ok(())
    }

    async fn wait(&self, after: &Position) {
        super::head::wait(&self.shared.head, Serial::reached(after)).await;
    }
}
