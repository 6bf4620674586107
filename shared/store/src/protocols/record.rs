//! Facts about a call: each written once.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Fact},
    ids::{AccountId, CallId},
    routing::Ruling,
};

use super::find::find;
use crate::{
    port::{Condition, Path, StoreError, Table, Update, Write, WriteError, Written},
    records::{self, call::names},
};

/// Writes facts that are not known yet.
///
/// # Returns
/// The call as it stands afterwards. None if there is no such call, or none of the attempts that the facts speak of: then nothing is
/// written but the end of a call, which may be reported before the call's first webhook has come.
pub async fn record(
    table: &dyn Table,
    account: AccountId,
    call: CallId,
    facts: &[Fact],
) -> Result<Option<Call>, StoreError> {
    if facts.is_empty() {
        return find(table, account, call).await;
    }
    let updates = facts.iter().map(records::call::write_once).collect();
    update(table, account, call, updates, facts).await
}

/// Writes why each candidate was passed over, and the facts that follow from it.
///
/// # Returns
/// As [`record`].
pub async fn record_decision(
    table: &dyn Table,
    account: AccountId,
    call: CallId,
    rulings: &[Ruling],
    facts: &[Fact],
    at: Timestamp,
) -> Result<Option<Call>, StoreError> {
    let decision = records::call::write_decision(rulings, at);
    let updates = facts.iter().map(records::call::write_once).chain([decision]).collect();
    update(table, account, call, updates, facts).await
}

async fn update(
    table: &dyn Table,
    account: AccountId,
    call: CallId,
    updates: Vec<Update>,
    facts: &[Fact],
) -> Result<Option<Call>, StoreError> {
    let key = records::call::key(account, call);
    let condition = Some(there_are_the_attempts_of(facts));
    let write = Write::Update { key: key.clone(), updates, condition };
    match table.write(vec![write]).await {
        Ok(written) => match written.into_iter().next() {
            Some(Written::Now(Some(item))) if !records::call::has_arrived(&item) => Ok(None),
            Some(Written::Now(Some(item))) => records::call::decode(&key, &item).map(Some),
            _ => find(table, account, call).await,
        },
        Err(WriteError::Refused(_)) => Ok(None),
        Err(WriteError::Store(error)) => Err(error),
    }
}

fn there_are_the_attempts_of(facts: &[Fact]) -> Condition {
    let attempts: BTreeSet<u8> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Leg(attempt, _) => Some(*attempt),
            Fact::Tag(..)
            | Fact::DuplicateOf(_)
            | Fact::Queued(_)
            | Fact::Overflowed(_)
            | Fact::MessageUrl(_)
            | Fact::Finished(_)
            | Fact::Ended(_) => None,
        })
        .collect();
    let legs =
        attempts.iter().map(|attempt| Condition::Exists(Path::of([names::LEGS, &attempt.to_string()])));
    let needs_call = facts.is_empty() || facts.iter().any(|fact| !matches!(fact, Fact::Ended(_)));
    let call = needs_call.then(|| Condition::Exists(names::ARRIVED_AT.into()));
    Condition::All(legs.chain(call).collect())
}
