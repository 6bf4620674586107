//! Items as they are on disk, kept in memory too: one process owns the file, so whatever is kept is known to be
//! what stands there.
//!
//! A get that is answered from here is answered as if from the file at that moment:
//!
//! - Nothing is kept before its commit is on disk, and it is kept before the commit is answered.
//! - From just before a commit until it is kept, the items of that commit are in doubt: a get of them asks SQLite,
//!   which knows to the instant. So what a query has shown is never taken back by a get.
//! - What a reader found in the file is kept only if no commit was begun between its looking here and then: what it
//!   found may be outdated by the time it comes back.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::port::{Key, SharedItem};

/// How much larger than its encoding an item is in memory, at most about: its names and values are allocated one by one.
const SPREAD: usize = 5;

/// What a key costs besides its own bytes and those of what stands there, at most about.
const KEY_BYTES: usize = 256;

/// An item as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    /// Its row's number.
    pub(super) row: i64,
    /// What stands in the row.
    pub(super) item: SharedItem,
    /// The bytes of its encoding.
    pub(super) encoded_bytes: usize,
}

/// What stands at a key; none if nothing does.
pub(super) type Known = Option<Stored>;

/// What the cache knows of a key.
#[derive(Debug)]
pub(super) enum Looked {
    /// What stands there.
    Known(Known),
    /// Ask the file. What is found may be [kept](Cache::keep_found) under this ticket.
    Unknown(Ticket),
}

/// Says when somebody looked; none while a commit was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(Option<u64>);

/// The cache. Readers look, the writer tells of its commits.
#[derive(Debug)]
pub(super) struct Cache {
    state: Mutex<State>,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    slots: HashMap<Arc<Key>, Slot>,
    /// The keys of all slots, the next to be let go first.
    turns: VecDeque<Arc<Key>>,
    bytes: usize,
    /// How many commits were begun.
    commits: u64,
    is_committing: bool,
    is_closed: bool,
}

#[derive(Debug)]
enum Slot {
    Held { known: Known, was_used: bool },
    InDoubt,
}

impl Cache {
    /// A cache that is empty, and of at most so many bytes.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { state: Mutex::default(), most_bytes }
    }

    /// What is known of a key.
    pub(super) fn look(&self, key: &Key) -> Looked {
        let mut state = self.state();
        match state.slots.get_mut(key) {
            Some(Slot::Held { known, was_used }) => {
                *was_used = true;
                Looked::Known(known.clone())
            }
            Some(Slot::InDoubt) | None => Looked::Unknown(state.ticket()),
        }
    }

    /// Keeps what a reader found in the file, unless that may be outdated.
    pub(super) fn keep_found(&self, key: &Key, known: &Known, ticket: Ticket) {
        let mut state = self.state();
        if ticket.0.is_some() && ticket == state.ticket() {
            state.keep(Arc::new(key.clone()), known.clone(), self.most_bytes);
        }
    }

    /// A commit of items begins.
    pub(super) fn begin_commit<'a>(&self, keys: impl Iterator<Item = &'a Arc<Key>>) {
        let mut state = self.state();
        state.commits += 1;
        state.is_committing = true;
        keys.for_each(|key| state.doubt(key));
    }

    /// The commit has ended. `items` stand there now; after a failure none is known to.
    pub(super) fn end_commit(&self, items: impl Iterator<Item = (Arc<Key>, Known)>) {
        let mut state = self.state();
        state.is_committing = false;
        items.for_each(|(key, known)| state.keep(key, known, self.most_bytes));
    }

    /// Knows nothing from now on: the store is closed.
    pub(super) fn close(&self) {
        *self.state() = State { is_closed: true, ..State::default() };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ticket(&self) -> Ticket {
        Ticket((!self.is_committing && !self.is_closed).then_some(self.commits))
    }

    fn doubt(&mut self, key: &Key) {
        if let Some(slot) = self.slots.get_mut(key) {
            self.bytes -= slot.bytes();
            *slot = Slot::InDoubt;
        }
    }

    fn keep(&mut self, key: Arc<Key>, known: Known, most_bytes: usize) {
        if self.is_closed {
            return;
        }
        let slot = Slot::Held { known, was_used: false };
        self.bytes += slot.bytes();
        match self.slots.insert(Arc::clone(&key), slot) {
            Some(before) => self.bytes -= before.bytes(),
            None => {
                self.bytes += key_bytes(&key);
                self.turns.push_back(key);
            }
        }
        while self.bytes > most_bytes {
            self.let_one_go();
        }
    }

    /// Whoever was used since its last turn stays for another.
    fn let_one_go(&mut self) {
        let Some(key) = self.turns.pop_front() else { return };
        match self.slots.get_mut(&key) {
            Some(Slot::Held { was_used, .. }) if *was_used => {
                *was_used = false;
                self.turns.push_back(key);
            }
            Some(Slot::Held { .. } | Slot::InDoubt) | None => {
                let gone = self.slots.remove(&key).map_or(0, |slot| slot.bytes());
                self.bytes -= gone + key_bytes(&key);
            }
        }
    }
}

impl Slot {
    fn bytes(&self) -> usize {
        match self {
            Self::Held { known: Some(stored), .. } => stored.encoded_bytes * SPREAD,
            Self::Held { known: None, .. } | Self::InDoubt => 0,
        }
    }
}

fn key_bytes(key: &Key) -> usize {
    KEY_BYTES + key.partition.len() + key.sort.len()
}

#[cfg(test)]
mod tests;
