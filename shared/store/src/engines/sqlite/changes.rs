//! The change feed as a table in order.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    body::{decode, encode},
    fault::Fault,
};
use crate::{
    engines::{interpreter::item_bytes, lane::Serial, page::Room},
    port::{Change, Key, SharedItem, StoreError},
};

const ADD: &str = "INSERT INTO changes (position, partition, sort, old, new) VALUES (?1, ?2, ?3, ?4, ?5)";
const READ: &str = "SELECT position, partition, sort, old, new FROM changes WHERE position > ?1
    ORDER BY position LIMIT ?2";
const FIRST: &str = "SELECT min(position) FROM changes WHERE position <= ?1";
const FORGET: &str = "DELETE FROM changes WHERE position <= ?1";
const REMEMBER: &str = "UPDATE forgotten SET through = ?1";
const HEAD: &str = "SELECT max(through, coalesce((SELECT max(position) FROM changes), 0)) FROM forgotten";

/// How many changes one transaction forgets, so that no write waits for long behind a consumer that caught
/// up.
const FORGET_AT_ONCE: u64 = 500;

/// A change as it is kept.
#[derive(Debug)]
pub(super) struct Added {
    /// One more than the last change's.
    pub(super) position: Serial,
    pub(super) key: Arc<Key>,
    pub(super) old: Option<SharedItem>,
    pub(super) new: Option<SharedItem>,
}

impl Added {
    /// The bytes of both images.
    pub(super) fn bytes(&self) -> usize {
        [&self.old, &self.new].into_iter().flatten().map(|image| item_bytes(&self.key, image)).sum()
    }

    /// As the feed tells it.
    pub(super) fn change(&self) -> Change {
        let (mark, key) = (self.position.mark(), Key::clone(&self.key));
        Change { mark, key, old: self.old.clone(), new: self.new.clone() }
    }
}

/// Adds a change.
pub(super) fn add(connection: &Connection, added: &Added) -> rusqlite::Result<()> {
    let Added { position, key, old, new } = added;
    let [old, new] = [old, new].map(|image| {
        image.as_deref().map(|item| {
            let mut body = Vec::new();
            encode(item, &mut body);
            body
        })
    });
    let values = params![number(*position), key.partition, key.sort, old, new];
    connection.prepare_cached(ADD)?.execute(values).map(drop)
}

/// The position of the last change that there ever was.
pub(super) fn head(connection: &Connection) -> rusqlite::Result<Serial> {
    connection.query_row(HEAD, [], |row| row.get::<_, i64>(0)).map(|head| Serial(head.unsigned_abs()))
}

/// Changes behind a position.
pub(super) fn read(
    connection: &Connection,
    after: Serial,
    limit: usize,
) -> Result<Vec<Arc<Added>>, Fault<StoreError>> {
    let mut room = Room::for_parts(limit);
    let mut select = connection.prepare_cached(READ)?;
    let mut rows = select.query(params![number(after), room.parts()])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()?
        && !room.is_full()
    {
        let position = Serial(row.get::<_, i64>(0)?.unsigned_abs());
        let key = Arc::new(Key::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?));
        let image = |column| -> Result<Option<SharedItem>, Fault<StoreError>> {
            let body = row.get_ref(column)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
            Ok(body.map(|body| decode(&key, body)).transpose()?.map(Arc::new))
        };
        let change = Added { position, old: image(3)?, new: image(4)?, key: Arc::clone(&key) };
        room.take(change.bytes());
        changes.push(Arc::new(change));
    }
    Ok(changes)
}

/// Forgets some of the changes up to and including a position; true if more may be left. `head` is the last change's.
pub(super) fn forget(connection: &Connection, through: Serial, head: Serial) -> rusqlite::Result<bool> {
    let through = through.min(head);
    let mut first = connection.prepare_cached(FIRST)?;
    let first = first.query_row([number(through)], |row| row.get::<_, Option<i64>>(0)).optional()?.flatten();
    let Some(first) = first else { return Ok(false) };
    let last = through.min(Serial(first.unsigned_abs() + FORGET_AT_ONCE - 1));
    connection.prepare_cached(FORGET)?.execute([number(last)])?;
    if last == head {
        // With the last change goes what would tell where the next belongs.
        connection.prepare_cached(REMEMBER)?.execute([number(head)])?;
    }
    Ok(last < through)
}

/// SQLite's numbers end before ours.
fn number(position: Serial) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}
