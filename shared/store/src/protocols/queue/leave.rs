//! A caller leaves a queue without having been served.

use ringfall_domain::{
    call::{Call, Fact},
    ids::{AccountId, CallId},
    queue::{Overflowed, Place, QueueId},
    routing::Ruling,
};

use super::{
    super::{
        find::refused,
        standing::{goes_on, has_queued_as_seen},
    },
    enter::never_came,
};
use crate::{
    port::{Condition, StoreError, Table, Write, WriteError},
    records::{self, waiter},
};

/// What came of taking a caller out of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// They are out of it, and the fact that they overflowed is kept: this one, or an earlier one.
    Out,
    /// Nothing was done: the call is over, is being offered, was since it was read, or has come into a queue since. As it stands.
    Overtaken(Box<Call>),
}

/// Takes away what a caller has left behind who waits no more, and never will again: their call is over, finished, served or overflowed.
/// One who is only being offered may be back at their place before this is done, and would lose it. Who is to be called back stays.
/// Where nobody stands, nothing is done: that is mostly so for one who was served, and seen by a read, which costs less than a write that finds
/// nothing.
pub async fn leave(
    table: &dyn Table,
    account: AccountId,
    queue: &QueueId,
    place: Place,
    call: CallId,
) -> Result<(), StoreError> {
    let key = waiter::key(account, queue, place, call);
    if table.get(&key).await?.is_none() {
        return Ok(());
    }
    match table.write(vec![Write::Delete { key, condition: Some(waiter::is_no_callback()) }]).await {
        Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
        Err(WriteError::Store(error)) => Err(error),
    }
}

/// Keeps that a caller cannot be held, or not any longer, with further facts (none of them that one) and, where given, why nobody takes
/// them; and takes them out of the queue, if they are in it. Safe to repeat: the first reason stands.
pub async fn overflow(
    table: &dyn Table,
    call: &Call,
    overflowed: &Overflowed,
    rulings: Option<&[Ruling]>,
    facts: &[Fact],
) -> Result<Left, StoreError> {
    let key = records::call::key(call.account, call.id);
    let facts = facts.iter().map(records::call::write_once);
    let decision = rulings.map(|rulings| records::call::write_decision(rulings, overflowed.at));
    let fact = records::call::write_once(&Fact::Overflowed(overflowed.clone()));
    let conditions = goes_on(call.legs.len()).into_iter().chain(has_queued_as_seen(call)).collect();
    let fact = Write::Update {
        key: key.clone(),
        updates: facts.chain(decision).chain([fact]).collect(),
        condition: Some(Condition::All(conditions)),
    };
    let writes = [fact].into_iter().chain(take_away(call)).collect();
    match table.write(writes).await {
        Ok(_) => Ok(Left::Out),
        Err(WriteError::Store(error)) => Err(error),
        Err(WriteError::Refused(refusals)) => {
            let found = refused(&key, &refusals, 0)?.ok_or_else(never_came)?;
            Ok(Left::Overtaken(Box::new(found)))
        }
    }
}

/// Takes the caller out of the queue, if they are in it. To be written only where the call is in nobody's hands.
pub(in crate::protocols) fn take_away(call: &Call) -> Option<Write> {
    let queued = call.queued.as_ref().filter(|_| call.overflowed.is_none())?;
    let key = waiter::key(call.account, &queued.queue, queued.place, call.id);
    Some(Write::Delete { key, condition: None })
}
