//! How fast a campaign's queue is served, as lately seen.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use ringfall_domain::{
    plan::Plan,
    pnl::{Dimension, Row, hour_of},
    queue::{Experience, Outlook, Prospects},
};
use ringfall_store::{
    port::StoreError,
    protocols::reserve::read_capacity,
    records::{capacity::CapacityRecord, tally},
};

use crate::platform::Platform;

/// What lately has been seen: this hour and the one before it.
const HOURS: i64 = 2;

/// What a campaign's calls were like lately, read at most once in some seconds.
pub(super) async fn experience(platform: &Platform, plan: &Plan) -> Result<Experience, StoreError> {
    let key = (plan.account, plan.campaign);
    if let Some(known) = platform.experience.get(&key).await {
        return Ok(known);
    }
    let hour = hour_of(platform.now());
    let rows = (0..HOURS).map(|back| Row {
        dimension: Dimension::Campaign,
        hour: hour - SignedDuration::from_hours(back),
        key: plan.campaign.to_string(),
    });
    let keys: Vec<_> = rows.map(|row| tally::key(plan.account, &row)).collect();
    let mut seen = Experience::default();
    for item in platform.table.get_many(&keys).await?.into_iter().flatten() {
        let (tally, _) = tally::decode(&item)?;
        seen.handled += count(tally.handled);
        seen.occupied_seconds += count(tally.occupied_seconds);
        seen.abandoned += count(tally.waiting.abandoned);
        seen.waited_seconds += count(tally.waiting.waited_seconds);
    }
    platform.experience.insert(key, seen).await;
    Ok(seen)
}

/// A sum of changes that may come in any order is never below nothing for long.
fn count(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or(0)
}

/// The outlook of a caller who waits for these targets. `capacity`: of the plan's buyers, as last read.
pub(super) async fn outlook(
    platform: &Platform,
    plan: &Plan,
    prospects: &Prospects,
    capacity: &[Option<CapacityRecord>],
) -> Result<Outlook, StoreError> {
    let seen = experience(platform, plan).await?;
    let outlook = Outlook::of(usable_slots(plan, prospects.indexes(), capacity), &seen);
    platform.outlooks.insert((plan.account, plan.campaign), outlook).await;
    Ok(outlook)
}

/// The outlook of a campaign's callers in general: as if any of its targets would take them.
pub async fn outlook_of_campaign(platform: &Platform, plan: &Plan) -> Result<Outlook, StoreError> {
    let seen = experience(platform, plan).await?;
    let buyers: Vec<_> = plan.buyer_ids().collect();
    let capacity = read_capacity(&*platform.table, plan.account, &buyers).await?;
    let open = plan.targets.iter().enumerate().filter(|(_, target)| !target.paused).map(|(index, _)| index);
    Ok(Outlook::of(usable_slots(plan, open, &capacity), &seen))
}

/// The last outlook of a campaign's callers, if it is fresh: whoever only tells a caller how they stand needs no newer one. There is none
/// where nobody was held lately.
pub(in super::super) async fn remembered_outlook(platform: &Platform, plan: &Plan) -> Option<Outlook> {
    platform.outlooks.get(&(plan.account, plan.campaign)).await
}

/// How many calls the targets of somebody who waits can take at once: each as many as its own cap allows, those of a buyer together as many
/// as the buyer's. Where nothing limits them, as many as are live.
fn usable_slots(
    plan: &Plan,
    wanted: impl Iterator<Item = usize>,
    capacity: &[Option<CapacityRecord>],
) -> u32 {
    let wanted: BTreeSet<usize> = wanted.collect();
    let of_buyer = |(index, record): (usize, &Option<CapacityRecord>)| {
        let record = record.as_ref()?;
        let mut of_targets = 0_u32;
        for target in
            wanted.iter().map(|target| &plan.targets[*target]).filter(|target| target.buyer == index)
        {
            let Some(scope) = record.targets.get(&target.id) else { continue };
            let slots = scope.limits.caps.concurrency.unwrap_or(u32::MAX);
            of_targets = of_targets.saturating_add(slots);
        }
        let slots = of_targets.min(record.buyer.limits.caps.concurrency.unwrap_or(u32::MAX));
        Some(if slots == u32::MAX { record.buyer.legs().max(1) } else { slots })
    };
    capacity.iter().enumerate().filter_map(of_buyer).fold(0, u32::saturating_add)
}
