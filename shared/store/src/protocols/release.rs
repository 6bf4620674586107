//! Capacity is given back, once per leg.

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Leg},
    ids::LegId,
};

use crate::{
    port::{Condition, StoreError, Table, Update, Write, WriteError},
    records::{
        self,
        capacity::{Lease, encode_lease, names, scope, within},
    },
};

/// What came of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// The slot is free again.
    Freed,
    /// The leg held no slot: it was released before.
    NothingHeld,
}

/// Frees the slot of a leg that is over. One that converted keeps its counts and its money; any other gives both back. A
/// second release finds nothing and does nothing.
pub async fn release(table: &dyn Table, call: &Call, leg: &Leg) -> Result<Released, StoreError> {
    let id = LegId { call: call.id, attempt: leg.attempt }.to_string();
    let (own, target) = (scope(None), scope(Some(leg.target)));
    let mut updates = vec![
        Update::Remove(within(&own, &[names::LIVE, &id])),
        Update::Remove(within(&target, &[names::LIVE, &id])),
    ];
    if !leg.is_converted() {
        updates.push(Update::Add(names::AVAILABLE.into(), leg.terms.price.as_decimal()));
        for scope in [&own, &target] {
            for window in leg.counted_in {
                updates.push(Update::Add(within(scope, &[names::COUNTED, &window.to_string()]), (-1).into()));
            }
        }
    }
    let held = Condition::Exists(within(&own, &[names::LIVE, &id]));
    update(table, call, leg, updates, held).await
}

/// Extends the lease of a leg that is still live. Nothing is extended that was released.
pub async fn extend(
    table: &dyn Table,
    call: &Call,
    leg: &Leg,
    expires_at: Timestamp,
) -> Result<Released, StoreError> {
    let id = LegId { call: call.id, attempt: leg.attempt }.to_string();
    let path = within(&scope(None), &[names::LIVE, &id]);
    let lease = encode_lease(&Lease { target: leg.target, expires_at });
    update(table, call, leg, vec![Update::Set(path.clone(), lease)], Condition::Exists(path)).await
}

async fn update(
    table: &dyn Table,
    call: &Call,
    leg: &Leg,
    updates: Vec<Update>,
    condition: Condition,
) -> Result<Released, StoreError> {
    let key = records::capacity::key(call.account, leg.buyer);
    match table.write(vec![Write::Update { key, updates, condition: Some(condition) }]).await {
        Ok(_) => Ok(Released::Freed),
        Err(WriteError::Refused(_)) => Ok(Released::NothingHeld),
        Err(WriteError::Store(error)) => Err(error),
    }
}
