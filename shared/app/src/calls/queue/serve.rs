//! Somebody is free: who waits for them is served, in the order of the queues.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, CallEnd, Fact, Leg, LegEnd, LegFact, Stamp, event::EndCause, instructions::Continuation},
    ids::{AccountId, BuyerId, CallId, TargetId},
    plan::Plan,
    queue::{Told, Waiter, WaiterKind},
};
use ringfall_store::{
    port::StoreError,
    protocols::{find::find, queue::leave, record::record, release::release},
};

use super::{
    super::{
        offer::{Made, Offer, Wanted},
        routing::Current,
    },
    line::{Line, wants},
};
use crate::{connection::Connected, platform::Platform};

/// So many callers are looked at for whom nobody is free after all, before the rest is left to the next occasion.
const MOST_LOOKS: usize = 20;
/// So many of each queue are read at first: mostly one of them is served. Where none of them is for whoever is free, more are read, in steps.
const FIRST_WAITERS: usize = 16;
const MOST_WAITERS: usize = FIRST_WAITERS * STEP * STEP * STEP;
const STEP: usize = 7;

/// Serves those who wait for some buyers' targets, as far as there is room.
///
/// A slot and a caller are taken in one transaction; then the caller's call is redirected to the dial. `own`: the caller whose own webhook is
/// being answered, who needs no redirect.
///
/// # Returns
/// The attempt of `own`, if one was made.
pub async fn serve(
    platform: &Platform,
    account: AccountId,
    buyers: &[BuyerId],
    own: Option<CallId>,
) -> Result<Option<Box<Leg>>, StoreError> {
    let queues = platform.queues_of(account, buyers.iter().copied()).await?;
    if queues.is_empty() {
        return Ok(None);
    }
    let mut service = Service::new(platform, account, buyers, own);
    let mut limit = FIRST_WAITERS;
    loop {
        let line = Line::of_queues(platform, account, &queues, limit).await?;
        let has_room = service.look_through(line.certain()).await?;
        if line.is_whole() || !has_room || limit >= MOST_WAITERS {
            return Ok(service.of_own);
        }
        limit *= STEP;
    }
}

struct Service<'a> {
    platform: &'a Platform,
    account: AccountId,
    buyers: BTreeSet<BuyerId>,
    /// For which targets somebody waits who stands before the one that is looked at, and how many they are.
    awaited: BTreeMap<TargetId, u32>,
    own: Option<CallId>,
    /// Who was looked at already.
    seen: BTreeSet<CallId>,
    /// For how many of them nobody was free.
    looks: usize,
    /// What came of it for `own`.
    of_own: Option<Box<Leg>>,
}

enum Looked {
    /// None of these buyers' targets is for them, or others wait for all of those.
    NotConcerned,
    /// They do not wait any more.
    Gone,
    /// They are on the way to a target.
    Redirected,
    /// So is the caller whose webhook is answered.
    Own(Box<Leg>),
    /// Nobody who would take them is free.
    NobodyFree,
}

impl<'a> Service<'a> {
    fn new(platform: &'a Platform, account: AccountId, buyers: &[BuyerId], own: Option<CallId>) -> Self {
        Self {
            platform,
            account,
            buyers: buyers.iter().copied().collect(),
            awaited: BTreeMap::new(),
            own,
            seen: BTreeSet::new(),
            looks: 0,
            of_own: None,
        }
    }

    /// Looks at each of some who wait.
    ///
    /// # Returns
    /// Whether there may be room for more.
    async fn look_through(&mut self, waiters: &[Waiter]) -> Result<bool, StoreError> {
        for waiter in waiters.iter().filter(|waiter| waiter.kind == WaiterKind::Live) {
            if self.buyers.is_empty() || self.looks >= MOST_LOOKS {
                return Ok(false);
            }
            if !self.seen.insert(waiter.call) {
                continue;
            }
            match self.look_at(waiter).await? {
                Looked::NotConcerned | Looked::Gone | Looked::Redirected => {}
                Looked::Own(leg) => self.of_own = Some(leg),
                Looked::NobodyFree => self.looks += 1,
            }
        }
        Ok(!self.buyers.is_empty())
    }
}

impl Service<'_> {
    async fn look_at(&mut self, waiter: &Waiter) -> Result<Looked, StoreError> {
        let platform = self.platform;
        let Some(plan) = platform.plan(self.account, waiter.campaign).await? else {
            return Ok(Looked::NotConcerned);
        };
        if !self.concerns(&plan, waiter) {
            return Ok(Looked::NotConcerned);
        }
        let Some(call) = find(&*platform.table, self.account, waiter.call).await? else {
            return Ok(Looked::Gone);
        };
        if !call.is_waiting() {
            leave_behind(platform, &call).await?;
            return Ok(Looked::Gone);
        }
        let Some(queued) = &call.queued else { return Ok(Looked::Gone) };
        let Some(connected) = platform.connection(call.origin.connection).await? else {
            return Ok(Looked::Gone);
        };
        let wanted = Wanted { node: &queued.node, tiers: None, is_fetched: self.own != Some(call.id) };
        let mut offer = Offer::prepare(platform, &connected, &plan, &call, wanted).await?;
        offer.of_buyers(self.buyers.clone());
        offer.give_way(|target| self.awaited.get(&plan.targets[target].id).copied().unwrap_or(0));
        let current = Current::stored(call);
        match offer.make(platform, &plan, &current, Some(waiter)).await? {
            Made::Held(leg) if self.own == Some(waiter.call) => Ok(Looked::Own(leg)),
            Made::Held(leg) => {
                redirect(platform, &connected, &current.call, &leg).await?;
                Ok(Looked::Redirected)
            }
            Made::Nobody => {
                for buyer in offer.buyers_without_line(&plan) {
                    self.buyers.remove(&buyer);
                }
                for target in plan.targets.iter().filter(|target| wants(waiter, &plan, target.id, offer.at()))
                {
                    *self.awaited.entry(target.id).or_default() += 1;
                }
                Ok(Looked::NobodyFree)
            }
            Made::Overtaken(_) | Made::EndedBefore | Made::CallerClaimed | Made::NotWaiting(_) => {
                Ok(Looked::Gone)
            }
        }
    }

    fn concerns(&self, plan: &Plan, waiter: &Waiter) -> bool {
        plan.targets.iter().any(|target| {
            self.buyers.contains(&plan.buyer_of(target).id)
                && wants(waiter, plan, target.id, self.platform.now())
                && !self.awaited.contains_key(&target.id)
        })
    }
}

/// Sends a held caller to the dial of their attempt. One who has left gives back at once what was reserved for them. Where the provider does
/// not answer, the next step of the hold brings the dial.
async fn redirect(
    platform: &Platform,
    connected: &Connected,
    call: &Call,
    leg: &Leg,
) -> Result<(), StoreError> {
    let then = Continuation::Offered { attempt: leg.attempt };
    let callbacks = connected.callbacks.for_campaign(call.origin.campaign);
    match connected.carrier.redirect(&call.origin.provider_call_id, &then, call.id, &callbacks).await {
        Ok(true) => Ok(()),
        Ok(false) => caller_has_left(platform, call, leg).await,
        Err(error) => {
            tracing::warn!(call = %call.id, attempt = leg.attempt, %error, "a held caller could not be redirected: the hold's next step does it");
            Ok(())
        }
    }
}

/// The provider says that the call is over: so is the attempt, which nobody can have dialled.
async fn caller_has_left(platform: &Platform, call: &Call, leg: &Leg) -> Result<(), StoreError> {
    let now = platform.now();
    let stamp = Stamp { arrived_at: now, occurred_at: None };
    let never = LegEnd { stamp, cause: EndCause::NeverDialled, duration_seconds: None };
    let facts = [
        Fact::Leg(leg.attempt, LegFact::Ended(never)),
        Fact::Ended(CallEnd { stamp, duration_seconds: None }),
    ];
    let Some(call) = record(&*platform.table, call.account, call.id, &facts).await? else { return Ok(()) };
    if let Some(leg) = call.leg(leg.attempt) {
        release(&*platform.table, &call, leg, now).await?;
    }
    Ok(())
}

/// Frees the place of somebody who waited and is gone.
pub(in super::super) async fn leave_behind(platform: &Platform, call: &Call) -> Result<(), StoreError> {
    let Some(queued) = call.queued.as_ref().filter(|_| call.has_left_queue()) else { return Ok(()) };
    leave(&*platform.table, call.account, &queued.queue, queued.place, call.id).await
}

/// A caller has waited as long as callers may: they are called off the hold, wherever in it they are.
pub async fn end_wait(
    platform: &Platform,
    connected: &Connected,
    id: CallId,
) -> Result<Option<Timestamp>, StoreError> {
    let Some(call) = find(&*platform.table, connected.account, id).await? else { return Ok(None) };
    let Some(queued) = call.queued.as_ref().filter(|_| call.is_waiting()) else {
        leave_behind(platform, &call).await?;
        return Ok(None);
    };
    let then = Continuation::Held { node: queued.node.clone(), told: Told::called_off() };
    let callbacks = connected.callbacks.for_campaign(call.origin.campaign);
    match connected.carrier.redirect(&call.origin.provider_call_id, &then, call.id, &callbacks).await {
        Ok(true) => Ok(None),
        Ok(false) => {
            let stamp = Stamp { arrived_at: platform.now(), occurred_at: None };
            let over = [Fact::Ended(CallEnd { stamp, duration_seconds: None })];
            if let Some(call) = record(&*platform.table, call.account, call.id, &over).await? {
                leave_behind(platform, &call).await?;
            }
            Ok(None)
        }
        Err(error) => {
            tracing::warn!(call = %call.id, %error, "a caller could not be called off the hold: tried again");
            Ok(Some(platform.now() + super::super::watch::RETRY_INTERVAL))
        }
    }
}
