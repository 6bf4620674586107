//! Who may still take a caller whom nobody can take now.

use jiff::{SignedDuration, Timestamp};

use super::{LaterTarget, Waiter};
use crate::{
    call::{Call, KnownCaller, Leg},
    capacity::Full,
    config::QueuePolicy,
    filter::{Fact, Facts, Field},
    ids::TargetId,
    money::Money,
    plan::{Plan, PlannedTarget},
    routing::{Judgement, Reason},
    schedule::Hours,
};

/// A target that may take a caller who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prospect {
    /// Index into [`Plan::targets`].
    pub target: usize,
    /// From when: the moment itself where the target is busy and may be free at any moment.
    pub from: Timestamp,
    /// Until when it is open; none where that is far away.
    pub until: Option<Timestamp>,
}

/// The targets that may take a caller who waits, in the order of the waterfall.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prospects {
    list: Vec<Prospect>,
}

impl Prospects {
    /// From what was found of the candidates. `lost`: those that were full when their capacity was to be reserved.
    pub fn of(
        plan: &Plan,
        call: &Call,
        judgement: &Judgement,
        lost: &[(TargetId, Full)],
        at: Timestamp,
    ) -> Self {
        let free = judgement.eligible.iter().filter(|candidate| {
            let target = plan.targets[candidate.target].id;
            lost.iter().all(|(id, full)| *id != target || full.may_pass_soon())
        });
        let free = free.map(|candidate| (candidate.target, at));
        let later = judgement.passed_over.iter().filter_map(|(candidate, reason)| {
            let from = match reason {
                Reason::Full(full) | Reason::LostRace(full) => full.may_pass_soon().then_some(at),
                Reason::OthersAhead { .. } => Some(at),
                Reason::OutsideHours { opens_at, .. } => *opens_at,
                _ => None,
            };
            Some((candidate.target, from?))
        });
        let list = free.chain(later).chain(judgement.again.iter().copied());
        let caller = KnownCaller::of(call);
        let zones = caller.fact(&Field::CallerZones);
        Self { list: list.map(|(target, from)| prospect(plan, target, from, zones)).collect() }
    }

    /// Those who may take the caller until then.
    #[must_use]
    pub fn until(&self, deadline: Timestamp) -> Self {
        Self { list: self.list.iter().filter(|prospect| prospect.from < deadline).copied().collect() }
    }

    /// True if nobody will.
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The earliest moment at which one of them may.
    pub fn from(&self) -> Option<Timestamp> {
        self.list.iter().map(|prospect| prospect.from).min()
    }

    /// When one of them will be there who is not yet; none if all are.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.list.iter().map(|prospect| prospect.from).filter(|from| *from > at).min()
    }

    /// When the last of them closes; none if one of them does not, for long.
    pub fn close_at(&self) -> Option<Timestamp> {
        self.list.iter().map(|prospect| prospect.until).collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// What the best of them would pay.
    pub fn value(&self, plan: &Plan) -> Money {
        self.targets(plan).map(|target| target.price).max().unwrap_or_default()
    }

    /// The targets.
    pub fn targets<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = &'a PlannedTarget> {
        self.list.iter().map(|prospect| &plan.targets[prospect.target])
    }

    /// Those who may take the caller at any moment, and those who may from some moment on.
    pub fn now_and_later(&self, plan: &Plan, at: Timestamp) -> (Vec<TargetId>, Vec<LaterTarget>) {
        let (now, later): (Vec<&Prospect>, Vec<&Prospect>) =
            self.list.iter().partition(|prospect| prospect.from <= at);
        let id = |prospect: &Prospect| plan.targets[prospect.target].id;
        let now = now.into_iter().map(id).take(Waiter::MOST_TARGETS).collect();
        let later =
            later.into_iter().map(|prospect| LaterTarget { target: id(prospect), from: prospect.from });
        (now, later.take(Waiter::MOST_TARGETS).collect())
    }

    /// Their indexes into [`Plan::targets`].
    pub fn indexes(&self) -> impl Iterator<Item = usize> {
        self.list.iter().map(|prospect| prospect.target)
    }
}

/// Open until the target, its buyer or the campaign closes, whichever does first.
fn prospect(plan: &Plan, target: usize, from: Timestamp, zones: Fact<'_>) -> Prospect {
    let planned = &plan.targets[target];
    let kept = [plan.hours, plan.buyer_of(planned).hours, planned.hours];
    let closings =
        kept.into_iter().flatten().filter_map(|index| match plan.schedules[index].judge(from, zones) {
            Hours::Open { closes_at } => closes_at,
            Hours::Closed { .. } | Hours::Unknown => None,
        });
    Prospect { target, from, until: closings.min() }
}

/// From when a target is asked again for a waiting caller whom it did not take; none if it is not.
pub fn asked_again_from(policy: &QueuePolicy, leg: &Leg) -> Option<Timestamp> {
    let end = leg.ended.filter(|_| !leg.was_refused() && !leg.was_accepted())?;
    Some(end.stamp.arrived_at + SignedDuration::from_secs(policy.retry_seconds.into()))
}

impl Full {
    /// Whether the room that is missing may be there any moment: a line that becomes free, some seconds that pass. A count or an amount that
    /// is used up stays so until its window is over.
    pub const fn may_pass_soon(&self) -> bool {
        match self {
            Self::Concurrency { limit, .. } => *limit > 0,
            Self::TooSoon { .. } => true,
            Self::Window { .. } | Self::Money { .. } | Self::Budget { .. } => false,
        }
    }
}
