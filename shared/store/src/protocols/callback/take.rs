//! Another call gets the place that was kept: the one in which the caller was reached, or in which they have called in.

use jiff::Timestamp;
use ringfall_domain::{
    call::Call,
    queue::{Queued, Waiter, WaiterKind},
};

use super::{
    super::{
        arrive::create,
        find::find,
        queue::{Entry, is_queued, put},
    },
    attempt::is_ringing,
    close::place_of,
    read::as_it_stands,
};
use crate::{
    port::{Condition, StoreError, Table, Write, WriteError},
    records::{
        callback::{self, Callback, CallbackState},
        waiter,
    },
};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The call is in the queue, at the place that was kept: the fact of it.
    Waiting(Box<Queued>),
    /// The call as it stands: a copy of the webhook was faster, or it is over.
    Overtaken(Box<Call>),
    /// No place is kept any more, or the attempt is not the latest: the callback as it stands.
    Gone(Box<Callback>),
}

/// Gives the place to the call in which an attempt reached the caller. The call is new, and written with it: `call` names the original as the
/// one whose callback it is, and holds no attempts. It waits from now, but at the place that was kept.
pub async fn reach(
    table: &dyn Table,
    callback: &Callback,
    attempt: u8,
    call: &Call,
    at: Timestamp,
) -> Result<Taken, StoreError> {
    let kept = waiter::key(callback.account, &callback.queue, callback.place, callback.call);
    let Some(item) = table.get(&kept).await? else { return explain(table, callback, call).await };
    let waiter = waiter::decode(&kept, &item)?;
    let waiter = Waiter { call: call.id, kind: WaiterKind::Live, entered_at: at, ..waiter };
    let queued = Queued {
        queue: waiter.queue.clone(),
        place: waiter.place,
        value: waiter.value,
        entered_at: at,
        node: callback.node.clone(),
        announced_seconds: None,
        answered_within_seconds: None,
    };
    let call = Call { queued: Some(queued.clone()), callback_of: Some(callback.call), ..call.clone() };
    let condition = is_ringing(attempt.into());
    let writes = [take(callback, CallbackState::Reached, &call, condition, at), create(&call, None)];
    give(table, callback, (&call, &queued), &waiter, writes).await
}

/// Gives the place to a call in which the caller has called in again, before that gets one of its own. What is noted of the caller, and
/// why nobody takes them now, comes from the new call; they wait from now, but at the place that was kept.
pub async fn call_in(table: &dyn Table, callback: &Callback, entry: &Entry<'_>) -> Result<Taken, StoreError> {
    let call = entry.call;
    let waiter = Waiter {
        queue: callback.queue.clone(),
        place: callback.place,
        call: call.id,
        kind: WaiterKind::Live,
        ..entry.waiter.clone()
    };
    let queued = Queued { queue: waiter.queue.clone(), place: waiter.place, ..entry.queued.clone() };
    let entry = Entry { queued: &queued, ..*entry };
    let is_open = callback::is_in(&CallbackState::OPEN);
    let writes = [take(callback, CallbackState::CalledIn, call, is_open, entry.at), is_queued(&entry, true)];
    give(table, callback, (call, &queued), &waiter, writes).await
}

fn take(callback: &Callback, state: CallbackState, by: &Call, condition: Condition, at: Timestamp) -> Write {
    let updates = callback::close(state, at).into_iter().chain([callback::set_taken_by(by.id)]);
    Write::Update {
        key: callback::key(callback.account, callback.call),
        updates: updates.collect(),
        condition: Some(condition),
    }
}

async fn give(
    table: &dyn Table,
    callback: &Callback,
    (call, queued): (&Call, &Queued),
    waiter: &Waiter,
    [take, call_write]: [Write; 2],
) -> Result<Taken, StoreError> {
    let place = put(callback.account, waiter);
    match table.write(vec![take, call_write, place_of(callback), place]).await {
        Ok(_) => Ok(Taken::Waiting(Box::new(queued.clone()))),
        Err(WriteError::Refused(_)) => explain(table, callback, call).await,
        Err(WriteError::Store(error)) => Err(error),
    }
}

/// Why a call does not get the place: it has it already, the place is kept no more, or the call is over.
async fn explain(table: &dyn Table, callback: &Callback, call: &Call) -> Result<Taken, StoreError> {
    let now = as_it_stands(table, callback, None).await?;
    let is_the_calls = now.taken_by == Some(call.id) || now.is_open();
    let found = if is_the_calls { find(table, call.account, call.id).await? } else { None };
    Ok(found.map_or(Taken::Gone(now), |call| Taken::Overtaken(Box::new(call))))
}
