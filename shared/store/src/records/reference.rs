//! REFERENCE: which other resources a live resource names. Small, so that finding who names a resource reads no documents.

use std::{collections::BTreeSet, fmt};

use ringfall_domain::ids::AccountId;

use super::{
    attributes::{Attributes, Reader, damaged},
    resource::Kind,
};
use crate::port::{Item, Key, StoreError, Value};

/// The references of all live resources of one kind.
pub fn partition(account: AccountId, kind: Kind) -> String {
    format!("{account}#U#{kind}")
}

/// Where a resource's references stand.
pub fn key(account: AccountId, kind: Kind, id: &impl fmt::Display) -> Key {
    Key::new(partition(account, kind), id.to_string())
}

/// Writes the ids that a resource names.
pub fn encode(names: &BTreeSet<String>) -> Item {
    let names = names.iter().map(|name| Value::from(name.as_str())).collect();
    Attributes::new().with("names", Value::List(names)).into_map()
}

/// Whether a resource names an id.
pub fn names(item: &Item, id: &str) -> Result<bool, StoreError> {
    for name in Reader(item).list("names")? {
        if name.as_text().ok_or_else(|| damaged("names", "a list of texts"))? == id {
            return Ok(true);
        }
    }
    Ok(false)
}
