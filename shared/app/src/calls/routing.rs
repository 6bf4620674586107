//! A caller is offered: candidates are judged, capacity is reserved, and the attempt begins.

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    call::{Call, DuplicateTerms, Fact, KnownCaller, Leg, Terms, instructions::Instruction, step::connect},
    capacity::{Full, Window},
    flow::{Node, NodeId},
    ids::TargetId,
    plan::{Plan, PlannedTarget},
    routing::{Judgement, judge},
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        arrive::arrive,
        record::record_decision,
        reserve::{Request, Reserved, reserve},
    },
    records::{caller::CallerRecord, capacity::CapacityRecord},
};

use super::{
    judging::{caller_record, capacity_snapshot},
    watch::first_look_at,
};
use crate::{connection::Connected, message::WatchLeg, platform::Platform};

/// What came of offering a caller.
#[derive(Debug)]
pub enum Routed {
    /// A target is to be rung.
    Connect(Instruction),
    /// Nobody is left who would take the call.
    Exhausted,
    /// The caller is gone, or has been served meanwhile.
    Over,
}

/// A call on its way through a webhook.
#[derive(Debug)]
pub struct Current {
    /// As last read, or as it came in.
    pub call: Call,
    /// Whether it is written. A call that is offered at once is written with its first attempt.
    pub is_stored: bool,
}

impl Current {
    /// Writes the call if it is not. Another copy of the webhook may have done so: then it is as that one left it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn store(&mut self, platform: &Platform) -> Result<(), StoreError> {
        if !self.is_stored {
            *self = Self::stored(arrive(&*platform.table, &self.call).await?);
        }
        Ok(())
    }

    /// A call as it was read.
    pub const fn stored(call: Call) -> Self {
        Self { call, is_stored: true }
    }
}

/// Offers a caller to the best target that has room. `current` is brought up to date with what happened.
///
/// Per attempt, in this order: the watchdog is sent, capacity is reserved and the attempt written in one transaction, the dial is
/// answered. So whatever dies in between, someone will look after the slot.
pub async fn route(
    platform: &Platform,
    connected: &Connected,
    plan: &Plan,
    current: &mut Current,
    node: &NodeId,
) -> Result<Routed, StoreError> {
    // A copy of this webhook may be faster each time; it can be so at most once per attempt.
    for _ in 0..ringfall_domain::call::MOST_ATTEMPTS {
        let call = &mut current.call;
        if let Some(leg) = call.live_leg() {
            return Ok(Routed::Connect(connect(plan, call, leg)));
        }
        if call.ended.is_some() || call.served_leg().is_some() {
            return Ok(Routed::Over);
        }
        if call.was_turned_away() {
            return Ok(Routed::Exhausted);
        }
        let mut offer = Offer::prepare(platform, connected, plan, call, node).await?;
        match offer.make(platform, plan, current).await? {
            Made::Held(leg) => {
                let instruction = connect(plan, &current.call, &leg);
                current.call.legs.push(*leg);
                current.is_stored = true;
                return Ok(Routed::Connect(instruction));
            }
            Made::Nobody => {
                current.store(platform).await?;
                if offer.keep_why_nobody(platform, plan, current).await? {
                    return Ok(Routed::Exhausted);
                }
            }
            Made::Overtaken(newer) => *current = Current::stored(*newer),
            Made::EndedBefore => current.store(platform).await?,
            Made::CallerClaimed => {}
        }
    }
    Ok(Routed::Exhausted)
}

/// One round over the candidates.
struct Offer {
    node: NodeId,
    attempt: Option<u8>,
    judgement: Judgement,
    capacity: Vec<Option<CapacityRecord>>,
    /// What the caller's earlier calls were judged by, where callers are remembered.
    caller: Option<CallerRecord>,
    /// Targets that were found full while reserving.
    lost: Vec<(TargetId, Full)>,
    at: Timestamp,
}

enum Made {
    Held(Box<Leg>),
    Nobody,
    Overtaken(Box<Call>),
    /// The call was over before it was written.
    EndedBefore,
    /// Another call of the same caller was faster.
    CallerClaimed,
}

impl Offer {
    async fn prepare(
        platform: &Platform,
        connected: &Connected,
        plan: &Plan,
        call: &Call,
        node: &NodeId,
    ) -> Result<Self, StoreError> {
        let at = platform.now();
        let attempt = call.next_attempt();
        let watchdog = async {
            match attempt.filter(|_| !plan.targets.is_empty()) {
                None => Ok(()),
                Some(attempt) => {
                    let watch = WatchLeg { connection: connected.id, call: call.id, attempt, armed_at: at };
                    watch.arm(platform, first_look_at(plan, at)).await
                }
            }
        };
        let read = futures::try_join!(
            capacity_snapshot(platform, plan, at),
            caller_record(platform, plan, call),
            watchdog
        );
        let ((snapshot, capacity), caller, ()) = read?;
        let tiers = match plan.flow.nodes.get(node) {
            Some(Node::Route(route)) => route.tiers.as_deref(),
            _ => None,
        };
        let past = caller.as_ref().map(|record| record.past.clone()).unwrap_or_default();
        let judgement = judge(plan, call, &KnownCaller::of(call), tiers, &snapshot, &past, at);
        Ok(Self { node: node.clone(), attempt, judgement, capacity, caller, lost: Vec::new(), at })
    }

    async fn make(
        &mut self,
        platform: &Platform,
        plan: &Plan,
        current: &Current,
    ) -> Result<Made, StoreError> {
        let eligible = self.attempt.map_or(&[][..], |_| &self.judgement.eligible);
        for candidate in eligible {
            let target = &plan.targets[candidate.target];
            let Some(Some(known)) = self.capacity.get(target.buyer) else { continue };
            let leg = self.leg(plan, &current.call, target);
            let request = Request {
                call: &current.call,
                is_stored: current.is_stored,
                leg: &leg,
                expires_at: first_look_at(plan, self.at) + LEASE_MARGIN,
                known,
                rulings: &self.judgement.rulings(plan, Some(target.id), &self.lost),
                caller: self.caller.as_ref(),
            };
            match reserve(&*platform.table, &request).await? {
                Reserved::Held => {
                    platform.metrics.reserved.inc();
                    return Ok(Made::Held(Box::new(leg)));
                }
                Reserved::Full(full) => {
                    platform.metrics.lost_races.inc();
                    self.lost.push((target.id, full));
                }
                Reserved::CapacityGone => {}
                Reserved::Overtaken(newer) => return Ok(Made::Overtaken(newer)),
                Reserved::EndedBefore => return Ok(Made::EndedBefore),
                Reserved::CallerClaimed => return Ok(Made::CallerClaimed),
            }
        }
        Ok(Made::Nobody)
    }

    /// Keeps why nobody takes the caller, unless they are served after all: what fills the last slot may be a copy of this very
    /// webhook.
    ///
    /// # Returns
    /// False if so; `current` is then the call as it stands.
    async fn keep_why_nobody(
        &self,
        platform: &Platform,
        plan: &Plan,
        current: &mut Current,
    ) -> Result<bool, StoreError> {
        let Current { call, .. } = current;
        let rulings = self.judgement.rulings(plan, None, &self.lost);
        let facts: Vec<Fact> = self.judgement.duplicate_of.map(Fact::DuplicateOf).into_iter().collect();
        let (table, at) = (&*platform.table, self.at);
        match record_decision(table, call.account, call.id, &rulings, &facts, at).await? {
            Some(newer) if self.attempt.is_some_and(|attempt| newer.leg(attempt).is_some()) => {
                *call = newer;
                Ok(false)
            }
            Some(_) | None => {
                call.routed = true;
                Ok(true)
            }
        }
    }

    fn leg(&self, plan: &Plan, call: &Call, target: &PlannedTarget) -> Leg {
        let buyer = plan.buyer_of(target);
        Leg {
            attempt: self.attempt.unwrap_or(u8::MAX),
            target: target.id,
            buyer: buyer.id,
            destination: target.destination.clone(),
            node: self.node.clone(),
            ring_timeout_seconds: target.ring_timeout_seconds,
            screening_key: target.screening.as_ref().map(|screening| screening.press.as_char()),
            terms: Terms {
                price: target.price,
                billable_after_seconds: plan.billable_after_seconds(target),
                payout: plan.payout,
                duplicate: self.duplicate_terms(plan),
                second_chance_before_seconds: plan.second_chance_after(call.second_chances()),
            },
            reserved_at: self.at,
            counted_in: Window::all_at(self.at, buyer.time_zone.zone()),
            group: target.group.clone(),
            claims_caller: self.caller.is_some(),
            provider_leg_id: None,
            answered: None,
            screened: None,
            bridged: None,
            recording_url: None,
            ended: None,
        }
    }
}

impl Offer {
    fn duplicate_terms(&self, plan: &Plan) -> Option<DuplicateTerms> {
        let (of, rule) = (self.judgement.duplicate_of?, plan.duplicates?);
        Some(DuplicateTerms { of, pays_publisher: rule.pay_publisher })
    }
}

/// Between the watchdog's first look and the lease's end: a watchdog that does its work is never overtaken by the sweep.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(60);
