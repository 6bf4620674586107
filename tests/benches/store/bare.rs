//! Bare SQLite, as durable as the store.

use std::{ops::Range, path::Path};

use rusqlite::{Connection, params};

use crate::reservation::{BUYERS, key};

/// A bare table with rows like the store's.
pub(crate) fn open(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("bare")).expect("the folder is new");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE rows (partition TEXT, sort TEXT, body TEXT, PRIMARY KEY (partition, sort)) WITHOUT ROWID;",
        )
        .expect("SQLite takes it");
    connection
}

/// So many upserts in one commit. Every body is a new one: SQLite does not write what is there already.
pub(crate) fn upsert(connection: &Connection, body: &mut String, numbers: Range<u64>) {
    connection.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    for number in numbers {
        let key = key(number % BUYERS);
        body.replace_range(..20, &format!("{number:020}"));
        let upsert = "INSERT INTO rows VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET body = excluded.body";
        let mut upsert = connection.prepare_cached(upsert).expect("it is SQL");
        upsert.execute(params![key.partition, key.sort, &*body]).expect("SQLite takes it");
    }
    connection.execute_batch("COMMIT").expect("SQLite takes it");
}
