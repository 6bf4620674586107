//! The journal: at most one entry per attempt and kind, for ever.

use futures::future::try_join_all;
use ringfall_domain::{ids::AccountId, ledger::Entry};

use crate::{
    port::{Condition, Item, Key, StoreError, Table, Write, WriteError},
    records::journal,
};

/// Writes entries that are not written yet. Safe to repeat at any time, with what any copy of the call, old or new, calls for.
/// The entries of one [`journal::Cause`] must be given together.
///
/// # Returns
/// How many entries were new.
pub async fn settle(table: &dyn Table, account: AccountId, entries: &[Entry]) -> Result<usize, StoreError> {
    let items = journal::encode(account, entries);
    let written = try_join_all(items.into_iter().map(|(key, item)| put_once(table, key, item))).await?;
    Ok(written.into_iter().sum())
}

async fn put_once(table: &dyn Table, key: Key, item: Item) -> Result<usize, StoreError> {
    let entries = journal::decode(&item)?.len();
    let condition = Some(Condition::Absent(journal::ENTRIES.into()));
    match table.write(vec![Write::Put { key, item, condition }]).await {
        Ok(_) => Ok(entries),
        Err(WriteError::Refused(_)) => Ok(0),
        Err(WriteError::Store(error)) => Err(error),
    }
}
