//! Invariant 3: of legs that are over nothing is left but what converted.

use std::collections::BTreeMap;

use ringfall_domain::{
    call::Call,
    capacity::Window,
    ids::{AccountId, BuyerId, TargetId},
    ledger::EntryKind,
    money::Money,
};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Item, StoreError, Table, Value},
    records::capacity::{self, names},
};
use rust_decimal::Decimal;

use super::{Checker, held};
use crate::sim::verdict::Invariant;

/// What must still be counted of a buyer.
#[derive(Debug, Default)]
struct Expected {
    spent: Money,
    windows: BTreeMap<(Option<TargetId>, Window), i64>,
}

impl Checker {
    /// No slot is held, the counts are those of conversions, the money left is the budget less what was billed.
    pub(super) async fn leaves_nothing(&self, store: &MemoryStore, calls: &[Call]) -> Result<(), StoreError> {
        let billed = self.entries(store, calls).await?;
        let mut expected: BTreeMap<BuyerId, Expected> = BTreeMap::new();
        {
            let state = held(&self.state);
            for (id, attempt) in &state.attempts {
                if !billed.contains_key(&(*id, EntryKind::Revenue.as_str())) {
                    continue;
                }
                let expected = expected.entry(attempt.buyer).or_default();
                expected.spent = expected.spent + attempt.price;
                for window in attempt.counted_in {
                    for scope in [None, Some(attempt.target)] {
                        *expected.windows.entry((scope, window)).or_default() += 1;
                    }
                }
            }
        }
        for agency in &self.world.agencies {
            for buyer in agency.buyers.keys() {
                let Some(item) = store.get(&capacity::key(agency.account, *buyer)).await? else { continue };
                let expected = expected.remove(buyer).unwrap_or_default();
                self.is_left_with(agency.account, *buyer, &item, &expected);
            }
        }
        Ok(())
    }

    fn is_left_with(&self, account: AccountId, buyer: BuyerId, item: &Item, expected: &Expected) {
        for (scope, record) in scopes(item) {
            let live = map(record, names::LIVE);
            if live.is_none_or(|live| !live.is_empty()) {
                let held: Vec<_> = live.into_iter().flatten().map(|(leg, _)| leg).collect();
                let whose = scope.map_or(buyer.to_string(), |target| target.to_string());
                self.violated(Invariant::Leftover, format_args!("{whose} of {account} still holds {held:?}"));
            }
            self.counts_conversions(buyer, scope, record, expected);
        }
        let available = item.get(names::AVAILABLE).and_then(Value::as_number).unwrap_or_default();
        let budget = held(&self.state).limits.budget_now(buyer).unwrap_or_default();
        let left = (budget - expected.spent).as_decimal();
        if available != left {
            self.violated(
                Invariant::Leftover,
                format_args!("{buyer} has {available} left, of {budget} less {}", expected.spent),
            );
        }
    }

    fn counts_conversions(
        &self,
        buyer: BuyerId,
        scope: Option<TargetId>,
        record: &BTreeMap<String, Value>,
        expected: &Expected,
    ) {
        let counted = map(record, names::COUNTED);
        let counted: BTreeMap<Window, Decimal> = counted
            .into_iter()
            .flatten()
            .filter_map(|(name, count)| Some((name.parse().ok()?, count.as_number()?)))
            .collect();
        let wanted = expected.windows.iter().filter(|((of, _), _)| *of == scope);
        for ((_, window), wanted) in wanted {
            let found = counted.get(window).copied();
            // A window that is long past may have been cleared away.
            let is_cleared = found.is_none() && window.is_past(self.clock.at(tokio::time::Instant::now()));
            if !is_cleared && found.unwrap_or_default() != Decimal::from(*wanted) {
                self.violated(
                    Invariant::Leftover,
                    format_args!("{buyer} {scope:?} counts {found:?} in {window}, and {wanted} converted"),
                );
            }
        }
        let unwanted = counted
            .iter()
            .filter(|(window, count)| !count.is_zero() && !expected.windows.contains_key(&(scope, **window)));
        for (window, count) in unwanted {
            self.violated(
                Invariant::Leftover,
                format_args!("{buyer} {scope:?} counts {count} in {window}, and none converted"),
            );
        }
    }
}

/// The buyer's own scope and its targets'.
fn scopes(item: &Item) -> impl Iterator<Item = (Option<TargetId>, &BTreeMap<String, Value>)> {
    let own = map(item, names::BUYER).map(|own| (None, own));
    let targets = map(item, names::TARGETS).into_iter().flatten();
    own.into_iter().chain(targets.filter_map(|(id, scope)| Some((Some(id.parse().ok()?), scope.as_map()?))))
}

fn map<'a>(item: &'a BTreeMap<String, Value>, name: &str) -> Option<&'a BTreeMap<String, Value>> {
    item.get(name)?.as_map()
}
