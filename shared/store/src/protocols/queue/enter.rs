//! A caller comes into a queue, or back into it.

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Fact},
    ids::AccountId,
    queue::{Queued, Waiter, WaiterKind},
    routing::Ruling,
};

use super::super::{arrive::create, find::refused, standing::goes_on};
use crate::{
    port::{Condition, StoreError, Table, Write, WriteError},
    records::{self, call::names, waiter},
};

/// Who is to wait.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The call, as last read, or as it came in.
    pub call: &'a Call,
    /// What is noted of the caller. A call that has waited before has its place from then, whatever is said here.
    pub waiter: &'a Waiter,
    /// The fact that they wait.
    pub queued: &'a Queued,
    /// Why nobody takes them now.
    pub rulings: &'a [Ruling],
    /// When that was judged.
    pub at: Timestamp,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// The caller waits, at the place that the fact tells of which stands.
    Waiting(Box<Queued>),
    /// The call is over, or was offered or overflowed meanwhile: as it stands.
    Overtaken(Box<Call>),
    /// The end of the call was reported before the call was written, and it still is not.
    EndedBefore,
}

/// Has a caller wait whose call is not written yet: it is written with the place. Where a copy of the webhook was faster, the call is as that
/// one left it, and nothing is done.
pub async fn come_in(table: &dyn Table, entry: &Entry<'_>) -> Result<Entered, StoreError> {
    let call = Call { queued: Some(entry.queued.clone()), ..entry.call.clone() };
    let decision = records::call::write_decision(entry.rulings, entry.at);
    let place = put(call.account, &at_its_place(entry, entry.queued));
    match table.write(vec![create(&call, Some(decision)), place]).await {
        Ok(_) => Ok(Entered::Waiting(Box::new(entry.queued.clone()))),
        Err(WriteError::Store(error)) => Err(error),
        Err(WriteError::Refused(refusals)) => {
            let found = refused(&records::call::key(call.account, call.id), &refusals, 0)?;
            Ok(found.map_or(Entered::EndedBefore, |found| Entered::Overtaken(Box::new(found))))
        }
    }
}

/// Has a caller wait whose call is written. Safe to repeat: of several copies of a webhook, each of which has found a place of its own, all get the place of the
/// first.
pub async fn enter(table: &dyn Table, entry: &Entry<'_>) -> Result<Entered, StoreError> {
    let mut kept = entry.call.queued.clone();
    loop {
        let queued = kept.as_ref().unwrap_or(entry.queued);
        let waiter = at_its_place(entry, queued);
        let key = records::call::key(entry.call.account, entry.call.id);
        let place = put(entry.call.account, &waiter);
        let fact = is_queued(entry, kept.is_none());
        match table.write(vec![fact, place]).await {
            Ok(_) => return Ok(Entered::Waiting(Box::new(queued.clone()))),
            Err(WriteError::Store(error)) => return Err(error),
            Err(WriteError::Refused(refusals)) => {
                let found = refused(&key, &refusals, 0)?.ok_or_else(never_came)?;
                match (&kept, &found.queued) {
                    // A copy of the webhook was faster; with its place, all else is judged again.
                    (None, Some(queued)) => kept = Some(queued.clone()),
                    _ => return Ok(Entered::Overtaken(Box::new(found))),
                }
            }
        }
    }
}

pub(in crate::protocols) fn put(account: AccountId, waiter: &Waiter) -> Write {
    let key = waiter::key_of(account, waiter);
    Write::Put { key, item: waiter::encode(waiter), condition: None }
}

/// The place that a call once got stands, and with it what it follows from.
fn at_its_place(entry: &Entry<'_>, queued: &Queued) -> Waiter {
    Waiter {
        queue: queued.queue.clone(),
        place: queued.place,
        call: entry.call.id,
        kind: WaiterKind::Live,
        value: queued.value,
        entered_at: queued.entered_at,
        ..entry.waiter.clone()
    }
}

/// The part of CALL: the fact, unless it is there, and why nobody takes the caller.
pub(in crate::protocols) fn is_queued(entry: &Entry<'_>, is_new: bool) -> Write {
    let mut conditions = goes_on(entry.call.legs.len());
    conditions.push(Condition::Absent(names::OVERFLOWED.into()));
    let fact = is_new.then(|| {
        conditions.push(Condition::Absent(names::QUEUED.into()));
        records::call::write_once(&Fact::Queued(entry.queued.clone()))
    });
    let decision = records::call::write_decision(entry.rulings, entry.at);
    Write::Update {
        key: records::call::key(entry.call.account, entry.call.id),
        updates: fact.into_iter().chain([decision]).collect(),
        condition: Some(Condition::All(conditions)),
    }
}

/// Only a call that is written can wait.
pub(in crate::protocols) fn never_came() -> StoreError {
    StoreError::Invalid("a call is to be in a queue that has not come in".to_owned())
}
