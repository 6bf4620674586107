//! The checker: it is told the truth by the carrier and sees every commit of the store, and holds each step of a run to the
//! design's invariants.
//!
//! What is counted is the carrier's truth: which legs live, who was joined with whom and for how long. Of the platform's own
//! records it takes only what was promised when an attempt began (the target, the price, the time of the reservation), and
//! what is to be compared with the truth.
//!
//! Some truth cannot reach the platform, and it is not held to that:
//!
//! - Talk time. The carrier counts whole seconds from the answer, and the time until the key is pressed can only be told from
//!   the arrivals of two webhooks. [`attempts::Attempt::is_billable`] says what follows from that, and says nothing where both
//!   outcomes are in order.
//! - A cap that is lowered binds what is reserved afterwards: a leg may begin under any cap that was in force since its
//!   reservation.
//! - A call whose end was reported by webhooks that were all lost is not known to be over. That of a leg always is, in the
//!   end: the watchdog asks.

mod attempts;
mod capacity;
mod decisions;
mod duplicates;
mod isolation;
mod journal;
mod leftovers;
mod limits;
mod profit;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use ringfall_domain::{
    call::{
        Call,
        event::EventKind,
        instructions::{Dial, DialPurpose},
    },
    ids::{AccountId, CallId, LegId},
    target::Destination,
};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Item, Key, StoreError, Value},
    protocols::find::find,
    records::{
        call as call_record, capacity as capacity_record,
        journal::{self as journal_record},
    },
};
use tokio::time::Instant;

use self::{attempts::Attempt, limits::Limits};
use super::{
    CAPACITY,
    clock::SimulatedClock,
    held,
    trace::Trace,
    verdict::{Invariant, Verdict},
    world::{BUSY, World},
};

/// The checker of one run.
pub struct Checker {
    /// What it has found.
    pub verdict: Arc<Verdict>,
    world: Arc<World>,
    clock: SimulatedClock,
    trace: Arc<Trace>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: BTreeMap<CallId, CallTruth>,
    attempts: BTreeMap<LegId, Attempt>,
    /// The legs that hold a slot, by the partition of their buyer's capacity.
    slots: BTreeMap<String, BTreeSet<LegId>>,
    limits: Limits,
    journal: BTreeSet<Key>,
    /// Webhooks that a fault has touched on the platform's side.
    harmed: u64,
}

/// What is true of a call.
#[derive(Debug)]
struct CallTruth {
    account: AccountId,
    is_over: bool,
    /// A report of its end has reached the platform, and no fault has touched it there.
    end_was_told: bool,
    /// The flow has asked for a target: one was rung, or the caller was told that there is none.
    was_offered: bool,
    /// Attempts on record.
    attempts: usize,
}

impl Checker {
    /// A checker that has seen nothing yet.
    pub fn new(world: Arc<World>, clock: SimulatedClock, trace: Arc<Trace>, verdict: Arc<Verdict>) -> Self {
        Self { verdict, world, clock, trace, state: Mutex::default() }
    }

    fn violated(&self, invariant: Invariant, what: std::fmt::Arguments<'_>) {
        self.verdict.violated(invariant, what);
    }

    /// A write has happened.
    pub fn committed(&self, key: &Key, after: Option<&Item>) {
        let mut state = held(&self.state);
        self.keeps_apart(&state, key, after);
        let seen = match (key.sort.as_str(), after) {
            (CAPACITY, Some(after)) => self.slots_changed(&mut state, key, after),
            (call_record::SORT, Some(after)) => self.call_changed(&mut state, key, after),
            (_, after) if journal_record::is_journal(key) => self.entry_written(&mut state, key, after),
            (_, after) => state.limits.saved(key, after),
        };
        if let Err(error) = seen {
            self.violated(Invariant::Soundness, format_args!("{key} was written: {error}"));
        }
    }

    fn slots_changed(&self, state: &mut State, key: &Key, item: &Item) -> Result<(), StoreError> {
        let own = item.get(capacity_record::names::BUYER).and_then(Value::as_map);
        let live = own.and_then(|own| own.get(capacity_record::names::LIVE)?.as_map());
        let live: BTreeSet<LegId> =
            live.into_iter().flatten().filter_map(|(leg, _)| leg.parse().ok()).collect();
        let held = state.slots.insert(key.partition.clone(), live.clone()).unwrap_or_default();
        for freed in held.difference(&live) {
            self.trace.count("slot: freed");
            if state.attempts.get(freed).is_some_and(Attempt::is_live) {
                self.violated(
                    Invariant::Slot,
                    format_args!("the slot of {freed} was freed under its live leg"),
                );
            }
        }
        live.difference(&held).for_each(|_| self.trace.count("slot: taken"));
        Ok(())
    }

    fn call_changed(&self, state: &mut State, key: &Key, item: &Item) -> Result<(), StoreError> {
        let legs = item.get(call_record::names::LEGS).and_then(|legs| legs.as_map()).map_or(0, BTreeMap::len);
        let known = state.attempts_on_record(key);
        if legs == known {
            return Ok(());
        }
        let call = call_record::decode(key, item)?;
        for leg in call.legs.iter().skip(known) {
            let id = LegId { call: call.id, attempt: leg.attempt };
            state.attempts.insert(id, Attempt::reserved(&call, leg));
        }
        if let Some(truth) = state.calls.get_mut(&call.id) {
            truth.attempts = legs;
        }
        Ok(())
    }

    /// A call comes in at the carrier.
    pub fn call_began(&self, id: CallId, account: AccountId) {
        let truth =
            CallTruth { account, is_over: false, end_was_told: false, was_offered: false, attempts: 0 };
        held(&self.state).calls.insert(id, truth);
    }

    /// The caller has gone.
    pub fn call_ended(&self, id: CallId) {
        if let Some(call) = held(&self.state).calls.get_mut(&id) {
            call.is_over = true;
        }
    }

    /// A webhook was taken up that no fault has touched.
    pub fn told(&self, id: CallId, kind: &EventKind) {
        if let (Some(call), EventKind::CallProgress(report)) = (held(&self.state).calls.get_mut(&id), kind) {
            call.end_was_told |= report.ended;
        }
    }

    /// A webhook was taken up, and a fault has touched it.
    pub fn harmed(&self) {
        held(&self.state).harmed += 1;
    }

    /// So many webhooks were answered with the last resort.
    pub fn failed_only_by_faults(&self, failures: u64) {
        let harmed = held(&self.state).harmed;
        if failures > harmed {
            self.violated(
                Invariant::Soundness,
                format_args!("{failures} webhooks failed, and faults have touched {harmed}"),
            );
        }
    }

    /// A caller hears a text.
    pub fn heard(&self, id: CallId, text: &str) {
        if let Some(call) = held(&self.state).calls.get_mut(&id).filter(|_| text == BUSY) {
            call.was_offered = true;
        }
    }

    /// A caller is dialled for.
    pub fn dialled(&self, id: CallId, dial: &Dial) {
        let mut state = held(&self.state);
        let Some(call) = state.calls.get_mut(&id) else { return };
        self.stays_at_home(call.account, &dial.destination);
        // Every flow that is drawn forwards only whom no target takes.
        call.was_offered |= match dial.purpose {
            DialPurpose::Attempt { .. } | DialPurpose::Forward(_) | DialPurpose::Overflow { .. } => true,
            DialPurpose::Fallback => false,
        };
    }

    /// A target begins to ring.
    pub fn leg_began(&self, id: LegId, destination: &Destination) {
        let mut state = held(&self.state);
        self.may_begin(&mut state, id, destination);
    }

    /// The target's line is answered.
    pub fn leg_answered(&self, id: LegId) {
        self.with_attempt(id, |attempt| attempt.truth.answered_at = Some(Instant::now()));
    }

    /// The carrier has the words for the person who answered.
    pub fn leg_greeted(&self, id: LegId) {
        self.with_attempt(id, |attempt| attempt.truth.greeted_at = Some(Instant::now()));
    }

    /// The person who answered pressed a key, or none in time.
    pub fn key_pressed(&self, id: LegId, press: &EventKind) {
        if let EventKind::Screened { input, .. } = press {
            self.with_attempt(id, |attempt| attempt.pressed(input));
        }
    }

    /// A webhook has arrived at the platform.
    pub fn arrived(&self, call: CallId, kind: &EventKind) {
        if let EventKind::Screened { attempt, input, .. } = kind {
            self.with_attempt(LegId { call, attempt: *attempt }, |attempt| attempt.heard(input));
        }
    }

    /// Caller and target are joined.
    pub fn leg_bridged(&self, id: LegId) {
        self.with_attempt(id, |attempt| attempt.truth.bridged_at = Some(Instant::now()));
        self.trace.count("leg: joined");
    }

    /// The leg is over.
    pub fn leg_ended(&self, id: LegId) {
        self.with_attempt(id, |attempt| attempt.truth.ended_at = Some(Instant::now()));
    }

    fn with_attempt(&self, id: LegId, change: impl FnOnce(&mut Attempt)) {
        if let Some(attempt) = held(&self.state).attempts.get_mut(&id) {
            change(attempt);
        }
    }

    /// The run is over, and the watchdog has had its time: nothing may be left, and everything must add up.
    ///
    /// # Errors
    /// A record does not read.
    pub async fn conclude(&self, store: &MemoryStore) -> Result<(), StoreError> {
        let calls = self.calls(store).await?;
        self.leaves_nothing(store, &calls).await?;
        self.is_billed_once(store, &calls).await?;
        self.adds_up(store, &calls).await?;
        self.sells_no_caller_twice(&calls);
        self.tells_why(store, &calls).await
    }

    /// The calls as the platform knows them.
    async fn calls(&self, store: &MemoryStore) -> Result<Vec<Call>, StoreError> {
        let ids: Vec<(AccountId, CallId)> =
            held(&self.state).calls.iter().map(|(id, call)| (call.account, *id)).collect();
        let mut calls = Vec::with_capacity(ids.len());
        for (account, id) in ids {
            calls.extend(find(store, account, id).await?);
        }
        Ok(calls)
    }
}

impl State {
    /// How many attempts of a call were seen, by the key of its item: a call's id stands in that alone.
    fn attempts_on_record(&self, key: &Key) -> usize {
        let id = key.partition.rsplit('#').next().and_then(|id| id.parse().ok());
        id.and_then(|id: CallId| self.calls.get(&id)).map_or(0, |call| call.attempts)
    }
}
