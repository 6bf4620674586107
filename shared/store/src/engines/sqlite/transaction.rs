//! The writer's transaction: what it has read and written so far, and what the others learn of it once it is on disk.

use std::{collections::HashMap, sync::Arc};

use rusqlite::Connection;
use tokio::sync::watch;

use super::{
    body::encode,
    cache::{Cache, Known, Looked, Stored},
    changes::{self, Added},
    items,
    recent::Recent,
};
use crate::{
    engines::lane::Serial,
    port::{Item, Key, Wanted},
};

/// How many bytes of items are kept in memory: those of some ten thousands of calls.
const CACHE_BYTES: usize = 64 * 1024 * 1024;
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

/// The writer's connection, and the transaction under way on it.
pub(super) struct Transaction {
    connection: Connection,
    on_disk: Arc<OnDisk>,
    /// Items as they stand within it.
    items: HashMap<Arc<Key>, Known>,
    changes: Vec<Added>,
    /// Of which items the feed is told.
    fed: Wanted,
    /// The position of the last change within it.
    head: Serial,
    body: Vec<u8>,
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
        Ok(Self { connection, on_disk, items, changes, fed, head, body })
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
    pub(super) fn find(&mut self, key: &Key) -> rusqlite::Result<Known> {
        if let Some(known) = self.items.get(key) {
            return Ok(known.clone());
        }
        match self.on_disk.cache.look(key) {
            Looked::Known(known) => Ok(known),
            Looked::Unknown(_) => {
                let known = items::find(&self.connection, key)?;
                self.items.insert(Arc::new(key.clone()), known.clone());
                Ok(known)
            }
        }
    }

    /// Puts or deletes the item, and tells the feed if anybody wants to know. Writes nothing if nothing changes: equal items have equal
    /// bodies.
    pub(super) fn replace(
        &mut self,
        key: Key,
        old: Option<&Stored>,
        item: Option<&Item>,
    ) -> rusqlite::Result<()> {
        let Some(new) = self.write(&key, old, item)? else { return Ok(()) };
        let key = Arc::new(key);
        if !(self.fed)(&key) {
            self.items.insert(key, new);
            return Ok(());
        }
        self.head = Serial(self.head.0 + 1);
        let body = |stored: &Stored| Arc::clone(&stored.body);
        let (old, new_body) = (old.map(body), new.as_ref().map(body));
        let added = Added { position: self.head, key: Arc::clone(&key), old, new: new_body };
        changes::add(&self.connection, &added)?;
        self.changes.push(added);
        self.items.insert(key, new);
        Ok(())
    }

    /// What stands at the key now; none if nothing changed.
    fn write(
        &mut self,
        key: &Key,
        old: Option<&Stored>,
        item: Option<&Item>,
    ) -> rusqlite::Result<Option<Known>> {
        let connection = &self.connection;
        let Some(item) = item else {
            return old.map(|old| items::delete(connection, old.row).map(|()| None)).transpose();
        };
        encode(item, &mut self.body);
        let row = match old {
            Some(old) if *old.body == *self.body => return Ok(None),
            Some(old) => items::update(connection, old.row, &self.body).map(|()| old.row)?,
            None => items::insert(connection, key, &self.body)?,
        };
        Ok(Some(Some(Stored { row, body: Arc::from(&*self.body) })))
    }

    /// Forgets some changes; true if more may be left.
    pub(super) fn forget(&self, through: Serial) -> rusqlite::Result<bool> {
        changes::forget(&self.connection, through, self.head)
    }

    /// Ends it. When this returns without an error, everything is on disk and known to the others. After an error, it
    /// must be rolled back.
    pub(super) fn commit(&mut self) -> rusqlite::Result<()> {
        self.on_disk.cache.begin_commit(self.items.keys());
        if let Err(error) = self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]))
        {
            self.on_disk.cache.end_commit(std::iter::empty());
            return Err(error);
        }
        self.on_disk.cache.end_commit(self.items.drain());
        self.on_disk.recent.add(self.changes.drain(..));
        let head = self.head;
        self.on_disk.head.send_if_modified(|told| std::mem::replace(told, head) != head);
        Ok(())
    }

    /// Takes everything back. A transaction that failed may have ended by itself.
    pub(super) fn roll_back(&mut self) {
        self.items.clear();
        self.changes.clear();
        self.head = *self.on_disk.head.borrow();
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction of the store could not be rolled back");
        }
    }
}
