//! Who is called back answers, presses the key, and holds the line at the place that was kept.

use ringfall_domain::{
    call::{
        Call, Origin,
        event::{CallReport, EndCause, EventKind, Input},
        instructions::{Continuation, GatherInput, Instruction, Instructions},
    },
    ids::{AccountId, CallId},
    phone::CallerNumber,
    plan::Plan,
    queue::Voice,
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        callback::{Taken, attempt_placed, find as find_callback, reach},
        find::find,
    },
    records::callback::CallbackState,
};

use super::{
    super::routing::Current,
    ring::{failed, look_again},
};
use crate::{connection::Connected, platform::Platform};

/// How long somebody who answers may think: voicemail presses no key, and never takes a place.
const ANSWER_TIMEOUT_SECONDS: u32 = 8;

/// What comes of a callback's webhook.
pub(in super::super) enum Answered {
    /// The provider is told this.
    Reply(Instructions),
    /// They hold the line in this call, and wait for their turn.
    Holds(Box<Current>),
}

/// Takes up a webhook of a callback's call. `id`: that call's.
pub(in super::super) async fn answer(
    platform: &Platform,
    connected: &Connected,
    plan: &Plan,
    id: CallId,
    event: &EventKind,
) -> Result<Answered, StoreError> {
    let hang_up = || Answered::Reply(vec![Instruction::Hangup]);
    match event {
        EventKind::CallbackAnswered { of, attempt, provider_call_id } => {
            let (table, account) = (&*platform.table, connected.account);
            let callback = attempt_placed(table, account, *of, *attempt, provider_call_id).await?;
            let is_theirs = callback.is_some_and(|callback| callback.state == CallbackState::Ringing);
            let call = find(table, account, *of).await?.filter(|_| is_theirs);
            Ok(call.map_or_else(hang_up, |call| Answered::Reply(greeting(plan, &call, *of, *attempt))))
        }
        EventKind::CallbackAccepted { of, attempt, provider_call_id, input } => {
            let pressed = matches!(input, Input::Digits(digits) if digits.starts_with('1'));
            if !pressed {
                return Ok(hang_up());
            }
            let taken = take_place(platform, connected, id, *of, *attempt, provider_call_id).await?;
            Ok(taken.map_or_else(hang_up, |call| Answered::Holds(Box::new(Current::stored(call)))))
        }
        _ => Ok(hang_up()),
    }
}

fn greeting(plan: &Plan, call: &Call, of: CallId, attempt: u8) -> Instructions {
    let announcements = plan.queue.as_ref().map(|policy| policy.announcements.clone()).unwrap_or_default();
    vec![
        Instruction::Gather {
            prompt: Voice::for_caller(call, &announcements).callback_greeting(&plan.name),
            input: GatherInput { digits: Some(1), speech: false },
            timeout_seconds: ANSWER_TIMEOUT_SECONDS,
            then: Continuation::CallbackAccepted { of, attempt },
        },
        Instruction::Hangup,
    ]
}

/// The new call has the place; none if it is not theirs any more.
async fn take_place(
    platform: &Platform,
    connected: &Connected,
    id: CallId,
    of: CallId,
    attempt: u8,
    provider_call_id: &str,
) -> Result<Option<Call>, StoreError> {
    let (table, account) = (&*platform.table, connected.account);
    let (original, callback) =
        futures::try_join!(find(table, account, of), find_callback(table, account, of))?;
    let Some((original, callback)) = original.zip(callback) else { return Ok(None) };
    let at = platform.now();
    let origin = Origin {
        connection: connected.id,
        provider_call_id: provider_call_id.to_owned(),
        caller: CallerNumber::from_presented(callback.phone_number.as_str()),
        arrived_at: at,
        ..original.origin
    };
    let mut call = Call::new(id, account, origin, original.tags);
    call.callback_of = Some(of);
    match reach(table, &callback, attempt, &call, at).await? {
        Taken::Waiting(_) => find(table, account, id).await,
        Taken::Overtaken(call) => Ok(Some(*call)),
        Taken::Gone(_) => Ok(None),
    }
}

/// A callback's call is over. One in which nobody pressed the key is followed by another, if any is left.
pub(in super::super) async fn answered(
    platform: &Platform,
    connected: &Connected,
    plan: &Plan,
    (of, attempt): (CallId, u8),
    report: &CallReport,
) -> Result<(), StoreError> {
    let account: AccountId = connected.account;
    let Some(callback) = find_callback(&*platform.table, account, of).await? else { return Ok(()) };
    let is_latest = callback.attempts.len() == usize::from(attempt);
    if !report.ended || callback.state != CallbackState::Ringing || !is_latest {
        return Ok(());
    }
    let rules = plan.queue.as_ref().and_then(|policy| policy.callback.clone()).unwrap_or_default();
    let cause = report.cause.unwrap_or(EndCause::NoAnswer);
    let watched = failed(platform, &rules, &callback, attempt, cause, platform.now()).await?;
    look_again(platform, connected, account, of, watched).await
}
