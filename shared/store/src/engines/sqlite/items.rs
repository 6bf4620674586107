//! The items of the table: reading them, and carrying out requests of writes.

use std::sync::Arc;

use rusqlite::{Connection, ToSql, params};

use super::{
    body::decode,
    cache::{Known, Stored},
    fault::Fault,
    transaction::Transaction,
};
use crate::{
    engines::{
        interpreter::{decide, item_bytes},
        page::Room,
    },
    port::{Direction, Key, Page, Range, Sheet, StoreError, Wanted, Write, WriteError, Written},
};

const GET: &str = "SELECT rowid, body FROM items WHERE partition = ?1 AND sort = ?2";
const INSERT: &str = "INSERT INTO items (partition, sort, body) VALUES (?1, ?2, ?3)";
const UPDATE: &str = "UPDATE items SET body = ?2 WHERE rowid = ?1";
const DELETE: &str = "DELETE FROM items WHERE rowid = ?1";
const ASCENDING: &str = "SELECT sort, body FROM items WHERE partition = ?1 AND sort >= ?2 AND sort < ?3
    ORDER BY sort LIMIT ?4";
const DESCENDING: &str = "SELECT sort, body FROM items WHERE partition = ?1 AND sort >= ?2 AND sort < ?3
    ORDER BY sort DESC LIMIT ?4";
const SURVEY: &str = "SELECT partition, sort, body FROM items WHERE (partition, sort) > (?1, ?2)
    ORDER BY partition, sort LIMIT ?3";

/// To SQLite every blob, even the empty one, is greater than every text.
const BEHIND_ALL_TEXTS: &[u8] = &[];

/// Items of a partition.
pub(super) fn query(
    connection: &Connection,
    partition: &str,
    range: &Range,
    direction: Direction,
    limit: usize,
) -> Result<Page, Fault<StoreError>> {
    let mut select = connection.prepare_cached(match direction {
        Direction::Ascending => ASCENDING,
        Direction::Descending => DESCENDING,
    })?;
    let from = range.from.as_deref().unwrap_or_default();
    let to: &dyn ToSql = match &range.to {
        Some(to) => to,
        None => &BEHIND_ALL_TEXTS,
    };
    let mut room = Room::for_parts(limit);
    let mut rows = select.query(params![partition, from, to, room.parts() + 1])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        if room.is_full() {
            return Ok(Page { items, more: true });
        }
        let key = Key::new(partition, row.get::<_, String>(0)?);
        let item = decode(&key, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        room.take(item_bytes(&key, &item));
        items.push((key, Arc::new(item)));
    }
    Ok(Page { items, more: false })
}

/// The wanted ones of the items behind a key, in the order of their keys.
pub(super) fn survey(
    connection: &Connection,
    after: Option<&Key>,
    limit: usize,
    wanted: Wanted,
) -> Result<Sheet, Fault<StoreError>> {
    // No partition is empty.
    let (partition, sort) = after.map_or(("", ""), |after| (after.partition.as_str(), after.sort.as_str()));
    let mut room = Room::for_parts(limit);
    let mut select = connection.prepare_cached(SURVEY)?;
    let mut rows = select.query(params![partition, sort, room.parts() + 1])?;
    let (mut items, mut last) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        if room.is_full() {
            return Ok(Sheet { items, next: last });
        }
        let key = Key::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
        let body = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        room.take(body.len());
        if wanted(&key) {
            items.push((key.clone(), Arc::new(decode(&key, body)?)));
        }
        last = Some(key);
    }
    Ok(Sheet { items, next: None })
}

/// Carries out a request. Everything is decided before anything is changed, so a request that fails has changed
/// nothing and needs no savepoint.
pub(super) fn write(
    transaction: &mut Transaction,
    writes: Vec<Write>,
) -> Result<Vec<Written>, Fault<WriteError>> {
    let before = writes.iter().map(|write| transaction.find(write.key())).collect::<Result<Vec<_>, _>>()?;
    let current = before.iter().map(|standing| standing.item.clone()).collect();
    let after = decide(writes, current)?.into_iter().zip(before);
    Ok(after
        .map(|((key, item), before)| {
            transaction.replace(key, before, item.clone());
            Written::Now(item)
        })
        .collect())
}

/// The row at a key.
pub(super) fn find(connection: &Connection, key: &Key) -> Result<Known, Fault<StoreError>> {
    let mut get = connection.prepare_cached(GET)?;
    let mut rows = get.query(params![key.partition, key.sort])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let body = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
    let item = Arc::new(decode(key, body)?);
    Ok(Some(Stored { row: row.get(0)?, item, encoded_bytes: body.len() }))
}

/// Makes a row; gives its number.
pub(super) fn insert(connection: &Connection, key: &Key, body: &[u8]) -> rusqlite::Result<i64> {
    connection.prepare_cached(INSERT)?.insert(params![key.partition, key.sort, body])
}

/// Changes a row.
pub(super) fn update(connection: &Connection, row: i64, body: &[u8]) -> rusqlite::Result<()> {
    connection.prepare_cached(UPDATE)?.execute(params![row, body]).map(drop)
}

/// Deletes a row.
pub(super) fn delete(connection: &Connection, row: i64) -> rusqlite::Result<()> {
    connection.prepare_cached(DELETE)?.execute([row]).map(drop)
}
