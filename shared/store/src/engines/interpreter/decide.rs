//! What becomes of several writes at once.

use std::sync::Arc;

use super::{apply, judge, measure};
use crate::port::{Condition, Item, Key, Refusal, SharedItem, StoreError, Write, WriteError};

/// The most bytes that the items of one request hold together.
const REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// Each item's key and what it is after the writes, in their order; none is an item that does not exist. A
/// check gives its item as it was. `current` holds, per write, its item as it stands.
///
/// # Errors
///
/// [`WriteError::Refused`] if a condition does not hold; only if all do, [`StoreError::Invalid`] for what the
/// items make impossible: a nested path without its map, an item that would grow too large.
pub fn decide(
    writes: Vec<Write>,
    current: Vec<Option<SharedItem>>,
) -> Result<Vec<(Key, Option<SharedItem>)>, WriteError> {
    let holds: Vec<bool> =
        writes.iter().zip(&current).map(|(write, item)| holds(write, item.as_deref())).collect();
    if holds.contains(&false) {
        let refusals = holds.iter().zip(current).map(|(&holds, item)| (!holds).then_some(Refusal { item }));
        return Err(WriteError::Refused(refusals.collect()));
    }
    let mut bytes = 0;
    let mut after = Vec::with_capacity(writes.len());
    for (write, item) in writes.into_iter().zip(current) {
        after.push(carry_out(write, item, &mut bytes)?);
    }
    if bytes > REQUEST_BYTES {
        let wrong = format!("items of {bytes} bytes in one request, the most is {REQUEST_BYTES}");
        return Err(StoreError::Invalid(wrong).into());
    }
    Ok(after)
}

fn holds(write: &Write, item: Option<&Item>) -> bool {
    let condition: Option<&Condition> = match write {
        Write::Put { condition, .. } | Write::Update { condition, .. } | Write::Delete { condition, .. } => {
            condition.as_ref()
        }
        Write::Check { condition, .. } => Some(condition),
    };
    condition.is_none_or(|condition| judge(condition, item))
}

fn carry_out(
    write: Write,
    item: Option<SharedItem>,
    bytes: &mut usize,
) -> Result<(Key, Option<SharedItem>), StoreError> {
    let (key, after) = match write {
        Write::Put { key, item, condition: _ } => (key, Arc::new(item)),
        Write::Update { key, updates, condition: _ } => {
            (key, Arc::new(apply(updates, item.map(Arc::unwrap_or_clone))?))
        }
        Write::Delete { key, condition: _ } => return Ok((key, None)),
        Write::Check { key, condition: _ } => return Ok((key, item)),
    };
    *bytes += measure(&key, &after)?;
    Ok((key, Some(after)))
}
