//! Ringing those whose turn is near.

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    call::{Call, event::EndCause, instructions::Continuation},
    config::CallbackPolicy,
    ids::{AccountId, CallId},
    plan::Plan,
    queue::{may_be_rung_from, seconds_between},
};
use ringfall_providers::{CarrierError, NewCall};
use ringfall_store::{
    port::StoreError,
    protocols::{
        callback::{
            AfterAttempt, Began, attempt_ended, attempt_placed, begin_attempt, find as find_callback, give_up,
        },
        find::find,
    },
    records::callback::{Callback, CallbackState},
};

use super::{
    super::{
        queue::{
            line::{Line, OWN_WAITERS},
            outlook::outlook_of_campaign,
        },
        watch::Watched,
    },
    keep::seconds,
};
use crate::{connection::Connected, message::RingCallback, platform::Platform};

/// How often it is looked whether somebody's turn is near.
const LOOK_SECONDS: (u32, u32) = (5, 60);
/// An attempt of which nothing is heard is over so long after it would have stopped ringing: a webhook's deadline, and as long as somebody
/// may listen before they press the key.
const SILENCE: SignedDuration = SignedDuration::from_secs(60);

/// Looks after one callback: rings when it is time to, and says when to look again.
pub async fn ring(
    platform: &Platform,
    connected: &Connected,
    message: &RingCallback,
) -> Result<Watched, StoreError> {
    let now = platform.now();
    let (table, account) = (&*platform.table, message.account);
    let Some(callback) = find_callback(table, account, message.call).await?.filter(Callback::is_open) else {
        return Ok(Watched::Done);
    };
    let call = find(table, account, message.call).await?;
    let plan = platform.plan(account, callback.campaign).await?;
    let rules = plan.as_ref().and_then(|plan| plan.queue.as_ref()?.callback.clone()).unwrap_or_default();
    if callback.state == CallbackState::Ringing {
        return overdue(platform, &rules, &callback, now).await;
    }
    let (Some(call), Some(plan)) = (call, plan) else { return give_it_up(platform, &callback, now).await };
    if now >= callback.expires_at {
        return give_it_up(platform, &callback, now).await;
    }
    let from = may_be_rung_from(rules.hours, &call, &callback.phone_number, now);
    if let Some(later) = callback.rings_from.into_iter().chain([from]).filter(|from| *from > now).max() {
        // One that is put off beyond its end ends all the same: the place is nobody's then.
        return Ok(Watched::Again(later.min(callback.expires_at)));
    }
    let Turn { ahead, seconds: left } = turn(platform, &plan, &callback).await?;
    let still = left.saturating_sub(rules.ring_before_seconds);
    // Whoever is next is rung although the estimate says what it always says of the next one: once it has had the time to come true.
    let is_due = still == 0 || (ahead == 0 && seconds_between(callback.asked_at, now) >= still);
    if !is_due {
        let (least, most) = LOOK_SECONDS;
        return Ok(Watched::Again(now + seconds(still.clamp(least, most))));
    }
    match begin_attempt(table, &callback, now).await? {
        Began::Begun(callback) => place(platform, connected, &call, &rules, &callback, now).await,
        Began::NotNow(_) => Ok(Watched::Again(now + seconds(LOOK_SECONDS.1))),
    }
}

/// How near somebody's turn is.
struct Turn {
    /// How many are served before.
    ahead: u32,
    /// How long it will take by the estimate.
    seconds: u32,
}

async fn turn(platform: &Platform, plan: &Plan, callback: &Callback) -> Result<Turn, StoreError> {
    let queues = [callback.queue.clone()].into();
    let line = Line::of_queues(platform, callback.account, &queues, OWN_WAITERS).await?;
    let ahead = line.ahead(&callback.queue, callback.place, callback.call);
    Ok(Turn { ahead, seconds: outlook_of_campaign(platform, plan).await?.wait_seconds(ahead) })
}

async fn give_it_up(platform: &Platform, callback: &Callback, now: Timestamp) -> Result<Watched, StoreError> {
    give_up(&*platform.table, callback, now).await?;
    Ok(Watched::Done)
}

/// Rings. An attempt that may have been placed although the provider did not say so is never placed again; its webhooks name it.
async fn place(
    platform: &Platform,
    connected: &Connected,
    call: &Call,
    rules: &CallbackPolicy,
    callback: &Callback,
    now: Timestamp,
) -> Result<Watched, StoreError> {
    let attempt = u8::try_from(callback.attempts.len()).unwrap_or(u8::MAX);
    let of = callback.call;
    let new = NewCall {
        to: callback.phone_number.clone(),
        from: call.origin.dialled.clone(),
        ring_timeout_seconds: rules.ring_timeout_seconds,
        answered: Continuation::CallbackAnswered { of, attempt },
        progress: Continuation::CallbackProgress { of, attempt },
    };
    let callbacks = connected.callbacks.for_campaign(call.origin.campaign);
    match connected.carrier.place_call(&new, of, &callbacks).await {
        Ok(id) => {
            attempt_placed(&*platform.table, callback.account, of, attempt, &id).await?;
        }
        Err(CarrierError::Refused(error)) => {
            tracing::error!(call = %of, attempt, %error, "a caller cannot be called back");
            return failed(platform, rules, callback, attempt, EndCause::Failed, now).await;
        }
        Err(CarrierError::Unavailable(error)) => {
            tracing::warn!(call = %of, attempt, %error, "it is not known whether a caller is being called back");
        }
    }
    Ok(Watched::Again(now + seconds(rules.ring_timeout_seconds) + SILENCE))
}

/// Somebody is being rung: after a time in which nothing was heard, the attempt is over.
async fn overdue(
    platform: &Platform,
    rules: &CallbackPolicy,
    callback: &Callback,
    now: Timestamp,
) -> Result<Watched, StoreError> {
    let attempt = u8::try_from(callback.attempts.len()).unwrap_or(u8::MAX);
    let began_at = callback.attempts.last().map_or(now, |attempt| attempt.at);
    let over_at = began_at + seconds(rules.ring_timeout_seconds) + SILENCE;
    if now < over_at {
        return Ok(Watched::Again(over_at));
    }
    failed(platform, rules, callback, attempt, EndCause::NeverDialled, now).await
}

/// An attempt has not reached anybody: another follows, unless it was the last.
pub(super) async fn failed(
    platform: &Platform,
    rules: &CallbackPolicy,
    callback: &Callback,
    attempt: u8,
    cause: EndCause,
    now: Timestamp,
) -> Result<Watched, StoreError> {
    let from = now + seconds(rules.retry_after_seconds);
    let is_last = attempt >= rules.attempts || from >= callback.expires_at;
    let then = if is_last { AfterAttempt::GiveUp } else { AfterAttempt::Again { from } };
    let callback = attempt_ended(&*platform.table, callback, attempt, cause, now, then).await?;
    Ok(if callback.is_open() { Watched::Again(callback.rings_from.unwrap_or(from)) } else { Watched::Done })
}

/// Looks at a callback again then.
pub(super) async fn look_again(
    platform: &Platform,
    connected: &Connected,
    account: AccountId,
    of: CallId,
    watched: Watched,
) -> Result<(), StoreError> {
    match watched {
        Watched::Done => Ok(()),
        Watched::Again(at) => {
            RingCallback { connection: connected.id, account, call: of }.arm(platform, at).await
        }
    }
}
