//! A caller waits: they come into the queue, and hear how they stand at each step of the hold.

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    call::{
        Call,
        event::Input,
        instructions::{Instruction, Instructions},
        step::connect,
    },
    config::QueuePolicy,
    plan::Plan,
    queue::{
        Hold, Outset, OverflowReason, Place, Prospects, QueueId, Queued, Standing, Told, WaitRange, Waiter,
        WaiterKind, first_question, judge_wait, seconds_between,
    },
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        callback::{Taken, call_in},
        queue::{Entered, Entry, come_in, enter},
    },
    records::callback::Callback,
};

use super::{
    super::{
        callback::kept_place,
        offer::Offer,
        routing::{Current, Sought},
    },
    line::{Line, wants},
    outlook::{outlook, remembered_outlook},
    serve::serve,
};
use crate::{
    message::{EndWait, ServeWaiters},
    platform::Platform,
};

/// What comes of a caller's waiting.
pub(in super::super) enum Waits {
    /// They wait on, or are connected after all.
    Reply(Instructions),
    /// They cannot be held, or not any longer.
    Overflows(OverflowReason),
    /// It has to be seen anew whether somebody takes them; with their queue up to their place, if that was just read.
    Look(Option<Line>),
}

/// Everything that one caller's waiting is about.
pub(in super::super) struct Waiting<'a> {
    pub(in super::super) platform: &'a Platform,
    pub(in super::super) plan: &'a Plan,
    pub(in super::super) policy: &'a QueuePolicy,
    pub(in super::super) sought: Sought<'a>,
    /// What the caller has been told so far.
    pub(in super::super) told: &'a Told,
}

/// Between a step of the hold that does nothing but say how the caller stands, and one that looks whether somebody takes them although
/// others are first.
const STEPS_BETWEEN_LOOKS: u16 = 3;
/// A caller is called off the hold so long after the longest wait, if no step of it has ended by then.
const END_GRACE: SignedDuration = SignedDuration::from_secs(2);

impl Waiting<'_> {
    /// A step of the hold is over. `read`: the queue up to the place that the call's step was told, if it was read with the call.
    pub(in super::super) async fn step(
        &self,
        call: &Call,
        input: &Input,
        read: Option<Line>,
    ) -> Result<Waits, StoreError> {
        let (Some(queued), Some(queue)) = (&call.queued, self.plan.queue_id()) else {
            return Ok(Waits::Look(None));
        };
        let at = self.platform.now();
        let waited_seconds = seconds_between(queued.entered_at, at);
        if self.asks_for_callback(waited_seconds, input) {
            let question = first_question(self.policy, call, self.sought.node, None);
            return Ok(Waits::Reply(question));
        }
        let limit_seconds = self.policy.max_wait_seconds;
        if waited_seconds >= limit_seconds {
            return Ok(Waits::Overflows(OverflowReason::WaitedTooLong { waited_seconds, limit_seconds }));
        }
        if queue != queued.queue {
            return Ok(Waits::Look(None));
        }
        // What was read beside the call may be older than the call: it serves only where the caller stands in it.
        let read = read.filter(|line| line.waiter_of(call.id).is_some_and(|own| own.place == queued.place));
        if self.told.steps.is_multiple_of(STEPS_BETWEEN_LOOKS) {
            return Ok(Waits::Look(read));
        }
        let line = match read {
            Some(line) => line,
            None => Line::up_to(self.platform, self.plan, &queue, (queued.place, call.id)).await?,
        };
        let Some(waiter) = line.waiter_of(call.id).filter(|waiter| !is_first(&line, self.plan, waiter, at))
        else {
            return Ok(Waits::Look(Some(line)));
        };
        let Some(outlook) = remembered_outlook(self.platform, self.plan).await else {
            return Ok(Waits::Look(Some(line)));
        };
        let ahead = line.ahead(&queue, waiter.place, call.id);
        let standing = standing(ahead, outlook.wait_seconds(ahead), queued, at);
        Ok(Waits::Reply(self.hold(call, standing).await?))
    }

    fn asks_for_callback(&self, waited_seconds: u32, input: &Input) -> bool {
        let key = self.policy.callback_key(waited_seconds);
        matches!((key, input), (Some(key), Input::Digits(digits)) if digits.starts_with(key.as_char()))
    }

    /// Nobody takes the caller now: they come into the queue, or stay in it.
    pub(in super::super) async fn wait(
        &self,
        current: &mut Current,
        offer: &Offer,
        line: &Line,
    ) -> Result<Waits, StoreError> {
        let (plan, at) = (self.plan, offer.at());
        let queue = QueueId::of(plan.campaign, self.policy);
        let prospects = offer.prospects(plan, &current.call);
        let mut queued = match &current.call.queued {
            Some(queued) => queued.clone(),
            None => self.place(&queue, &prospects, at),
        };
        let kept = match current.call.queued {
            Some(_) => None,
            None => kept_place(self.platform, self.policy, &current.call, &queue).await?,
        };
        if let Some(kept) = &kept {
            queued.place = kept.place;
            // Only a call that is written can take a place that is kept.
            let judged = current.call.clone();
            current.store(self.platform).await?;
            if current.call != judged {
                return Ok(Waits::Look(None));
            }
        }
        let outlook = outlook(self.platform, plan, &prospects, offer.capacity()).await?;
        let ahead = line.ahead(&queue, queued.place, current.call.id);
        let estimated_seconds = outlook.wait_seconds(ahead);
        let is_new = current.call.queued.is_none();
        // Whoever has kept a place is in the queue already.
        let size = (is_new && kept.is_none()).then(|| line.size(&queue));
        let outset = Outset { entered_at: queued.entered_at, size, estimated_seconds, at };
        if let Err(reason) = judge_wait(self.policy, &prospects, &outset) {
            return Ok(Waits::Overflows(reason));
        }
        if is_new {
            queued.announced_seconds = self
                .policy
                .announcements
                .estimated_wait
                .then(|| WaitRange::of(estimated_seconds).most_seconds());
        }
        let waiter = self.waiter(&current.call, &queued, &prospects, at);
        if line.waiter_of(current.call.id) != Some(&waiter) {
            let rulings = offer.rulings(plan);
            let entry =
                Entry { call: &current.call, waiter: &waiter, queued: &queued, rulings: &rulings, at };
            match self.enter(&entry, current.is_stored, kept.as_ref()).await? {
                Entered::Waiting(stands) => {
                    queued = (*stands).clone();
                    current.call.queued = Some(*stands);
                    current.is_stored = true;
                }
                Entered::Overtaken(newer) => {
                    *current = Current::stored(*newer);
                    return Ok(Waits::Look(None));
                }
                Entered::EndedBefore => {
                    current.store(self.platform).await?;
                    return Ok(Waits::Look(None));
                }
            }
            self.arm(&current.call, &queued, &prospects).await?;
            // What became free between the judgement and the entry was offered to others, or to nobody.
            if offer.is_outdated(self.platform, plan).await? {
                let buyers: Vec<_> = plan.buyer_ids().collect();
                let served = serve(self.platform, plan.account, &buyers, Some(current.call.id)).await?;
                if let Some(leg) = served {
                    return Ok(Waits::Reply(vec![connect(plan, &current.call, &leg)]));
                }
            }
        }
        let standing = standing(ahead, estimated_seconds, &queued, at);
        Ok(Waits::Reply(self.hold(&current.call, standing).await?))
    }

    /// One who keeps a place and calls in again gets that one, and is not called back any more.
    async fn enter(
        &self,
        entry: &Entry<'_>,
        is_stored: bool,
        kept: Option<&Callback>,
    ) -> Result<Entered, StoreError> {
        let table = &*self.platform.table;
        if !is_stored {
            return come_in(table, entry).await;
        }
        if let Some(kept) = kept {
            match call_in(table, kept, entry).await? {
                Taken::Waiting(queued) => return Ok(Entered::Waiting(queued)),
                Taken::Overtaken(newer) => return Ok(Entered::Overtaken(newer)),
                Taken::Gone(_) => {}
            }
        }
        enter(table, entry).await
    }

    fn place(&self, queue: &QueueId, prospects: &Prospects, at: Timestamp) -> Queued {
        let value = self.policy.order.value.unwrap_or_else(|| prospects.value(self.plan));
        Queued {
            queue: queue.clone(),
            place: Place::of(&self.policy.order, value, at),
            value,
            entered_at: at,
            node: self.sought.node.clone(),
            announced_seconds: None,
            answered_within_seconds: Some(self.policy.answered_within_seconds),
        }
    }

    fn waiter(&self, call: &Call, queued: &Queued, prospects: &Prospects, at: Timestamp) -> Waiter {
        let (targets, later) = prospects.now_and_later(self.plan, at);
        Waiter {
            queue: queued.queue.clone(),
            place: queued.place,
            call: call.id,
            campaign: call.origin.campaign,
            kind: WaiterKind::Live,
            value: queued.value,
            entered_at: queued.entered_at,
            targets,
            later,
            plan_version: self.plan.version,
        }
    }

    /// Whoever opens, or may be asked again, is looked for then.
    async fn arm(&self, call: &Call, queued: &Queued, prospects: &Prospects) -> Result<(), StoreError> {
        let prospects = prospects.until(self.deadline(queued.entered_at));
        if let Some(from) = prospects.next_after(self.platform.now()) {
            let buyers = self.plan.buyer_ids().collect();
            ServeWaiters { account: call.account, buyers }.arm(self.platform, from).await?;
        }
        Ok(())
    }

    fn deadline(&self, entered_at: Timestamp) -> Timestamp {
        entered_at + SignedDuration::from_secs(self.policy.max_wait_seconds.into())
    }

    /// The next step of the hold. The longest wait ends even if that step does not, or lasts longer.
    async fn hold(&self, call: &Call, standing: Standing) -> Result<Instructions, StoreError> {
        let hold = Hold::new(self.policy, call, self.sought.node);
        let step = hold.step(self.told, standing, |url| self.platform.audio.is_playable(url));
        if hold.may_outlast_wait(self.told, &step, standing) {
            let end = EndWait { connection: call.origin.connection, call: call.id };
            end.arm(self.platform, self.deadline(standing.entered_at) + END_GRACE).await?;
        }
        Ok(vec![Instruction::Hold(step)])
    }
}

fn standing(ahead: u32, wait_seconds: u32, queued: &Queued, at: Timestamp) -> Standing {
    let (place, entered_at) = (queued.place, queued.entered_at);
    Standing { position: ahead.saturating_add(1), place, wait_seconds, entered_at, at }
}

/// Whether nobody stands before a caller for one of the targets that they wait for.
fn is_first(line: &Line, plan: &Plan, waiter: &Waiter, at: Timestamp) -> bool {
    let before = || line.waiters().iter().take_while(|other| other.call != waiter.call);
    let wanted =
        plan.targets.iter().map(|target| target.id).filter(|target| wants(waiter, plan, *target, at));
    let mut wanted = wanted.peekable();
    wanted.peek().is_none() || wanted.any(|target| !before().any(|other| wants(other, plan, target, at)))
}
