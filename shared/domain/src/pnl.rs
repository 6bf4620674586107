//! Profit and loss: what one call adds to each row of the report.

use std::{collections::BTreeMap, ops::AddAssign};

use jiff::Timestamp;

use crate::{
    call::{Call, Disposition, Leg},
    ids::{CampaignId, NumberId, PublisherId},
    ledger::{Entry, EntryKind},
    money::Money,
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

/// Sums. Counts are signed, since a change of a call can take it out of one count and into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Calls that came in (for a buyer: that it was offered).
    pub calls: i64,
    /// Calls that somebody took.
    pub connected: i64,
    /// Calls that are billed.
    pub converted: i64,
    /// Callers who hung up before anybody took them.
    pub abandoned: i64,
    /// Charged to buyers.
    pub revenue: Money,
    /// Paid to publishers.
    pub payout: Money,
    /// Paid to carriers.
    pub telephony_cost: Money,
}

impl Tally {
    /// What is left.
    pub fn profit(&self) -> Money {
        self.revenue - self.payout - self.telephony_cost
    }

    /// True if nothing would change by adding it.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    fn minus(mut self, other: &Self) -> Self {
        self.calls -= other.calls;
        self.connected -= other.connected;
        self.converted -= other.converted;
        self.abandoned -= other.abandoned;
        self.revenue = self.revenue - other.revenue;
        self.payout = self.payout - other.payout;
        self.telephony_cost = self.telephony_cost - other.telephony_cost;
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.connected += other.connected;
        self.converted += other.converted;
        self.abandoned += other.abandoned;
        self.revenue = self.revenue + other.revenue;
        self.payout = self.payout + other.payout;
        self.telephony_cost = self.telephony_cost + other.telephony_cost;
    }
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
    let whole = Tally {
        calls: 1,
        connected: i64::from(connected.is_some()),
        converted: i64::from(connected.is_some_and(Leg::is_converted)),
        abandoned: i64::from(call.disposition() == Disposition::Abandoned),
        ..Tally::default()
    };
    let own = own_rows(hour, call.origin.campaign, call.origin.publisher, call.origin.number);
    let mut counts: Additions = own.into_iter().map(|row| (row, whole)).collect();
    for leg in &call.legs {
        let row = Row { dimension: Dimension::Buyer, hour, key: leg.buyer.to_string() };
        let tally = counts.entry(row).or_default();
        tally.calls = 1;
        tally.connected = tally.connected.max(i64::from(leg.was_accepted()));
        tally.converted = tally.converted.max(i64::from(leg.is_converted()));
    }
    counts
}

fn own_rows(hour: Timestamp, campaign: CampaignId, publisher: PublisherId, number: NumberId) -> [Row; 4] {
    [
        Row { dimension: Dimension::Campaign, hour, key: campaign.to_string() },
        Row { dimension: Dimension::Publisher, hour, key: publisher.to_string() },
        Row { dimension: Dimension::Number, hour, key: number.to_string() },
        Row { dimension: Dimension::Hour, hour, key: hour.to_string() },
    ]
}

fn hour_of(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(3_600)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        call::{CallEnd, KeyPress, LegEnd, LegFact, Stamp, TelephonyRates, event::EndCause},
        fixtures::{call, later, leg},
        ledger::entries_of,
    };

    fn stamp(seconds: i64) -> Stamp {
        Stamp { arrived_at: later(seconds), occurred_at: None }
    }

    /// The stages of a call: in, offered, not answered, offered again, taken, over.
    fn stages() -> Vec<Call> {
        let mut call = call();
        call.origin.rates = TelephonyRates {
            inbound_per_minute: Money::from_cents(2),
            outbound_per_minute: Money::from_cents(3),
        };
        let mut stages = vec![call.clone()];
        call.legs.push(leg(1, 1));
        stages.push(call.clone());
        let end =
            |cause, duration_seconds| LegFact::Ended(LegEnd { stamp: stamp(99), cause, duration_seconds });
        call.legs[0].learn(end(EndCause::NoAnswer, None));
        stages.push(call.clone());
        call.legs.push(leg(2, 2));
        call.legs[1].learn(LegFact::Screened(KeyPress { asked_at: None, key: Some('1'), at: later(5) }));
        stages.push(call.clone());
        call.legs[1].learn(end(EndCause::Completed, Some(125)));
        stages.push(call.clone());
        call.ended = Some(CallEnd { stamp: stamp(130), duration_seconds: Some(190) });
        stages.push(call);
        stages
    }

    fn sum(changes: impl IntoIterator<Item = Additions>) -> Additions {
        let mut sums = Additions::new();
        for (row, tally) in changes.into_iter().flatten() {
            *sums.entry(row).or_default() += tally;
        }
        sums.retain(|_, tally| !tally.is_nothing());
        sums
    }

    proptest! {
        #[test]
        fn the_steps_of_a_call_add_up_to_what_it_came_to(seen in prop::collection::btree_set(0..6_usize, 1..6)) {
            let stages = stages();
            let seen: Vec<_> = seen.into_iter().map(|index| &stages[index]).collect();
            let steps = (0..seen.len()).map(|n| change_of_call(n.checked_sub(1).map(|n| seen[n]), seen[n]));
            let last = seen[seen.len() - 1];
            prop_assert_eq!(sum(steps), change_of_call(None, last));
        }
    }

    #[test]
    fn profit_is_revenue_less_payout_less_telephony() {
        let stages = stages();
        let last = &stages[stages.len() - 1];
        let sums = sum(entries_of(last).iter().map(change_of_entry).chain([change_of_call(None, last)]));
        for (dimension, calls, telephony, profit) in
            // 4 minutes in at 0.02, 3 minutes out at 0.03; the first attempt was not answered.
            [
                (Dimension::Campaign, 1, 17, 2_483),
                (Dimension::Hour, 1, 17, 2_483),
                (Dimension::Buyer, 1, 9, 2_491),
            ]
        {
            let (row, tally) = sums.iter().rfind(|(row, _)| row.dimension == dimension).expect("a row");
            assert_eq!(
                (tally.calls, tally.connected, tally.converted, tally.abandoned),
                (calls, 1, 1, 0),
                "{row:?}"
            );
            assert_eq!((tally.revenue, tally.payout), (Money::from_cents(4_500), Money::from_cents(2_000)));
            assert_eq!(tally.telephony_cost, Money::from_cents(telephony), "{row:?}");
            assert_eq!(tally.profit(), Money::from_cents(profit), "{row:?}");
        }
    }

    #[test]
    fn every_entry_balances() {
        let entries: Vec<_> = stages().iter().flat_map(entries_of).collect();
        assert!(!entries.is_empty());
        for entry in entries {
            assert_eq!(
                entry.postings.iter().map(|posting| posting.amount).sum::<Money>(),
                Money::ZERO,
                "{entry:?}"
            );
            assert_eq!(entry.postings[0].amount, entry.amount);
        }
    }
}
