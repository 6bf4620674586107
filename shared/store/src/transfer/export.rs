//! Writing an account into a file.

use std::{
    io::{self, Write},
    sync::Arc,
};

use ringfall_domain::ids::{AccountId, ConnectionId};
use sha2::{Digest, Sha256};

use super::{
    entrance::is_inside,
    line::{End, Line},
};
use crate::{
    port::{Direction, Key, Range, Segment, SharedItem, StoreError, Survey, Table},
    records::{
        account,
        api_key::{self, ApiKey},
        pointer,
        resource::{self, Kind},
        trunk,
    },
};

/// Items of one sheet of the survey, and of one page of a query.
const PAGE: usize = 1_000;

/// Why an account is not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no such account.
    #[error("there is no account {0} in this store")]
    NoAccount(AccountId),
    /// The store failed, or holds what it should not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(#[from] io::Error),
}

/// Writes all that a store holds of an account. Nothing else may write it meanwhile: what is changed while it is read may come as it was
/// or as it is.
///
/// # Returns
/// How many items there are.
pub async fn export<S: Table + Survey>(
    store: &S,
    account: AccountId,
    file: impl Write + Send,
) -> Result<u64, ExportError> {
    let Some(record) = store.get(&account::key(account)).await? else {
        return Err(ExportError::NoAccount(account));
    };
    let mut lines = Lines { file, digest: Sha256::new(), items: 0 };
    lines.write(&Line::head(account))?;
    for segment in Segment::all(1) {
        write_segment(store, account, segment, &mut lines).await?;
    }
    for (key, item) in entrances(store, account).await? {
        lines.item(key, item)?;
    }
    lines.item(account::key(account), record)?;
    lines.end()
}

async fn write_segment<S: Survey>(
    store: &S,
    account: AccountId,
    segment: Segment,
    lines: &mut Lines<impl Write + Send>,
) -> Result<(), ExportError> {
    let mut after = None;
    loop {
        let sheet = store.survey(segment, after.as_ref(), PAGE, |_| true).await?;
        for (key, item) in sheet.items {
            if is_inside(account, &key) {
                lines.item(key, item)?;
            }
        }
        after = sheet.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// What leads to an account: its connections, numbers and keys, what relays are told of them, its place in the list of all accounts, and that
/// it is the first, if it is.
async fn entrances<S: Table>(store: &S, account: AccountId) -> Result<Vec<(Key, SharedItem)>, StoreError> {
    let mut found = Vec::new();
    for (key, _) in all(store, &resource::partition(account, Kind::Connection)).await? {
        let damaged = |_| StoreError::Damaged(format!("{key}: the sort key is no connection's id"));
        let connection: ConnectionId = key.sort.parse().map_err(damaged)?;
        found.extend(all(store, &pointer::number_partition(connection)).await?);
        found.extend(one(store, pointer::connection_key(connection)).await?);
        found.extend(within(store, trunk::PARTITION, trunk::range(connection)).await?);
    }
    for (_, item) in all(store, &resource::partition(account, Kind::ApiKey)).await? {
        let key = resource::decode::<ApiKey>(&item)?;
        found.extend(one(store, api_key::pointer_key(&key.document.digest)).await?);
    }
    found.extend(one(store, account::listed_key(account)).await?);
    if let Some((key, item)) = one(store, account::first_key()).await?
        && account::decode_first(&item)?.account == account
    {
        found.push((key, item));
    }
    Ok(found)
}

async fn one<S: Table>(store: &S, key: Key) -> Result<Option<(Key, SharedItem)>, StoreError> {
    Ok(store.get(&key).await?.map(|item| (key, item)))
}

async fn all<S: Table>(store: &S, partition: &str) -> Result<Vec<(Key, SharedItem)>, StoreError> {
    within(store, partition, Range::default()).await
}

async fn within<S: Table>(
    store: &S,
    partition: &str,
    mut range: Range,
) -> Result<Vec<(Key, SharedItem)>, StoreError> {
    let mut items = Vec::new();
    loop {
        let page = store.query(partition, &range, Direction::Ascending, PAGE).await?;
        items.extend(page.items);
        match items.last().filter(|_| page.more) {
            Some((last, _)) => range = range.behind(&last.sort, Direction::Ascending),
            None => return Ok(items),
        }
    }
}

/// The file as far as it is written.
struct Lines<W> {
    file: W,
    digest: Sha256,
    items: u64,
}

impl<W: Write> Lines<W> {
    fn item(&mut self, key: Key, item: SharedItem) -> io::Result<()> {
        self.items += 1;
        self.write(&Line::item(key, Arc::unwrap_or_clone(item)))
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let text = line.to_text()?;
        self.digest.update(&text);
        self.file.write_all(text.as_bytes())
    }

    fn end(mut self) -> Result<u64, ExportError> {
        let sha256 = hex(&self.digest.finalize());
        let end = Line::End(End { items: self.items, sha256 }).to_text().map_err(io::Error::from)?;
        self.file.write_all(end.as_bytes())?;
        self.file.flush()?;
        Ok(self.items)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
