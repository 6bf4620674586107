//! Invariants 1 and 2: what a leg needs to begin.

use ringfall_domain::{capacity::Period, ids::LegId, money::Money, target::Destination};
use tokio::time::Instant;

use super::{Checker, State, attempts::Attempt, limits::Scope};
use crate::sim::verdict::Invariant;

impl Attempt {
    /// The scopes in which it counts.
    pub(super) fn scopes(&self) -> impl Iterator<Item = Scope<'_>> {
        let group = self.group.as_ref().map(|name| Scope::Group(self.buyer, name));
        [Scope::Buyer(self.buyer), Scope::Target(self.target)].into_iter().chain(group)
    }

    fn counts_in(&self, scope: Scope<'_>) -> bool {
        self.scopes().any(|own| own == scope)
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
            let counted = state.attempts_of(attempt.buyer).map(|(_, other)| other);
            let counted: Vec<&Attempt> = counted.filter(|other| counts(other)).collect();
            for scope in attempt.scopes() {
                self.leaves_lines(state, id, attempt, scope);
                self.leaves_windows(state, id, (attempt, scope), &counted);
                self.leaves_time(state, id, attempt, scope);
            }
            self.leaves_money(state, id, attempt, &counted);
            self.serves(state, id, attempt.target);
            self.may_follow(state, id, attempt);
        }
    }

    /// Who was put through to a target goes on only if that call cannot be billed, and to another buyer.
    fn may_follow(&self, state: &State, id: LegId, attempt: &Attempt) {
        let before = (1..id.attempt).map(|attempt| LegId { attempt, ..id });
        for (earlier_id, earlier) in before.filter_map(|id| Some((id, state.attempts.get(&id)?))) {
            if earlier.truth.bridged_at.is_none() {
                continue;
            }
            self.trace.count("check: a second chance");
            if earlier.is_billable() == Some(true) {
                let what = format_args!("{id} is rung although {earlier_id} is billed");
                self.violated(Invariant::SecondChance, what);
            }
            // Whether somebody pressed a key may have been lost on the way: then nobody knows of the chance that was had.
            if earlier.screening_key.is_none() && earlier.buyer == attempt.buyer {
                let what = format_args!("{id} is rung for the buyer that had {earlier_id}");
                self.violated(Invariant::SecondChance, what);
            }
        }
    }

    fn leaves_lines(&self, state: &State, id: LegId, attempt: &Attempt, scope: Scope<'_>) {
        let Some(cap) = state.limits.most_generous(scope, attempt.taken_at, |limits| limits.caps.concurrency)
        else {
            return;
        };
        let others = state.attempts_of(attempt.buyer);
        let live = others.filter(|(_, other)| other.is_live() && other.counts_in(scope)).count();
        self.trace.count("check: a concurrency cap");
        if live > cap as usize {
            self.violated(
                Invariant::Concurrency,
                format_args!("with {id} {live} legs live, and {scope:?} takes {cap}"),
            );
        }
    }

    /// `counted`: the buyer's attempts that count.
    fn leaves_windows(
        &self,
        state: &State,
        id: LegId,
        (attempt, scope): (&Attempt, Scope<'_>),
        counted: &[&Attempt],
    ) {
        for period in Period::ALL {
            let limits = &state.limits;
            let calls = limits.most_generous(scope, attempt.taken_at, |limits| period.limit(&limits.caps));
            let money = limits
                .most_generous(scope, attempt.taken_at, |limits| period.money_limit(&limits.money_caps));
            if calls.is_none() && money.is_none() {
                continue;
            }
            let window = attempt.window(period);
            let counted =
                counted.iter().filter(|other| other.window(period) == window && other.counts_in(scope));
            let (counted, committed) =
                counted.fold((0, Money::ZERO), |(count, sum), other| (count + 1, sum + other.price));
            if let Some(cap) = calls {
                self.trace.count("check: a window's cap");
                if counted > cap as usize {
                    self.violated(
                        Invariant::Window,
                        format_args!(
                            "with {id} {counted} calls count in {window:?}, and {scope:?} takes {cap}"
                        ),
                    );
                }
            }
            if let Some(cap) = money {
                self.trace.count("check: a window's cap in money");
                if committed > cap {
                    self.violated(
                        Invariant::Budget,
                        format_args!(
                            "with {id} {committed} are committed in {window:?}, and {scope:?} takes {cap}"
                        ),
                    );
                }
            }
        }
    }

    /// No other call was reserved too shortly before, by the clocks of those who reserved, under a limit that stood for both.
    fn leaves_time(&self, state: &State, id: LegId, attempt: &Attempt, scope: Scope<'_>) {
        if !state.limits.was_ever(scope, |limits| limits.minimum_seconds_between_calls.is_some()) {
            return;
        }
        let earlier = state.attempts_of(attempt.buyer).filter(|(other_id, other)| {
            *other_id != id && other.taken_at <= attempt.taken_at && other.counts_in(scope)
        });
        for (other_id, other) in earlier {
            // The shortest is the most generous.
            let shortest = state.limits.most_generous(scope, other.taken_at, |limits| {
                limits.minimum_seconds_between_calls.map(std::cmp::Reverse)
            });
            let Some(std::cmp::Reverse(seconds)) = shortest else { continue };
            self.trace.count("check: a least time between calls");
            let apart = attempt.reserved_at.as_millisecond() - other.reserved_at.as_millisecond();
            if apart < i64::from(seconds) * 1_000 {
                self.violated(
                    Invariant::Window,
                    format_args!(
                        "{id} follows {other_id} by {apart} ms, and {scope:?} takes one in {seconds} s"
                    ),
                );
            }
        }
    }

    fn leaves_money(&self, state: &State, id: LegId, attempt: &Attempt, counted: &[&Attempt]) {
        let Some(budget) = state.limits.budget(attempt.buyer, attempt.taken_at) else { return };
        let committed: Money = counted.iter().map(|other| other.price).sum();
        self.trace.count("check: a budget");
        if committed > budget {
            self.violated(
                Invariant::Budget,
                format_args!("with {id} {committed} are committed, and the budget is {budget}"),
            );
        }
    }
}

/// Whether an attempt counts, by the truth: it is in flight, or it has qualified beyond doubt.
fn counts(attempt: &Attempt) -> bool {
    attempt.is_live() || attempt.is_billable() == Some(true)
}
