//! Which timers are set, and which is due next.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::Moment;

/// RFC 3261 §17.1.1.1: the estimate of a round trip.
pub const T1: Duration = Duration::from_millis(500);

/// RFC 3261 §17.1.2.2: the longest time between two copies of a request that is no INVITE, or of a response to an INVITE.
pub const T2: Duration = Duration::from_secs(4);

/// RFC 3261 §17.1.2.2: how long a message may stay in the network.
pub const T4: Duration = Duration::from_secs(5);

/// 64 × T1: how long the other side has to answer.
pub const PATIENCE: Duration = Duration::from_secs(32);

/// Timers by owner and name; each owner has each name once at the most.
#[derive(Debug)]
pub(crate) struct Timers<O, N> {
    due: BTreeSet<(Moment, O, N)>,
    set: BTreeMap<(O, N), Moment>,
}

impl<O, N> Default for Timers<O, N> {
    fn default() -> Self {
        Self { due: BTreeSet::new(), set: BTreeMap::new() }
    }
}

impl<O: Ord + Copy, N: Ord + Copy> Timers<O, N> {
    pub(crate) fn set(&mut self, owner: O, name: N, at: Moment) {
        self.clear(owner, name);
        self.set.insert((owner, name), at);
        self.due.insert((at, owner, name));
    }

    pub(crate) fn clear(&mut self, owner: O, name: N) {
        if let Some(at) = self.set.remove(&(owner, name)) {
            self.due.remove(&(at, owner, name));
        }
    }

    /// Clears an owner's timers, whose names are all given.
    pub(crate) fn clear_all(&mut self, owner: O, names: &[N]) {
        for name in names {
            self.clear(owner, *name);
        }
    }

    /// The moment at which the next timer is due.
    pub(crate) fn next(&self) -> Option<Moment> {
        self.due.first().map(|(at, _, _)| *at)
    }

    /// Takes a timer that is due by now.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<(O, N)> {
        let (at, owner, name) = *self.due.first().filter(|(at, _, _)| *at <= now)?;
        self.due.remove(&(at, owner, name));
        self.set.remove(&(owner, name));
        Some((owner, name))
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        assert_eq!(self.due.len(), self.set.len(), "a timer is set and not due, or due and not set");
        self.due.len()
    }
}
