//! Invariant 7: nothing crosses accounts.

use ringfall_domain::{ids::AccountId, target::Destination};
use ringfall_store::port::{Item, Key, Update, Value, Write};

use super::{Checker, State};
use crate::sim::verdict::Invariant;

/// A prefix, an underscore and a ULID.
const ID_CHARACTERS: usize = 30;
const PREFIX_CHARACTERS: usize = 3;
/// What partitions begin with that are no account's: no webhook's business.
const OF_THE_PLATFORM: &str = "S#";

impl Checker {
    /// An item lies with one account and is given nothing that names another.
    pub(super) fn keeps_apart(&self, state: &State, write: &Write) {
        let key = write.key();
        let owner = self.owner_of(state, &key.partition);
        if owner.is_none() && !key.partition.starts_with(OF_THE_PLATFORM) {
            self.violated(Invariant::Isolation, format_args!("{key} is nobody's"));
        }
        let Some(owner) = owner else { return };
        let foreign = |text: &str| {
            ids_in(text)
                .find(|id| self.owner(state, id).is_some_and(|other| other != owner))
                .map(str::to_owned)
        };
        let written = || match write {
            Write::Put { item, .. } => find_in_map(item, &foreign),
            Write::Update { updates, .. } => {
                updates.iter().find_map(|update| find_in_update(update, &foreign))
            }
            Write::Delete { .. } | Write::Check { .. } => None,
        };
        if let Some(id) = foreign(&key.partition).or_else(|| foreign(&key.sort)).or_else(written) {
            self.violated(
                Invariant::Isolation,
                format_args!("{key} of {owner} names {id} of another account"),
            );
        }
    }

    /// An invocation for one account reads or writes a key.
    pub fn reads(&self, account: AccountId, key: &Key) {
        let owner = self.owner_of(&super::held(&self.state), &key.partition);
        if owner != Some(account) {
            self.violated(Invariant::Isolation, format_args!("{account} reaches for {key}"));
        }
    }

    /// A call goes to a number of its own agency.
    pub(super) fn stays_at_home(&self, account: AccountId, destination: &Destination) {
        let party = self.world.party(destination);
        if party.is_none_or(|party| party.account != account) {
            self.violated(Invariant::Isolation, format_args!("a call of {account} goes to {destination:?}"));
        }
    }

    /// Whose partition it is: the first id in it tells.
    pub(super) fn owner_of(&self, state: &State, partition: &str) -> Option<AccountId> {
        self.owner(state, ids_in(partition).next()?)
    }

    fn owner(&self, state: &State, id: &str) -> Option<AccountId> {
        self.world.owner(id).or_else(|| Some(state.calls.get(&id.parse().ok()?)?.account))
    }
}

/// The ids in a text.
fn ids_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('_').filter_map(|(underscore, _)| {
        let start = underscore.checked_sub(PREFIX_CHARACTERS)?;
        text.get(start..start + ID_CHARACTERS)
    })
}

fn find_text<T>(value: &Value, wanted: &impl Fn(&str) -> Option<T>) -> Option<T> {
    match value {
        Value::Text(text) => wanted(text),
        Value::List(values) => values.iter().find_map(|value| find_text(value, wanted)),
        Value::Map(map) => find_in_map(map, wanted),
        Value::Number(_) | Value::Bool(_) => None,
    }
}

fn find_in_map<T>(map: &Item, wanted: &impl Fn(&str) -> Option<T>) -> Option<T> {
    map.iter().find_map(|(name, value)| wanted(name).or_else(|| find_text(value, wanted)))
}

fn find_in_update<T>(update: &Update, wanted: &impl Fn(&str) -> Option<T>) -> Option<T> {
    let in_value = match update {
        Update::Set(_, value) | Update::SetIfAbsent(_, value) => find_text(value, wanted),
        Update::Add(..) | Update::Remove(_) => None,
    };
    in_value.or_else(|| update.path().0.iter().find_map(|name| wanted(name)))
}
