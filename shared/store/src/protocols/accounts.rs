//! Accounts are opened, each with its first key; keys are found by what they are signed in with.

use jiff::Timestamp;
use ringfall_domain::ids::{AccountId, KeyId};

use super::{
    resources::find,
    save::{Change, Consequences, Save, SaveError, Scene},
};
use crate::{
    port::{Condition, Direction, Operand, Range, StoreError, Table, Write, WriteError},
    records::{
        account::{self, Account, FirstAccount},
        api_key::{self, ApiKey, KeyPointer, SecretDigest},
        resource::{self, Kind, Resource, damaged_id},
    },
};

/// A key that is to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Its id.
    pub id: KeyId,
    /// What it may do, and the digest of its secret.
    pub key: ApiKey,
}

/// What became of a write that only one of several processes can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It was made now.
    Now,
    /// It was made before, or its key's secret is another key's.
    Not,
}

impl Save for ApiKey {
    async fn consequences(
        scene: &Scene<'_>,
        id: KeyId,
        change: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        Ok(Consequences::of(match change {
            Change::Create(key) => vec![point(scene.account, id, key)],
            Change::Replace { before, after } if before.digest == after.digest => {
                let item = pointer(scene.account, id, after);
                vec![Write::Put { key: api_key::pointer_key(&after.digest), item, condition: None }]
            }
            Change::Replace { before, after } => vec![unpoint(before), point(scene.account, id, after)],
            Change::Archive(key) => vec![unpoint(key)],
        }))
    }
}

/// Whose key a secret is; none if it is nobody's, or the key was archived.
pub async fn find_key(table: &dyn Table, digest: &SecretDigest) -> Result<Option<KeyPointer>, StoreError> {
    let item = table.get(&api_key::pointer_key(digest)).await?;
    item.as_deref().map(api_key::decode_pointer).transpose()
}

/// An account; none if there is none of that id.
pub async fn find_account(table: &dyn Table, id: AccountId) -> Result<Option<Account>, StoreError> {
    let item = table.get(&account::key(id)).await?;
    item.as_deref().map(account::decode).transpose()
}

/// All accounts, behind the one that an earlier page ended with, and whether more may follow.
pub async fn list_accounts(
    table: &dyn Table,
    after: Option<AccountId>,
) -> Result<(Vec<AccountId>, bool), StoreError> {
    // The least text behind an id is the id with the least byte appended.
    let from = after.map(|after| format!("{after}\u{1}"));
    let page = table.query(account::LIST, &Range { from, to: None }, Direction::Ascending, PAGE).await?;
    let ids = page.items.iter().map(|(key, _)| key.sort.parse().map_err(|_| damaged_id(key)));
    Ok((ids.collect::<Result<_, _>>()?, page.more))
}

const PAGE: usize = 100;

/// The account that was opened first; none before that.
pub async fn first_account(table: &dyn Table) -> Result<Option<FirstAccount>, StoreError> {
    let item = table.get(&account::first_key()).await?;
    item.as_deref().map(account::decode_first).transpose()
}

/// Opens an account with its first key.
pub async fn open(
    table: &dyn Table,
    id: AccountId,
    opened: &Account,
    key: &NewKey,
) -> Result<Made, StoreError> {
    write_once(table, opening(id, opened, key)).await
}

/// Opens the very first account. `is_given`: its key was set from outside.
pub async fn open_first(
    table: &dyn Table,
    id: AccountId,
    opened: &Account,
    key: &NewKey,
    is_given: bool,
) -> Result<Made, StoreError> {
    let first = FirstAccount { account: id, admin_key: is_given.then_some(key.id) };
    let mut writes = opening(id, opened, key);
    writes.push(Write::Put {
        key: account::first_key(),
        item: account::encode_first(&first),
        condition: Some(Condition::Absent(account::FIRST.into())),
    });
    write_once(table, writes).await
}

/// Gives the first account another key from outside. The one that was set before is archived: an operator who changes it
/// wants the old one to end.
pub async fn set_admin_key(
    table: &dyn Table,
    first: &FirstAccount,
    key: &NewKey,
    now: Timestamp,
) -> Result<Made, StoreError> {
    let next = FirstAccount { account: first.account, admin_key: Some(key.id) };
    let unchanged = match first.admin_key {
        None => Condition::Absent(account::ADMIN_KEY.into()),
        Some(old) => Condition::Equal(Operand::Path(account::ADMIN_KEY.into()), old.to_string().into()),
    };
    let mut writes = key_writes(first.account, key, now);
    writes.push(Write::Put {
        key: account::first_key(),
        item: account::encode_first(&next),
        condition: Some(unchanged),
    });
    if let Some(old) = first.admin_key {
        writes.extend(archive_writes(table, first.account, old, now).await?);
    }
    write_once(table, writes).await
}

async fn archive_writes(
    table: &dyn Table,
    account: AccountId,
    id: KeyId,
    now: Timestamp,
) -> Result<Vec<Write>, StoreError> {
    let old = find::<ApiKey>(table, account, id).await?.filter(|old| old.archived_at.is_none());
    let Some(old) = old else { return Ok(Vec::new()) };
    let archived = Resource { version: old.version + 1, updated_at: now, archived_at: Some(now), ..old };
    let put = Write::Put {
        key: resource::key(account, Kind::ApiKey, &id),
        item: resource::encode(&archived),
        condition: None,
    };
    Ok(vec![put, unpoint(&archived.document)])
}

fn opening(id: AccountId, opened: &Account, key: &NewKey) -> Vec<Write> {
    let account = Write::Put {
        key: account::key(id),
        item: account::encode(opened),
        condition: Some(Condition::Absent(account::NAME.into())),
    };
    let listed = Write::Put { key: account::listed_key(id), item: account::encode(opened), condition: None };
    [account, listed].into_iter().chain(key_writes(id, key, opened.created_at)).collect()
}

fn key_writes(account: AccountId, new: &NewKey, now: Timestamp) -> Vec<Write> {
    let resource = Resource {
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        document: new.key.clone(),
    };
    let put = Write::Put {
        key: resource::key(account, Kind::ApiKey, &new.id),
        item: resource::encode(&resource),
        condition: None,
    };
    vec![put, point(account, new.id, &new.key)]
}

fn pointer(account: AccountId, id: KeyId, key: &ApiKey) -> crate::port::Item {
    api_key::encode_pointer(&KeyPointer { account, key: id, scopes: key.scopes.clone() })
}

/// A secret is one key's alone.
fn point(account: AccountId, id: KeyId, key: &ApiKey) -> Write {
    Write::Put {
        key: api_key::pointer_key(&key.digest),
        item: pointer(account, id, key),
        condition: Some(Condition::Absent(api_key::ACCOUNT.into())),
    }
}

fn unpoint(key: &ApiKey) -> Write {
    Write::Delete { key: api_key::pointer_key(&key.digest), condition: None }
}

async fn write_once(table: &dyn Table, writes: Vec<Write>) -> Result<Made, StoreError> {
    match table.write(writes).await {
        Ok(_) => Ok(Made::Now),
        Err(WriteError::Refused(_)) => Ok(Made::Not),
        Err(WriteError::Store(error)) => Err(error),
    }
}
