//! Nobody waits in vain: after a step of the hold that nothing has disturbed, no target is free that would take the caller, unless
//! others wait for it who are first. So a release that nobody was told of costs a caller one step at most.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    call::{Leg, Terms},
    capacity::Window,
    config::{Buyer, PayoutRule, Target},
    flow::NodeId,
    ids::{CallId, TargetId},
    money::Money,
    queue::Waiter,
};
use ringfall_store::{
    port::{StoreError, Table},
    records::capacity,
};
use tokio::time::Instant;

use super::{Checker, State, held, lines::Standing};
use crate::sim::verdict::Invariant;

/// What is noted of somebody who waits follows from the plan of three steps ago at the latest: every third looks anew.
const NOTED_ANEW_WITHIN: Duration = Duration::from_secs(180);
/// How far apart the clocks are by which calls are counted.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(6);

impl Checker {
    /// A step of the hold is over, and the caller is told to hold on. It began then, and no fault has touched it.
    ///
    /// # Errors
    /// A record does not read.
    pub async fn held_on(&self, call: CallId, began_at: Instant) -> Result<(), StoreError> {
        for (standing, target, leg) in self.wanted(call, began_at) {
            let item = self.store.get(&capacity::key(standing.account, leg.buyer)).await?;
            let Some(record) = item.as_deref().map(capacity::decode).transpose()? else { continue };
            self.trace.count("check: a step of the hold");
            if record.full(&leg).is_none() {
                let place = standing.waiter.place;
                self.violated(
                    Invariant::Hold,
                    format_args!("{call} at {place} is held, and {target} is free for them"),
                );
            }
        }
        Ok(())
    }

    /// The targets that would take a caller before whom nobody else is served there, each with the attempt that there might be.
    fn wanted(&self, call: CallId, began_at: Instant) -> Vec<(Standing, TargetId, Leg)> {
        let state = held(&self.state);
        let Some(standing) = state.lines.standing(call) else {
            if state.lines.has_waited(call, began_at) && state.lines.places.contains_key(&call) {
                self.violated(Invariant::Hold, format_args!("{call} is held, and stands nowhere"));
            }
            return Vec::new();
        };
        let campaign = standing.waiter.campaign;
        if state.lines.plan_is_new(campaign) || !state.lines.has_waited(call, began_at) {
            return Vec::new();
        }
        let Waiter { targets, later, .. } = &standing.waiter;
        if targets.is_empty() && later.is_empty() {
            self.violated(Invariant::Hold, format_args!("{call} is held, and nobody will ever take them"));
        }
        let wanted = targets.iter().filter_map(|target| {
            let leg = self.attempt_at(&state, standing, *target, began_at)?;
            Some((standing.clone(), *target, leg))
        });
        wanted.collect()
    }

    fn attempt_at(
        &self,
        state: &State,
        standing: &Standing,
        target: TargetId,
        began_at: Instant,
    ) -> Option<Leg> {
        let agency = self.world.agency(standing.account)?;
        let planned = agency.targets.get(&target)?;
        let buyer = agency.buyers.get(&planned.buyer_id)?;
        let capacity = capacity::key(standing.account, planned.buyer_id).partition;
        let changed_at = state.lines.capacity_changed_at.get(&capacity)?;
        let now = self.clock.at(Instant::now());
        let stands = (standing.waiter.place, standing.waiter.call);
        let others_first = state.lines.before(standing.account, stands).any(|other| {
            other.wants(target, now + CLOCKS_APART)
                || state.lines.is_of_old_plan(&other.waiter, NOTED_ANEW_WITHIN)
        });
        if *changed_at >= began_at || others_first {
            return None;
        }
        let price = state.limits.prices(target, began_at).max()?;
        attempt((target, planned), buyer, price, now)
    }
}

/// The attempt that there might be now; none at the turn of an hour, in which clocks differ.
fn attempt((id, target): (TargetId, &Target), buyer: &Buyer, price: Money, now: Timestamp) -> Option<Leg> {
    let zone = buyer.time_zone.zone();
    let [before, after] = [now - CLOCKS_APART, now + CLOCKS_APART].map(|at| Window::all_at(at, zone));
    let node = NodeId::try_from("buyers".to_owned()).ok()?;
    (before == after).then(|| Leg {
        attempt: 1,
        target: id,
        buyer: target.buyer_id,
        destination: target.destination.clone(),
        node,
        ring_timeout_seconds: target.ring_timeout_seconds,
        screening_key: None,
        terms: Terms {
            price,
            billable_after_seconds: 0,
            payout: PayoutRule::Fixed { amount: Money::ZERO },
            duplicate: None,
            second_chance_before_seconds: None,
        },
        reserved_at: now - CLOCKS_APART,
        is_fetched: false,
        counted_in: before,
        group: target.group.clone(),
        claims_caller: false,
        provider_leg_id: None,
        answered: None,
        screened: None,
        bridged: None,
        recording_url: None,
        ended: None,
    })
}
