//! All items are walked through for calls that nobody was told of: in no list, or without their entries in the journal.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use jiff::Timestamp;
use ringfall_domain::{call::Call, ids::AccountId, ledger::entries_of};
use ringfall_store::{
    port::{Key, Segment, StoreError},
    protocols::settle::settle,
    records::{
        self, journal,
        repair::{Hours, Step},
        timeline::{self, Listed},
    },
};

use super::books::PAGE;
use crate::{platform::Platform, rollup::list_call};

/// Items of one sheet.
const SHEET: usize = 1_000;

/// Whether nothing is left to walk.
pub(super) fn is_done(walk: &[Step]) -> bool {
    walk.iter().all(|step| *step == Step::Done)
}

/// Takes one step in each segment.
pub(super) async fn go_on(platform: &Platform, hours: &Hours) -> Result<Hours, StoreError> {
    let segments = Segment::all(u32::try_from(hours.walk.len()).unwrap_or(u32::MAX));
    let steps: Vec<_> =
        segments.zip(&hours.walk).map(|(segment, step)| one(platform, hours, segment, step)).collect();
    Ok(Hours { walk: try_join_all(steps).await?, ..hours.clone() })
}

async fn one(platform: &Platform, hours: &Hours, segment: Segment, step: &Step) -> Result<Step, StoreError> {
    let after = match step {
        Step::ToBegin => None,
        Step::Through(key) => Some(key),
        Step::Done => return Ok(Step::Done),
    };
    let is_call = |key: &Key| key.sort == records::call::SORT;
    let sheet = platform.survey.survey(segment, after, SHEET, is_call).await?;
    let mut calls: BTreeMap<AccountId, Vec<Call>> = BTreeMap::new();
    for (key, item) in sheet.items.iter().filter(|(_, item)| records::call::has_arrived(item)) {
        let call = records::call::decode(key, item)?;
        if came_in_within(&call, hours.from, hours.to) {
            calls.entry(call.account).or_default().push(call);
        }
    }
    for (account, calls) in calls {
        for calls in calls.chunks(PAGE) {
            list_missing(platform, account, calls).await?;
            settle_missing(platform, account, calls).await?;
        }
    }
    Ok(sheet.next.map_or(Step::Done, Step::Through))
}

fn came_in_within(call: &Call, from: Timestamp, to: Timestamp) -> bool {
    (from..to).contains(&call.origin.arrived_at)
}

async fn list_missing(platform: &Platform, account: AccountId, calls: &[Call]) -> Result<(), StoreError> {
    let key =
        |call: &Call| timeline::key(account, Listed::Calls, call.origin.arrived_at, &call.id.to_string());
    let keys: Vec<Key> = calls.iter().map(key).collect();
    let listed = platform.table.get_many(&keys).await?;
    let missing = calls.iter().zip(listed).filter(|(_, listed)| listed.is_none());
    let listing: Vec<_> = missing.map(|(call, _)| list_call(platform, call)).collect();
    try_join_all(listing).await.map(drop)
}

/// Reads before it writes: nearly all are there, and a refused write costs as much as one that is made.
async fn settle_missing(platform: &Platform, account: AccountId, calls: &[Call]) -> Result<(), StoreError> {
    let items: Vec<_> = journal::encode(account, &calls.iter().flat_map(entries_of).collect::<Vec<_>>())
        .into_iter()
        .collect();
    for items in items.chunks(PAGE) {
        let keys: Vec<Key> = items.iter().map(|(key, _)| key.clone()).collect();
        let entered = platform.table.get_many(&keys).await?;
        for ((_, item), _) in items.iter().zip(entered).filter(|(_, entered)| entered.is_none()) {
            settle(&*platform.table, account, &journal::decode(item)?).await?;
        }
    }
    Ok(())
}
