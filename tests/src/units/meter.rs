//! The table port with every operation written down.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{
        Delivery, Direction, Key, MessageBody, Messages, Page, Range, Receipt, SharedItem, StoreError, Table,
        Write, WriteError, Written,
    },
};
use tokio::time::{Instant, sleep};

use super::{
    Gauge,
    rules::{TRANSACTION, bytes, read_units, write_units},
};

/// How long each operation takes, so that operations one after the other can be told from those side by side.
const ROUND_TRIP: Duration = Duration::from_millis(4);

/// What an operation used of one item, or a query of the items that it read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Where the item is; of a query the partition alone.
    pub key: Key,
    /// Read units.
    pub read: usize,
    /// Write units.
    pub written: usize,
}

/// What some operations came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Read units.
    pub read: usize,
    /// Write units.
    pub written: usize,
    /// Messages sent.
    pub messages: usize,
    /// Operations one after the other, those side by side counted once.
    pub round_trips: usize,
    /// Each operation in words.
    pub operations: Vec<String>,
    /// What they used of each item.
    pub touched: Vec<Touched>,
}

#[derive(Debug, Clone)]
struct Operation {
    began: Instant,
    ended: Instant,
    touched: Vec<Touched>,
    messages: usize,
    what: String,
}

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<Operation>>>);

impl Log {
    fn note(&self, began: Instant, touched: Vec<Touched>, messages: usize, what: String) {
        let operation = Operation { began, ended: Instant::now(), touched, messages, what };
        self.0.lock().expect("no holder of the lock panics").push(operation);
    }

    fn take(&self) -> Vec<Operation> {
        std::mem::take(&mut *self.0.lock().expect("no holder of the lock panics"))
    }
}

/// The engine in memory, metered.
#[derive(Debug, Clone)]
pub struct Meter {
    inner: MemoryStore,
    log: Log,
}

impl Meter {
    /// Over an engine.
    pub fn over(inner: MemoryStore) -> Self {
        Self { inner, log: Log::default() }
    }

    /// The queue beside it, whose sending takes a round trip too.
    pub fn messages(&self) -> MeteredMessages {
        MeteredMessages { inner: self.inner.clone(), log: self.log.clone() }
    }

    async fn sizes(&self, keys: &[Key]) -> Result<Vec<usize>, StoreError> {
        let items = self.inner.get_many(keys).await?;
        Ok(keys.iter().zip(&items).map(|(key, item)| bytes(key, item.as_deref())).collect())
    }
}

impl Gauge for Meter {
    type Usage = Usage;
    const LATE_READS: u32 = 0;

    fn take(&self) -> Usage {
        let mut operations = self.log.take();
        operations.sort_by_key(|operation| operation.ended);
        let mut usage = Usage::default();
        let mut last: Option<Instant> = None;
        for operation in operations {
            // The longest chain of which each begins after the one before has ended.
            if last.is_none_or(|last| operation.began >= last) {
                usage.round_trips += 1;
                last = Some(operation.ended);
            }
            usage.read += operation.touched.iter().map(|touched| touched.read).sum::<usize>();
            usage.written += operation.touched.iter().map(|touched| touched.written).sum::<usize>();
            usage.messages += operation.messages;
            usage.operations.push(operation.what);
            usage.touched.extend(operation.touched);
        }
        usage
    }
}

#[async_trait]
impl Table for Meter {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        Ok(self.get_many(std::slice::from_ref(key)).await?.pop().flatten())
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        let began = Instant::now();
        sleep(ROUND_TRIP).await;
        let items = self.inner.get_many(keys).await?;
        let mut touched = Vec::with_capacity(keys.len());
        let mut what = "read".to_owned();
        for (key, item) in keys.iter().zip(&items) {
            let bytes = bytes(key, item.as_deref());
            touched.push(Touched { key: key.clone(), read: read_units(bytes), written: 0 });
            what += &format!(" {} ({bytes} B)", key.sort);
        }
        self.log.note(began, touched, 0, what);
        Ok(items)
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let began = Instant::now();
        sleep(ROUND_TRIP).await;
        let page = self.inner.query(partition, range, direction, limit).await?;
        let total = page.items.iter().map(|(key, item)| bytes(key, Some(item))).sum();
        let touched = Touched { key: Key::new(partition, ""), read: read_units(total), written: 0 };
        self.log.note(began, vec![touched], 0, format!("query ({total} B)"));
        Ok(page)
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        let began = Instant::now();
        sleep(ROUND_TRIP).await;
        let keys: Vec<Key> = writes.iter().map(|write| write.key().clone()).collect();
        let before = self.sizes(&keys).await?;
        let result = self.inner.write(writes).await;
        let after = self.sizes(&keys).await?;
        let times = if keys.len() > 1 { TRANSACTION } else { 1 };
        let mut touched = Vec::with_capacity(keys.len());
        let mut what = if result.is_ok() { "write".to_owned() } else { "refused".to_owned() };
        for ((key, before), after) in keys.iter().zip(before).zip(after) {
            let units = times * write_units(before, after);
            touched.push(Touched { key: key.clone(), read: 0, written: units });
            what += &format!(" {} ({after} B: {units})", key.sort);
        }
        self.log.note(began, touched, 0, what);
        result
    }
}

/// The queue of the engine in memory, metered.
#[derive(Debug, Clone)]
pub struct MeteredMessages {
    inner: MemoryStore,
    log: Log,
}

#[async_trait]
impl Messages for MeteredMessages {
    async fn send(&self, body: MessageBody, due_at: Timestamp) -> Result<(), StoreError> {
        let began = Instant::now();
        sleep(ROUND_TRIP).await;
        self.inner.send(body, due_at).await?;
        self.log.note(began, Vec::new(), 1, "send a message".to_owned());
        Ok(())
    }

    async fn receive(
        &self,
        now: Timestamp,
        hidden_seconds: u32,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.inner.receive(now, hidden_seconds, limit).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), StoreError> {
        self.inner.acknowledge(receipt).await
    }

    async fn postpone(&self, receipt: &Receipt, due_at: Timestamp) -> Result<(), StoreError> {
        self.inner.postpone(receipt, due_at).await
    }
}
