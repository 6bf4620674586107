//! The change feed as a table in order.

use rusqlite::{Connection, Row, params, types::ValueRef};

use super::{body::decode, fault::Fault};
use crate::{
    engines::{lane::Serial, page::Room},
    port::{Change, Item, Key, StoreError},
};

const ADD: &str = "INSERT INTO changes (partition, sort, old, new) VALUES (?1, ?2, ?3, ?4)";
const READ: &str = "SELECT position, partition, sort, old, new FROM changes WHERE position > ?1
    ORDER BY position LIMIT ?2";
const FORGET: &str = "DELETE FROM changes WHERE position IN
    (SELECT position FROM changes WHERE position <= ?1 ORDER BY position LIMIT ?2)";
const HEAD: &str = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'changes'";

/// How many changes one transaction forgets, so that no write waits for long behind a consumer that caught
/// up.
const FORGET_AT_ONCE: u32 = 500;

/// Adds a change.
pub(super) fn add(
    connection: &Connection,
    key: &Key,
    old: Option<&str>,
    new: Option<&str>,
) -> rusqlite::Result<()> {
    connection.prepare_cached(ADD)?.execute(params![key.partition, key.sort, old, new]).map(drop)
}

/// The position of the last change that there ever was.
pub(super) fn head(connection: &Connection) -> rusqlite::Result<Serial> {
    let mut head = connection.prepare_cached(HEAD)?;
    head.query_row([], |row| row.get::<_, i64>(0)).map(|head| Serial(head.unsigned_abs()))
}

/// Changes behind a position.
pub(super) fn read(
    connection: &Connection,
    after: Serial,
    limit: usize,
) -> Result<Vec<Change>, Fault<StoreError>> {
    let mut room = Room::for_parts(limit);
    let mut select = connection.prepare_cached(READ)?;
    let mut rows = select.query(params![number(after), room.parts()])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()?
        && !room.is_full()
    {
        let (change, bytes) = change(row)?;
        room.take(bytes);
        changes.push(change);
    }
    Ok(changes)
}

/// Forgets some of the changes up to and including a position; true if there were as many as that, so that
/// more may be left.
pub(super) fn forget(connection: &Connection, through: Serial) -> rusqlite::Result<bool> {
    let forgotten = connection.prepare_cached(FORGET)?.execute(params![number(through), FORGET_AT_ONCE])?;
    Ok(forgotten == FORGET_AT_ONCE as usize)
}

/// A change and the bytes of its images.
fn change(row: &Row<'_>) -> Result<(Change, usize), Fault<StoreError>> {
    let mark = Serial(row.get::<_, i64>(0)?.unsigned_abs()).mark();
    let key = Key::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
    let (old, old_bytes) = image(&key, row.get_ref(3)?)?;
    let (new, new_bytes) = image(&key, row.get_ref(4)?)?;
    Ok((Change { mark, key, old, new }, old_bytes + new_bytes))
}

fn image(key: &Key, column: ValueRef<'_>) -> Result<(Option<Item>, usize), StoreError> {
    match column {
        ValueRef::Null => Ok((None, 0)),
        ValueRef::Text(body) => Ok((Some(decode(key, body)?), body.len())),
        ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => {
            Err(StoreError::Damaged(format!("change of item {key}: an image is not a text")))
        }
    }
}

/// SQLite's numbers end before ours.
fn number(position: Serial) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}
