//! Sums of the change feed that count each change once, however often it is replayed and however it is batched: each row
//! keeps, for each lane of the feed, the place up to which it is summed, and is written only if nobody else has written it
//! meanwhile.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use ringfall_domain::{
    ids::AccountId,
    pnl::{Additions, Row, Tally},
};

use crate::{
    port::{Condition, Item, Key, Mark, Operand, StoreError, Table, Write, WriteError},
    records::tally,
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
    item: Option<Item>,
    additions: &[(&Mark, Tally)],
) -> Result<(), StoreError> {
    let known = item.as_ref().map(tally::decode).transpose()?;
    let (mut sum, mut marks) = known.clone().unwrap_or_default();
    for (mark, addition) in additions {
        if marks.get(&mark.lane).is_none_or(|summed| *summed < mark.place) {
            sum += *addition;
            marks.insert(mark.lane.clone(), mark.place.clone());
        }
    }
    let unchanged = match known {
        Some((_, known)) if known == marks => return Ok(()),
        Some((_, known)) => {
            let known = Operand::Value(tally::encode_marks(&known));
            Condition::Equal(Operand::Path(tally::MARKS.into()), known)
        }
        None => Condition::Absent(tally::MARKS.into()),
    };
    match table
        .write(vec![Write::Put { key, item: tally::encode(&sum, &marks), condition: Some(unchanged) }])
        .await
    {
        Ok(_) => Ok(()),
        Err(WriteError::Refused(_)) => Err(StoreError::Unavailable(
            "another consumer of the feed wrote the same row; the batch is given again".to_owned(),
        )),
        Err(WriteError::Store(error)) => Err(error),
    }
}
