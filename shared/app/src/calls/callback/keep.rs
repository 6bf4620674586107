//! A caller hangs up and keeps their place.

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    call::{
        Call, Finish, FinishKind,
        instructions::{Instruction, Instructions},
    },
    config::{CallbackPolicy, QueuePolicy},
    flow::NodeId,
    phone::PhoneNumber,
    plan::Plan,
    queue::{Place, QueueId, Voice, Waiter, WaiterKind, may_be_rung_from},
};
use ringfall_store::{
    port::StoreError,
    protocols::callback::{Keep, Kept, find_by_number, keep_place},
    records::callback::Callback,
};

use super::super::routing::Current;
use crate::{message::RingCallback, platform::Platform};

/// Keeps the place of a caller who wants to be called back, or gives one to who was not let into the queue.
///
/// # Returns
/// What the caller hears; none if they were offered meanwhile: `current` is then the call as it stands.
///
/// # Errors
/// The store failed.
pub async fn keep(
    platform: &Platform,
    plan: &Plan,
    policy: &QueuePolicy,
    current: &mut Current,
    node: &NodeId,
    phone_number: PhoneNumber,
) -> Result<Option<Instructions>, StoreError> {
    current.store(platform).await?;
    let (call, at) = (&current.call, platform.now());
    let rules = policy.callback.clone().unwrap_or_default();
    let rings_from = may_be_rung_from(rules.hours, call, &phone_number, at);
    let wish = Keep {
        call,
        waiter: &waiter(plan, policy, call, at),
        phone_number: &phone_number,
        node,
        at,
        expires_at: at + seconds(rules.expires_after_seconds),
        rings_from: (rings_from > at).then_some(rings_from),
    };
    match keep_place(&*platform.table, &wish).await? {
        Kept::Kept(callback) => {
            let ring =
                RingCallback { connection: call.origin.connection, account: call.account, call: call.id };
            ring.arm(platform, callback.rings_from.unwrap_or(at).min(callback.expires_at)).await?;
            current.call.finished = Some(Finish { node: node.clone(), kind: FinishKind::Callback });
            let said = Voice::for_caller(&current.call, &policy.announcements).callback_kept();
            Ok(Some(vec![Instruction::Say(said), Instruction::Hangup]))
        }
        Kept::Overtaken(newer) => {
            *current = Current::stored(*newer);
            Ok(None)
        }
    }
}

fn waiter(plan: &Plan, policy: &QueuePolicy, call: &Call, at: Timestamp) -> Waiter {
    let queued = call.queued.as_ref();
    let best = plan.targets.iter().map(|target| target.price).max().unwrap_or_default();
    let value = queued.map_or_else(|| policy.order.value.unwrap_or(best), |queued| queued.value);
    Waiter {
        queue: QueueId::of(plan.campaign, policy),
        place: queued.map_or_else(|| Place::of(&policy.order, value, at), |queued| queued.place),
        call: call.id,
        campaign: plan.campaign,
        kind: WaiterKind::Callback,
        value,
        entered_at: queued.map_or(at, |queued| queued.entered_at),
        // Whoever of them is eligible is judged when they hold the line.
        targets: Vec::new(),
        later: Vec::new(),
        plan_version: 0,
    }
}

/// The place that somebody kept who calls in again.
pub(in super::super) async fn kept_place(
    platform: &Platform,
    policy: &QueuePolicy,
    call: &Call,
    queue: &QueueId,
) -> Result<Option<Callback>, StoreError> {
    let rules: Option<&CallbackPolicy> = policy.callback.as_ref();
    match call.origin.caller.known().filter(|_| rules.is_some() && call.callback_of.is_none()) {
        Some(number) => find_by_number(&*platform.table, call.account, number, queue).await,
        None => Ok(None),
    }
}

pub(super) fn seconds(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(seconds.into())
}
