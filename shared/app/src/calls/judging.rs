//! What judging a plan's candidates needs from the store. Calls and dry runs share it.

use jiff::Timestamp;
use ringfall_domain::{
    call::Call,
    capacity::{Usage, Window},
    ids::BuyerId,
    plan::Plan,
    routing::CapacitySnapshot,
};
use ringfall_store::{
    port::StoreError,
    protocols::{caller::read_caller, reserve::read_capacity},
    records::{
        caller::CallerRecord,
        capacity::{CapacityRecord, ScopeRecord},
    },
};

use crate::platform::Platform;

/// What is in use of a plan's buyers and targets, counted in the windows that `at` falls into.
///
/// # Returns
/// The snapshot, and the records that it was made of, by the index of [`Plan::buyers`].
pub async fn capacity_snapshot(
    platform: &Platform,
    plan: &Plan,
    at: Timestamp,
) -> Result<(CapacitySnapshot, Vec<Option<CapacityRecord>>), StoreError> {
    let buyers: Vec<BuyerId> = plan.buyers.iter().map(|buyer| buyer.id).collect();
    let records = read_capacity(&*platform.table, plan.account, &buyers).await?;
    let windows: Vec<[Window; 4]> =
        plan.buyers.iter().map(|buyer| Window::all_at(at, buyer.time_zone.zone())).collect();
    let of_buyer = |(record, windows): (&Option<CapacityRecord>, _)| {
        record.as_ref().map(|record| record.buyer_usage(windows))
    };
    let scope =
        |buyer: usize, target| -> Option<&ScopeRecord> { records[buyer].as_ref()?.targets.get(&target) };
    let targets = plan.targets.iter().map(|target| {
        scope(target.buyer, target.id)
            .map_or_else(Usage::default, |scope| scope.usage(&windows[target.buyer]))
    });
    let snapshot = CapacitySnapshot {
        buyers: records.iter().zip(&windows).map(of_buyer).collect(),
        targets: targets.collect(),
    };
    Ok((snapshot, records))
}

/// To whom the caller was sold; none where nobody asks, or the caller showed no number.
pub async fn caller_record(
    platform: &Platform,
    plan: &Plan,
    call: &Call,
) -> Result<Option<CallerRecord>, StoreError> {
    match call.origin.caller.known().filter(|_| plan.remembers_callers()) {
        Some(number) => read_caller(&*platform.table, call.account, number).await.map(Some),
        None => Ok(None),
    }
}
