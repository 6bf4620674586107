//! What the calls and the journal say.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ringfall_domain::{
    call::Call,
    ids::{AccountId, CallId},
    ledger::{Entry, entries_of},
    pnl::{Additions, change_of_call, change_of_entries},
};
use ringfall_store::{
    port::{Key, SharedItem, StoreError, Table},
    protocols::{
        settle::settle,
        timeline::{Span, read},
    },
    records::{self, attributes::Reader, journal, timeline::Listed},
};

use crate::platform::Platform;

/// Read at once.
pub(super) const PAGE: usize = 100;

/// The calls that came in within a span, and the entries about them.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// What they add up to.
    pub(super) sums: Additions,
    /// Entries that calls call for and that are not in the journal.
    pub(super) missing: Vec<Entry>,
}

impl Books {
    /// Reads them. Calls that are not listed are not seen.
    pub(super) async fn read(table: &dyn Table, account: AccountId, span: Span) -> Result<Self, StoreError> {
        let mut books = Self::default();
        // The journal last: an entry that is made meanwhile is not missing.
        let mut called_for = Vec::new();
        for listed in timeline(table, account, Listed::Calls, span).await?.chunks(PAGE) {
            for call in calls(table, account, listed).await? {
                books.add(change_of_call(None, &call));
                called_for.extend(entries_of(&call));
            }
        }
        let mut entered = BTreeSet::new();
        for item in timeline(table, account, Listed::Ledger, span).await? {
            let entries = journal::decode(&item)?;
            entered.extend(entries.iter().map(|entry| (entry.call, entry.attempt, entry.kind)));
            books.add(change_of_entries(&entries));
        }
        called_for.retain(|entry| !entered.contains(&(entry.call, entry.attempt, entry.kind)));
        books.missing = called_for;
        Ok(books)
    }

    fn add(&mut self, additions: Additions) {
        for (row, tally) in additions {
            *self.sums.entry(row).or_default() += tally;
        }
    }
}

/// A span of a timeline.
async fn timeline(
    table: &dyn Table,
    account: AccountId,
    listed: Listed,
    span: Span,
) -> Result<Vec<SharedItem>, StoreError> {
    let (mut items, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = read(table, account, listed, span, after.as_deref(), PAGE).await?;
        after = page.entries.last().filter(|_| page.more).map(|(place, _)| place.clone());
        items.extend(page.entries.into_iter().map(|(_, item)| item));
        if after.is_none() {
            return Ok(items);
        }
    }
}

/// The calls that some entries of the list name.
async fn calls(
    table: &dyn Table,
    account: AccountId,
    listed: &[SharedItem],
) -> Result<Vec<Call>, StoreError> {
    let ids = listed.iter().map(|item| Reader(item).parsed::<CallId>("call"));
    let keys: Vec<Key> =
        ids.map(|id| Ok(records::call::key(account, id?))).collect::<Result<_, StoreError>>()?;
    let items = table.get_many(&keys).await?;
    let found = keys.iter().zip(items).filter_map(|(key, item)| Some((key, item?)));
    let arrived = found.filter(|(_, item)| records::call::has_arrived(item));
    arrived.map(|(key, item)| records::call::decode(key, &item)).collect()
}

/// Writes what an account's journal lacks about the calls that came in within a span.
///
/// # Returns
/// How many entries were missing.
pub async fn settle_missing(
    platform: &Platform,
    account: AccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<usize, StoreError> {
    let books = Books::read(&*platform.table, account, Span { from, to }).await?;
    settle(&*platform.table, account, &books.missing).await
}
