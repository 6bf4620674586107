//! Invariants 1 and 2: what a leg needs to begin.

use jiff::{Timestamp, Zoned};
use ringfall_domain::{capacity::Period, config::Caps, ids::LegId, money::Money, target::Destination};
use tokio::time::Instant;

use super::{Checker, State, attempts::Attempt};
use crate::sim::verdict::Invariant;

/// Whose calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Buyer,
    Target,
}

impl Scope {
    const BOTH: [Self; 2] = [Self::Buyer, Self::Target];

    /// Whether an attempt counts where another does.
    fn joins(self, one: &Attempt, other: &Attempt) -> bool {
        one.buyer == other.buyer && (self == Self::Buyer || one.target == other.target)
    }
}

impl Checker {
    /// A leg begins: it holds a slot, is rung for the first time, and leaves every cap whole.
    pub(super) fn may_begin(&self, state: &mut State, id: LegId, destination: &Destination) {
        let target = self.world.party(destination).and_then(|party| party.target);
        let holds_slot = state.slots.values().any(|legs| legs.contains(&id));
        let Some(attempt) = state.attempts.get_mut(&id) else {
            return self.violated(Invariant::Slot, format_args!("{id} is rung and no attempt is on record"));
        };
        if target != Some(attempt.target) {
            let promised = attempt.target;
            self.violated(Invariant::Slot, format_args!("{id} rings {target:?} and not {promised}"));
        }
        if attempt.truth.began_at.replace(Instant::now()).is_some() {
            self.violated(Invariant::Slot, format_args!("{id} is rung twice"));
        }
        attempt.truth.ended_at = None;
        if !holds_slot {
            self.violated(Invariant::Slot, format_args!("{id} is rung and holds no slot"));
        }
        let state = &*state;
        if let Some(attempt) = state.attempts.get(&id) {
            for scope in Scope::BOTH {
                self.leaves_lines(state, id, attempt, scope);
                self.leaves_windows(state, id, attempt, scope);
            }
            self.leaves_money(state, id, attempt);
        }
    }

    fn leaves_lines(&self, state: &State, id: LegId, attempt: &Attempt, scope: Scope) {
        let Some(cap) = limit(state, attempt, scope, |caps| caps.concurrency) else { return };
        let live = state.attempts.values().filter(|other| scope.joins(attempt, other) && other.is_live());
        let live = live.count();
        self.trace.count("check: a concurrency cap");
        if live > cap as usize {
            let (buyer, target) = (attempt.buyer, attempt.target);
            self.violated(
                Invariant::Concurrency,
                format_args!("with {id} {live} legs live, and the {scope:?} takes {cap} ({buyer}, {target})"),
            );
        }
    }

    fn leaves_windows(&self, state: &State, id: LegId, attempt: &Attempt, scope: Scope) {
        for period in Period::ALL {
            let Some(cap) = limit(state, attempt, scope, |caps| period.limit(caps)) else { continue };
            let window = self.window(attempt, period);
            let counted = state.attempts.values().filter(|other| {
                scope.joins(attempt, other) && counts(other) && self.window(other, period) == window
            });
            let counted = counted.count();
            self.trace.count("check: a window's cap");
            if counted > cap as usize {
                self.violated(
                    Invariant::Window,
                    format_args!(
                        "with {id} {counted} calls count in {window:?}, and the {scope:?} takes {cap}"
                    ),
                );
            }
        }
    }

    fn leaves_money(&self, state: &State, id: LegId, attempt: &Attempt) {
        let Some(budget) = state.limits.budget(attempt.buyer, attempt.taken_at) else { return };
        let committed = state.attempts.values().filter(|other| other.buyer == attempt.buyer && counts(other));
        let committed: Money = committed.map(|other| other.price).sum();
        self.trace.count("check: a budget");
        if committed > budget {
            self.violated(
                Invariant::Budget,
                format_args!("with {id} {committed} are committed, and the budget is {budget}"),
            );
        }
    }

    /// The civil hour, day or month of the buyer into which the reservation fell, told by the calendar alone. An hour that the
    /// clock repeats is told apart by its offset.
    fn window(&self, attempt: &Attempt, period: Period) -> String {
        let local = self.local(attempt, attempt.reserved_at);
        let format = match period {
            Period::Hour => "%Y-%m-%d %H %:z",
            Period::Day => "%Y-%m-%d",
            Period::Month => "%Y-%m",
            Period::Total => "ever",
        };
        local.strftime(format).to_string()
    }

    fn local(&self, attempt: &Attempt, at: Timestamp) -> Zoned {
        let buyer = self.world.agency(attempt.account).and_then(|agency| agency.buyers.get(&attempt.buyer));
        let zone = buyer.map_or(jiff::tz::TimeZone::UTC, |buyer| buyer.time_zone.zone().clone());
        at.to_zoned(zone)
    }
}

/// Whether an attempt counts, by the truth: it is in flight, or it has qualified beyond doubt.
fn counts(attempt: &Attempt) -> bool {
    attempt.is_live() || attempt.is_billable() == Some(true)
}

fn limit(state: &State, attempt: &Attempt, scope: Scope, cap: impl Fn(&Caps) -> Option<u32>) -> Option<u32> {
    match scope {
        Scope::Buyer => state.limits.of_buyer(attempt.buyer, attempt.taken_at, cap),
        Scope::Target => state.limits.of_target(attempt.target, attempt.taken_at, cap),
    }
}
