//! Reading an account from a file.

use std::io::{self, BufRead, Seek, SeekFrom};

use futures::{StreamExt, TryStreamExt, stream};
use ringfall_domain::ids::AccountId;
use sha2::{Digest, Sha256};

use super::{
    AT_ONCE, VERSION,
    entrance::{Entrances, is_inside},
    export::hex,
    line::{Line, NoLine},
};
use crate::{
    port::{Condition, Item, Key, StoreError, Table, Write, WriteError},
    records::account,
};

/// The attribute that tells which file is being imported.
const FILE: &str = "sha256";
/// The longest line: an item is 400 KB at the most, and JSON takes some more.
const MOST_LINE_BYTES: u64 = 4 * 1024 * 1024;

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The account.
    pub account: AccountId,
    /// How many items it has.
    pub items: u64,
}

/// Why an account is not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[from] io::Error),
    /// A line is wrong: nothing was written.
    #[error(transparent)]
    Line(#[from] NoLine),
    /// The file does not end as it should: nothing was written.
    #[error("the file is not whole: {0}")]
    NotWhole(&'static str),
    /// The account is there: nothing was written.
    #[error("the account {0} is in this store already, or another file of it is being imported")]
    NotEmpty(AccountId),
    /// Something by which the account would be found leads to another: nothing was written.
    #[error("{0} leads to another account of this store")]
    Taken(Key),
    /// The store failed: import the same file again, and it goes on.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where it stands that an import is under way.
fn marker_key(account: AccountId) -> Key {
    Key::new(format!("{account}#IMPORT"), "IMPORT")
}

/// Brings an account into a store that does not have it. The whole file is looked at first. An import that was interrupted goes on when it is
/// made again with the same file; before its end the account cannot be used. `accepts` says what keeps an item from being taken, if anything
/// does: then none is.
///
/// # Errors
/// Nothing was written, but if the store failed.
pub async fn import<S: Table>(
    store: &S,
    mut file: impl BufRead + Seek + Send,
    accepts: impl Fn(&Key, &Item) -> Result<(), String> + Send,
) -> Result<Imported, ImportError> {
    let checked = check(&mut file, accepts)?;
    let account = checked.account;
    begin(store, account, &checked.sha256).await?;
    for key in &checked.entrances {
        if leads_elsewhere(store, account, key).await? {
            give_up(store, account).await?;
            return Err(ImportError::Taken(key.clone()));
        }
    }
    for_each(&mut file, async |items| {
        let inside = items.into_iter().filter(|(key, _)| is_inside(account, key)).collect();
        put(store, inside).await
    })
    .await?;
    // Whoever comes in finds all of it.
    for_each(&mut file, async |items| {
        let entrances = items.into_iter().filter(|(key, _)| !is_inside(account, key)).collect();
        put(store, entrances).await
    })
    .await?;
    give_up(store, account).await?;
    Ok(Imported { account, items: checked.items })
}

/// What is known of a file that is whole.
struct Checked {
    account: AccountId,
    items: u64,
    sha256: String,
    entrances: Vec<Key>,
}

fn check(
    file: &mut (impl BufRead + Seek),
    accepts: impl Fn(&Key, &Item) -> Result<(), String>,
) -> Result<Checked, ImportError> {
    file.seek(SeekFrom::Start(0))?;
    let mut lines = Lines::of(file);
    let head = match lines.next()? {
        Some((Line::Head(head), _)) => head,
        _ => return Err(ImportError::NotWhole("it does not begin with the head of an export")),
    };
    if head.version != VERSION {
        let what = format!("version {}: this release reads version {VERSION}", head.version);
        return Err(NoLine { number: 1, what }.into());
    }
    let no_account =
        |_| NoLine { number: 1, what: "ringfall_account: expected the id of an account".to_owned() };
    let account: AccountId = head.ringfall_account.parse().map_err(no_account)?;
    let (mut items, mut entrances) = (0, Entrances::of(account));
    loop {
        let before = hex(&lines.digest.clone().finalize());
        match lines.next()? {
            Some((Line::Item(item), number)) => {
                let (key, item) = item.into_item(number)?;
                accepts(&key, &item).map_err(|what| NoLine { number, what })?;
                items += 1;
                if !is_inside(account, &key) {
                    entrances.take(key, &item, number)?;
                }
            }
            Some((Line::End(end), _)) => {
                if end.items != items || end.sha256 != before {
                    return Err(ImportError::NotWhole("its last line tells of other lines than these"));
                }
                if lines.next()?.is_some() {
                    return Err(ImportError::NotWhole("it goes on behind its end"));
                }
                return Ok(Checked { account, items, sha256: before, entrances: entrances.into_keys()? });
            }
            Some((Line::Head(_), number)) => {
                return Err(NoLine { number, what: "a second head".to_owned() }.into());
            }
            None => return Err(ImportError::NotWhole("its last line is missing")),
        }
    }
}

/// Marks the account as being imported, or finds it marked for the same file.
async fn begin<S: Table>(store: &S, account: AccountId, sha256: &str) -> Result<(), ImportError> {
    let marked = store.get(&marker_key(account)).await?;
    if marked.is_some_and(|mark| mark.get(FILE) == Some(&sha256.into())) {
        return Ok(());
    }
    let mark = Write::Put {
        key: marker_key(account),
        item: Item::from([(FILE.to_owned(), sha256.into())]),
        condition: Some(Condition::Absent(FILE.into())),
    };
    let not_there =
        Write::Check { key: account::key(account), condition: Condition::Absent(account::NAME.into()) };
    match store.write(vec![mark, not_there]).await {
        Ok(_) => Ok(()),
        Err(WriteError::Refused(_)) => Err(ImportError::NotEmpty(account)),
        Err(WriteError::Store(error)) => Err(error.into()),
    }
}

async fn give_up<S: Table>(store: &S, account: AccountId) -> Result<(), StoreError> {
    match store.write(vec![Write::Delete { key: marker_key(account), condition: None }]).await {
        Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
        Err(WriteError::Store(error)) => Err(error),
    }
}

/// Whether what stands at an entrance of ours is another account's. The first account of a store may well be another.
async fn leads_elsewhere<S: Table>(store: &S, account: AccountId, key: &Key) -> Result<bool, StoreError> {
    if *key == account::first_key() {
        return Ok(false);
    }
    let there = store.get(key).await?;
    let named = there.as_ref().and_then(|item| item.get("account")).and_then(|value| value.as_text());
    Ok(named.is_some_and(|named| named != account.to_string()))
}

/// Hands on all items of a file, some at a time.
async fn for_each(
    file: &mut (impl BufRead + Seek),
    mut take: impl AsyncFnMut(Vec<(Key, Item)>) -> Result<(), StoreError>,
) -> Result<(), ImportError> {
    file.seek(SeekFrom::Start(0))?;
    let mut lines = Lines::of(file);
    let mut items = Vec::new();
    while let Some((line, number)) = lines.next()? {
        if let Line::Item(item) = line {
            items.push(item.into_item(number)?);
        }
        if items.len() == AT_ONCE * 8 {
            take(std::mem::take(&mut items)).await?;
        }
    }
    Ok(take(items).await?)
}

async fn put<S: Table>(store: &S, items: Vec<(Key, Item)>) -> Result<(), StoreError> {
    let puts: Vec<_> = items.into_iter().map(|(key, item)| put_one(store, key, item)).collect();
    stream::iter(puts).buffer_unordered(AT_ONCE).try_collect().await
}

/// Which account is the first is left as it is, where there is one.
async fn put_one<S: Table>(store: &S, key: Key, item: Item) -> Result<(), StoreError> {
    let condition = (key == account::first_key()).then(|| Condition::Absent(account::FIRST.into()));
    match store.write(vec![Write::Put { key, item, condition }]).await {
        Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
        Err(WriteError::Store(error)) => Err(error),
    }
}

/// A file, line by line, with the digest of the lines so far.
struct Lines<'a, R> {
    file: &'a mut R,
    number: u64,
    digest: Sha256,
}

impl<'a, R: BufRead> Lines<'a, R> {
    fn of(file: &'a mut R) -> Self {
        Self { file, number: 0, digest: Sha256::new() }
    }

    fn next(&mut self) -> Result<Option<(Line, u64)>, ImportError> {
        let mut text = String::new();
        let mut limited = io::Read::take(&mut *self.file, MOST_LINE_BYTES);
        if limited.read_line(&mut text)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let Some(line) = text.strip_suffix('\n') else {
            return Err(ImportError::NotWhole("a line does not end, or is longer than any item"));
        };
        let line = Line::read(self.number, line)?;
        self.digest.update(&text);
        Ok(Some((line, self.number)))
    }
}
