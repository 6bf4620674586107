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

mod admission;
mod attempts;
mod callbacks;
mod capacity;
mod decisions;
mod duplicates;
mod holds;
mod hours;
mod isolation;
mod journal;
mod leftovers;
mod limits;
mod lines;
mod profit;
mod skills;
mod terms;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::tz::TimeZone;
use ringfall_domain::{
    call::{
        Call,
        event::EventKind,
        instructions::{Dial, DialPurpose},
    },
    ids::{AccountId, BuyerId, CallId, LegId},
    ledger::Entry,
    target::Destination,
};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Item, Key, StoreError, Value, Write},
    protocols::find::find,
    records::{
        call as call_record,
        capacity::{self as capacity_record, lease},
        journal::{self as journal_record},
    },
};
use tokio::time::Instant;

use self::{
    admission::{Blocks, Incoming},
    attempts::Attempt,
    callbacks::Callbacks,
    limits::Limits,
    lines::Lines,
    skills::{SkillsOfTargets, skills_of},
};
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
    store: MemoryStore,
    skills: SkillsOfTargets,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: BTreeMap<CallId, CallTruth>,
    attempts: BTreeMap<LegId, Attempt>,
    /// The same by buyer: only a buyer's own attempts compete.
    attempts_of_buyers: BTreeMap<BuyerId, Vec<LegId>>,
    /// The legs that hold a slot, by the partition of their buyer's capacity.
    slots: BTreeMap<String, BTreeSet<LegId>>,
    limits: Limits,
    blocks: Blocks,
    lines: Lines,
    callbacks: Callbacks,
    journal: BTreeSet<Key>,
    /// Webhooks that a fault has touched on the platform's side.
    harmed: u64,
}

/// What stands in the store when a run is over.
struct Books {
    calls: BTreeMap<CallId, Call>,
    entries: BTreeMap<(LegId, &'static str), Entry>,
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
    /// How it came in; none of a call whose first webhook has not arrived.
    incoming: Option<Incoming>,
    /// The call whose caller is called back in this one.
    callback_of: Option<CallId>,
    /// Whether it is a machine that has answered.
    is_voicemail: bool,
    /// What the caller has answered, by tag.
    answers: BTreeMap<&'static str, &'static str>,
}

impl Checker {
    /// A checker that has seen nothing yet.
    pub fn new(
        world: Arc<World>,
        store: MemoryStore,
        clock: SimulatedClock,
        trace: Arc<Trace>,
        verdict: Arc<Verdict>,
    ) -> Self {
        let skills = skills_of(&world);
        Self { verdict, world, clock, trace, store, skills, state: Mutex::default() }
    }

    fn violated(&self, invariant: Invariant, what: std::fmt::Arguments<'_>) {
        self.verdict.violated(invariant, what);
    }

    /// A write is about to be judged. What it changes is looked at, not all that stands there.
    pub fn sent(&self, write: &Write) {
        self.keeps_apart(&held(&self.state), write);
    }

    /// A write has happened.
    pub fn committed(&self, key: &Key, after: Option<&Item>) {
        let mut state = held(&self.state);
        let seen = match (key.sort.as_str(), after) {
            (CAPACITY, Some(after)) => self.slots_changed(&mut state, key, after),
            (_, after) if lease::leg_of(key).is_some() => self.lease_changed(&mut state, key, after),
            (call_record::SORT, Some(after)) => self.call_changed(&mut state, key, after),
            (_, after) if journal_record::is_journal(key) => self.entry_written(&mut state, key, after),
            (_, after) if key.partition.ends_with("#R#blocked_caller") => {
                let owner = self.owner_of(&state, &key.partition);
                owner.map_or(Ok(()), |owner| state.blocks.saved(owner, key, after))
            }
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
        held.difference(&live).for_each(|freed| self.slot_freed(state, *freed));
        live.difference(&held).for_each(|_| self.trace.count("slot: taken"));
        Ok(())
    }

    /// A lease that stands in an item of its own. A put may only extend it.
    fn lease_changed(&self, state: &mut State, key: &Key, after: Option<&Item>) -> Result<(), StoreError> {
        let Some(leg) = lease::leg_of(key) else { return Ok(()) };
        let elsewhere = state.slots.entry(format!("{}, elsewhere", key.partition)).or_default();
        if after.is_some() {
            if elsewhere.insert(leg) {
                self.trace.count("slot: taken elsewhere");
            }
        } else if elsewhere.remove(&leg) {
            self.slot_freed(state, leg);
        }
        Ok(())
    }

    fn slot_freed(&self, state: &State, freed: LegId) {
        self.trace.count("slot: freed");
        if state.attempts.get(&freed).is_some_and(Attempt::is_live) {
            self.violated(Invariant::Slot, format_args!("the slot of {freed} was freed under its live leg"));
        }
    }

    fn call_changed(&self, state: &mut State, key: &Key, item: &Item) -> Result<(), StoreError> {
        let legs = item.get(call_record::names::LEGS).and_then(|legs| legs.as_map()).map_or(0, BTreeMap::len);
        let (is_known, known) = state.on_record(key);
        state.ends_on_record(key, item);
        if (legs == known && is_known) || !call_record::has_arrived(item) {
            return Ok(());
        }
        let call = call_record::decode(key, item)?;
        if !is_known {
            self.is_rightly_let_in(state, &call);
        }
        for leg in call.legs.iter().skip(known) {
            self.agrees_on_what_is_configured(state, &call, leg);
            self.is_reserved_within_hours(state, &call, leg);
            let id = LegId { call: call.id, attempt: leg.attempt };
            let agency = self.world.agency(call.account);
            let buyer = agency.and_then(|agency| agency.buyers.get(&leg.buyer));
            let zone = buyer.map_or(TimeZone::UTC, |buyer| buyer.time_zone.zone().clone());
            state.attempts.insert(id, Attempt::reserved(leg, zone, self.world.own_clocks_apart));
            state.attempts_of_buyers.entry(leg.buyer).or_default().push(id);
        }
        if let Some(truth) = state.calls.get_mut(&call.id) {
            truth.attempts = legs;
        }
        Ok(())
    }

    /// A call comes in at the carrier.
    pub fn call_began(&self, id: CallId, account: AccountId) {
        let truth = CallTruth {
            account,
            is_over: false,
            end_was_told: false,
            was_offered: false,
            attempts: 0,
            incoming: None,
            callback_of: None,
            is_voicemail: false,
            answers: BTreeMap::new(),
        };
        held(&self.state).calls.insert(id, truth);
    }

    /// Who answers a call that the platform has placed is the caller of another call, or a machine of theirs.
    pub fn is_callback_of(&self, id: CallId, of: CallId, is_voicemail: bool) {
        if let Some(call) = held(&self.state).calls.get_mut(&id) {
            call.callback_of = Some(of);
            call.is_voicemail = is_voicemail;
        }
    }

    /// The caller has gone.
    pub fn call_ended(&self, id: CallId) {
        if let Some(call) = held(&self.state).calls.get_mut(&id) {
            call.is_over = true;
        }
    }

    /// A webhook was taken up that no fault has touched.
    pub fn told(&self, id: CallId, kind: &EventKind) {
        let mut state = held(&self.state);
        let Some(call) = state.calls.get_mut(&id) else { return };
        match kind {
            EventKind::CallProgress(report) => call.end_was_told |= report.ended,
            EventKind::Arrived(_) => call.incoming.iter_mut().for_each(Incoming::copy_was_answered),
            _ => {}
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
        let is_offered = matches!(dial.purpose, DialPurpose::Attempt { .. });
        // Every flow that is drawn forwards only whom no target takes.
        call.was_offered |= match dial.purpose {
            DialPurpose::Attempt { .. } | DialPurpose::Forward(_) | DialPurpose::Overflow { .. } => true,
            DialPurpose::Fallback => false,
        };
        if is_offered {
            self.may_be_offered(&state, id);
        }
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
        match kind {
            EventKind::Screened { attempt, input, .. } => {
                self.with_attempt(LegId { call, attempt: *attempt }, |attempt| attempt.heard(input));
            }
            EventKind::Arrived(arrival) => {
                if let Some(call) = held(&self.state).calls.get_mut(&call) {
                    call.incoming.get_or_insert_with(|| Incoming::new(arrival.clone())).copy_arrived();
                }
            }
            EventKind::Gathered { node, input, .. } => held(&self.state).answered(call, node, input),
            _ => {}
        }
    }

    /// Caller and target are joined.
    pub fn leg_bridged(&self, id: LegId) {
        self.with_attempt(id, |attempt| attempt.truth.bridged_at = Some(Instant::now()));
        self.trace.count("leg: joined");
    }

    /// Whether the platform has known for so long how a leg ended.
    pub fn has_known_end(&self, id: LegId, since: Duration) -> bool {
        let state = held(&self.state);
        let known_at = state.attempts.get(&id).and_then(|attempt| attempt.end_on_record_at);
        known_at.is_some_and(|known_at| known_at.elapsed() >= since)
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
        let books = self.books(store).await?;
        self.leaves_nothing(store, &books).await?;
        self.is_billed_once(&books);
        self.adds_up(store, &books).await?;
        self.sells_no_caller_twice(&books);
        self.leaves_nobody_behind(&books);
        self.tells_why(store, &books).await
    }

    async fn books(&self, store: &MemoryStore) -> Result<Books, StoreError> {
        let calls = self.calls(store).await?;
        let entries = self.entries(store, &calls).await?;
        Ok(Books { calls, entries })
    }

    /// The calls as the platform knows them.
    async fn calls(&self, store: &MemoryStore) -> Result<BTreeMap<CallId, Call>, StoreError> {
        let ids: Vec<(AccountId, CallId)> =
            held(&self.state).calls.iter().map(|(id, call)| (call.account, *id)).collect();
        let mut calls = BTreeMap::new();
        for (account, id) in ids {
            calls.extend(find(store, account, id).await?.map(|call| (id, call)));
        }
        Ok(calls)
    }
}

impl State {
    /// The attempts that compete for what a buyer takes.
    fn attempts_of(&self, buyer: BuyerId) -> impl Iterator<Item = (LegId, &Attempt)> {
        let ids = self.attempts_of_buyers.get(&buyer).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.attempts.get(id)?)))
    }

    /// Notes of which attempts of a call the end is on record.
    fn ends_on_record(&mut self, key: &Key, item: &Item) {
        let legs = item.get(call_record::names::LEGS).and_then(Value::as_map).into_iter().flatten();
        for (attempt, leg) in legs {
            let ended = leg.as_map().is_some_and(|leg| leg.contains_key(call_record::names::ENDED));
            let id =
                ended.then(|| Some(LegId { call: call_of(key)?, attempt: attempt.parse().ok()? })).flatten();
            if let Some(attempt) = id.and_then(|id| self.attempts.get_mut(&id)) {
                attempt.end_on_record_at.get_or_insert_with(Instant::now);
            }
        }
    }

    /// Whether a call's arrival was seen, and how many attempts, by the key of its item: a call's id stands in that alone.
    fn on_record(&self, key: &Key) -> (bool, usize) {
        let call = call_of(key).and_then(|id| self.calls.get(&id));
        call.map_or((false, 0), |call| {
            (call.incoming.as_ref().is_some_and(|incoming| incoming.verdict.is_some()), call.attempts)
        })
    }
}

fn call_of(key: &Key) -> Option<CallId> {
    key.partition.rsplit('#').next()?.parse().ok()
}
