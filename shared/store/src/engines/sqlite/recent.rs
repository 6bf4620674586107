//! The last changes, kept in memory too: the feed's consumer is seldom far behind, and so has nothing read back from
//! the file that was only just written. Nothing is here before its commit is on disk.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::changes::Added;
use crate::engines::{lane::Serial, page::Room};

/// The last changes.
#[derive(Debug)]
pub(super) struct Recent {
    state: Mutex<State>,
    most_bytes: usize,
}

#[derive(Debug)]
struct State {
    /// All changes behind this are kept.
    behind: Serial,
    kept: VecDeque<Arc<Added>>,
    bytes: usize,
}

impl Recent {
    /// None yet behind a position; at most so many bytes of images are kept.
    pub(super) fn behind(behind: Serial, most_bytes: usize) -> Self {
        Self { state: Mutex::new(State { behind, kept: VecDeque::new(), bytes: 0 }), most_bytes }
    }

    /// Changes that were committed, one after the other behind all that came before.
    pub(super) fn add(&self, changes: impl Iterator<Item = Added>) {
        let mut state = self.state();
        for change in changes {
            state.bytes += change.bytes();
            state.kept.push_back(Arc::new(change));
        }
        while state.bytes > self.most_bytes {
            state.let_first_go();
        }
    }

    /// Changes behind a position; none if some of them are only in the file.
    pub(super) fn read(&self, after: Serial, limit: usize) -> Option<Vec<Arc<Added>>> {
        let state = self.state();
        let known = usize::try_from(after.0.checked_sub(state.behind.0)?).ok()?;
        let mut room = Room::for_parts(limit);
        let mut changes = Vec::new();
        for change in state.kept.iter().skip(known) {
            if room.is_full() {
                break;
            }
            room.take(change.bytes());
            changes.push(Arc::clone(change));
        }
        Some(changes)
    }

    /// Forgets changes up to and including a position.
    pub(super) fn forget(&self, through: Serial) {
        let mut state = self.state();
        while state.behind < through && !state.kept.is_empty() {
            state.let_first_go();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn let_first_go(&mut self) {
        if let Some(gone) = self.kept.pop_front() {
            self.bytes -= gone.bytes();
            self.behind = gone.position;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{Item, Key, Value};

    fn changes(positions: std::ops::RangeInclusive<u64>) -> impl Iterator<Item = Added> {
        positions.map(|position| Added {
            position: Serial(position),
            key: Arc::new(Key::new("p", "s")),
            old: None,
            // Of 100 bytes with the key.
            new: Some(Arc::new(Item::from([("a".to_owned(), Value::from("x".repeat(97)))]))),
        })
    }

    #[track_caller]
    fn check(recent: &Recent, after: u64, limit: usize, expected: Option<&[u64]>) {
        let found = recent.read(Serial(after), limit);
        let found: Option<Vec<u64>> =
            found.map(|changes| changes.iter().map(|change| change.position.0).collect());
        assert_eq!(found.as_deref(), expected, "behind {after}");
    }

    #[test]
    fn changes_are_read_from_any_position_that_is_kept_and_no_other() {
        let recent = Recent::behind(Serial(7), 1_000);
        check(&recent, 6, 10, None);
        check(&recent, 7, 10, Some(&[]));
        recent.add(changes(8..=10));
        check(&recent, 6, 10, None);
        check(&recent, 7, 10, Some(&[8, 9, 10]));
        check(&recent, 8, 1, Some(&[9]));
        check(&recent, 10, 10, Some(&[]));
        check(&recent, u64::MAX, 10, Some(&[]));
    }

    #[test]
    fn no_more_bytes_are_kept_than_may_be() {
        let recent = Recent::behind(Serial(0), 350);
        recent.add(changes(1..=5));
        check(&recent, 1, 10, None);
        check(&recent, 2, 10, Some(&[3, 4, 5]));
        assert_eq!(recent.state().bytes, 300);
    }

    #[test]
    fn what_is_forgotten_is_let_go() {
        let recent = Recent::behind(Serial(0), 1_000);
        recent.add(changes(1..=3));
        recent.forget(Serial(2));
        check(&recent, 1, 10, None);
        check(&recent, 2, 10, Some(&[3]));
        recent.forget(Serial(u64::MAX));
        check(&recent, 3, 10, Some(&[]));
        recent.add(changes(4..=4));
        check(&recent, 3, 10, Some(&[4]));
    }
}
