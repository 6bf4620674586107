//! A caller hangs up, and their place is kept.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Finish, FinishKind},
    flow::NodeId,
    phone::PhoneNumber,
    queue::{Waiter, WaiterKind},
};

use super::super::{
    find::refused,
    queue::put,
    standing::{has_queued_as_seen, is_in_nobodys_hands},
};
use crate::{
    port::{Condition, StoreError, Table, Write, WriteError},
    records::{
        self,
        callback::{self, Callback, CallbackState},
    },
};

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Keep<'a> {
    /// The call, as last read.
    pub call: &'a Call,
    /// Where its caller waits, or, if they never did, would.
    pub waiter: &'a Waiter,
    /// Whom to ring.
    pub phone_number: &'a PhoneNumber,
    /// The `route` node for whose targets they wait.
    pub node: &'a NodeId,
    /// Now.
    pub at: Timestamp,
    /// When the callback is given up at the latest.
    pub expires_at: Timestamp,
    /// They are not rung before, if that is known already.
    pub rings_from: Option<Timestamp>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The place is kept: by this, or by a copy of the webhook that was faster.
    Kept(Box<Callback>),
    /// The caller was offered, or turned away, since the call was read: as it stands.
    Overtaken(Box<Call>),
}

/// Keeps a caller's place, and finishes their call with that. Safe to repeat. A caller who has just hung up is called back all the same:
/// they have said that they want it.
pub async fn keep_place(table: &dyn Table, keep: &Keep<'_>) -> Result<Kept, StoreError> {
    let call = keep.call;
    let waiter = waiter_of(keep);
    let callback = callback_of(keep, &waiter);
    let call_key = records::call::key(call.account, call.id);
    let callback_key = callback::key(call.account, call.id);
    let place = put(call.account, &waiter);
    let record = Write::Put {
        key: callback_key.clone(),
        item: callback::encode_new(&callback),
        condition: Some(callback::is_absent()),
    };
    let writes = [finish(keep), record, place].into_iter().chain(pointers(call, &callback));
    match table.write(writes.collect()).await {
        Ok(_) => Ok(Kept::Kept(Box::new(callback))),
        Err(WriteError::Store(error)) => Err(error),
        Err(WriteError::Refused(refusals)) => {
            let kept = refusals.get(1).and_then(|refusal| refusal.as_ref()?.item.as_ref());
            if let Some(item) = kept {
                return callback::decode(&callback_key, item).map(|kept| Kept::Kept(Box::new(kept)));
            }
            let found = refused(&call_key, &refusals, 0)?;
            let found = found.ok_or_else(|| StoreError::Invalid(format!("{} has not come in", call.id)))?;
            Ok(Kept::Overtaken(Box::new(found)))
        }
    }
}

/// A caller who has a place keeps that one.
fn waiter_of(keep: &Keep<'_>) -> Waiter {
    let waiter = Waiter { kind: WaiterKind::Callback, call: keep.call.id, ..keep.waiter.clone() };
    match &keep.call.queued {
        None => waiter,
        Some(queued) => Waiter {
            queue: queued.queue.clone(),
            place: queued.place,
            value: queued.value,
            entered_at: queued.entered_at,
            ..waiter
        },
    }
}

fn callback_of(keep: &Keep<'_>, waiter: &Waiter) -> Callback {
    Callback {
        account: keep.call.account,
        call: keep.call.id,
        campaign: waiter.campaign,
        phone_number: keep.phone_number.clone(),
        queue: waiter.queue.clone(),
        place: waiter.place,
        node: keep.node.clone(),
        value: waiter.value,
        state: CallbackState::Waiting,
        asked_at: keep.at,
        expires_at: keep.expires_at,
        rings_from: keep.rings_from,
        attempts: Vec::new(),
        taken_by: None,
        over_at: None,
    }
}

/// Of a call that was forwarded, and came back, it is the callback that ends it.
fn finish(keep: &Keep<'_>) -> Write {
    let call = keep.call;
    let finish = Finish { node: keep.node.clone(), kind: FinishKind::Callback };
    let finish = records::call::finish_for_good(&finish);
    let conditions = is_in_nobodys_hands(call.legs.len()).into_iter().chain(has_queued_as_seen(call));
    let key = records::call::key(call.account, call.id);
    Write::Update { key, updates: vec![finish], condition: Some(Condition::All(conditions.collect())) }
}

/// It is found from the number that is rung, and from the one that they called from.
fn pointers(call: &Call, callback: &Callback) -> Vec<Write> {
    let numbers: BTreeSet<&PhoneNumber> =
        call.origin.caller.known().into_iter().chain([&callback.phone_number]).collect();
    let pointer = |number| Write::Put {
        key: callback::pointer_key(callback.account, number, &callback.queue),
        item: callback::encode_pointer(callback),
        condition: None,
    };
    numbers.into_iter().map(pointer).collect()
}
