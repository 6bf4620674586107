//! A place is given up.

use jiff::Timestamp;

use super::attempt::{Changed, change};
use crate::{
    port::{StoreError, Table, Write},
    records::{
        callback::{self, Callback, CallbackState},
        waiter,
    },
};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// It is over: by this, or it was so before.
    Closed(Box<Callback>),
    /// It is too late for that, or they are being rung just now: the callback as it stands.
    TooLate(Box<Callback>),
}

/// Calls a callback off. Whoever is being rung just now is hung up on when they answer: what they press reaches nobody.
pub async fn cancel(table: &dyn Table, callback: &Callback, at: Timestamp) -> Result<Closed, StoreError> {
    close(table, callback, &CallbackState::OPEN, CallbackState::Cancelled, at).await
}

/// Gives up a callback that has not come about in time. One who is being rung is not given up.
pub async fn give_up(table: &dyn Table, callback: &Callback, at: Timestamp) -> Result<Closed, StoreError> {
    close(table, callback, &[CallbackState::Waiting], CallbackState::GivenUp, at).await
}

async fn close(
    table: &dyn Table,
    callback: &Callback,
    from: &[CallbackState],
    to: CallbackState,
    at: Timestamp,
) -> Result<Closed, StoreError> {
    let record = Write::Update {
        key: callback::key(callback.account, callback.call),
        updates: callback::close(to, at).to_vec(),
        condition: Some(callback::is_in(from)),
    };
    Ok(match change(table, callback, vec![record, place_of(callback)]).await? {
        Changed::Now(callback) => Closed::Closed(callback),
        Changed::Not(callback) if callback.state == to => Closed::Closed(callback),
        Changed::Not(callback) => Closed::TooLate(callback),
    })
}

/// Takes away the place of an open callback.
pub(super) fn place_of(callback: &Callback) -> Write {
    let key = waiter::key(callback.account, &callback.queue, callback.place, callback.call);
    Write::Delete { key, condition: None }
}
