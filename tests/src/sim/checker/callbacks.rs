//! Invariant 6: each attempt of a callback rings once, and the place that is kept is the one that the caller had; and invariant 5 for those who
//! leave a queue: each comes to one end.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use ringfall_domain::{
    call::{Call, FinishKind, KnownCaller},
    config::{CallbackPolicy, CallingHours},
    geography::NumberPlace,
    ids::CallId,
    queue::WaiterKind,
};
use ringfall_store::{
    port::{Item, Key, StoreError},
    records::callback::{self, Callback, CallbackState},
};
use tokio::time::Instant;

use super::{Books, Checker, State, held};
use crate::sim::verdict::Invariant;

/// A callback whose message was lost is looked at again by the sweep, once it is surely late.
const SWEPT_WITHIN: SignedDuration = SignedDuration::from_mins(52);

/// Between the decision to ring somebody and the carrier's ringing: a store that takes its time, twice.
const RUNG_LATE: SignedDuration = SignedDuration::from_secs(20);

/// Everybody who is to be called back, or was.
#[derive(Debug, Default)]
pub(super) struct Callbacks {
    known: BTreeMap<CallId, Callback>,
    /// Attempts that the carrier was asked for, each with the time by its right clock.
    rung: BTreeMap<(CallId, u8), Timestamp>,
}

impl Checker {
    /// What is on record of a callback has changed.
    pub(super) fn callback_changed(
        &self,
        state: &mut State,
        key: &Key,
        item: &Item,
    ) -> Result<(), StoreError> {
        let callback = callback::decode(key, item)?;
        let of = callback.call;
        let had = state.lines.places.get(&of).copied();
        if had.is_some_and(|had| had != callback.place) {
            let kept = callback.place;
            self.violated(Invariant::Callback, format_args!("{of} had {had:?}, and {kept} is kept"));
        }
        let before = state.callbacks.known.get(&of);
        if before.is_some_and(|before| before.place != callback.place) {
            self.violated(Invariant::Callback, format_args!("the place that is kept for {of} changes"));
        }
        if before.is_some_and(|before| !before.is_open() && before.state != callback.state) {
            let (from, to) = (before.map(|before| before.state), callback.state);
            self.violated(
                Invariant::Callback,
                format_args!("the callback of {of} was {from:?} and is {to:?}"),
            );
        }
        if before.map(|before| before.state) != Some(callback.state) {
            self.trace.count(match callback.state {
                CallbackState::Waiting => "callback: waits",
                CallbackState::Ringing => "callback: rings",
                CallbackState::Reached => "callback: reached",
                CallbackState::CalledIn => "callback: called in",
                CallbackState::GivenUp => "callback: given up",
                CallbackState::Cancelled => "callback: cancelled",
            });
        }
        state.callbacks.known.insert(of, callback);
        Ok(())
    }

    /// The carrier begins to ring somebody.
    pub fn called_back(&self, of: CallId, attempt: u8) {
        let mut state = held(&self.state);
        let now = self.clock.at(Instant::now());
        if state.callbacks.rung.insert((of, attempt), now).is_some() {
            self.violated(
                Invariant::Callback,
                format_args!("attempt {attempt} to call {of} back rings twice"),
            );
        }
        let on_record = state.callbacks.known.get(&of).map_or(0, |callback| callback.attempts.len());
        if on_record < usize::from(attempt) || attempt == 0 {
            self.violated(
                Invariant::Callback,
                format_args!("{of} is rung for attempt {attempt}, of {on_record} on record"),
            );
        }
    }

    /// Nobody is left in a queue who is gone, nobody is forgotten who was to be called back, and each has come to one end.
    pub(super) fn leaves_nobody_behind(&self, books: &Books) {
        let state = held(&self.state);
        for standing in state.lines.all() {
            let id = standing.waiter.call;
            let is_over = match standing.waiter.kind {
                WaiterKind::Live => {
                    let told = state.calls.get(&id).is_some_and(|call| call.is_over && call.end_was_told);
                    told || state.lines.ended.contains(&id)
                }
                WaiterKind::Callback => {
                    state.callbacks.known.get(&id).is_none_or(|callback| !callback.is_open())
                }
            };
            if is_over {
                let place = standing.waiter.place;
                self.violated(Invariant::Place, format_args!("{id} is over and stands at {place}"));
            } else {
                self.trace.count("queue: nobody knows that somebody has gone");
            }
        }
        for callback in state.callbacks.known.values().filter(|callback| callback.is_open()) {
            self.is_not_forgotten(&state, callback);
        }
        books.calls.values().for_each(|call| self.comes_to_one_end(&state, call));
        for ((of, attempt), at) in &state.callbacks.rung {
            let (Some(callback), Some(call)) = (state.callbacks.known.get(of), books.calls.get(of)) else {
                continue;
            };
            self.rings_when_it_may(callback, call, *attempt, *at);
        }
    }

    /// Not at night, not sooner after the attempt before than the policy says, and not too often.
    fn rings_when_it_may(&self, callback: &Callback, call: &Call, attempt: u8, at: Timestamp) {
        let campaign =
            self.world.agency(callback.account).and_then(|agency| agency.campaigns.get(&callback.campaign));
        let Some(rules) = campaign.and_then(|campaign| campaign.queue.as_ref()?.callback.as_ref()) else {
            return;
        };
        self.trace.count("check: somebody is rung");
        let CallbackPolicy { hours, attempts, retry_after_seconds, .. } = rules;
        let apart = SignedDuration::try_from(self.world.own_clocks_apart).unwrap_or_default();
        if let Some(zone) = zones(callback, call).find(|zone| !is_day(*hours, zone, at, apart)) {
            self.violated(
                Invariant::Callback,
                format_args!("{} is rung at {at}, outside {hours:?} in {zone}", callback.call),
            );
        }
        let before = usize::from(attempt).checked_sub(2).and_then(|index| callback.attempts.get(index));
        let ended_at = before.and_then(|before| before.ended).map(|(ended_at, _)| ended_at);
        let spacing = SignedDuration::from_secs(i64::from(*retry_after_seconds));
        if ended_at.is_some_and(|ended_at| at.duration_since(ended_at) + apart < spacing) {
            self.violated(
                Invariant::Callback,
                format_args!("attempt {attempt} to call {} back follows within {spacing:?}", callback.call),
            );
        }
        if attempt > *attempts {
            self.violated(
                Invariant::Callback,
                format_args!("{} is rung for attempt {attempt}", callback.call),
            );
        }
    }

    fn is_not_forgotten(&self, state: &State, callback: &Callback) {
        let of = callback.call;
        if state.lines.standing(of).is_none() {
            self.violated(Invariant::Callback, format_args!("{of} is to be called back, and has no place"));
        }
        let now = self.clock.at(Instant::now());
        if callback.expires_at + SWEPT_WITHIN < now {
            self.violated(Invariant::Callback, format_args!("{of} was to be called back, and was forgotten"));
        }
    }

    /// Served, called back, overflowed or gone: one of them.
    fn comes_to_one_end(&self, state: &State, call: &Call) {
        let is_called_back = call.finished.as_ref().is_some_and(|finish| finish.kind == FinishKind::Callback);
        if let Some(leg) = call.served_leg().filter(|_| is_called_back) {
            let (id, attempt) = (call.id, leg.attempt);
            self.violated(
                Invariant::Callback,
                format_args!("{id} was served by {attempt}, and is called back"),
            );
        }
        if is_called_back != state.callbacks.known.contains_key(&call.id) {
            self.violated(
                Invariant::Callback,
                format_args!("whether {} is called back is not certain", call.id),
            );
        }
        let heirs = state.callbacks.known.get(&call.id).and_then(|callback| callback.taken_by);
        if let Some(of) = call.callback_of {
            let taken_by = state.callbacks.known.get(&of).and_then(|callback| callback.taken_by);
            if taken_by != Some(call.id) {
                self.violated(
                    Invariant::Callback,
                    format_args!("{} has the place of {of}, which {taken_by:?} has", call.id),
                );
            }
        }
        if let Some(heir) = heirs
            && let (Some(kept), Some(has)) = (
                state.callbacks.known.get(&call.id).map(|callback| callback.place),
                state.lines.places.get(&heir),
            )
            && kept != *has
        {
            self.violated(Invariant::Callback, format_args!("{heir} has {has}, and {kept} was kept for it"));
        }
    }
}

/// Every zone where somebody may be: the caller's own, as far as it is their own number that is rung.
fn zones<'a>(callback: &'a Callback, call: &'a Call) -> impl Iterator<Item = String> + 'a {
    let is_own = call.origin.caller.known() == Some(&callback.phone_number);
    let own = KnownCaller::of(call).whereabouts.zones.filter(|_| is_own);
    let own = own.map(|zones| zones.values.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>());
    let zones = own.unwrap_or_else(|| {
        NumberPlace::of(&callback.phone_number).zones.iter().map(ToString::to_string).collect()
    });
    zones.into_iter()
}

/// Whether a clock on a wall there shows an hour at which people may be rung, as some machine's clock went and with as late a ringing as may
/// be.
fn is_day(hours: CallingHours, zone: &str, at: Timestamp, apart: SignedDuration) -> bool {
    let Ok(zone) = TimeZone::get(zone) else { return false };
    let minutes = |at: Timestamp| {
        let clock = at.to_zoned(zone.clone());
        i64::from(clock.hour()) * 60 + i64::from(clock.minute())
    };
    let (from, to) = (i64::from(hours.from.minutes()), i64::from(hours.to.minutes()));
    let is_within = |minutes: i64| match from < to {
        true => (from..to).contains(&minutes),
        false => minutes >= from || minutes < to,
    };
    [at - RUNG_LATE - apart, at, at + apart].into_iter().any(|at| is_within(minutes(at)))
}
