//! Invariant 4, second half: the journals and the calls add up to the profit and loss, row by row.

use std::collections::BTreeMap;

use jiff::{Timestamp, TimestampRound, Unit};
use ringfall_domain::{
    call::{Call, Disposition, Leg},
    ids::AccountId,
    ledger::{Entry, EntryKind},
    pnl::{Dimension, Tally},
};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Direction, Range, StoreError, Table},
    records::tally,
};

use super::Checker;
use crate::sim::verdict::Invariant;

/// Rows by account, dimension, hour and key.
type Rows = BTreeMap<(AccountId, Dimension, Timestamp, String), Tally>;

impl Checker {
    /// Each row of the report is the sum of what belongs in it.
    pub(super) async fn adds_up(&self, store: &MemoryStore, calls: &[Call]) -> Result<(), StoreError> {
        let mut expected = Rows::new();
        for call in calls {
            count_call(&mut expected, call);
        }
        for entry in self.entries(store, calls).await?.values() {
            if let Some(call) = calls.iter().find(|call| call.id == entry.call) {
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
            if found.get(row) != Some(tally) {
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
    let whole = Tally {
        calls: 1,
        connected: i64::from(connected.is_some()),
        converted: i64::from(connected.is_some_and(Leg::is_converted)),
        abandoned: i64::from(call.disposition() == Disposition::Abandoned),
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
        tally.connected |= i64::from(leg.was_accepted());
        tally.converted |= i64::from(leg.is_converted());
    }
    for (key, tally) in buyers {
        *rows.entry((call.account, Dimension::Buyer, hour, key)).or_default() += tally;
    }
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
