//! Invariant 5: who waits has one place, is taken out of it together with a slot or not at all, and is served in the order of the places.
//!
//! Who would take whom is what the platform has noted with each place. It notes it anew when a plan has changed, and so is
//! held to what it had noted before the invocation began that serves somebody.

use std::collections::{BTreeMap, BTreeSet};

use ringfall_domain::{
    call::{Call, Leg},
    ids::{AccountId, CallId, CampaignId, TargetId},
    money::Money,
    queue::{Place, Waiter, WaiterKind},
};
use ringfall_store::{
    port::{Item, Key, StoreError, Value},
    records::{call as call_record, plan, waiter as waiter_record},
};
use tokio::time::Instant;

use super::{CAPACITY, Checker, State, held};
use crate::sim::{fleet::NOTICED_WITHIN, verdict::Invariant};

/// Who waits, as the platform has noted it.
#[derive(Debug, Default)]
pub(super) struct Lines {
    stands: BTreeMap<CallId, Standing>,
    /// Calls that wait by their own record, each with the instant of its last change.
    waits: BTreeMap<CallId, Instant>,
    /// Attempts on record of calls that have come into a queue.
    attempts: BTreeMap<CallId, usize>,
    /// Where each call stands, once it has come into a queue.
    pub(super) places: BTreeMap<CallId, Place>,
    /// Calls whose end is on record.
    pub(super) ended: BTreeSet<CallId>,
    /// The version of each campaign's plan, and since when it stands; none of the first.
    plans: BTreeMap<CampaignId, (u64, Option<Instant>)>,
    pub(super) capacity_changed_at: BTreeMap<String, Instant>,
}

/// Somebody in a queue.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) account: AccountId,
    pub(super) waiter: Waiter,
    /// Since when they stand there as they do.
    pub(super) since: Instant,
}

impl Standing {
    fn is_live(&self) -> bool {
        self.waiter.kind == WaiterKind::Live
    }

    fn stands_at(&self) -> (Place, CallId) {
        (self.waiter.place, self.waiter.call)
    }

    /// Whether it is noted that a target would take them.
    pub(super) fn wants(&self, target: TargetId, at: jiff::Timestamp) -> bool {
        let later = self.waiter.later.iter().any(|later| later.target == target && later.from <= at);
        later || self.waiter.targets.contains(&target)
    }
}

impl Lines {
    pub(super) fn standing(&self, call: CallId) -> Option<&Standing> {
        self.stands.get(&call)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Standing> {
        self.stands.values()
    }

    /// Whether a call waits by its record, which has not changed since.
    pub(super) fn has_waited(&self, call: CallId, since: Instant) -> bool {
        self.waits.get(&call).is_some_and(|changed_at| *changed_at < since)
    }

    /// Those who hold the line and are served before one who stands there.
    pub(super) fn before(
        &self,
        account: AccountId,
        stands: (Place, CallId),
    ) -> impl Iterator<Item = &Standing> {
        let all = self.stands.values();
        all.filter(move |other| other.account == account && other.is_live() && other.stands_at() < stands)
    }

    /// Whether what is noted with a place may follow from an older plan than some machine goes by.
    pub(super) fn is_of_old_plan(&self, waiter: &Waiter, lately: std::time::Duration) -> bool {
        let Some((version, changed_at)) = self.plans.get(&waiter.campaign) else { return true };
        let is_new = changed_at.is_some_and(|changed_at| changed_at.elapsed() < lately);
        is_new && *version != waiter.plan_version
    }

    /// Whether some machine may go by an older plan.
    pub(super) fn plan_is_new(&self, campaign: CampaignId) -> bool {
        let changed_at = self.plans.get(&campaign).and_then(|(_, changed_at)| *changed_at);
        changed_at.is_some_and(|changed_at| changed_at.elapsed() < NOTICED_WITHIN)
    }
}

/// What a transaction has made of one item.
pub(in crate::sim) type Change<'a> = (&'a Key, Option<&'a Item>);

impl Checker {
    /// A transaction has happened, within an invocation that began then, if it is known.
    pub fn transacted(&self, began_at: Option<Instant>, changes: &[Change<'_>]) {
        let mut state = held(&self.state);
        if let Err(error) = self.queues_changed(&mut state, began_at, changes) {
            let (key, _) = changes[0];
            self.violated(Invariant::Soundness, format_args!("{key} was written: {error}"));
        }
    }

    fn queues_changed(
        &self,
        state: &mut State,
        began_at: Option<Instant>,
        changes: &[Change<'_>],
    ) -> Result<(), StoreError> {
        let mut left = BTreeMap::new();
        for (key, after) in changes {
            match (key.sort.as_str(), after) {
                (CAPACITY, _) => {
                    state.lines.capacity_changed_at.insert(key.partition.clone(), Instant::now());
                }
                ("PLAN", Some(item)) => plan_changed(&mut state.lines, item),
                ("CALLBACK", Some(item)) => self.callback_changed(state, key, item)?,
                (sort, after) if sort.starts_with("W#") => {
                    left.extend(self.place_changed(state, key, *after)?);
                }
                _ => {}
            }
        }
        for (key, after) in changes {
            if let (call_record::SORT, Some(item)) = (key.sort.as_str(), after) {
                self.queued_call_changed(state, key, item, &left, began_at)?;
            }
        }
        for (call, standing) in left.iter().filter(|(_, standing)| standing.is_live()) {
            if state.lines.waits.contains_key(call) && !state.lines.stands.contains_key(call) {
                let place = standing.waiter.place;
                self.violated(
                    Invariant::Place,
                    format_args!("{call} was taken out of its place {place} and still waits"),
                );
            }
        }
        Ok(())
    }

    /// Somebody stands somewhere, or does no longer.
    ///
    /// # Returns
    /// Who has left a place, or stands there otherwise than before.
    fn place_changed(
        &self,
        state: &mut State,
        key: &Key,
        after: Option<&Item>,
    ) -> Result<Option<(CallId, Standing)>, StoreError> {
        let Some(owner) = self.owner_of(state, &key.partition) else { return Ok(None) };
        let Some(item) = after else {
            let call: Option<CallId> = key.sort.rsplit('#').next().and_then(|id| id.parse().ok());
            let Some(call) = call else { return Ok(None) };
            let stands = state.lines.stands.get(&call);
            let is_theirs = stands.is_some_and(|stands| waiter_record::key_of(owner, &stands.waiter) == *key);
            return Ok(is_theirs.then(|| state.lines.stands.remove_entry(&call)).flatten());
        };
        let waiter = waiter_record::decode(key, item)?;
        let call = waiter.call;
        self.trace.count(match waiter.kind {
            WaiterKind::Live => "queue: a caller stands in it",
            WaiterKind::Callback => "queue: a place is kept",
        });
        if state.calls.get(&call).is_some_and(|truth| truth.is_voicemail) {
            let place = waiter.place;
            self.violated(
                Invariant::Callback,
                format_args!("voicemail has answered as {call}, and has {place}"),
            );
        }
        let standing = Standing { account: owner, waiter, since: Instant::now() };
        let before = state.lines.stands.insert(call, standing.clone());
        if let Some(before) = &before
            && before.stands_at() != standing.stands_at()
        {
            let (from, to) = (before.waiter.place, standing.waiter.place);
            self.violated(Invariant::Place, format_args!("{call} stood at {from} and stands at {to}, too"));
        }
        Ok(before.map(|before| (call, before)))
    }

    fn queued_call_changed(
        &self,
        state: &mut State,
        key: &Key,
        item: &Item,
        left: &BTreeMap<CallId, Standing>,
        began_at: Option<Instant>,
    ) -> Result<(), StoreError> {
        if !call_record::has_arrived(item) {
            return Ok(());
        }
        let legs = item.get(call_record::names::LEGS).and_then(Value::as_map).map_or(0, BTreeMap::len);
        let was_queued = item.contains_key(call_record::names::QUEUED);
        let known = super::call_of(key).and_then(|id| state.lines.attempts.get(&id)).copied().unwrap_or(0);
        if !was_queued && legs == known {
            return Ok(());
        }
        let call = call_record::decode(key, item)?;
        let lines = &mut state.lines;
        lines.attempts.insert(call.id, legs);
        if let Some(queued) = &call.queued {
            let place = *lines.places.entry(call.id).or_insert(queued.place);
            if place != queued.place {
                let new = queued.place;
                self.violated(
                    Invariant::Place,
                    format_args!("{} had the place {place}, and has {new}", call.id),
                );
            }
        }
        if call.ended.is_some() {
            lines.ended.insert(call.id);
        }
        if call.is_waiting() {
            lines.waits.insert(call.id, Instant::now());
        } else {
            lines.waits.remove(&call.id);
        }
        let stands = lines.stands.get(&call.id).filter(|standing| standing.is_live());
        if let (Some(leg), Some(standing)) = (call.live_leg(), stands) {
            let (id, attempt, place) = (call.id, leg.attempt, standing.waiter.place);
            self.violated(
                Invariant::Place,
                format_args!("{id} has its attempt {attempt}, and still stands at {place}"),
            );
        }
        if let Some(leg) = call.legs.last().filter(|leg| legs > known && leg.ended.is_none()) {
            let own = left.get(&call.id);
            self.is_in_turn(state, (&call, leg), own, began_at);
        }
        Ok(())
    }

    /// A slot is taken for a caller: nobody who stood before them, when the invocation began that takes it, waits for the same target.
    fn is_in_turn(
        &self,
        state: &State,
        (call, leg): (&Call, &Leg),
        own: Option<&Standing>,
        began_at: Option<Instant>,
    ) {
        let Some(began_at) = began_at else { return };
        let campaign =
            self.world.agency(call.account).and_then(|agency| agency.campaigns.get(&call.origin.campaign));
        // A campaign that holds nobody cannot ask its callers to wait: they take what is free.
        let Some(policy) = campaign.and_then(|campaign| campaign.queue.as_ref()) else { return };
        let known = own.map(|own| own.waiter.place).or_else(|| Some(call.queued.as_ref()?.place));
        let place = known.unwrap_or_else(|| {
            let targets = campaign.into_iter().flat_map(|campaign| &campaign.routing.tiers);
            let targets = targets.flat_map(|tier| &tier.targets).map(|target| target.target_id);
            let since = began_at.checked_sub(NOTICED_WITHIN).unwrap_or(began_at);
            let best = targets.flat_map(|target| state.limits.prices(target, since)).max();
            let value = policy.order.value.or(best).unwrap_or(Money::ZERO);
            Place::of(&policy.order, value, leg.reserved_at)
        });
        self.trace.count(match known {
            Some(_) => "queue: a caller is served out of it",
            None => "queue: a newcomer is served",
        });
        let passed = state.lines.before(call.account, (place, call.id)).find(|other| {
            other.waiter.call != call.id
                && other.since < began_at
                && other.wants(leg.target, leg.reserved_at)
                && state.lines.has_waited(other.waiter.call, began_at)
        });
        if let Some(passed) = passed {
            let (id, target) = (call.id, leg.target);
            self.violated(
                Invariant::Order,
                format_args!("{id} at {place} is given to {target}, before {:?}", passed.waiter),
            );
        }
    }
}

fn plan_changed(lines: &mut Lines, item: &Item) {
    if let Ok(record) = plan::decode(item) {
        let changed_at = lines.plans.contains_key(&record.id).then(Instant::now);
        lines.plans.insert(record.id, (record.version, changed_at));
    }
}
