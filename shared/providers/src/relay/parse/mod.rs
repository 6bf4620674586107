//! From the relay's notices to the domain's events.

mod arrival;
mod leg;
#[cfg(test)]
mod tests;

use http::Method;
use ringfall_control::{Notice, limits::MOST_BODY_BYTES, notice, read};
use ringfall_domain::{
    call::event::{CallReport, EventKind, Input, LegStatus},
    ids::CallId,
};

use super::status::{leg_status, seconds_from_answer};
use crate::{
    callback::{Callbacks, Position, WebhookEvent},
    webhook::{ParseError, Webhook, WebhookRequest},
};

/// Reads a verified webhook.
pub(super) fn parse(request: &WebhookRequest<'_>, callbacks: &Callbacks) -> Result<Webhook, ParseError> {
    if request.method != Method::POST {
        return Err(ParseError::Malformed { expected: "posted" });
    }
    let notice: Notice =
        read(request.body, MOST_BODY_BYTES).map_err(|error| ParseError::Document(error.to_string()))?;
    tell_problems(&notice, callbacks);
    let position = Callbacks::position(request.url);
    Ok(Webhook {
        call: call(request.event, &notice, &position, callbacks),
        event: event(request.event, &notice, &position)?,
    })
}

/// The caller heard something else than they should have: whoever runs the agency must learn of it.
fn tell_problems(notice: &Notice, callbacks: &Callbacks) {
    for notice::Problem { kind, detail } in &notice.problems {
        let (connection, call_id) = (callbacks.connection(), &notice.call_id);
        let detail: String = detail.chars().take(256).collect();
        tracing::warn!(%connection, %call_id, ?kind, detail, "the relay could not do a part of what it was told");
    }
}

/// Our own callback URL names the call; the first notice of a call and its last name only the relay's. A callback's call is always named
/// by the relay's id: its URLs were made before it had one.
fn call(event: WebhookEvent, notice: &Notice, position: &Position, callbacks: &Callbacks) -> CallId {
    let is_of_a_callback = matches!(
        event,
        WebhookEvent::CallbackAnswered | WebhookEvent::CallbackAccepted | WebhookEvent::CallbackProgress
    );
    position
        .call
        .filter(|_| !is_of_a_callback)
        .unwrap_or_else(|| CallId::of_provider_call(callbacks.connection(), notice.call_id.as_str()))
}

fn event(event: WebhookEvent, notice: &Notice, position: &Position) -> Result<EventKind, ParseError> {
    Ok(match event {
        WebhookEvent::Voice => EventKind::Arrived(arrival::arrival(notice)?),
        WebhookEvent::Status => EventKind::CallProgress(call_report(notice)?),
        WebhookEvent::Gathered => EventKind::Gathered {
            node: position.required_node()?,
            visit: position.required_visit()?,
            input: input(notice),
        },
        WebhookEvent::Said => EventKind::Said { node: position.required_node()? },
        WebhookEvent::LegAnswered => EventKind::LegAnswered {
            attempt: position.required_attempt()?,
            provider_leg_id: Some(leg::id(notice)?),
        },
        WebhookEvent::Screened => EventKind::Screened {
            attempt: position.required_attempt()?,
            asked_at: position.asked_at,
            provider_leg_id: leg::id(notice).ok(),
            input: input(notice),
        },
        WebhookEvent::LegProgress => {
            EventKind::LegProgress { attempt: position.required_attempt()?, report: leg::progress(notice)? }
        }
        WebhookEvent::DialEnded => {
            EventKind::DialEnded { attempt: position.required_attempt()?, report: leg::dial_ended(notice) }
        }
        WebhookEvent::ForwardEnded => {
            EventKind::ForwardEnded { node: position.required_node()?, answered: leg::was_answered(notice) }
        }
        WebhookEvent::Held => EventKind::Held {
            node: position.required_node()?,
            told: position.told.clone(),
            input: input(notice),
        },
        WebhookEvent::Offered => EventKind::Offered { attempt: position.required_attempt()? },
        WebhookEvent::OverflowEnded => EventKind::OverflowForwardEnded {
            node: position.required_node()?,
            index: position.required_index()?,
            answered: leg::was_answered(notice),
        },
        WebhookEvent::MessageLeft => EventKind::MessageLeft {
            node: position.required_node()?,
            index: position.required_index()?,
            recording_url: leg::recording_url(notice),
        },
        WebhookEvent::CallbackAsked => EventKind::CallbackAsked {
            node: position.required_node()?,
            index: position.index,
            question: position.required_question()?,
            input: input(notice),
        },
        WebhookEvent::CallbackAnswered => EventKind::CallbackAnswered {
            of: position.required_of()?,
            attempt: position.required_attempt()?,
            provider_call_id: notice.call_id.to_string(),
        },
        WebhookEvent::CallbackAccepted => EventKind::CallbackAccepted {
            of: position.required_of()?,
            attempt: position.required_attempt()?,
            provider_call_id: notice.call_id.to_string(),
            input: input(notice),
        },
        WebhookEvent::CallbackProgress => EventKind::CallbackProgress {
            of: position.required_of()?,
            attempt: position.required_attempt()?,
            report: call_report(notice)?,
        },
    })
}

/// What was entered. Keys that were not asked for count as nothing entered, so that the question is asked again rather than answered
/// by a guess.
fn input(notice: &Notice) -> Input {
    const MOST_DIGITS: usize = 32;
    let is_key = |byte: u8| byte.is_ascii_digit() || byte == b'*' || byte == b'#';
    match &notice.input {
        Some(notice::Input { digits })
            if (1..=MOST_DIGITS).contains(&digits.len()) && digits.bytes().all(is_key) =>
        {
            Input::Digits(digits.clone())
        }
        Some(_) | None => Input::Nothing,
    }
}

fn call_report(notice: &Notice) -> Result<CallReport, ParseError> {
    let expected = "how the call stands, with its status";
    let call = notice.call.as_ref().ok_or(ParseError::Field { field: "call", expected })?;
    let status = leg_status(call.status, call.cause, call.duration_seconds);
    let cause = match status {
        LegStatus::Ended(cause) => Some(cause),
        LegStatus::Ringing | LegStatus::Answered => None,
    };
    Ok(CallReport {
        provider_call_id: notice.call_id.to_string(),
        ended: cause.is_some(),
        cause,
        occurred_at: Some(notice.occurred_at),
        duration_seconds: seconds_from_answer(status, call.duration_seconds),
    })
}
