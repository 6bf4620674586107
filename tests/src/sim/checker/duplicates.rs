//! No caller is sold twice where a rule forbids it, however simultaneous their calls are.
//!
//! Judged by the attempts on record, which the other invariants hold to the carrier's truth: what was billed, or at least joined, twice.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use ringfall_domain::{
    call::{Call, Leg},
    config::{Counting, DuplicateAction, DuplicateWindow},
    ids::AccountId,
    phone::PhoneNumber,
};

use super::{Books, Checker};
use crate::sim::verdict::Invariant;

type Sale<'a> = (&'a Call, &'a Leg);

impl Checker {
    /// Each rule has held for every two calls of one caller.
    pub(super) fn sells_no_caller_twice(&self, books: &Books) {
        let mut sales: BTreeMap<(AccountId, &PhoneNumber), Vec<Sale<'_>>> = BTreeMap::new();
        for call in books.calls.values() {
            let Some(number) = call.origin.caller.known() else { continue };
            let sold = call.legs.iter().filter(|leg| leg.connected_seconds().is_some());
            sales.entry((call.account, number)).or_default().extend(sold.map(|leg| (call, leg)));
        }
        for sales in sales.values() {
            for (index, one) in sales.iter().enumerate() {
                sales[index + 1..].iter().for_each(|other| self.were_rightly_sold(*one, *other));
            }
        }
    }

    fn were_rightly_sold(&self, one: Sale<'_>, other: Sale<'_>) {
        if one.0.id == other.0.id {
            return;
        }
        self.trace.count("caller: sold in two calls");
        let Some(agency) = self.world.agency(one.0.account) else { return };
        let is_same_buyer = one.1.buyer == other.1.buyer;
        let buyer = agency.buyers.get(&one.1.buyer).filter(|_| is_same_buyer);
        let of_buyer = buyer.and_then(|buyer| buyer.duplicates);
        let campaign = agency.campaigns.get(&one.0.origin.campaign);
        let campaign = campaign.filter(|_| one.0.origin.campaign == other.0.origin.campaign);
        let rule = campaign.and_then(|campaign| campaign.duplicates).filter(|rule| match rule.action {
            DuplicateAction::Reject => true,
            DuplicateAction::DifferentBuyer => is_same_buyer,
            DuplicateAction::OriginalBuyer => false,
        });
        let windows = of_buyer.into_iter().chain(rule.map(|rule| rule.window()));
        for window in windows.filter(|window| forbids(*window, one, other)) {
            let (one, other) = (one.0.id, other.0.id);
            let what = format_args!("{one} and {other} of one caller were both sold within {window:?}");
            self.violated(Invariant::Duplicate, what);
        }
    }
}

/// Of two that were sold the later is wrong if the earlier counts.
fn forbids(window: DuplicateWindow, one: Sale<'_>, other: Sale<'_>) -> bool {
    let (earlier, later) = if one.1.reserved_at <= other.1.reserved_at { (one, other) } else { (other, one) };
    let counts = match window.counts {
        Counting::Connected => true,
        Counting::Converted => earlier.1.is_converted() && later.1.is_converted(),
    };
    let apart = later.1.reserved_at.duration_since(earlier.1.reserved_at);
    counts && apart < SignedDuration::from_hours(i64::from(window.within_days) * 24)
}
