//! The first account, and the key that the operator comes in with.

use std::fmt;

use ringfall_domain::{
    ids::{AccountId, KeyId},
    text::Name,
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        accounts::{Made, NewKey, find_key, first_account, open_first, set_admin_key},
        resources::find,
    },
    records::{
        account::{Account, FirstAccount},
        api_key::{ApiKey, SecretDigest},
    },
};

use super::{
    auth::Scope,
    keys::{document, make_secret},
};
use crate::platform::Platform;

/// The shortest key that may be set from outside.
const LEAST_CHARACTERS: usize = 32;
/// Several processes may start at once.
const MOST_TRIES: usize = 5;

/// A secret that was made and is to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeKey(String);

impl MadeKey {
    /// The secret: print it once, and keep it nowhere.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MadeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// What the operator comes in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstKey {
    /// The key that was given.
    Given,
    /// A key that was made now.
    Made(MadeKey),
    /// The keys of earlier starts.
    Kept,
}

/// Why there is no first account.
#[derive(Debug, thiserror::Error)]
pub enum FirstAccountError {
    /// The given key can be guessed.
    #[error("the admin key must have {LEAST_CHARACTERS} characters or more")]
    TooShort,
    /// The given key cannot stand in a header.
    #[error("the admin key must have no control characters, and no blanks at its ends")]
    NotAHeader,
    /// The given key is an API key already, which is not the operator's.
    #[error("the admin key is the secret of another API key")]
    Taken,
    /// The store failed, or others started at the same time, again and again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sees to it that there is a first account, and a key with every scope for it: the given one (any text of 32 characters or
/// more), else one that is made on the first start. A given key that is another than before ends the one before.
pub async fn ensure_first_account(
    platform: &Platform,
    admin_key: Option<&str>,
) -> Result<FirstKey, FirstAccountError> {
    if let Some(key) = admin_key {
        check(key)?;
    }
    for _ in 0..MOST_TRIES {
        let done = match (first_account(&*platform.table).await?, admin_key) {
            (None, given) => open(platform, given).await?,
            (Some(_), None) => return Ok(FirstKey::Kept),
            (Some(first), Some(given)) => admit(platform, &first, given).await?,
        };
        if let Some(key) = done {
            return Ok(key);
        }
    }
    let taken = match admin_key {
        Some(key) => find_key(&*platform.table, &SecretDigest::of(key.as_bytes())).await?.is_some(),
        None => false,
    };
    if taken {
        return Err(FirstAccountError::Taken);
    }
    Err(StoreError::Unavailable("others open the first account at the same time".to_owned()).into())
}

fn check(key: &str) -> Result<(), FirstAccountError> {
    if key.chars().count() < LEAST_CHARACTERS {
        return Err(FirstAccountError::TooShort);
    }
    if key.chars().any(char::is_control) || key.trim_matches([' ', '\t']) != key {
        return Err(FirstAccountError::NotAHeader);
    }
    Ok(())
}

/// None if another process was faster.
async fn open(platform: &Platform, given: Option<&str>) -> Result<Option<FirstKey>, StoreError> {
    let secret = given.map_or_else(|| make_secret(&*platform.randomness), str::to_owned);
    let (milliseconds, random) = moment(platform);
    let id = AccountId::from_parts(milliseconds, random);
    let account = Account { name: name("First account"), created_at: platform.now() };
    let made =
        open_first(&*platform.table, id, &account, &new_key(platform, &secret), given.is_some()).await?;
    Ok((made == Made::Now)
        .then(|| given.map_or_else(|| FirstKey::Made(MadeKey(secret)), |_| FirstKey::Given)))
}

/// None if another process was faster, or the secret is another key's.
async fn admit(
    platform: &Platform,
    first: &FirstAccount,
    given: &str,
) -> Result<Option<FirstKey>, StoreError> {
    let table = &*platform.table;
    let known = match first.admin_key {
        Some(id) => find::<ApiKey>(table, first.account, id).await?,
        None => None,
    };
    let is_live = |digest: &SecretDigest| *digest == SecretDigest::of(given.as_bytes());
    if known.is_some_and(|key| key.archived_at.is_none() && is_live(&key.document.digest)) {
        return Ok(Some(FirstKey::Given));
    }
    let made = set_admin_key(table, first, &new_key(platform, given), platform.now()).await?;
    Ok((made == Made::Now).then_some(FirstKey::Given))
}

fn new_key(platform: &Platform, secret: &str) -> NewKey {
    let (milliseconds, random) = moment(platform);
    NewKey {
        id: KeyId::from_parts(milliseconds, random),
        key: document(name("Operator's key"), Scope::ALL, secret),
    }
}

fn moment(platform: &Platform) -> (u64, u128) {
    (u64::try_from(platform.now().as_millisecond()).unwrap_or_default(), platform.randomness.bits())
}

fn name(text: &str) -> Name {
    text.parse().expect("it is a name")
}
