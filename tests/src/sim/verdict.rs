//! What a run is held to, and what it was found to break.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{held, trace::Trace};

/// What must hold after every step. Numbers are those of the design's invariants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// 1: by the carrier's truth, live legs never exceed a concurrency cap.
    Concurrency,
    /// 1: no leg is live at the carrier without a slot that is held for it, and none is rung twice.
    Slot,
    /// 2: qualified and in flight in any window never exceed its cap, and no call follows another too soon.
    Window,
    /// 2: money committed never exceeds a budget or a cap in money.
    Budget,
    /// Second chance: who was put through goes on only if that call cannot be billed, and to another buyer.
    SecondChance,
    /// No caller is sold twice where a rule forbids it.
    Duplicate,
    /// Suppression: whom a policy or a block turns away is turned away, nobody else is, and none of them is offered.
    Admission,
    /// Hours: no target is rung when it is closed, nor when its buyer or the campaign is.
    Hours,
    /// Skills: no target is rung, and none is passed over, against what it serves.
    Skill,
    /// What an attempt is to be billed by is what was configured when it was made.
    Terms,
    /// 3: every leg that ended leaves no reservation behind, and what stays counted is what converted.
    Leftover,
    /// 4: every billable leg has exactly one entry per kind, and its postings sum to zero.
    Journal,
    /// 4: the sum of the journals is the profit and loss.
    ProfitAndLoss,
    /// 5: who waits has one place, and leaves it with a slot, for good, or not at all.
    Place,
    /// 5: of those who wait for a target, the one whose place is first is served first.
    Order,
    /// 5: nobody is held whom somebody would take who is free.
    Hold,
    /// 6: each attempt of a callback rings once, the place is kept, and nobody is forgotten.
    Callback,
    /// 7: nothing crosses accounts.
    Isolation,
    /// 8: every call that was offered has a decision record that names each candidate.
    Decision,
    /// 8: every call that ended has come to something.
    Disposition,
    /// No request to the store is invalid, no record unreadable, and nothing panics.
    Soundness,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Concurrency => "1: live legs never exceed a concurrency cap",
            Self::Slot => "1: each live leg holds one slot",
            Self::Window => "2: qualified and in flight never exceed a window's cap, nor follow too soon",
            Self::Budget => "2: money committed never exceeds a budget or a cap in money",
            Self::SecondChance => "who was put through goes on unbilled, and to another buyer",
            Self::Duplicate => "no caller is sold twice where a rule forbids it",
            Self::Admission => "callers are let in and turned away as they should be",
            Self::Hours => "nobody is rung who is closed",
            Self::Skill => "targets serve what callers need",
            Self::Terms => "terms are those that were configured",
            Self::Leftover => "3: nothing is left of legs that are over but what converted",
            Self::Journal => "4: one entry per kind for each billable leg",
            Self::ProfitAndLoss => "4: the journals add up to the profit and loss",
            Self::Place => "5: who waits has one place, and leaves it once",
            Self::Order => "5: who is first in line is served first",
            Self::Hold => "5: nobody is held for whom somebody is free",
            Self::Callback => "6: callbacks ring once per attempt, and places are kept",
            Self::Isolation => "7: nothing crosses accounts",
            Self::Decision => "8: each candidate is named with a reason",
            Self::Disposition => "8: each call that ended has come to something",
            Self::Soundness => "requests are valid, records readable, nothing panics",
        })
    }
}

/// An invariant that did not hold.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// What was seen.
    pub what: String,
    /// After which step of the run.
    pub step: u64,
    /// The last lines of the run's trace at that moment.
    pub trace: Vec<String>,
}

/// All that a run was found to break. It goes on after the first: what follows tells how bad it is.
#[derive(Debug)]
pub struct Verdict {
    trace: Arc<Trace>,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    first: Option<Violation>,
    broken: BTreeSet<Invariant>,
}

impl Verdict {
    /// Nothing found yet.
    pub fn new(trace: Arc<Trace>) -> Self {
        Self { trace, found: Mutex::default() }
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        held(&self.found)
    }

    /// An invariant does not hold.
    pub fn violated(&self, invariant: Invariant, what: fmt::Arguments<'_>) {
        self.trace.note(format_args!("VIOLATED {invariant}: {what}"));
        let mut found = self.found();
        found.broken.insert(invariant);
        found.first.get_or_insert_with(|| Violation {
            invariant,
            what: what.to_string(),
            step: self.trace.steps(),
            trace: self.trace.last_lines(),
        });
    }

    /// The first that was found.
    pub fn first(&self) -> Option<Violation> {
        self.found().first.clone()
    }

    /// Every invariant that was broken.
    pub fn broken(&self) -> BTreeSet<Invariant> {
        self.found().broken.clone()
    }
}
