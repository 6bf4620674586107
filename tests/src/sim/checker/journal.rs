//! Invariant 4, first half: each billable leg is billed once.

use std::collections::BTreeMap;

use ringfall_domain::{
    call::Call,
    ids::{CallId, LegId},
    ledger::{Entry, EntryKind},
    money::Money,
};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Item, Key, StoreError, Table},
    records::{journal, timeline},
};

use super::{Books, Checker, State, held};
use crate::sim::verdict::Invariant;

impl Checker {
    /// Entries are written: for the first time, by their own key, and balanced.
    pub(super) fn entry_written(
        &self,
        state: &mut State,
        key: &Key,
        after: Option<&Item>,
    ) -> Result<(), StoreError> {
        if !state.journal.insert(key.clone()) {
            self.violated(Invariant::Journal, format_args!("{key} was written before"));
        }
        let Some(after) = after else { return Ok(()) };
        let account = timeline::account_of(key)?;
        for entry in journal::decode(after)? {
            if *key != journal::key(account, &entry) {
                self.violated(Invariant::Journal, format_args!("{key} holds another entry"));
            }
            let sum: Money = entry.postings.iter().map(|posting| posting.amount).sum();
            if sum != Money::ZERO || entry.amount.is_negative() {
                self.violated(Invariant::Journal, format_args!("{key} does not balance"));
            }
            self.trace.count("journal: an entry");
        }
        Ok(())
    }

    /// The journal holds what follows from the truth.
    pub(super) fn is_billed_once(&self, books: &Books) {
        let Books { calls, entries } = books;
        for call in calls.values() {
            let billed = call.legs.iter().map(|leg| LegId { call: call.id, attempt: leg.attempt });
            let billed =
                billed.filter(|id| entries.contains_key(&(*id, EntryKind::Revenue.as_str()))).count();
            if billed > 1 {
                self.violated(Invariant::Journal, format_args!("{} was billed {billed} times", call.id));
            }
        }
        let state = held(&self.state);
        for (id, attempt) in &state.attempts {
            for (kind, agreed) in [(EntryKind::Revenue, attempt.price), (EntryKind::Payout, attempt.payout)] {
                let entry = entries.get(&(*id, kind.as_str()));
                let is_there = entry.is_some();
                match (attempt.is_billable(), entry) {
                    (Some(billable), _) if billable != is_there => self.violated(
                        Invariant::Journal,
                        format_args!(
                            "{id} is billable: {billable}; there is a {kind:?}: {is_there}; {attempt:?}"
                        ),
                    ),
                    (_, Some(entry)) if entry.amount != agreed => self.violated(
                        Invariant::Journal,
                        format_args!("{id}: the {kind:?} is {} and not {agreed}", entry.amount),
                    ),
                    (Some(true), _) => self.trace.count("journal: billed as it must be"),
                    (Some(false), _) => self.trace.count("journal: not billed, as it must not be"),
                    (None, _) => self.trace.count("journal: may be billed or not"),
                }
            }
        }
    }

    /// The entries of all calls.
    pub(super) async fn entries(
        &self,
        store: &MemoryStore,
        calls: &BTreeMap<CallId, Call>,
    ) -> Result<BTreeMap<(LegId, &'static str), Entry>, StoreError> {
        let keys = held(&self.state).journal.clone();
        let mut entries = BTreeMap::new();
        for key in keys {
            let Some(item) = store.get(&key).await? else { continue };
            for entry in journal::decode(&item)? {
                if !calls.contains_key(&entry.call) {
                    self.violated(Invariant::Journal, format_args!("{key} is of a call that there is not"));
                }
                let leg = LegId { call: entry.call, attempt: entry.attempt };
                entries.insert((leg, entry.kind.as_str()), entry);
            }
        }
        Ok(entries)
    }
}
