//! Capacity is given back, once per leg.
//!
//! The slot is freed as soon as the leg is over. The counts and the money are kept if the call converted and given back if
//! it did not; while that is undecided (the report of the key may have been overtaken by that of the end) the leg is
//! noted as undecided, so that whoever decides it later gives back exactly what is held. The leg's claim on the caller, if it has
//! one, is settled along with them.

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Leg, Standing},
    ids::LegId,
};

use super::caller::settle_claim;
use crate::{
    port::{Condition, StoreError, Table, Update, Write, WriteError},
    records::{
        self,
        capacity::{Lease, Place, lease, names},
    },
};

/// What came of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// The leg holds nothing any more, but its count and price if it converted.
    Settled,
    /// The slot is free, and the rest is held until it is decided; release again then.
    Undecided {
        /// When all that was reported in time is sure to be written.
        until: Timestamp,
    },
    /// The leg is not over.
    Live,
}

/// Frees the slot of a leg that is over, and gives its counts and its money back if it did not convert. Safe to repeat: what is
/// not held is not given back. `now` is read before the call is: by a later clock, a leg would be settled without a report
/// that was written in between.
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
    let (was_live, ()) =
        futures::try_join!(free(table, call, leg, &rest), settle_claim(table, call, leg, standing))?;
    if !was_live && released == Released::Settled && leg.may_have_been_undecided() {
        let decided = Update::Remove(Place::Buyer.path([names::UNDECIDED, &id]));
        let updates = [decided].into_iter().chain(rest).collect();
        update(table, call, leg, updates, is_undecided(&id)).await?;
    }
    Ok(released)
}

/// Frees the slot, wherever its lease stands, and makes the other updates along with it.
///
/// # Returns
/// Whether there was one.
async fn free(table: &dyn Table, call: &Call, leg: &Leg, rest: &[Update]) -> Result<bool, StoreError> {
    let id = LegId { call: call.id, attempt: leg.attempt };
    let freed = free_slot(leg, &id.to_string()).chain(rest.iter().cloned()).collect();
    match update(table, call, leg, freed, is_live(&id.to_string())).await? {
        Held::Within => Ok(true),
        Held::Nowhere => Ok(false),
        Held::MaybeElsewhere => {
            let fewer = |place: Place<'_>| Update::Add(place.path([names::ELSEWHERE]), (-1).into());
            let updates = Place::all_of(leg).map(fewer).chain(rest.iter().cloned()).collect();
            let capacity = records::capacity::key(call.account, leg.buyer);
            let lease = lease::key(call.account, leg.buyer, id);
            is_written(
                table,
                vec![
                    Write::Update { key: capacity, updates, condition: None },
                    Write::Delete { key: lease, condition: Some(is_a_lease()) },
                ],
            )
            .await
        }
    }
}

fn is_a_lease() -> Condition {
    Condition::Exists(lease::EXPIRES_AT.into())
}

fn is_live(id: &str) -> Condition {
    Condition::Exists(Place::Buyer.path([names::LIVE, id]))
}

fn is_undecided(id: &str) -> Condition {
    Condition::Exists(Place::Buyer.path([names::UNDECIDED, id]))
}

fn free_slot(leg: &Leg, id: &str) -> impl Iterator<Item = Update> {
    Place::all_of(leg).map(move |place| Update::Remove(place.path([names::LIVE, id])))
}

fn note_undecided(id: &str) -> Update {
    Update::Set(Place::Buyer.path([names::UNDECIDED, id]), true.into())
}

/// What was taken, in the windows that it was taken in. When the call before was reserved stays as it is.
fn give_back(leg: &Leg) -> Vec<Update> {
    let price = leg.terms.price;
    let windows = leg.counted_in.map(|window| window.to_string());
    let counts = Place::all_of(leg).flat_map(|place| {
        windows.each_ref().map(|window| {
            [
                Update::Add(place.path([names::COUNTED, window]), (-1).into()),
                Update::Add(place.path([names::COMMITTED, window]), (-price).as_decimal()),
            ]
        })
    });
    counts.flatten().chain([Update::Add(names::AVAILABLE.into(), price.as_decimal())]).collect()
}

/// Extends the lease of a leg that is still live. Nothing is extended that was released.
pub async fn extend(
    table: &dyn Table,
    call: &Call,
    leg: &Leg,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let id = LegId { call: call.id, attempt: leg.attempt };
    let name = id.to_string();
    let lease = Lease { target: leg.target, expires_at };
    let set = Update::Set(Place::Buyer.path([names::LIVE, &name]), lease::encode_within(&lease));
    if update(table, call, leg, vec![set], is_live(&name)).await? == Held::MaybeElsewhere {
        let (key, item) = (lease::key(call.account, leg.buyer, id), lease::encode(&lease));
        is_written(table, vec![Write::Put { key, item, condition: Some(is_a_lease()) }]).await?;
    }
    Ok(())
}

/// What a condition on CAPACITY tells of a leg.
#[derive(PartialEq, Eq)]
enum Held {
    /// It held; the update was made.
    Within,
    /// It did not hold, and no lease stands elsewhere.
    Nowhere,
    /// It did not hold, and the leg's lease may stand elsewhere.
    MaybeElsewhere,
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
        Ok(_) => Ok(Held::Within),
        Err(WriteError::Refused(refusals)) => {
            let item = refusals.first().and_then(|refusal| refusal.as_ref()?.item.as_deref());
            let elsewhere = item.map(lease::has_some_elsewhere).transpose()?.unwrap_or(false);
            Ok(if elsewhere { Held::MaybeElsewhere } else { Held::Nowhere })
        }
        Err(WriteError::Store(error)) => Err(error),
    }
}

async fn is_written(table: &dyn Table, writes: Vec<Write>) -> Result<bool, StoreError> {
    match table.write(writes).await {
        Ok(_) => Ok(true),
        Err(WriteError::Refused(_)) => Ok(false),
        Err(WriteError::Store(error)) => Err(error),
    }
}
