//! Invariant 4, second half: the journals and the calls add up to the profit and loss, row by row.

use std::collections::BTreeMap;

use jiff::{Timestamp, TimestampRound, Unit};
use ringfall_domain::{
    call::{Call, Disposition, FinishKind, Leg},
    ids::AccountId,
    ledger::{Entry, EntryKind},
    pnl::{Dimension, Tally, Waiting},
};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Direction, Range, StoreError, Table},
    records::tally,
};

use super::{Books, Checker};
use crate::sim::verdict::Invariant;

/// Rows by account, dimension, hour and key.
type Rows = BTreeMap<(AccountId, Dimension, Timestamp, String), Tally>;

impl Checker {
    /// Each row of the report is the sum of what belongs in it.
    pub(super) async fn adds_up(&self, store: &MemoryStore, books: &Books) -> Result<(), StoreError> {
        let mut expected = Rows::new();
        for call in books.calls.values() {
            count_call(&mut expected, call);
        }
        for entry in books.entries.values() {
            if let Some(call) = books.calls.get(&entry.call) {
                count_entry(&mut expected, call.account, entry);
            }
        }
        let mut found = Rows::new();
        for agency in &self.world.agencies {
            for dimension in Dimension::ALL {
                read(store, agency.account, dimension, &mut found).await?;
            }
        }
        expected.retain(|_, tally| *tally != Tally::default());
        found.retain(|_, tally| *tally != Tally::default());
        for (row, tally) in &expected {
            if found.get(row).is_none_or(|found| !agree(found, tally)) {
                let found = found.get(row);
                self.violated(Invariant::ProfitAndLoss, format_args!("{row:?}: {found:?}, but {tally:?}"));
            }
        }
        for (row, tally) in found.iter().filter(|(row, _)| !expected.contains_key(*row)) {
            self.violated(Invariant::ProfitAndLoss, format_args!("{row:?}: {tally:?}, but nothing"));
        }
        Ok(())
    }
}

/// Whether a row has what belongs in it. The longest wait was the longest when it was counted: a report that came late may have made it shorter.
fn agree(found: &Tally, expected: &Tally) -> bool {
    let (longest, least) = (found.waiting.longest_wait_seconds, expected.waiting.longest_wait_seconds);
    let waiting = Waiting { longest_wait_seconds: least, ..found.waiting };
    longest >= least && Tally { waiting, ..*found } == *expected
}

async fn read(
    store: &MemoryStore,
    account: AccountId,
    dimension: Dimension,
    rows: &mut Rows,
) -> Result<(), StoreError> {
    let partition = tally::partition(account, dimension);
    let mut range = Range::default();
    loop {
        let page = store.query(&partition, &range, Direction::Ascending, 1_000).await?;
        for (key, item) in &page.items {
            let row = tally::row_of(dimension, key)?;
            rows.insert((account, dimension, row.hour, row.key), tally::decode(item)?.0);
        }
        match page.items.last().filter(|_| page.more) {
            Some((last, _)) => range = range.behind(&last.sort, Direction::Ascending),
            None => return Ok(()),
        }
    }
}

fn hour(at: Timestamp) -> Timestamp {
    let whole = TimestampRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Floor);
    at.round(whole).unwrap_or(at)
}

fn count_call(rows: &mut Rows, call: &Call) {
    let hour = hour(call.origin.arrived_at);
    let connected = call.connected_leg();
    let sought = call.routed || call.queued.is_some() || !call.legs.is_empty();
    let waiting = waiting(call);
    let whole = Tally {
        calls: 1,
        wanted: i64::from(sought && !is_called_back(call)),
        connected: i64::from(connected.is_some()),
        converted: i64::from(connected.is_some_and(Leg::is_converted)),
        abandoned: i64::from(call.disposition() == Disposition::Abandoned),
        handled: i64::from(connected.is_some_and(|leg| leg.ended.is_some())),
        occupied_seconds: call.legs.iter().filter_map(occupied_seconds).sum(),
        waiting,
        ..Tally::default()
    };
    let origin = &call.origin;
    for (dimension, key) in [
        (Dimension::Campaign, origin.campaign.to_string()),
        (Dimension::Publisher, origin.publisher.to_string()),
        (Dimension::Number, origin.number.to_string()),
        (Dimension::Hour, hour.to_string()),
    ] {
        *rows.entry((call.account, dimension, hour, key)).or_default() += whole;
    }
    let mut buyers: BTreeMap<String, Tally> = BTreeMap::new();
    for leg in &call.legs {
        let tally = buyers.entry(leg.buyer.to_string()).or_default();
        tally.calls = 1;
        tally.wanted = 1;
        tally.connected |= i64::from(leg.was_accepted());
        tally.converted |= i64::from(leg.is_converted());
    }
    if let Some(leg) = connected.filter(|_| call.overflowed.is_none()) {
        buyers.entry(leg.buyer.to_string()).or_default().waiting = waiting;
    }
    for (key, tally) in buyers {
        *rows.entry((call.account, Dimension::Buyer, hour, key)).or_default() += tally;
    }
}

/// From the reservation to the end, once it is over.
fn occupied_seconds(leg: &Leg) -> Option<i64> {
    let ended = leg.ended?.stamp;
    let ended_at =
        ended.occurred_at.map_or(ended.arrived_at, |occurred_at| occurred_at.min(ended.arrived_at));
    Some(ended_at.duration_since(leg.reserved_at).as_secs().max(0))
}

/// Whether the caller has hung up to be called back, whatever came of the call before.
fn is_called_back(call: &Call) -> bool {
    call.finished.as_ref().is_some_and(|finish| finish.kind == FinishKind::Callback)
}

/// How a call's caller has waited, in the checker's own words.
fn waiting(call: &Call) -> Waiting {
    let mut waiting = Waiting {
        overflowed: i64::from(call.overflowed.is_some()),
        callbacks: i64::from(is_called_back(call)),
        ..Waiting::default()
    };
    let Some(queued) = &call.queued else { return waiting };
    waiting.queued = 1;
    let server = call.connected_leg().filter(|leg| leg.reserved_at >= queued.entered_at);
    let until = match (&call.overflowed, server, &call.ended) {
        (Some(overflowed), ..) => overflowed.at,
        (None, Some(leg), _) => leg.reserved_at,
        (None, None, Some(end)) => end.stamp.earliest(),
        (None, None, None) => return waiting,
    };
    let seconds = until.duration_since(queued.entered_at).as_secs().max(0);
    waiting.waited = 1;
    waiting.waited_seconds = seconds;
    waiting.longest_wait_seconds = seconds;
    if let Some(aim) = queued.answered_within_seconds {
        let is_served = server.is_some() && call.overflowed.is_none();
        waiting.aimed = 1;
        waiting.answered_in_time = i64::from(is_served && seconds <= i64::from(aim));
    }
    if let (Some(told), Some(_), None) = (queued.announced_seconds, server, &call.overflowed) {
        waiting.told = 1;
        waiting.told_wrong_seconds = (seconds - i64::from(told)).abs();
    }
    waiting.abandoned = i64::from(call.overflowed.is_none() && call.disposition() == Disposition::Abandoned);
    waiting
}

fn count_entry(rows: &mut Rows, account: AccountId, entry: &Entry) {
    let hour = hour(entry.call_arrived_at);
    let mut tally = Tally::default();
    match entry.kind {
        EntryKind::Revenue => tally.revenue = entry.amount,
        EntryKind::Payout => tally.payout = entry.amount,
        EntryKind::Telephony => tally.telephony_cost = entry.amount,
    }
    let buyer = entry.buyer.map(|buyer| (Dimension::Buyer, buyer.to_string()));
    let own = [
        (Dimension::Campaign, entry.campaign.to_string()),
        (Dimension::Publisher, entry.publisher.to_string()),
        (Dimension::Number, entry.number.to_string()),
        (Dimension::Hour, hour.to_string()),
    ];
    for (dimension, key) in own.into_iter().chain(buyer) {
        *rows.entry((account, dimension, hour, key)).or_default() += tally;
    }
}
