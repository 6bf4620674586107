//! The embedded engine: one SQLite file, one thread that writes, some that read.
//!
//! Every write is on disk before it is answered (WAL, `synchronous=FULL`), and whatever waits at the same
//! time shares one commit. What was written or read lately is in memory too, and a get of it asks no thread; nobody
//! sees there what is not on disk yet. Requests wait in bounded queues: a caller that finds one full waits too. If the
//! writer's thread dies, every later call that needs it ends with [`StoreError::Unavailable`].

mod body;
mod cache;
mod changes;
mod checkpoints;
mod fault;
mod items;
mod jobs;
mod messages;
mod readers;
mod recent;
mod schema;
mod transaction;
mod writer;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use async_trait::async_trait;
use futures::future::try_join_all;
use jiff::Timestamp;
use tokio::task;

pub use self::schema::OpenError;
use self::{
    cache::Looked,
    fault::Fault,
    jobs::Queue,
    readers::Readers,
    transaction::{OnDisk, Transaction},
    writer::Writer,
};
use super::{
    head,
    interpreter::validate,
    lane::{Found, Serial, reading},
    visibility::{due_microseconds, now_microseconds},
};
use crate::port::{
    Delivery, Direction, Feed, Key, MessageBody, Messages, Page, Position, Range, Reading, Receipt, Segment,
    SharedItem, Sheet, StoreError, Survey, Table, Wanted, Write, WriteError, Written,
};

/// A store in a file. Clones share it; it is closed by [`SqliteStore::close`] or with the last of them.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    threads: Arc<Threads>,
}

#[derive(Debug)]
struct Threads {
    writes: Queue<Transaction>,
    reads: Readers,
    writer: Mutex<Option<thread::JoinHandle<()>>>,
    on_disk: Arc<OnDisk>,
}

impl SqliteStore {
    /// Opens the store in the file at `path`, or makes it; its folder must exist. SQLite keeps two more files
    /// beside it while it is open, and there is a lock file, `path` with `.lock`.
    ///
    /// # Errors
    ///
    /// If the file is open elsewhere, is not a store of this version, or cannot be used.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_feeding(path, |_| true)
    }

    /// As [`Self::open`], but the change feed is told only of the items that some consumer wants. Of others, no change is kept
    /// anywhere: what is written most would fill most of the log, for nobody.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_feeding(path: impl AsRef<Path>, fed: Wanted) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let lock = schema::lock(path)?;
        let Writer { queue: writes, thread, on_disk } = writer::start(path, lock, fed)?;
        let reads = Readers::start(path)?;
        Ok(Self { threads: Arc::new(Threads { writes, reads, writer: Mutex::new(Some(thread)), on_disk }) })
    }

    /// Finishes what was asked for, brings everything into the one file and lets go of it. Later calls, here
    /// and on clones, are [`StoreError::Unavailable`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the writer's thread had died; what was acknowledged is on disk even
    /// then.
    pub async fn close(self) -> Result<(), StoreError> {
        let closing = task::spawn_blocking(move || self.threads.end());
        closing.await.map_err(|error| StoreError::Unavailable(format!("closing was cut off: {error}")))?
    }

    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let work = |transaction: &mut Transaction| work(transaction.connection()).map_err(Fault::Sqlite);
        self.threads.writes.ask(work).await
    }

    /// Asks no thread if what stands at the key is known.
    async fn find(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        let known = match self.threads.on_disk.cache.look(key) {
            Looked::Known(known) => known,
            Looked::Unknown(ticket) => {
                let sought = key.clone();
                let find = move |connection: &mut _| items::find(connection, &sought);
                let found = self.threads.reads.read(find).await?;
                self.threads.on_disk.cache.keep_found(key, &found, ticket);
                found
            }
        };
        Ok(known.map(|stored| stored.item))
    }
}

impl Threads {
    /// Blocks until the writer is done.
    fn end(&self) -> Result<(), StoreError> {
        self.reads.close();
        self.writes.close();
        self.on_disk.cache.close();
        match self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(writer) => {
                writer.join().map_err(|_| StoreError::Unavailable("the writer had died".to_owned()))
            }
            None => Ok(()),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "the store was not closed in order");
        }
    }
}

#[async_trait]
impl Table for SqliteStore {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        validate::key(key)?;
        self.find(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        validate::keys(keys)?;
        try_join_all(keys.iter().map(|key| self.find(key))).await
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        validate::query(partition, range, limit)?;
        let (partition, range) = (partition.to_owned(), range.clone());
        let query = move |connection: &mut _| items::query(connection, &partition, &range, direction, limit);
        self.threads.reads.read(query).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        validate::writes(&writes)?;
        self.threads.writes.ask(|transaction| items::write(transaction, writes)).await
    }
}

#[async_trait]
impl Survey for SqliteStore {
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
        let after = after.cloned();
        let survey = move |connection: &mut _| items::survey(connection, after.as_ref(), limit, wanted);
        self.threads.reads.read(survey).await
    }
}

#[async_trait]
impl Messages for SqliteStore {
    async fn send(&self, body: MessageBody, due_at: Timestamp) -> Result<(), StoreError> {
        validate::message(&body)?;
        let due = due_microseconds(due_at);
        self.change(move |connection| messages::send(connection, &body, due)).await
    }

    async fn receive(
        &self,
        now: Timestamp,
        hidden_seconds: u32,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        validate::receive(hidden_seconds, limit)?;
        let now = now_microseconds(now);
        self.change(move |connection| messages::receive(connection, now, hidden_seconds, limit)).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), StoreError> {
        let receipt = receipt.clone();
        self.change(move |connection| messages::acknowledge(connection, &receipt)).await
    }

    async fn postpone(&self, receipt: &Receipt, due_at: Timestamp) -> Result<(), StoreError> {
        let (receipt, due) = (receipt.clone(), due_microseconds(due_at));
        self.change(move |connection| messages::postpone(connection, &receipt, due)).await
    }
}

#[async_trait]
impl Feed for SqliteStore {
    async fn read(&self, after: &Position, limit: usize, wanted: Wanted) -> Result<Reading, StoreError> {
        validate::read(limit)?;
        let behind = Serial::reached(after);
        // Before the changes are read: if none is found behind a place that was not the last by now, they are forgotten.
        let head = *self.threads.on_disk.head.borrow();
        let changes = match self.threads.on_disk.recent.read(behind, limit) {
            Some(changes) => changes,
            None => {
                let read = move |connection: &mut _| changes::read(connection, behind, limit);
                self.threads.reads.read(read).await?
            }
        };
        // Changes are numbered one after the other.
        let forgotten = changes.first().map_or(head, |first| Serial(first.position.0 - 1));
        let through = changes.last().map_or(behind.max(head), |last| last.position);
        let changes = changes.iter().filter(|added| wanted(&added.key)).map(|added| added.change());
        Ok(reading(after, Found { changes: changes.collect(), through, has_gap: behind < forgotten }))
    }

    async fn forget(&self, through: &Position) -> Result<(), StoreError> {
        let through = Serial::reached(through);
        let forget = move |transaction: &mut Transaction| transaction.forget(through).map_err(Fault::Sqlite);
        while self.threads.writes.ask(forget).await? {}
        self.threads.on_disk.recent.forget(through);
        Ok(())
    }

    async fn wait(&self, after: &Position) {
        head::wait(&self.threads.on_disk.head, Serial::reached(after)).await;
    }
}

#[cfg(test)]
mod tests;
