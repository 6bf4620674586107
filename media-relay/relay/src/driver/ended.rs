//! Calls that are over, for those who ask later.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use ringfall_control::{
    calls::{CallState, REMEMBERED_SECONDS},
    text::Id,
};
use ringfall_sip::Moment;

/// How many are remembered at once; the oldest goes first.
const MOST: usize = 50_000;

/// Calls that are over.
#[derive(Debug, Default)]
pub(super) struct Ended {
    by_age: VecDeque<(Moment, Id)>,
    calls: HashMap<Id, (Id, CallState)>,
}

impl Ended {
    pub(super) fn remember(&mut self, now: Moment, connection: Id, state: CallState) {
        if self.by_age.len() >= MOST
            && let Some((_, oldest)) = self.by_age.pop_front()
        {
            self.calls.remove(&oldest);
        }
        self.by_age.push_back((now, state.call_id.clone()));
        self.calls.insert(state.call_id.clone(), (connection, state));
    }

    pub(super) fn get(&self, connection: &Id, call: &Id) -> Option<&CallState> {
        let (owner, state) = self.calls.get(call)?;
        (owner == connection).then_some(state)
    }

    pub(super) fn forget_old(&mut self, now: Moment) {
        let old = Duration::from_secs(REMEMBERED_SECONDS.into());
        while self.by_age.front().is_some_and(|(ended, _)| now - *ended > old) {
            if let Some((_, call)) = self.by_age.pop_front() {
                self.calls.remove(&call);
            }
        }
    }
}
