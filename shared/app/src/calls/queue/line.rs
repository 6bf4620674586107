//! Who waits, in the order of service, as read at one moment.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use jiff::Timestamp;
use ringfall_domain::{
    call::Call,
    ids::{AccountId, CallId, TargetId},
    plan::Plan,
    queue::{Place, QueueId, Told, Waiter, WaiterKind},
};
use ringfall_store::{
    port::StoreError,
    protocols::queue::{Line as Head, line as head, line_up_to},
};

use super::super::offer::Offer;
use crate::platform::Platform;

/// So many of a caller's own queue are looked at: within them, their place is told exactly.
pub(in super::super) const OWN_WAITERS: usize = 1_000;
/// So many of each other queue are looked at by a caller who comes: whoever of them is before the caller is served first. Mostly the first of
/// them want whoever is free; only where they do not, more are read.
const OTHER_WAITERS: [usize; 2] = [16, 200];

/// Who waits in the queues whose callers some buyers take, in the order of service.
#[derive(Debug, Default)]
pub(in super::super) struct Line {
    waiters: Vec<Waiter>,
    /// Behind this place there may be others who were not read; none if all were.
    known_until: Option<Place>,
}

impl Line {
    /// The line at a plan's buyers, as far as a call asks for it: one that has its place in the plan's queue needs nobody behind it. `own`:
    /// what was read of that queue already. Not read for a campaign that holds nobody: its callers take what is free, since they cannot
    /// be asked to wait.
    pub(in super::super) async fn read(
        platform: &Platform,
        plan: &Plan,
        call: &Call,
        own: Option<Self>,
    ) -> Result<Self, StoreError> {
        let Some(queue) = plan.queue_id() else { return Ok(Self::default()) };
        let mut others = platform.queues_of(plan.account, plan.buyer_ids()).await?;
        others.remove(&queue);
        let (own, others) = futures::try_join!(
            async {
                match (own, place_in(call, &queue)) {
                    (Some(own), _) => Ok(own),
                    (None, Some(place)) => Self::up_to(platform, plan, &queue, (place, call.id)).await,
                    (None, None) => {
                        Self::of_queues(platform, plan.account, &[queue.clone()].into(), OWN_WAITERS).await
                    }
                }
            },
            Self::of_queues(platform, plan.account, &others, OTHER_WAITERS[0]),
        )?;
        Ok(own.merged_with(others))
    }

    /// Reads more of the other queues, where it takes more to tell whether others are first for what is free.
    async fn read_on(&mut self, platform: &Platform, plan: &Plan) -> Result<(), StoreError> {
        let mut others = platform.queues_of(plan.account, plan.buyer_ids()).await?;
        others.retain(|queue| plan.queue_id().as_ref() != Some(queue));
        let others = Self::of_queues(platform, plan.account, &others, OTHER_WAITERS[1]).await?;
        let own = self.waiters.drain(..).filter(|waiter| plan.queue_id().as_ref() == Some(&waiter.queue));
        let own = Self { waiters: own.collect(), known_until: None };
        *self = own.merged_with(others);
        Ok(())
    }

    /// Those of a queue who do not stand behind a caller, who is among them.
    pub(super) async fn up_to(
        platform: &Platform,
        plan: &Plan,
        queue: &QueueId,
        stands: (Place, CallId),
    ) -> Result<Self, StoreError> {
        let head = line_up_to(&*platform.table, plan.account, queue, stands, OWN_WAITERS).await?;
        Ok(Self { waiters: head.waiters, known_until: Some(stands.0) })
    }

    /// Those who do not stand behind a caller, as far as the last step of their hold told where that is; none if it did not.
    pub(in super::super) async fn as_told(
        platform: &Platform,
        plan: &Plan,
        told: &Told,
        call: CallId,
    ) -> Result<Option<Self>, StoreError> {
        match (plan.queue_id(), told.place) {
            (Some(queue), Some(place)) => Self::up_to(platform, plan, &queue, (place, call)).await.map(Some),
            _ => Ok(None),
        }
    }

    /// The first `limit` of each of some queues.
    pub(in super::super) async fn of_queues(
        platform: &Platform,
        account: AccountId,
        queues: &BTreeSet<QueueId>,
        limit: usize,
    ) -> Result<Self, StoreError> {
        let heads = queues.iter().map(|queue| head(&*platform.table, account, queue, limit));
        let heads: Vec<Head> = try_join_all(heads).await?;
        let merged = heads.into_iter().fold(Self::default(), |line, head| {
            let known_until = head.waiters.last().filter(|_| head.more).map(|last| last.place);
            line.merged_with(Self { waiters: head.waiters, known_until })
        });
        Ok(merged)
    }

    fn merged_with(mut self, other: Self) -> Self {
        self.waiters.extend(other.waiters);
        self.waiters.sort_by_key(|waiter| (waiter.place, waiter.call));
        let known_until = self.known_until.into_iter().chain(other.known_until).min();
        Self { waiters: self.waiters, known_until }
    }

    /// Those of whom it is certain that nobody else is served before them.
    pub(super) fn certain(&self) -> &[Waiter] {
        let end = self.known_until.map(|last| self.waiters.partition_point(|waiter| waiter.place <= last));
        &self.waiters[..end.unwrap_or(self.waiters.len())]
    }

    /// Whether everybody was read.
    pub(super) const fn is_whole(&self) -> bool {
        self.known_until.is_none()
    }

    /// In the order of service.
    pub(super) fn waiters(&self) -> &[Waiter] {
        &self.waiters
    }

    /// The place that a call holds.
    pub(in super::super) fn waiter_of(&self, call: CallId) -> Option<&Waiter> {
        self.waiters.iter().find(|waiter| waiter.call == call)
    }

    /// How many wait in a queue.
    pub(super) fn size(&self, queue: &QueueId) -> u32 {
        count(self.waiters.iter().filter(|waiter| waiter.queue == *queue))
    }

    /// How many of a queue are served before one who stands there.
    pub(in super::super) fn ahead(&self, queue: &QueueId, place: Place, call: CallId) -> u32 {
        let before = |waiter: &&Waiter| (waiter.place, waiter.call) < (place, call) && waiter.queue == *queue;
        count(self.waiters.iter().filter(before))
    }

    /// Leaves those targets of an offer to others for whom they wait, and who are to be served before this caller.
    pub(in super::super) async fn let_go_first(
        &mut self,
        platform: &Platform,
        plan: &Plan,
        call: &Call,
        offer: &mut Offer,
    ) -> Result<(), StoreError> {
        if self.waiters.is_empty() {
            return Ok(());
        }
        let had = call.queued.as_ref().map(|queued| queued.place);
        let place = self.waiter_of(call.id).map(|waiter| waiter.place).or(had).or_else(|| {
            let order = &plan.queue.as_ref()?.order;
            let value = order.value.unwrap_or_else(|| offer.prospects(plan, call).value(plan));
            Some(Place::of(order, value, offer.at()))
        });
        let Some(place) = place else { return Ok(()) };
        self.give_way(plan, (place, call.id), offer);
        if offer.has_candidates() && self.known_until.is_some_and(|last| last < place) {
            self.read_on(platform, plan).await?;
            self.give_way(plan, (place, call.id), offer);
        }
        Ok(())
    }

    fn give_way(&self, plan: &Plan, stands: (Place, CallId), offer: &mut Offer) {
        let at = offer.at();
        offer.give_way(|target| self.wanted_before(plan, plan.targets[target].id, stands, at));
    }

    /// How many wait for a target who are served before one who stands there.
    fn wanted_before(&self, plan: &Plan, target: TargetId, stands: (Place, CallId), at: Timestamp) -> u32 {
        let before = self.waiters.iter().take_while(|waiter| (waiter.place, waiter.call) < stands);
        count(before.filter(|waiter| wants(waiter, plan, target, at)))
    }
}

/// Whether somebody who holds the line waits for a target, for all that their place tells.
pub(super) fn wants(waiter: &Waiter, plan: &Plan, target: TargetId, at: Timestamp) -> bool {
    let version = if waiter.campaign == plan.campaign { plan.version } else { waiter.plan_version };
    waiter.kind == WaiterKind::Live && waiter.may_be_taken_by(target, version, at)
}

/// The place that a call has, or had, in a queue.
fn place_in(call: &Call, queue: &QueueId) -> Option<Place> {
    call.queued.as_ref().filter(|queued| queued.queue == *queue).map(|queued| queued.place)
}

fn count<'a>(waiters: impl Iterator<Item = &'a Waiter>) -> u32 {
    u32::try_from(waiters.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
