//! API KEY: what a program signs in with. Only the SHA-256 of its secret is kept: of 256 random bits nothing more is
//! needed. A pointer finds the key by that digest, before any account is known.

use std::{collections::BTreeSet, fmt};

use ringfall_domain::{
    ids::{AccountId, KeyId},
    text::Name,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, Key, StoreError, Value};

/// The digest of a key's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretDigest(String);

impl SecretDigest {
    /// Digests a secret.
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key's document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// What people call it.
    pub name: Name,
    /// What it may do, in the words of the API.
    pub scopes: BTreeSet<String>,
    /// The digest of its secret.
    pub digest: SecretDigest,
}

/// A key, found by its secret's digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPointer {
    /// Whose it is.
    pub account: AccountId,
    /// The key's id.
    pub key: KeyId,
    /// What it may do, in the words of the API.
    pub scopes: BTreeSet<String>,
}

/// The attribute that every pointer has.
pub const ACCOUNT: &str = "account";

/// Where a key's pointer stands.
pub fn pointer_key(digest: &SecretDigest) -> Key {
    Key::new(format!("K#{digest}"), "KEY")
}

/// Writes a pointer.
pub fn encode_pointer(pointer: &KeyPointer) -> Item {
    let scopes = pointer.scopes.iter().map(|scope| Value::from(scope.as_str())).collect();
    Attributes::new()
        .with_text(ACCOUNT, pointer.account)
        .with_text("key", pointer.key)
        .with("scopes", Value::List(scopes))
        .into_map()
}

/// Reads a pointer.
pub fn decode_pointer(item: &Item) -> Result<KeyPointer, StoreError> {
    let reader = Reader(item);
    let scopes = reader
        .list("scopes")?
        .iter()
        .map(|scope| scope.as_text().map(str::to_owned).ok_or_else(|| damaged("scopes", "a list of texts")));
    Ok(KeyPointer {
        account: reader.parsed(ACCOUNT)?,
        key: reader.parsed("key")?,
        scopes: scopes.collect::<Result<_, _>>()?,
    })
}
