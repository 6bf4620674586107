//! The delayed messages as a table.

use rusqlite::{Connection, params};

use crate::{
    engines::{
        page::Room,
        visibility::{Delivered, hidden_until_microseconds},
    },
    port::{Delivery, Receipt},
};

const SEND: &str = "INSERT INTO messages (body, due) VALUES (?1, ?2)";
const DUE: &str =
    "SELECT number, body, deliveries FROM messages WHERE due <= ?1 ORDER BY due, number LIMIT ?2";
const DELIVER: &str = "UPDATE messages SET due = ?2, deliveries = ?3 WHERE number = ?1";
const ACKNOWLEDGE: &str = "DELETE FROM messages WHERE number = ?1 AND deliveries = ?2";
const POSTPONE: &str = "UPDATE messages SET due = ?3 WHERE number = ?1 AND deliveries = ?2";

/// Keeps a message.
pub(super) fn send(connection: &Connection, body: &str, due_microseconds: i64) -> rusqlite::Result<()> {
    connection.prepare_cached(SEND)?.execute(params![body, due_microseconds]).map(drop)
}

/// Delivers what is due, and hides it.
pub(super) fn receive(
    connection: &Connection,
    now_microseconds: i64,
    hidden_seconds: u32,
    limit: usize,
) -> rusqlite::Result<Vec<Delivery>> {
    let due = due(connection, now_microseconds, limit)?;
    let hidden_until = hidden_until_microseconds(now_microseconds, hidden_seconds);
    let mut deliver = connection.prepare_cached(DELIVER)?;
    for (delivered, _) in &due {
        deliver.execute(params![delivered.message, hidden_until, delivered.deliveries])?;
    }
    Ok(due.into_iter().map(|(delivered, body)| delivered.with(body)).collect())
}

/// What is due, as the deliveries that it is about to be.
fn due(
    connection: &Connection,
    now_microseconds: i64,
    limit: usize,
) -> rusqlite::Result<Vec<(Delivered, String)>> {
    let mut room = Room::for_parts(limit);
    let mut select = connection.prepare_cached(DUE)?;
    let mut rows = select.query(params![now_microseconds, room.parts()])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()?
        && !room.is_full()
    {
        let body: String = row.get(1)?;
        room.take(body.len());
        let deliveries = row.get::<_, u32>(2)?.saturating_add(1);
        due.push((Delivered { message: row.get(0)?, deliveries }, body));
    }
    Ok(due)
}

/// Deletes the message if the receipt names its last delivery.
pub(super) fn acknowledge(connection: &Connection, receipt: &Receipt) -> rusqlite::Result<()> {
    let Some(delivered) = Delivered::read(receipt) else {
        return Ok(());
    };
    connection
        .prepare_cached(ACKNOWLEDGE)?
        .execute(params![delivered.message, delivered.deliveries])
        .map(drop)
}

/// Makes the message due at another time if the receipt names its last delivery.
pub(super) fn postpone(
    connection: &Connection,
    receipt: &Receipt,
    due_microseconds: i64,
) -> rusqlite::Result<()> {
    let Some(delivered) = Delivered::read(receipt) else {
        return Ok(());
    };
    let values = params![delivered.message, delivered.deliveries, due_microseconds];
    connection.prepare_cached(POSTPONE)?.execute(values).map(drop)
}
