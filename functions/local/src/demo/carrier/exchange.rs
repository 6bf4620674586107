//! The carrier's own books: every call and leg, and how many legs each number has at once. Against these the platform is checked.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::orders::Orders;

/// One call, or one leg of a call.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Which of the callers' calls it is, or belongs to.
    pub(crate) call: usize,
    /// Which of its legs, counted from 1; 0 for the caller's own.
    leg: usize,
    /// The number that is called.
    pub(crate) to: String,
    /// When it was placed.
    pub(super) placed_at: Timestamp,
    /// When it was answered.
    pub(super) answered_at: Option<Timestamp>,
    /// How it ended, if it is over.
    pub(crate) end: Option<End>,
    /// What the platform orders of whoever is on the line.
    pub(super) orders: Arc<Orders>,
}

/// How a call or a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    /// In Twilio's words.
    pub(super) status: &'static str,
    /// When.
    pub(super) at: Timestamp,
    /// Seconds from the answer, as the caller lived them.
    pub(crate) seconds: u32,
    /// For a leg: whether it was connected with the caller.
    pub(crate) bridged: bool,
}

/// The legs to one number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Now.
    pub(crate) live: u32,
    /// The most at any instant.
    pub(crate) peak: u32,
}

/// The books.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, Entry>,
    lines: BTreeMap<String, Line>,
    questions: u32,
}

impl Entry {
    fn new(call: usize, leg: usize, to: &str) -> Self {
        Self {
            call,
            leg,
            to: to.to_owned(),
            placed_at: Timestamp::now(),
            answered_at: None,
            end: None,
            orders: Arc::default(),
        }
    }

    /// Its id: two letters and 32 hexadecimal digits, as Twilio's are.
    pub(crate) fn sid(&self) -> String {
        sid(self.call, self.leg)
    }

    /// For a leg: the id of the caller's call.
    pub(super) fn parent_sid(&self) -> Option<String> {
        self.is_leg().then(|| sid(self.call, 0))
    }

    pub(super) const fn is_leg(&self) -> bool {
        self.leg > 0
    }
}

fn sid(call: usize, leg: usize) -> String {
    format!("CA{call:028x}{leg:04x}")
}

impl Exchange {
    /// A caller's call comes in.
    pub(crate) fn place_call(&self, call: usize, to: &str) -> Entry {
        self.state().enter(Entry::new(call, 0, to))
    }

    /// A leg of a call is placed.
    pub(crate) fn place_leg(&self, call: usize, to: &str) -> Entry {
        let mut state = self.state();
        let known = state.entries.values().filter(|entry| entry.call == call).count();
        let line = state.lines.entry(to.to_owned()).or_default();
        line.live += 1;
        line.peak = line.peak.max(line.live);
        state.enter(Entry::new(call, known, to))
    }

    /// Somebody, or something, answered.
    pub(super) fn answer(&self, entry: &Entry) {
        if let Some(entry) = self.state().entries.get_mut(&entry.sid()) {
            entry.answered_at = Some(Timestamp::now());
        }
    }

    /// Whether somebody, or something, has.
    pub(super) fn is_answered(&self, entry: &Entry) -> bool {
        self.state().entries.get(&entry.sid()).is_some_and(|entry| entry.answered_at.is_some())
    }

    /// It is over.
    pub(crate) fn end(&self, entry: &Entry, status: &'static str, seconds: u32, bridged: bool) {
        let mut state = self.state();
        if let Some(entry) = state.entries.get_mut(&entry.sid()) {
            entry.end = Some(End { status, at: Timestamp::now(), seconds, bridged });
        }
        if let Some(line) = state.lines.get_mut(&entry.to).filter(|_| entry.is_leg()) {
            line.live -= 1;
        }
    }

    /// What the platform asks about one call or leg.
    pub(super) fn look_up(&self, sid: &str) -> Option<Entry> {
        let mut state = self.state();
        state.questions += 1;
        state.entries.get(sid).cloned()
    }

    /// What the platform asks about the legs of a call.
    pub(super) fn legs_of(&self, parent_sid: &str) -> Vec<Entry> {
        let mut state = self.state();
        state.questions += 1;
        let legs = state.entries.values().filter(|entry| entry.parent_sid().as_deref() == Some(parent_sid));
        legs.cloned().collect()
    }

    /// How often the platform has asked.
    pub(crate) fn questions(&self) -> u32 {
        self.state().questions
    }

    /// The legs to a number.
    pub(crate) fn line(&self, number: &str) -> Line {
        self.state().lines.get(number).copied().unwrap_or_default()
    }

    /// Every leg that was placed.
    pub(crate) fn legs(&self) -> Vec<Entry> {
        self.state().entries.values().filter(|entry| entry.is_leg()).cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, entry: Entry) -> Entry {
        self.entries.insert(entry.sid(), entry.clone());
        entry
    }
}
