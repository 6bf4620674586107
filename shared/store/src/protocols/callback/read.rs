//! Callbacks are found and listed.

use ringfall_domain::{
    ids::{AccountId, CallId},
    phone::PhoneNumber,
    queue::{QueueId, WaiterKind},
};

use super::super::queue::line_behind;
use crate::{
    port::{Key, Refusal, StoreError, Table},
    records::callback::{self, Callback},
};

/// The callback that was asked for in a call, whatever became of it.
pub async fn find(
    table: &dyn Table,
    account: AccountId,
    call: CallId,
) -> Result<Option<Callback>, StoreError> {
    let key = callback::key(account, call);
    let item = table.get(&key).await?;
    item.map(|item| callback::decode(&key, &item)).transpose()
}

/// The callback that a number waits for in a queue.
pub async fn find_by_number(
    table: &dyn Table,
    account: AccountId,
    number: &PhoneNumber,
    queue: &QueueId,
) -> Result<Option<Callback>, StoreError> {
    let pointer = table.get(&callback::pointer_key(account, number, queue)).await?;
    let Some(call) = pointer.as_deref().map(callback::decode_pointer).transpose()? else { return Ok(None) };
    Ok(find(table, account, call).await?.filter(Callback::is_open))
}

/// Waiters read at once.
const READ: usize = 100;

/// Up to `limit` of those who wait in a queue to be called back, in the order in which it is their turn.
pub async fn list(
    table: &dyn Table,
    account: AccountId,
    queue: &QueueId,
    limit: usize,
) -> Result<Vec<Callback>, StoreError> {
    let (mut callbacks, mut behind) = (Vec::new(), None);
    while callbacks.len() < limit {
        let line = line_behind(table, account, queue, behind.as_ref(), READ).await?;
        let calls = line.waiters.iter().filter(|waiter| waiter.kind == WaiterKind::Callback);
        let keys: Vec<Key> = calls.map(|waiter| callback::key(account, waiter.call)).collect();
        callbacks.extend(read(table, &keys).await?.into_iter().filter(Callback::is_open));
        behind = line.waiters.into_iter().next_back().filter(|_| line.more);
        if behind.is_none() {
            break;
        }
    }
    callbacks.truncate(limit);
    Ok(callbacks)
}

async fn read(table: &dyn Table, keys: &[Key]) -> Result<Vec<Callback>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let items = table.get_many(keys).await?;
    keys.iter().zip(items).filter_map(|(key, item)| Some(callback::decode(key, item.as_deref()?))).collect()
}

/// The callback against which a write's condition was judged; if it held, or the engine does not tell, as it is now.
pub(super) async fn as_it_stands(
    table: &dyn Table,
    known: &Callback,
    refusal: Option<&Refusal>,
) -> Result<Box<Callback>, StoreError> {
    let key = callback::key(known.account, known.call);
    let item = match refusal.and_then(|refusal| refusal.item.clone()) {
        Some(item) => Some(item),
        None => table.get(&key).await?,
    };
    let item = item.ok_or_else(|| StoreError::Invalid(format!("{} has no callback", known.call)))?;
    callback::decode(&key, &item).map(Box::new)
}
