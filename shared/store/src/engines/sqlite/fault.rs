//! What may go wrong with one piece of work on a connection.

use crate::port::{StoreError, WriteError};

/// Either SQLite failed, and with it everything of the transaction, or this work alone ends in its own error
/// `E`.
#[derive(Debug)]
pub(super) enum Fault<E> {
    /// SQLite failed.
    Sqlite(rusqlite::Error),
    /// The work's own answer.
    Own(E),
}

impl<E> From<rusqlite::Error> for Fault<E> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault<StoreError> {
    fn from(error: StoreError) -> Self {
        Self::Own(error)
    }
}

impl From<Fault<StoreError>> for Fault<WriteError> {
    fn from(fault: Fault<StoreError>) -> Self {
        match fault {
            Fault::Sqlite(error) => Self::Sqlite(error),
            Fault::Own(error) => Self::Own(error.into()),
        }
    }
}

impl From<WriteError> for Fault<WriteError> {
    fn from(error: WriteError) -> Self {
        Self::Own(error)
    }
}

/// How SQLite's failures look from outside.
pub(super) fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!("SQLite: {error}"))
}
