//! Capacity is given back, once per leg.
//!
//! The slot is freed as soon as the leg is over. The counts and the money are kept if the call converted and given back if
//! it did not; while that is undecided (the report of the key may have been overtaken by that of the end) the leg is
//! noted as undecided, so that whoever decides it later gives back exactly what is held.

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Leg, Standing},
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
    /// The leg holds nothing any more, but its count and price if it converted.
    Settled,
    /// The slot is free, and the rest is held until it is decided; release again then.
    Undecided {
        /// When nothing that may be reported changes it any more.
        until: Timestamp,
    },
    /// The leg is not over.
    Live,
}

/// Frees the slot of a leg that is over, and gives its counts and its money back if it did not convert. Safe to repeat: what is
/// not held is not given back.
pub async fn release(
    table: &dyn Table,
    call: &Call,
    leg: &Leg,
    now: Timestamp,
) -> Result<Released, StoreError> {
    let id = LegId { call: call.id, attempt: leg.attempt }.to_string();
    let standing = match leg.standing() {
        Standing::Undecided { until } if now >= until => Standing::NotConverted,
        standing => standing,
    };
    let (rest, released) = match standing {
        Standing::Live => return Ok(Released::Live),
        Standing::Converted => (Vec::new(), Released::Settled),
        Standing::NotConverted => (give_back(leg), Released::Settled),
        Standing::Undecided { until } => (vec![note_undecided(&id)], Released::Undecided { until }),
    };
    let was_live =
        update(table, call, leg, free_slot(leg, &id).into_iter().chain(rest.clone()).collect(), is_live(&id));
    if was_live.await? == Held::NotAny && released == Released::Settled && leg.may_have_been_undecided() {
        let decided = Update::Remove(within(&scope(None), &[names::UNDECIDED, &id]));
        let updates = [decided].into_iter().chain(rest).collect();
        update(table, call, leg, updates, is_undecided(&id)).await?;
    }
    Ok(released)
}

fn is_live(id: &str) -> Condition {
    Condition::Exists(within(&scope(None), &[names::LIVE, id]))
}

fn is_undecided(id: &str) -> Condition {
    Condition::Exists(within(&scope(None), &[names::UNDECIDED, id]))
}

fn free_slot(leg: &Leg, id: &str) -> [Update; 2] {
    [None, Some(leg.target)].map(|target| Update::Remove(within(&scope(target), &[names::LIVE, id])))
}

fn note_undecided(id: &str) -> Update {
    Update::Set(within(&scope(None), &[names::UNDECIDED, id]), true.into())
}

fn give_back(leg: &Leg) -> Vec<Update> {
    let scopes = [scope(None), scope(Some(leg.target))];
    let count = |scope: &Vec<String>, window| {
        Update::Add(within(scope, &[names::COUNTED, &format!("{window}")]), (-1).into())
    };
    let counts = scopes.iter().flat_map(|scope| leg.counted_in.map(|window| count(scope, window)));
    counts.chain([Update::Add(names::AVAILABLE.into(), leg.terms.price.as_decimal())]).collect()
}

/// Extends the lease of a leg that is still live. Nothing is extended that was released.
pub async fn extend(
    table: &dyn Table,
    call: &Call,
    leg: &Leg,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let id = LegId { call: call.id, attempt: leg.attempt }.to_string();
    let lease = encode_lease(&Lease { target: leg.target, expires_at });
    let set = Update::Set(within(&scope(None), &[names::LIVE, &id]), lease);
    update(table, call, leg, vec![set], is_live(&id)).await?;
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Held {
    Some,
    NotAny,
}

async fn update(
    table: &dyn Table,
    call: &Call,
    leg: &Leg,
    updates: Vec<Update>,
    condition: Condition,
) -> Result<Held, StoreError> {
    let key = records::capacity::key(call.account, leg.buyer);
    match table.write(vec![Write::Update { key, updates, condition: Some(condition) }]).await {
        Ok(_) => Ok(Held::Some),
        Err(WriteError::Refused(_)) => Ok(Held::NotAny),
        Err(WriteError::Store(error)) => Err(error),
    }
}
