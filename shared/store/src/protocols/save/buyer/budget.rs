//! A buyer's budget is set, changed or taken away while calls hold some of it.

use ringfall_domain::{
    ids::{BuyerId, LegId},
    money::Money,
    problem::Problem,
};

use super::Changes;
use crate::{
    port::{Condition, Operand, StoreError, Update},
    protocols::{
        leases::read_leases,
        save::{SaveError, Scene},
    },
    records::{
        call,
        capacity::{CapacityRecord, names},
    },
};

/// What a budget that was changed leaves: what was left, and the difference. So what is spent and held stays taken off, whoever reserves or
/// gives back at the same time.
pub(super) async fn change(
    scene: &Scene<'_>,
    id: BuyerId,
    record: &CapacityRecord,
    before: Option<Money>,
    after: Option<Money>,
    changes: &mut Changes,
) -> Result<(), SaveError> {
    let available = || names::AVAILABLE.into();
    match (before, after) {
        (None, None) => {}
        (Some(_), None) => changes.updates.push(Update::Set(names::BUDGETED.into(), false.into())),
        (Some(before), Some(after)) => {
            let more = after - before;
            let left = record.available.unwrap_or_default();
            refuse_overdraft(after, before - left)?;
            changes.updates.push(Update::Add(available(), more.as_decimal()));
            if more.is_negative() {
                let covered = Condition::AtMost((-more).as_decimal().into(), Operand::Path(available()));
                changes.conditions.push(covered);
            }
        }
        (None, Some(budget)) => {
            let held = held(scene, id, record).await?;
            refuse_overdraft(budget, held)?;
            changes.updates.push(Update::Set(names::BUDGETED.into(), true.into()));
            changes.updates.push(Update::Set(available(), (budget - held).as_decimal().into()));
            changes.conditions.push(nothing_moved(record));
        }
    }
    Ok(())
}

/// Nobody can take back what is spent: a balance is never below zero.
fn refuse_overdraft(budget: Money, taken: Money) -> Result<(), SaveError> {
    if budget >= taken {
        return Ok(());
    }
    let message = format!("{taken} are spent or held by calls in flight: the budget cannot be less");
    Err(SaveError::Invalid(vec![Problem::new("budget", message)]))
}

/// No money was reserved or given back since.
fn nothing_moved(record: &CapacityRecord) -> Condition {
    let balance = Operand::Value(record.balance.as_decimal().into());
    Condition::Equal(Operand::Path(names::AVAILABLE.into()), balance)
}

/// The money that calls under way hold. They were reserved before there was a budget, and give it back to the new
/// one if they do not convert: so it is taken off first.
async fn held(scene: &Scene<'_>, id: BuyerId, record: &CapacityRecord) -> Result<Money, StoreError> {
    let leases = read_leases(scene.table, scene.account, id, record).await?;
    let legs: Vec<LegId> = leases.keys().chain(&record.undecided).copied().collect();
    let mut keys: Vec<_> = legs.iter().map(|leg| call::key(scene.account, leg.call)).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut calls = Vec::new();
    for (key, item) in keys.iter().zip(scene.items(keys.clone()).await?) {
        calls.extend(item.map(|item| call::decode(key, &item)).transpose()?);
    }
    let price = |leg: &LegId| {
        let call = calls.iter().find(|call| call.id == leg.call)?;
        Some(call.leg(leg.attempt)?.terms.price)
    };
    Ok(legs.iter().filter_map(price).sum())
}
