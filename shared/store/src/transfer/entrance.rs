//! What leads to an account from outside of it: its keys, its connections, and what is reached over them.

use std::collections::BTreeSet;

use ringfall_domain::ids::{AccountId, ConnectionId};

use super::line::NoLine;
use crate::{
    port::{Item, Key},
    records::{
        account, pointer, tally,
        trunk::{self, Entry},
    },
};

/// Whether an item is an account's, and not one by which it is found, and not a sum.
pub(super) fn is_inside(account: AccountId, key: &Key) -> bool {
    let of_account = key.partition.strip_prefix(&account.to_string());
    of_account.is_some_and(|rest| rest.starts_with('#')) && !tally::is_tally(account, key)
}

/// The entrances of an account, as far as its file has been read.
#[derive(Debug)]
pub(super) struct Entrances {
    account: AccountId,
    keys: Vec<Key>,
    connections: BTreeSet<ConnectionId>,
    /// What leads there over a connection, with the number of its line.
    over: Vec<(ConnectionId, Key, u64)>,
}

impl Entrances {
    pub(super) const fn of(account: AccountId) -> Self {
        Self { account, keys: Vec::new(), connections: BTreeSet::new(), over: Vec::new() }
    }

    /// Takes up the item of a line.
    ///
    /// # Errors
    /// It does not lead to the account.
    pub(super) fn take(&mut self, key: Key, item: &Item, number: u64) -> Result<(), NoLine> {
        match self.leads(&key, item) {
            Some(Leads::There) => {}
            Some(Leads::AsConnection(connection)) => {
                self.connections.insert(connection);
            }
            Some(Leads::Over(connection)) => self.over.push((connection, key.clone(), number)),
            None => return Err(self.foreign(&key, number)),
        }
        self.keys.push(key);
        Ok(())
    }

    /// Where they are, once the file is read: what is reached over a connection of somebody else leads to them.
    ///
    /// # Errors
    /// A connection is not in the file.
    pub(super) fn into_keys(self) -> Result<Vec<Key>, NoLine> {
        let foreign = self.over.iter().find(|(connection, ..)| !self.connections.contains(connection));
        match foreign {
            Some((_, key, number)) => Err(self.foreign(key, *number)),
            None => Ok(self.keys),
        }
    }

    fn foreign(&self, key: &Key, number: u64) -> NoLine {
        NoLine { number, what: format!("{key} is not of {}", self.account) }
    }

    fn leads(&self, key: &Key, item: &Item) -> Option<Leads> {
        let account = self.account;
        let is_named = item.get("account").and_then(|value| value.as_text()) == Some(&*account.to_string());
        if *key == account::key(account) || *key == account::listed_key(account) {
            return Some(Leads::There);
        }
        if *key == account::first_key() || key.partition.starts_with("K#") {
            return is_named.then_some(Leads::There);
        }
        if key.partition == trunk::PARTITION {
            return match trunk::entry(key)? {
                Entry::Trunk(connection) => is_named.then_some(Leads::Over(connection)),
                Entry::Number(connection, _) => Some(Leads::Over(connection)),
            };
        }
        if let Some(connection) = pointer::connection_of_number(key) {
            return Some(Leads::Over(connection));
        }
        pointer::connection_of(key).filter(|_| is_named).map(Leads::AsConnection)
    }
}

/// How an item leads to an account.
enum Leads {
    /// It is the account's own, or names it.
    There,
    /// As a connection that names the account.
    AsConnection(ConnectionId),
    /// By a connection, which must be the account's.
    Over(ConnectionId),
}
