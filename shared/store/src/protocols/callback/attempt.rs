//! Somebody is rung.

use jiff::Timestamp;
use ringfall_domain::{
    call::event::EndCause,
    ids::{AccountId, CallId},
};

use super::{
    close::place_of,
    read::{as_it_stands, find},
};
use crate::{
    port::{Condition, StoreError, Table, Write, WriteError, Written},
    records::callback::{self, Callback, CallbackState},
};

/// What came of beginning an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Began {
    /// Whoever gets this rings, and nobody else: the attempt is the last one of the callback.
    Begun(Box<Callback>),
    /// Nobody is to be rung, or somebody else does: the callback as it stands.
    NotNow(Box<Callback>),
}

/// What follows an attempt that did not reach anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterAttempt {
    /// Another attempt.
    Again {
        /// Not before.
        from: Timestamp,
    },
    /// Nothing: the place is given up.
    GiveUp,
}

/// Begins the attempt after those that `callback`, as last read, has. It is never begun again: an attempt of which nothing more is heard is to be
/// ended as one that was never dialled.
pub async fn begin_attempt(
    table: &dyn Table,
    callback: &Callback,
    at: Timestamp,
) -> Result<Began, StoreError> {
    let made = callback.attempts.len();
    let write = Write::Update {
        key: callback::key(callback.account, callback.call),
        updates: vec![callback::begin_attempt(made + 1, at), callback::set_state(CallbackState::Ringing)],
        condition: Some(Condition::All(vec![
            callback::is_in(&[CallbackState::Waiting]),
            callback::is_latest(made),
        ])),
    };
    Ok(match change(table, callback, vec![write]).await? {
        Changed::Now(callback) => Began::Begun(callback),
        Changed::Not(callback) => Began::NotNow(callback),
    })
}

/// Keeps the provider's id of an attempt's call; the first one stands.
///
/// # Returns
/// The callback as it stands; none if there is no such attempt.
pub async fn attempt_placed(
    table: &dyn Table,
    account: AccountId,
    call: CallId,
    attempt: u8,
    provider_call_id: &str,
) -> Result<Option<Callback>, StoreError> {
    let write = Write::Update {
        key: callback::key(account, call),
        updates: vec![callback::set_provider_call_id(attempt.into(), provider_call_id)],
        condition: Some(callback::was_made(attempt.into())),
    };
    match table.write(vec![write]).await {
        Ok(_) => find(table, account, call).await,
        Err(WriteError::Refused(_)) => Ok(None),
        Err(WriteError::Store(error)) => Err(error),
    }
}

/// Keeps that an attempt has ended without reaching anybody, and what follows. Safe to repeat, and to say of an attempt that did reach
/// somebody: then nothing is done.
///
/// # Returns
/// The callback as it stands.
pub async fn attempt_ended(
    table: &dyn Table,
    callback: &Callback,
    attempt: u8,
    cause: EndCause,
    at: Timestamp,
    then: AfterAttempt,
) -> Result<Callback, StoreError> {
    let attempt = usize::from(attempt);
    let mut updates = vec![callback::end_attempt(attempt, cause, at)];
    let place = match then {
        AfterAttempt::Again { from } => {
            updates.extend([callback::set_state(CallbackState::Waiting), callback::set_rings_from(from)]);
            None
        }
        AfterAttempt::GiveUp => {
            updates.extend(callback::close(CallbackState::GivenUp, at));
            Some(place_of(callback))
        }
    };
    let record = Write::Update {
        key: callback::key(callback.account, callback.call),
        updates,
        condition: Some(is_ringing(attempt)),
    };
    match change(table, callback, [record].into_iter().chain(place).collect()).await? {
        Changed::Now(callback) | Changed::Not(callback) => Ok(*callback),
    }
}

/// They are being rung by this attempt.
pub(super) fn is_ringing(attempt: usize) -> Condition {
    let is_it = Condition::All(vec![callback::was_made(attempt), callback::is_latest(attempt)]);
    Condition::All(vec![callback::is_in(&[CallbackState::Ringing]), is_it])
}

/// Whether a change of a callback was made, and how it stands.
pub(super) enum Changed {
    Now(Box<Callback>),
    Not(Box<Callback>),
}

/// Makes a change of a callback, whose write is the first.
pub(super) async fn change(
    table: &dyn Table,
    known: &Callback,
    writes: Vec<Write>,
) -> Result<Changed, StoreError> {
    match table.write(writes).await {
        Ok(written) => match written.into_iter().next() {
            Some(Written::Now(Some(item))) => {
                let key = callback::key(known.account, known.call);
                callback::decode(&key, &item).map(|callback| Changed::Now(Box::new(callback)))
            }
            _ => as_it_stands(table, known, None).await.map(Changed::Now),
        },
        Err(WriteError::Refused(refusals)) => {
            let refusal = refusals.into_iter().next().flatten();
            as_it_stands(table, known, refusal.as_ref()).await.map(Changed::Not)
        }
        Err(WriteError::Store(error)) => Err(error),
    }
}
