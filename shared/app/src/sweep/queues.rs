//! Those whom a queue has forgotten, since the message was lost that was to look after them: a caller who waits although they have waited
//! as long as anybody may, and is likely gone; somebody who was to be called back, and of whom nothing is heard.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    ids::AccountId,
    queue::{QueueId, Waiter, WaiterKind},
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        callback::find as find_callback,
        find::find,
        queue::{line_behind, queues_of_account},
    },
    records::callback::Callback,
};

use crate::{
    message::{EndWait, RingCallback},
    platform::Platform,
};

/// Longer than a message is ever late.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// Waiters read at once.
const PAGE: usize = 200;

/// Sends the message again for each of them.
///
/// # Returns
/// How many there were.
pub(crate) async fn remember_forgotten(platform: &Platform, account: AccountId) -> Result<usize, StoreError> {
    let queues = queues_of_account(&*platform.table, account).await?;
    let queues: BTreeSet<QueueId> = queues.into_iter().map(|(_, queue)| queue).collect();
    let mut remembered = 0;
    for queue in &queues {
        let mut behind: Option<Waiter> = None;
        loop {
            let line = line_behind(&*platform.table, account, queue, behind.as_ref(), PAGE).await?;
            for waiter in &line.waiters {
                remembered += usize::from(remember(platform, account, waiter).await?);
            }
            behind = line.waiters.into_iter().next_back().filter(|_| line.more);
            if behind.is_none() {
                break;
            }
        }
    }
    Ok(remembered)
}

async fn remember(platform: &Platform, account: AccountId, waiter: &Waiter) -> Result<bool, StoreError> {
    let now = platform.now();
    let due_at = match waiter.kind {
        WaiterKind::Live => {
            let plan = platform.plan(account, waiter.campaign).await?;
            let policy = plan.as_ref().and_then(|plan| plan.queue.as_ref());
            let most = policy.map_or(0, |policy| policy.max_wait_seconds);
            Some(waiter.entered_at + SignedDuration::from_secs(most.into()))
        }
        WaiterKind::Callback => {
            let callback = find_callback(&*platform.table, account, waiter.call).await?;
            callback.filter(Callback::is_open).map(|callback| last_heard_of(&callback))
        }
    };
    if due_at.is_none_or(|due_at| now < due_at + FORGOTTEN_AFTER) {
        return Ok(false);
    }
    let Some(call) = find(&*platform.table, account, waiter.call).await? else { return Ok(false) };
    tracing::warn!(call = %waiter.call, kind = waiter.kind.as_str(), "somebody in a queue is looked at again");
    let connection = call.origin.connection;
    match waiter.kind {
        WaiterKind::Live => EndWait { connection, call: call.id }.arm(platform, now).await?,
        WaiterKind::Callback => {
            RingCallback { connection, account, call: call.id }.arm(platform, now).await?;
        }
    }
    Ok(true)
}

/// When something last happened to a callback, or was to: one that is put off until the morning is not forgotten over night.
fn last_heard_of(callback: &Callback) -> Timestamp {
    let attempts = callback.attempts.iter().map(|attempt| attempt.ended.map_or(attempt.at, |(at, _)| at));
    let last = attempts.chain(callback.rings_from).fold(callback.asked_at, Timestamp::max);
    last.min(callback.expires_at)
}
