//! Invariant 3: of legs that are over nothing is left but what converted.

use std::collections::BTreeMap;

use ringfall_domain::{
    capacity::Window,
    ids::{AccountId, BuyerId},
    ledger::EntryKind,
    money::Money,
};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Item, StoreError, Table},
    records::capacity::{self, CapacityRecord, ScopeRecord},
};

use super::{Books, Checker, held, limits::Scope};
use crate::sim::verdict::Invariant;

/// What must still be counted of a buyer.
#[derive(Debug, Default)]
struct Expected {
    spent: Money,
    windows: BTreeMap<(String, Window), (u64, Money)>,
}

impl Checker {
    /// No slot is held, the counts are those of conversions, the money left is the budget less what was billed.
    pub(super) async fn leaves_nothing(&self, store: &MemoryStore, books: &Books) -> Result<(), StoreError> {
        let mut expected: BTreeMap<BuyerId, Expected> = BTreeMap::new();
        {
            let state = held(&self.state);
            for (id, attempt) in &state.attempts {
                if !books.entries.contains_key(&(*id, EntryKind::Revenue.as_str())) {
                    continue;
                }
                let expected = expected.entry(attempt.buyer).or_default();
                expected.spent = expected.spent + attempt.price;
                for (scope, window) in
                    attempt.scopes().flat_map(|scope| attempt.counted_in.map(|window| (scope, window)))
                {
                    let sums = expected.windows.entry((format!("{scope:?}"), window)).or_default();
                    *sums = (sums.0 + 1, sums.1 + attempt.price);
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
        let record = match capacity::decode(item) {
            Ok(record) => record,
            Err(error) => return self.violated(Invariant::Soundness, format_args!("{buyer}: {error}")),
        };
        let now = self.clock.at(tokio::time::Instant::now());
        for (scope, record) in scopes(buyer, &record) {
            if record.legs() != 0 {
                let held = (&record.live, record.elsewhere);
                self.violated(Invariant::Leftover, format_args!("{scope} of {account} still holds {held:?}"));
            }
            let counted = record.counted.keys().map(|window| (scope.clone(), *window));
            let wanted = expected.windows.keys().filter(|(of, _)| *of == scope).cloned();
            for (scope, window) in counted.chain(wanted) {
                let found = (u64::from(record.calls_in(window)), record.money_in(window));
                // A window that is long past may have been cleared away.
                let is_cleared = !record.counted.contains_key(&window) && window.is_past(now);
                let wanted = expected.windows.get(&(scope.clone(), window)).copied().unwrap_or_default();
                if !is_cleared && found != wanted {
                    self.violated(
                        Invariant::Leftover,
                        format_args!("{scope} counts {found:?} in {window}, and {wanted:?} converted"),
                    );
                }
            }
        }
        let budget = held(&self.state).limits.budget_now(buyer).unwrap_or_default();
        let left = budget - expected.spent;
        if record.balance != left {
            let available = record.balance;
            self.violated(
                Invariant::Leftover,
                format_args!("{buyer} has {available} left, of {budget} less {}", expected.spent),
            );
        }
    }
}

/// Every scope of a buyer, each with its name.
fn scopes(buyer: BuyerId, record: &CapacityRecord) -> impl Iterator<Item = (String, &ScopeRecord)> {
    let name = |scope: Scope<'_>| format!("{scope:?}");
    let groups = record.groups.iter().map(move |(group, scope)| (name(Scope::Group(buyer, group)), scope));
    let targets = record.targets.iter().map(move |(target, scope)| (name(Scope::Target(*target)), scope));
    [(name(Scope::Buyer(buyer)), &record.buyer)].into_iter().chain(groups).chain(targets)
}
