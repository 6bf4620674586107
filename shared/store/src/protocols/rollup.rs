//! Sums of the change feed that count each change once, however often it is replayed and however it is batched: each row
//! keeps, for each lane of the feed, the place up to which it is summed, and is written only if nobody else has written it
//! meanwhile.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use jiff::Timestamp;
use ringfall_domain::{
    ids::AccountId,
    pnl::{Additions, Dimension, Row, Tally},
};

use crate::{
    port::{Direction, Key, Mark, Position, Progress, SharedItem, StoreError, Table, Write, WriteError},
    records::tally::{self, Held},
};

/// Additions by account, with the mark of the change that they come from.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    additions: Vec<(AccountId, Mark, Additions)>,
}

impl Batch {
    /// Takes up what one change adds. The changes of a lane must be given in their order.
    pub fn push(&mut self, account: AccountId, mark: Mark, additions: Additions) {
        if !additions.is_empty() {
            self.additions.push((account, mark, additions));
        }
    }

    fn by_row(&self) -> BTreeMap<(AccountId, &Row), Vec<(&Mark, Tally)>> {
        let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (account, mark, additions) in &self.additions {
            for (row, tally) in additions {
                rows.entry((*account, row)).or_default().push((mark, *tally));
            }
        }
        rows
    }
}

/// Adds a batch to the rows of the report.
///
/// # Errors
/// The store failed, or another consumer wrote a row meanwhile: some rows may be written; give the batch again.
pub async fn add(table: &dyn Table, batch: &Batch) -> Result<(), StoreError> {
    let rows: Vec<_> = batch.by_row().into_iter().collect();
    for chunk in rows.chunks(100) {
        let keys: Vec<Key> = chunk.iter().map(|((account, row), _)| tally::key(*account, row)).collect();
        let items = table.get_many(&keys).await?;
        let rows = keys.into_iter().zip(items).zip(chunk);
        try_join_all(rows.map(|((key, item), (_, additions))| add_to_row(table, key, item, additions)))
            .await?;
    }
    Ok(())
}

async fn add_to_row(
    table: &dyn Table,
    key: Key,
    item: Option<SharedItem>,
    additions: &[(&Mark, Tally)],
) -> Result<(), StoreError> {
    let known = item.as_deref().map(tally::decode).transpose()?;
    let (mut sum, mut held) = known.clone().unwrap_or_default();
    for (mark, addition) in additions {
        if held.marks.get(&mark.lane).is_none_or(|summed| *summed < mark.place) {
            sum += *addition;
            held.marks.insert(mark.lane.clone(), mark.place.clone());
        }
    }
    let known = known.map(|(_, held)| held);
    if known.as_ref() == Some(&held) || put(table, key, known.as_ref(), (&sum, &held)).await? {
        return Ok(());
    }
    Err(StoreError::Unavailable(
        "another consumer of the feed, or a repair, wrote the same row; the batch is given again".to_owned(),
    ))
}

/// Puts a row that is as it was read. False if it is not, and nothing was written.
async fn put(
    table: &dyn Table,
    key: Key,
    known: Option<&Held>,
    (sum, held): (&Tally, &Held),
) -> Result<bool, StoreError> {
    let put = Write::Put { key, item: tally::encode(sum, held), condition: Some(tally::unchanged(known)) };
    match table.write(vec![put]).await {
        Ok(_) => Ok(true),
        Err(WriteError::Refused(_)) => Ok(false),
        Err(WriteError::Store(error)) => Err(error),
    }
}

/// The rows of the hours from `from` (inclusive) to `to` (exclusive), each with what its sums hold.
pub async fn rows(
    table: &dyn Table,
    account: AccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<BTreeMap<Row, (Tally, Held)>, StoreError> {
    let of_dimensions = Dimension::ALL.map(|dimension| rows_of(table, account, dimension, from, to));
    Ok(try_join_all(of_dimensions).await?.into_iter().flatten().collect())
}

async fn rows_of(
    table: &dyn Table,
    account: AccountId,
    dimension: Dimension,
    from: Timestamp,
    to: Timestamp,
) -> Result<BTreeMap<Row, (Tally, Held)>, StoreError> {
    const PAGE: usize = 1_000;
    let partition = tally::partition(account, dimension);
    let mut range = tally::between(from, to);
    let mut rows = BTreeMap::new();
    loop {
        let page = table.query(&partition, &range, Direction::Ascending, PAGE).await?;
        for (key, item) in &page.items {
            rows.insert(tally::row_of(dimension, key)?, tally::decode(item)?);
        }
        match page.items.last().filter(|_| page.more) {
            Some((last, _)) => range = range.behind(&last.sort, Direction::Ascending),
            None => return Ok(rows),
        }
    }
}

/// Replaces the sums of a row that were found wrong. `known` is what the row held when it was read, before its `truth` was taken from the
/// calls and the journal; `consumed` is how far the feed was consumed after that, with nothing behind it that concerns the row.
/// So whatever stands up to there is in the truth, and is not added again even if it should come late.
///
/// # Returns
/// False if the row was written meanwhile, and nothing was changed: look again.
pub async fn correct(
    table: &dyn Table,
    (account, row): (AccountId, &Row),
    known: Option<&Held>,
    truth: &Tally,
    consumed: &Position,
) -> Result<bool, StoreError> {
    let mut held = known.cloned().unwrap_or_default();
    // A consumer that has read the row by now must not put its old sums back: its write goes by this as well.
    held.corrections += 1;
    for (lane, progress) in consumed.lanes() {
        if let Progress::Through(place) = progress
            && held.marks.get(lane).is_none_or(|summed| summed < place)
        {
            held.marks.insert(lane.clone(), place.clone());
        }
    }
    put(table, tally::key(account, row), known, (truth, &held)).await
}
