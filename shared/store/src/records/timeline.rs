//! TIMELINE: calls, and the journal, in the order of time, month by month, for lists. Written from the change feed; putting one twice
//! changes nothing.

use jiff::{Timestamp, tz::TimeZone};
use ringfall_domain::ids::AccountId;

use super::attributes::damaged;
use crate::port::{Key, StoreError};

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Calls, by their arrival.
    Calls,
    /// Ledger entries, by their call's arrival.
    Ledger,
}

impl Listed {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Ledger => "ledger",
        }
    }
}

/// Where an entry stands. `name` tells entries of one instant apart.
pub fn key(account: AccountId, listed: Listed, at: Timestamp, name: &str) -> Key {
    Key::new(partition(account, listed, at), format!("{}#{name}", sortable(at)))
}

/// The entries of the month (in UTC) of an instant.
pub fn partition(account: AccountId, listed: Listed, at: Timestamp) -> String {
    let month = at.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string();
    format!("{account}#T#{}#{month}", listed.as_str())
}

/// An instant as a text whose order is the order of time.
pub fn sortable(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

/// True for the key of an entry of a timeline.
pub fn is_of(key: &Key, listed: Listed) -> bool {
    let kind = key.partition.split_once("#T#").and_then(|(_, rest)| rest.split_once('#'));
    kind.is_some_and(|(kind, _)| kind == listed.as_str())
}

/// Whose timeline a key is of.
pub fn account_of(key: &Key) -> Result<AccountId, StoreError> {
    let account = key.partition.split('#').next().unwrap_or_default();
    account.parse().map_err(|_| damaged("partition", "an account's id first"))
}
