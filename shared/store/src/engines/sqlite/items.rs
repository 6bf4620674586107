//! The items of the table: reading them, and carrying out requests of writes.

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::{
    body::{decode, encode},
    changes,
    fault::Fault,
};
use crate::{
    engines::{
        interpreter::{decide, item_bytes},
        page::Room,
    },
    port::{Direction, Item, Key, Page, Range, StoreError, Write, WriteError, Written},
};

const GET: &str = "SELECT body FROM items WHERE partition = ?1 AND sort = ?2";
const PUT: &str = "INSERT INTO items (partition, sort, body) VALUES (?1, ?2, ?3)
    ON CONFLICT (partition, sort) DO UPDATE SET body = excluded.body";
const DELETE: &str = "DELETE FROM items WHERE partition = ?1 AND sort = ?2";
const ASCENDING: &str = "SELECT sort, body FROM items WHERE partition = ?1 AND sort >= ?2 AND sort < ?3
    ORDER BY sort LIMIT ?4";
const DESCENDING: &str = "SELECT sort, body FROM items WHERE partition = ?1 AND sort >= ?2 AND sort < ?3
    ORDER BY sort DESC LIMIT ?4";

/// To SQLite every blob, even the empty one, is greater than every text.
const BEHIND_ALL_TEXTS: &[u8] = &[];

/// The item at a key.
pub(super) fn get(connection: &Connection, key: &Key) -> Result<Option<Item>, Fault<StoreError>> {
    Ok(body(connection, key)?.map(|body| decode(key, body.as_bytes())).transpose()?)
}

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
        let item = decode(&key, row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?)?;
        room.take(item_bytes(&key, &item));
        items.push((key, item));
    }
    Ok(Page { items, more: false })
}

/// Carries out a request. Everything is decided before the first row is written, so a request that fails has
/// written nothing and needs no savepoint.
pub(super) fn write(connection: &Connection, writes: Vec<Write>) -> Result<Vec<Written>, Fault<WriteError>> {
    let mut bodies = Vec::with_capacity(writes.len());
    let mut current = Vec::with_capacity(writes.len());
    for write in &writes {
        let body = body(connection, write.key())?;
        let item = body.as_ref().filter(|_| is_about_what_stands_there(write));
        current.push(item.map(|body| decode(write.key(), body.as_bytes())).transpose()?);
        bodies.push(body);
    }
    let mut written = Vec::with_capacity(bodies.len());
    for ((key, item), old) in decide(writes, current)?.into_iter().zip(bodies) {
        replace(connection, &key, old.as_deref(), item.as_ref())?;
        written.push(Written::Now(item));
    }
    Ok(written)
}

/// Whether the item as it stands has a part in what the write does. If not, it need not be decoded.
const fn is_about_what_stands_there(write: &Write) -> bool {
    match write {
        Write::Put { condition, .. } | Write::Delete { condition, .. } => condition.is_some(),
        Write::Update { .. } | Write::Check { .. } => true,
    }
}

/// Puts or deletes the item, and tells the feed. Writes nothing if nothing changes: equal items have equal
/// bodies.
fn replace(
    connection: &Connection,
    key: &Key,
    old: Option<&str>,
    item: Option<&Item>,
) -> rusqlite::Result<()> {
    let new = item.map(encode);
    if old == new.as_deref() {
        return Ok(());
    }
    match &new {
        Some(body) => connection.prepare_cached(PUT)?.execute(params![key.partition, key.sort, body])?,
        None => connection.prepare_cached(DELETE)?.execute(params![key.partition, key.sort])?,
    };
    changes::add(connection, key, old, new.as_deref())
}

fn body(connection: &Connection, key: &Key) -> rusqlite::Result<Option<String>> {
    connection.prepare_cached(GET)?.query_row(params![key.partition, key.sort], |row| row.get(0)).optional()
}
