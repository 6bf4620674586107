//! Profit and loss: what one call adds to each row of the report ([`Tally`]), and how its caller has waited ([`Waiting`]).

mod tally;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use self::{tally::Tally, waiting::Waiting};
use crate::{
    call::{Call, Disposition, FinishKind, Leg},
    ids::{CampaignId, NumberId, PublisherId},
    ledger::{Entry, EntryKind},
    queue::seconds_between,
};

/// What a report can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// The campaign.
    Campaign,
    /// Who sent the call.
    Publisher,
    /// Who was offered the call.
    Buyer,
    /// The tracking number.
    Number,
    /// The hour, in UTC, in which the call came in.
    Hour,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Campaign, Self::Publisher, Self::Buyer, Self::Number, Self::Hour];

    /// The word in keys and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Publisher => "publisher",
            Self::Buyer => "buyer",
            Self::Number => "number",
            Self::Hour => "hour",
        }
    }
}

/// A row of the report, hour by hour.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// What it is grouped by.
    pub dimension: Dimension,
    /// The hour, in UTC, in which the calls came in.
    pub hour: Timestamp,
    /// The id of the campaign, publisher, buyer or number; the hour itself for [`Dimension::Hour`].
    pub key: String,
}

/// What to add to which rows.
pub type Additions = BTreeMap<Row, Tally>;

/// What a change of a call adds: the difference between what it counts for now and what it counted for before.
pub fn change_of_call(before: Option<&Call>, after: &Call) -> Additions {
    let mut additions = counts_of(after);
    for (row, tally) in before.map(counts_of).unwrap_or_default() {
        let entry = additions.entry(row).or_default();
        *entry = entry.minus(&tally);
    }
    additions.retain(|_, tally| !tally.is_nothing());
    additions
}

/// What new journal entries add.
pub fn change_of_entries(entries: &[Entry]) -> Additions {
    let mut additions = Additions::new();
    for (row, tally) in entries.iter().flat_map(change_of_entry) {
        *additions.entry(row).or_default() += tally;
    }
    additions
}

fn change_of_entry(entry: &Entry) -> Additions {
    let mut tally = Tally::default();
    match entry.kind {
        EntryKind::Revenue => tally.revenue = entry.amount,
        EntryKind::Payout => tally.payout = entry.amount,
        EntryKind::Telephony => tally.telephony_cost = entry.amount,
    }
    let hour = hour_of(entry.call_arrived_at);
    let buyer = entry.buyer.map(|buyer| Row { dimension: Dimension::Buyer, hour, key: buyer.to_string() });
    let own = own_rows(hour, entry.campaign, entry.publisher, entry.number);
    own.into_iter().chain(buyer).map(|row| (row, tally)).collect()
}

fn counts_of(call: &Call) -> Additions {
    let hour = hour_of(call.origin.arrived_at);
    let connected = call.connected_leg();
    let waiting = Waiting::of(call);
    let whole = Tally {
        calls: 1,
        wanted: i64::from(wanted_a_target(call)),
        connected: i64::from(connected.is_some()),
        converted: i64::from(connected.is_some_and(Leg::is_converted)),
        abandoned: i64::from(call.disposition() == Disposition::Abandoned),
        handled: i64::from(connected.is_some_and(|leg| leg.ended.is_some())),
        occupied_seconds: call.legs.iter().map(occupied_seconds).sum(),
        waiting,
        ..Tally::default()
    };
    let own = own_rows(hour, call.origin.campaign, call.origin.publisher, call.origin.number);
    let mut counts: Additions = own.into_iter().map(|row| (row, whole)).collect();
    for leg in &call.legs {
        let tally = counts.entry(row_of_buyer(hour, leg)).or_default();
        tally.calls = 1;
        tally.wanted = 1;
        tally.connected = tally.connected.max(i64::from(leg.was_accepted()));
        tally.converted = tally.converted.max(i64::from(leg.is_converted()));
    }
    // How long the caller waited for the buyer who had them at last; nobody else ended the waiting.
    if let Some(leg) = connected.filter(|_| waiting.overflowed == 0) {
        counts.entry(row_of_buyer(hour, leg)).or_default().waiting = waiting;
    }
    counts
}

/// Whether the caller came so far that a target was sought. One who is to be called back wants it in that call instead.
fn wanted_a_target(call: &Call) -> bool {
    let is_called_back = call.finished.as_ref().is_some_and(|finish| finish.kind == FinishKind::Callback);
    let sought = call.routed || call.queued.is_some() || !call.legs.is_empty();
    sought && !is_called_back
}

fn row_of_buyer(hour: Timestamp, leg: &Leg) -> Row {
    Row { dimension: Dimension::Buyer, hour, key: leg.buyer.to_string() }
}

/// How long an attempt held a line; nothing while it does.
fn occupied_seconds(leg: &Leg) -> i64 {
    leg.ended.map_or(0, |end| seconds_between(leg.reserved_at, end.stamp.earliest()).into())
}

fn own_rows(hour: Timestamp, campaign: CampaignId, publisher: PublisherId, number: NumberId) -> [Row; 4] {
    [
        Row { dimension: Dimension::Campaign, hour, key: campaign.to_string() },
        Row { dimension: Dimension::Publisher, hour, key: publisher.to_string() },
        Row { dimension: Dimension::Number, hour, key: number.to_string() },
        Row { dimension: Dimension::Hour, hour, key: hour.to_string() },
    ]
}

/// The hour, in UTC, that an instant falls into.
pub fn hour_of(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(3_600)).unwrap_or(at)
}
