//! One round over a caller's candidates: they are judged, and the best that has room is reserved.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    call::{Call, DuplicateTerms, Fact, KnownCaller, Leg, Terms},
    capacity::{Full, Scope, Window},
    flow::{Node, NodeId},
    ids::{BuyerId, TargetId},
    plan::{Plan, PlannedTarget},
    queue::{Prospects, Waiter},
    routing::{Judgement, Reason, Ruling, judge},
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        record::record_decision,
        reserve::{Request, Reserved, read_capacity, reserve},
    },
    records::{caller::CallerRecord, capacity::CapacityRecord},
};

use super::{
    judging::{caller_record, capacity_snapshot},
    queue::outlook::remembered_outlook,
    routing::Current,
    watch::first_look_at,
};
use crate::{connection::Connected, message::WatchLeg, platform::Platform};

/// One round over the candidates.
pub(super) struct Offer {
    node: NodeId,
    attempt: Option<u8>,
    judgement: Judgement,
    capacity: Vec<Option<CapacityRecord>>,
    /// What the caller's earlier calls were judged by, where callers are remembered.
    caller: Option<CallerRecord>,
    /// Targets that were found full while reserving.
    lost: Vec<(TargetId, Full)>,
    /// Whether the caller has to be redirected to the dial.
    is_fetched: bool,
    /// The watchdog of the attempt that may follow, if it is not sent yet.
    watchdog: Option<Watchdog>,
    /// Whose targets may be given; any where none are said.
    of_buyers: Option<BTreeSet<BuyerId>>,
    at: Timestamp,
}

/// The message that looks after an attempt.
struct Watchdog {
    watch: WatchLeg,
    due_at: Timestamp,
}

impl Watchdog {
    async fn send(self, platform: &Platform) -> Result<(), StoreError> {
        self.watch.arm(platform, self.due_at).await
    }
}

/// For whom candidates are sought.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The `route` node that asks.
    pub(super) node: &'a NodeId,
    /// The tiers that are asked; those of the node where none are given.
    pub(super) tiers: Option<&'a [u8]>,
    /// Whether the caller has to be redirected to the dial, since it is not their own webhook that is answered.
    pub(super) is_fetched: bool,
}

/// What came of an offer.
pub(super) enum Made {
    Held(Box<Leg>),
    Nobody,
    Overtaken(Box<Call>),
    /// The call was over before it was written.
    EndedBefore,
    /// Another call of the same caller was faster.
    CallerClaimed,
    /// The caller waits no more: somebody else has served them, or they have left.
    NotWaiting(Box<Call>),
}

impl Offer {
    /// Judges the candidates. For a call that has just come in, which is mostly taken at once, the watchdog of the attempt that may follow is
    /// sent meanwhile, so that the caller does not wait for it; for one who waits in a queue, or comes while others of their campaign are
    /// held, and mostly waits on, only before an attempt.
    pub(super) async fn prepare(
        platform: &Platform,
        connected: &Connected,
        plan: &Plan,
        call: &Call,
        wanted: Wanted<'_>,
    ) -> Result<Self, StoreError> {
        let at = platform.now();
        let attempt = call.next_attempt();
        let watchdog = attempt.filter(|_| !plan.targets.is_empty()).map(|attempt| Watchdog {
            watch: WatchLeg { connection: connected.id, call: call.id, attempt, armed_at: at },
            due_at: first_look_at(plan, at),
        });
        let waits = call.queued.is_some() || remembered_outlook(platform, plan).await.is_some();
        let (sent_now, watchdog) = if waits { (None, watchdog) } else { (watchdog, None) };
        let ((snapshot, capacity), caller, ()) = futures::try_join!(
            capacity_snapshot(platform, plan, at),
            caller_record(platform, plan, call),
            async {
                match sent_now {
                    Some(watchdog) => watchdog.send(platform).await,
                    None => Ok(()),
                }
            },
        )?;
        let tiers = wanted.tiers.or_else(|| match plan.flow.nodes.get(wanted.node) {
            Some(Node::Route(route)) => route.tiers.as_deref(),
            _ => None,
        });
        let past = caller.as_ref().map(|record| record.past.clone()).unwrap_or_default();
        let judgement = judge(plan, call, &KnownCaller::of(call), tiers, &snapshot, &past, at);
        Ok(Self {
            node: wanted.node.clone(),
            attempt,
            judgement,
            capacity,
            caller,
            lost: Vec::new(),
            is_fetched: wanted.is_fetched,
            watchdog,
            of_buyers: None,
            at,
        })
    }

    /// Gives only targets of those buyers: who waits for any other, and stands before this caller, was not looked for.
    pub(super) fn of_buyers(&mut self, buyers: BTreeSet<BuyerId>) {
        self.of_buyers = Some(buyers);
    }

    /// Leaves targets to those who are to be served first. `ahead`: how many they are, by the index of [`Plan::targets`].
    pub(super) fn give_way(&mut self, ahead: impl Fn(usize) -> u32) {
        self.judgement.give_way(ahead);
    }

    /// Whether anybody is left who may be asked.
    pub(super) fn has_candidates(&self) -> bool {
        !self.judgement.eligible.is_empty()
    }

    /// Who may take the caller later, if nobody does now.
    pub(super) fn prospects(&self, plan: &Plan, call: &Call) -> Prospects {
        Prospects::of(plan, call, &self.judgement, &self.lost, self.at)
    }

    /// Why each candidate was passed over.
    pub(super) fn rulings(&self, plan: &Plan) -> Vec<Ruling> {
        self.judgement.rulings(plan, None, &self.lost)
    }

    /// The buyers all of whose lines are taken, whichever target is asked.
    pub(super) fn buyers_without_line(&self, plan: &Plan) -> BTreeSet<BuyerId> {
        let judged = self.judgement.passed_over.iter().map(|(candidate, reason)| (candidate.target, reason));
        let full = judged.filter_map(|(target, reason)| match reason {
            Reason::Full(Full::Concurrency { scope: Scope::Buyer, .. }) => {
                Some(plan.buyer_of(&plan.targets[target]).id)
            }
            _ => None,
        });
        let lost = self.lost.iter().filter_map(|(target, full)| match full {
            Full::Concurrency { scope: Scope::Buyer, .. } => Some(plan.buyer_of(plan.target(*target)?).id),
            _ => None,
        });
        full.chain(lost).collect()
    }

    /// Whether it is for the hours that nobody takes the call.
    pub(super) const fn is_after_hours(&self) -> bool {
        self.judgement.after_hours
    }

    /// When the candidates were judged.
    pub(super) const fn at(&self) -> Timestamp {
        self.at
    }

    /// What is in use of the plan's buyers, by the index of [`Plan::buyers`].
    pub(super) fn capacity(&self) -> &[Option<CapacityRecord>] {
        &self.capacity
    }

    /// Whether somebody may be free by now where nobody was: something in use has changed since, or whoever was let go first may have left.
    pub(super) async fn is_outdated(&self, platform: &Platform, plan: &Plan) -> Result<bool, StoreError> {
        let mut reasons = self.judgement.passed_over.iter().map(|(_, reason)| reason);
        if reasons.any(|reason| matches!(reason, Reason::OthersAhead { .. })) {
            return Ok(true);
        }
        let buyers: Vec<BuyerId> = plan.buyers.iter().map(|buyer| buyer.id).collect();
        Ok(read_capacity(&*platform.table, plan.account, &buyers).await? != self.capacity)
    }

    /// Reserves the best candidate that has room. `waiter`: the place in a queue that the caller then leaves.
    pub(super) async fn make(
        &mut self,
        platform: &Platform,
        plan: &Plan,
        current: &Current,
        waiter: Option<&Waiter>,
    ) -> Result<Made, StoreError> {
        let eligible = self.attempt.map_or(&[][..], |_| &self.judgement.eligible);
        for candidate in eligible {
            let target = &plan.targets[candidate.target];
            if self.of_buyers.as_ref().is_some_and(|buyers| !buyers.contains(&plan.buyer_of(target).id)) {
                continue;
            }
            let Some(Some(known)) = self.capacity.get(target.buyer) else { continue };
            let leg = self.leg(plan, &current.call, target);
            if let Some(watchdog) = self.watchdog.take() {
                watchdog.send(platform).await?;
            }
            let request = Request {
                call: &current.call,
                is_stored: current.is_stored,
                leg: &leg,
                expires_at: first_look_at(plan, self.at) + LEASE_MARGIN,
                known,
                rulings: &self.judgement.rulings(plan, Some(target.id), &self.lost),
                caller: self.caller.as_ref(),
                takes_out: waiter,
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
                Reserved::NotWaiting(newer) => return Ok(Made::NotWaiting(newer)),
            }
        }
        Ok(Made::Nobody)
    }

    /// Keeps why nobody takes the caller, unless they are served after all: what fills the last slot may be a copy of this very
    /// webhook.
    ///
    /// # Returns
    /// False if so; `current` is then the call as it stands.
    pub(super) async fn keep_why_nobody(
        &self,
        platform: &Platform,
        plan: &Plan,
        current: &mut Current,
    ) -> Result<bool, StoreError> {
        let Current { call, .. } = current;
        let rulings = self.rulings(plan);
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
            is_fetched: self.is_fetched,
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
