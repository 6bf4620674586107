//! The writer's transaction: what it has read and changed so far, and what the others learn of it once it is on disk.
//!
//! Rows are written once, before the commit, however often an item has changed: requests that share a commit often are about the same
//! buyer.

use std::{collections::HashMap, sync::Arc};

use rusqlite::Connection;
use tokio::sync::watch;

use super::{
    body::encode,
    cache::{Cache, Known, Looked, Stored},
    changes::{self, Added},
    fault::Fault,
    items,
    recent::Recent,
};
use crate::{
    engines::lane::Serial,
    port::{Key, SharedItem, StoreError, Wanted},
};

/// How many bytes of items are kept in memory: those of some ten thousands of calls.
const CACHE_BYTES: usize = 128 * 1024 * 1024;
/// How many bytes of changes are kept in memory.
const RECENT_BYTES: usize = 8 * 1024 * 1024;

/// What is known in memory of what is on disk.
#[derive(Debug)]
pub(super) struct OnDisk {
    /// Items.
    pub(super) cache: Cache,
    /// Changes.
    pub(super) recent: Recent,
    /// The position of the last change.
    pub(super) head: watch::Sender<Serial>,
}

/// An item as it stands within the transaction.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Its row on disk, even if it is deleted by now.
    row: Option<i64>,
    pub(super) item: Option<SharedItem>,
    encoded_bytes: usize,
    /// Whether it stands otherwise on disk.
    is_changed: bool,
}

/// The writer's connection, and the transaction under way on it.
pub(super) struct Transaction {
    connection: Connection,
    on_disk: Arc<OnDisk>,
    /// Items as they stand within it.
    items: HashMap<Arc<Key>, Standing>,
    changes: Vec<Added>,
    /// How many of the changes are written.
    changes_written: usize,
    /// Of which items the feed is told.
    fed: Wanted,
    /// The position of the last change within it.
    head: Serial,
    body: Vec<u8>,
}

impl From<Known> for Standing {
    fn from(known: Known) -> Self {
        known.map_or_else(Self::default, |Stored { row, item, encoded_bytes }| Self {
            row: Some(row),
            item: Some(item),
            encoded_bytes,
            is_changed: false,
        })
    }
}

impl From<Standing> for Known {
    fn from(Standing { row, item, encoded_bytes, .. }: Standing) -> Self {
        row.zip(item).map(|(row, item)| Stored { row, item, encoded_bytes })
    }
}

impl Transaction {
    /// None is under way yet.
    pub(super) fn on(connection: Connection, fed: Wanted) -> rusqlite::Result<Self> {
        let head = changes::head(&connection)?;
        let on_disk = Arc::new(OnDisk {
            cache: Cache::new(CACHE_BYTES),
            recent: Recent::behind(head, RECENT_BYTES),
            head: watch::Sender::new(head),
        });
        let (items, changes, body) = (HashMap::new(), Vec::new(), Vec::new());
        Ok(Self { connection, on_disk, items, changes, changes_written: 0, fed, head, body })
    }

    /// What the others see.
    pub(super) const fn on_disk(&self) -> &Arc<OnDisk> {
        &self.on_disk
    }

    /// For what is no item.
    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Ends with the connection: none may be under way.
    pub(super) fn into_connection(self) -> Connection {
        self.connection
    }

    /// Begins.
    pub(super) fn begin(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(drop)
    }

    /// What stands at a key, all writes so far included.
    pub(super) fn find(&mut self, key: &Key) -> Result<Standing, Fault<StoreError>> {
        if let Some(standing) = self.items.get(key) {
            return Ok(standing.clone());
        }
        match self.on_disk.cache.look(key) {
            Looked::Known(known) => Ok(known.into()),
            Looked::Unknown(_) => {
                let standing = Standing::from(items::find(&self.connection, key)?);
                self.items.insert(Arc::new(key.clone()), standing.clone());
                Ok(standing)
            }
        }
    }

    /// Puts or deletes the item, and tells the feed if anybody wants to know. Nothing happens if nothing changes.
    pub(super) fn replace(&mut self, key: Key, before: Standing, item: Option<SharedItem>) {
        if before.item == item {
            return;
        }
        let key = Arc::new(key);
        if (self.fed)(&key) {
            self.head = Serial(self.head.0 + 1);
            let (old, new) = (before.item, item.clone());
            self.changes.push(Added { position: self.head, key: Arc::clone(&key), old, new });
        }
        self.items.insert(key, Standing { item, is_changed: true, ..before });
    }

    /// Writes the rows of what has changed.
    fn write_items(&mut self) -> rusqlite::Result<()> {
        let connection = &self.connection;
        for (key, standing) in self.items.iter_mut().filter(|(_, standing)| standing.is_changed) {
            match (&standing.item, standing.row) {
                (Some(item), row) => {
                    encode(item, &mut self.body);
                    match row {
                        Some(row) => items::update(connection, row, &self.body)?,
                        None => standing.row = Some(items::insert(connection, key, &self.body)?),
                    }
                    standing.encoded_bytes = self.body.len();
                }
                (None, Some(row)) => items::delete(connection, row)?,
                // It came and went within the transaction.
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn write_changes(&mut self) -> rusqlite::Result<()> {
        for change in &self.changes[self.changes_written..] {
            changes::add(&self.connection, change)?;
        }
        self.changes_written = self.changes.len();
        Ok(())
    }

    /// Forgets some changes; true if more may be left.
    pub(super) fn forget(&mut self, through: Serial) -> rusqlite::Result<bool> {
        // Those of this transaction are forgotten like all others.
        self.write_changes()?;
        changes::forget(&self.connection, through, self.head)
    }

    /// Ends it. When this returns without an error, everything is on disk and known to the others. After an error, it
    /// must be rolled back.
    pub(super) fn commit(&mut self) -> rusqlite::Result<()> {
        self.write_items()?;
        self.write_changes()?;
        self.on_disk.cache.begin_commit(self.items.keys());
        if let Err(error) = self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]))
        {
            self.on_disk.cache.end_commit(std::iter::empty());
            return Err(error);
        }
        self.on_disk.cache.end_commit(self.items.drain().map(|(key, standing)| (key, standing.into())));
        self.on_disk.recent.add(self.changes.drain(..));
        self.changes_written = 0;
        let head = self.head;
        self.on_disk.head.send_if_modified(|told| std::mem::replace(told, head) != head);
        Ok(())
    }

    /// Takes everything back. A transaction that failed may have ended by itself.
    pub(super) fn roll_back(&mut self) {
        self.items.clear();
        self.changes.clear();
        self.changes_written = 0;
        self.head = *self.on_disk.head.borrow();
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction of the store could not be rolled back");
        }
    }
}

#[cfg(test)]
mod tests;
