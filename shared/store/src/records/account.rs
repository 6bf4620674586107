//! ACCOUNT: one agency; the list of all; and which account is the first, whose key the operator sets from outside.

use jiff::Timestamp;
use ringfall_domain::{
    ids::{AccountId, KeyId},
    text::Name,
};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, Key, StoreError};

/// An agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What people call it.
    pub name: Name,
    /// When it was opened: nothing of it is older.
    pub created_at: Timestamp,
}

/// The first account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstAccount {
    /// Its id.
    pub account: AccountId,
    /// Its key that was last set from outside, if one ever was.
    pub admin_key: Option<KeyId>,
}

/// The attribute that every account has.
pub const NAME: &str = "name";
/// The attribute that says which account is the first.
pub const FIRST: &str = "account";
/// The attribute that says which key was last set from outside.
pub const ADMIN_KEY: &str = "admin_key";

/// Where an account stands.
pub fn key(account: AccountId) -> Key {
    Key::new(account.to_string(), "ACCOUNT")
}

/// Where all accounts are listed, for what looks after all of them.
pub const LIST: &str = "S#accounts";

/// Where an account stands in the list.
pub fn listed_key(account: AccountId) -> Key {
    Key::new(LIST, account.to_string())
}

/// Where it stands which account is the first.
pub fn first_key() -> Key {
    Key::new("S#first", "ACCOUNT")
}

/// Writes an account.
pub fn encode(account: &Account) -> Item {
    Attributes::new().with_text(NAME, &account.name).with_text("created_at", account.created_at).into_map()
}

/// Reads an account.
pub fn decode(item: &Item) -> Result<Account, StoreError> {
    let reader = Reader(item);
    let name = Name::try_from(reader.text(NAME)?.to_owned()).map_err(|_| damaged(NAME, "a name"))?;
    Ok(Account { name, created_at: reader.time("created_at")? })
}

/// Writes which account is the first.
pub fn encode_first(first: &FirstAccount) -> Item {
    Attributes::new()
        .with_text(FIRST, first.account)
        .with_some(ADMIN_KEY, first.admin_key.map(|key| key.to_string()))
        .into_map()
}

/// Reads which account is the first.
pub fn decode_first(item: &Item) -> Result<FirstAccount, StoreError> {
    let reader = Reader(item);
    Ok(FirstAccount { account: reader.parsed(FIRST)?, admin_key: reader.optional_parsed(ADMIN_KEY)? })
}
