//! A buyer is saved: its limits go into its CAPACITY, its document into the plans.

use ringfall_domain::{config::Buyer, ids::BuyerId, money::Money};

use super::{Change, Consequences, Save, SaveError, Scene, plans::rewrite};
use crate::{
    port::{Condition, Operand, StoreError, Update, Write},
    records::{
        call,
        capacity::{self, CapacityRecord, encode_caps, names, scope, within},
    },
};

impl Save for Buyer {
    async fn consequences(
        scene: &Scene<'_>,
        id: BuyerId,
        change: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        let key = capacity::key(scene.account, id);
        match change {
            Change::Create(buyer) => Ok(Consequences::of(vec![Write::Put {
                key,
                item: capacity::encode_new(&buyer.caps, buyer.budget),
                condition: None,
            }])),
            Change::Replace { before, after } => {
                let limits = limits(scene, id, before, after).await?;
                let rewritten = rewrite(scene, &id, |plan| {
                    plan.buyers.insert(id, after.clone());
                })
                .await?;
                let writes = rewritten.writes.into_iter().chain([limits]).collect();
                Ok(Consequences { writes, plans: rewritten.plans, ..Consequences::default() })
            }
            // Calls under way still give their capacity back: the record stays.
            Change::Archive(_) => Ok(Consequences::default()),
        }
    }
}

async fn limits(scene: &Scene<'_>, id: BuyerId, before: &Buyer, after: &Buyer) -> Result<Write, SaveError> {
    let mut updates = vec![Update::Set(within(&scope(None), &[names::CAPS]), encode_caps(&after.caps))];
    let mut condition = None;
    match (before.budget, after.budget) {
        (None, None) => {}
        (Some(_), None) => updates.push(Update::Set(names::BUDGETED.into(), false.into())),
        (Some(before), Some(after)) => {
            updates.push(Update::Add(names::AVAILABLE.into(), (after - before).as_decimal()));
        }
        (None, Some(budget)) => {
            let known = available(scene, id).await?;
            let left = budget - held(scene, &known.record).await?;
            updates.push(Update::Set(names::BUDGETED.into(), true.into()));
            updates.push(Update::Set(names::AVAILABLE.into(), left.as_decimal().into()));
            condition = Some(known.unchanged);
        }
    }
    Ok(Write::Update { key: capacity::key(scene.account, id), updates, condition })
}

struct Known {
    record: CapacityRecord,
    unchanged: Condition,
}

/// The capacity, and the condition that no money was reserved or given back since.
async fn available(scene: &Scene<'_>, id: BuyerId) -> Result<Known, StoreError> {
    let missing = || StoreError::Damaged(format!("{id} has no capacity"));
    let item = scene.table.get(&capacity::key(scene.account, id)).await?.ok_or_else(missing)?;
    let available = item.get(names::AVAILABLE).cloned().ok_or_else(missing)?;
    let unchanged = Condition::Equal(Operand::Path(names::AVAILABLE.into()), Operand::Value(available));
    Ok(Known { record: capacity::decode(&item)?, unchanged })
}

/// The money that calls under way hold. They were reserved before there was a budget, and give it back to the new
/// one if they do not convert: so it is taken off first.
async fn held(scene: &Scene<'_>, record: &CapacityRecord) -> Result<Money, StoreError> {
    let legs: Vec<_> = record.leases.keys().chain(&record.undecided).copied().collect();
    let mut keys: Vec<_> = legs.iter().map(|leg| call::key(scene.account, leg.call)).collect();
    keys.dedup();
    let mut calls = Vec::new();
    for item in scene.items(keys).await?.iter().flatten() {
        calls.push(call::decode(item)?);
    }
    let price = |leg: &ringfall_domain::ids::LegId| {
        let call = calls.iter().find(|call| call.id == leg.call)?;
        Some(call.leg(leg.attempt)?.terms.price)
    };
    Ok(legs.iter().filter_map(price).sum())
}
