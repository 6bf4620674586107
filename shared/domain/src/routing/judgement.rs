//! Every target of a plan, judged for one call at one moment.

use jiff::Timestamp;

use super::{HoursOf, Reason, duplicates::Earlier, weighted_order};
use crate::{
    call::Call,
    caller::CallerPast,
    capacity::{BuyerUsage, Demand, Full, Scope, Usage},
    filter::{Facts, Field},
    ids::{BuyerId, CallId, TargetId},
    plan::{Place, Plan, PlannedTarget, Tier},
    queue::asked_again_from,
    schedule::Hours,
};

/// What is in use of the plan's buyers and targets, read at one moment. Possibly a little old: the reservation itself decides.
#[derive(Debug, Clone, Default)]
pub struct CapacitySnapshot {
    /// By the index of [`Plan::buyers`]; none where nothing is known.
    pub buyers: Vec<Option<BuyerUsage>>,
    /// By the index of [`Plan::targets`].
    pub targets: Vec<Usage>,
}

/// One target in one tier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Index into [`Plan::targets`].
    pub target: usize,
    /// Counted from 1.
    pub tier: u8,
    /// 1 is asked first.
    pub priority: u32,
    /// Its share among those of equal priority.
    pub weight: u32,
}

/// What was found of a candidate.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It would take the call.
    Eligible,
    /// It was tried before in this call.
    Tried {
        /// When it would be asked again, should the caller wait; none if never.
        again_from: Option<Timestamp>,
    },
    /// It would not take the call.
    PassedOver(Reason),
}

/// Every candidate of a plan, judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judgement {
    /// Who would take the call, whoever is asked first in front.
    pub eligible: Vec<Candidate>,
    /// Who would not, in the order of the tiers.
    pub passed_over: Vec<(Candidate, Reason)>,
    /// Who was tried and would be asked again, should the caller wait: indexes into [`Plan::targets`], each with from when.
    pub again: Vec<(usize, Timestamp)>,
    /// The earlier call of the same caller of which this one is a duplicate.
    pub duplicate_of: Option<CallId>,
    /// That nobody takes the call is for the hours: the campaign is closed, or whoever would take such a call.
    pub after_hours: bool,
}

/// Judges every target of a plan that was not tried yet. `tiers`: the numbers that the flow asks for; none asks all.
pub fn judge(
    plan: &Plan,
    call: &Call,
    facts: &impl Facts,
    tiers: Option<&[u8]>,
    capacity: &CapacitySnapshot,
    past: &CallerPast,
    at: Timestamp,
) -> Judgement {
    let hung_up_early = call.legs.iter().filter(|leg| leg.gives_second_chance()).map(|leg| leg.buyer);
    let mut judge = Judge {
        plan,
        call,
        facts,
        capacity,
        at,
        hung_up_early: hung_up_early.collect(),
        earlier: Earlier::of(plan, call, past, at),
        hours: vec![None; plan.schedules.len()],
        campaign_closed: None,
        is_any_open: false,
        is_any_closed: false,
    };
    judge.campaign_closed = judge.closed_by(plan.hours, HoursOf::Campaign);
    let mut judgement = Judgement { duplicate_of: judge.earlier.duplicate_of(), ..Judgement::default() };
    for tier in &plan.tiers {
        let asked = tiers.is_none_or(|tiers| tiers.contains(&tier.number));
        judge.tier(tier, asked, &mut judgement);
    }
    let all_closed = judge.is_any_closed && !judge.is_any_open;
    judgement.after_hours = judge.campaign_closed.is_some() || all_closed;
    judgement
}

struct Judge<'a, F> {
    plan: &'a Plan,
    call: &'a Call,
    facts: &'a F,
    capacity: &'a CapacitySnapshot,
    at: Timestamp,
    /// The buyers whose targets hung up on the caller early.
    hung_up_early: Vec<BuyerId>,
    /// What the caller's earlier calls mean.
    earlier: Earlier<'a>,
    /// By the index of [`Plan::schedules`]: each schedule is looked at once, however many targets keep it.
    hours: Vec<Option<Hours>>,
    /// That the campaign is closed.
    campaign_closed: Option<Reason>,
    /// Whether somebody would take such a call and is open, though perhaps busy or tried already.
    is_any_open: bool,
    /// Whether somebody would take such a call and is closed.
    is_any_closed: bool,
}

impl<F: Facts> Judge<'_, F> {
    fn tier(&mut self, tier: &Tier, asked: bool, judgement: &mut Judgement) {
        let mut drawn = Vec::with_capacity(tier.places.len());
        for place in &tier.places {
            let candidate = candidate(tier, *place);
            let verdict = self.verdict(place.target, asked);
            self.note_hours(&verdict, asked);
            match verdict {
                Verdict::Eligible => {
                    let target = self.plan.targets[place.target].id;
                    drawn.push((candidate, weighted_order(self.call.id, target, place.weight)));
                }
                Verdict::Tried { again_from } => {
                    judgement.again.extend(again_from.map(|from| (place.target, from)));
                }
                Verdict::PassedOver(reason) => judgement.passed_over.push((candidate, reason)),
            }
        }
        drawn.sort_unstable_by(|(a, a_draw), (b, b_draw)| {
            a.priority.cmp(&b.priority).then(a_draw.total_cmp(b_draw))
        });
        judgement.eligible.extend(drawn.into_iter().map(|(candidate, _)| candidate));
    }

    fn note_hours(&mut self, verdict: &Verdict, asked: bool) {
        match verdict {
            Verdict::Eligible | Verdict::PassedOver(Reason::Full(_)) => self.is_any_open = true,
            Verdict::Tried { .. } => self.is_any_open |= asked,
            Verdict::PassedOver(Reason::OutsideHours { .. } | Reason::CallerZoneUnknown { .. }) => {
                self.is_any_closed = true;
            }
            Verdict::PassedOver(_) => {}
        }
    }

    /// Cheap and final grounds first; the first that applies is the reason.
    fn verdict(&mut self, index: usize, asked: bool) -> Verdict {
        let target = &self.plan.targets[index];
        if let Some(again_from) = self.tried(target) {
            let would_take = self.never_takes(target, asked).is_none();
            return Verdict::Tried { again_from: again_from.filter(|_| would_take) };
        }
        let reason = self.never_takes(target, asked);
        let reason = reason.or_else(|| self.closed(target)).or_else(|| self.full(index, target));
        reason.map_or(Verdict::Eligible, Verdict::PassedOver)
    }

    /// Why a target will not take the caller, however long they wait.
    fn never_takes(&self, target: &PlannedTarget, asked: bool) -> Option<Reason> {
        if !asked {
            return Some(Reason::TierNotAsked);
        }
        if target.paused {
            return Some(Reason::Paused);
        }
        self.had_its_chance(target)
            .or_else(|| self.earlier.refuse(self.plan, self.plan.buyer_of(target)))
            .or_else(|| target.skills.missing(&self.call.tags).map(Reason::MissingSkill))
            .or_else(|| self.refused_by_filter(target))
    }

    /// A target that did not take a caller who waits is asked again after a while.
    ///
    /// # Returns
    /// From when, of one that was tried and is not asked now.
    fn tried(&self, target: &PlannedTarget) -> Option<Option<Timestamp>> {
        let leg = self.call.legs.iter().rev().find(|leg| leg.target == target.id)?;
        let again_from = self.plan.queue.as_ref().and_then(|policy| asked_again_from(policy, leg));
        let is_asked = self.call.queued.is_some() && again_from.is_some_and(|from| from <= self.at);
        (!is_asked).then(|| again_from.map(|from| from.max(self.at)))
    }

    fn had_its_chance(&self, target: &PlannedTarget) -> Option<Reason> {
        let buyer = self.plan.buyer_of(target).id;
        self.hung_up_early.contains(&buyer).then_some(Reason::SecondChanceUsed { buyer })
    }

    fn refused_by_filter(&self, target: &PlannedTarget) -> Option<Reason> {
        let failure = target.filter.as_ref()?.evaluate(self.facts).err()?;
        Some(Reason::FilterFailed {
            field: failure.field,
            operator: failure.op,
            is_unknown: failure.is_unknown,
        })
    }

    /// A target takes calls when it, its buyer and the campaign are open.
    fn closed(&mut self, target: &PlannedTarget) -> Option<Reason> {
        let buyer = self.plan.buyer_of(target).hours;
        self.campaign_closed
            .clone()
            .or_else(|| self.closed_by(buyer, HoursOf::Buyer))
            .or_else(|| self.closed_by(target.hours, HoursOf::Target))
    }

    fn closed_by(&mut self, schedule: Option<usize>, of: HoursOf) -> Option<Reason> {
        let index = schedule?;
        let hours = *self.hours[index].get_or_insert_with(|| {
            self.plan.schedules[index].judge(self.at, self.facts.fact(&Field::CallerZones))
        });
        match hours {
            Hours::Open { .. } => None,
            Hours::Closed { opens_at } => Some(Reason::OutsideHours { of, opens_at }),
            Hours::Unknown => Some(Reason::CallerZoneUnknown { of }),
        }
    }

    fn full(&self, index: usize, target: &PlannedTarget) -> Option<Reason> {
        let Some(Some(buyer)) = self.capacity.buyers.get(target.buyer) else {
            return Some(Reason::CapacityUnknown);
        };
        let demand = Demand { price: target.price, at: self.at };
        let own = self.capacity.targets.get(index).and_then(|usage| usage.full(Scope::Target, demand));
        let shared = match target.group.as_ref().map(|group| buyer.groups.get(group)) {
            None => None,
            Some(Some(usage)) => usage.full(Scope::Group, demand),
            Some(None) => return Some(Reason::CapacityUnknown),
        };
        own.or(shared).or_else(|| buyer.full(demand)).map(Reason::Full)
    }
}

const fn candidate(tier: &Tier, place: Place) -> Candidate {
    Candidate { target: place.target, tier: tier.number, priority: place.priority, weight: place.weight }
}

/// What became of one candidate: a line of the call's decision record.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruling {
    /// The target.
    pub target: TargetId,
    /// Where it stood.
    pub candidate: Candidate,
    /// Why it was passed over.
    pub reason: Reason,
}

impl Judgement {
    /// Leaves those targets to callers who wait for them and are to be served before this one. `ahead`: how many those are.
    pub fn give_way(&mut self, ahead: impl Fn(usize) -> u32) {
        let (free, awaited) = self.eligible.drain(..).partition(|candidate| ahead(candidate.target) == 0);
        self.eligible = free;
        let awaited: Vec<Candidate> = awaited;
        self.passed_over.extend(awaited.into_iter().map(|candidate| {
            let reason = Reason::OthersAhead { ahead: ahead(candidate.target) };
            (candidate, reason)
        }));
    }

    /// The decision record's lines for everyone who was not taken. `lost` are those who were full when their capacity was to be reserved.
    pub fn rulings(&self, plan: &Plan, taken: Option<TargetId>, lost: &[(TargetId, Full)]) -> Vec<Ruling> {
        let ruling = |candidate: &Candidate, reason| Ruling {
            target: plan.targets[candidate.target].id,
            candidate: *candidate,
            reason,
        };
        let eligible = self.eligible.iter().filter_map(|candidate| {
            let target = plan.targets[candidate.target].id;
            let lost = lost.iter().find(|(id, _)| *id == target).map(|(_, full)| Reason::LostRace(*full));
            let reason = lost.or_else(|| {
                let taken = taken.filter(|taken| *taken != target)?;
                Some(Reason::RankedBelow { taken })
            })?;
            Some(ruling(candidate, reason))
        });
        let passed_over =
            self.passed_over.iter().map(|(candidate, reason)| ruling(candidate, reason.clone()));
        eligible.chain(passed_over).collect()
    }
}
