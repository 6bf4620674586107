//! From Twilio's forms to the domain's events. Unknown fields are ignored, and of a repeated field the first counts.

mod arrival;
mod leg;
mod reader;
#[cfg(test)]
mod tests;

use ringfall_domain::{
    call::event::{CallReport, EventKind, Input, LegStatus},
    ids::CallId,
};

use self::reader::Reader;
use super::status::leg_status;
use crate::{
    callback::{Callbacks, WebhookEvent},
    webhook::{ParseError, Webhook, WebhookRequest},
};

/// Reads a verified webhook.
pub(super) fn parse(request: &WebhookRequest<'_>, callbacks: &Callbacks) -> Result<Webhook, ParseError> {
    let reader = Reader::of(request);
    Ok(Webhook { call: call(request.event, &reader, callbacks)?, event: event(request.event, &reader)? })
}

/// Our own callback URL names the call; a webhook that was configured at Twilio names only Twilio's, and one about a leg
/// names the caller's call as the leg's parent.
fn call(event: WebhookEvent, reader: &Reader<'_>, callbacks: &Callbacks) -> Result<CallId, ParseError> {
    if let Some(call) = reader.position().call {
        return Ok(call);
    }
    let provider_call_id = match event {
        WebhookEvent::LegAnswered | WebhookEvent::Screened | WebhookEvent::LegProgress => {
            reader.sid("ParentCallSid")?
        }
        WebhookEvent::Voice
        | WebhookEvent::Status
        | WebhookEvent::Gathered
        | WebhookEvent::Said
        | WebhookEvent::DialEnded
        | WebhookEvent::ForwardEnded => reader.sid("CallSid")?,
    };
    Ok(CallId::of_provider_call(callbacks.connection(), &provider_call_id))
}

fn event(event: WebhookEvent, reader: &Reader<'_>) -> Result<EventKind, ParseError> {
    Ok(match event {
        WebhookEvent::Voice => EventKind::Arrived(arrival::arrival(reader)?),
        WebhookEvent::Status => EventKind::CallProgress(call_report(reader)?),
        WebhookEvent::Gathered => {
            EventKind::Gathered { node: reader.node()?, visit: reader.visit()?, input: input(reader) }
        }
        WebhookEvent::Said => EventKind::Said { node: reader.node()? },
        WebhookEvent::LegAnswered => EventKind::LegAnswered {
            attempt: reader.attempt()?,
            provider_leg_id: Some(reader.sid("CallSid")?),
        },
        WebhookEvent::Screened => EventKind::Screened {
            attempt: reader.attempt()?,
            asked_at: reader.position().asked_at,
            provider_leg_id: reader.sid_if_told("CallSid"),
            input: input(reader),
        },
        WebhookEvent::LegProgress => {
            EventKind::LegProgress { attempt: reader.attempt()?, report: leg::progress(reader)? }
        }
        WebhookEvent::DialEnded => {
            EventKind::DialEnded { attempt: reader.attempt()?, report: leg::dial_ended(reader)? }
        }
        WebhookEvent::ForwardEnded => {
            EventKind::ForwardEnded { node: reader.node()?, answered: leg::was_answered(reader)? }
        }
    })
}

/// What was entered. Keys that Twilio was not asked for count as nothing entered, so that the question is asked again
/// rather than answered by a guess.
fn input(reader: &Reader<'_>) -> Input {
    const MOST_DIGITS: usize = 32;
    const MOST_SPEECH_CHARACTERS: usize = 512;
    let is_key = |byte: u8| byte.is_ascii_digit() || byte == b'*' || byte == b'#';
    match (reader.text("Digits"), reader.text("SpeechResult")) {
        (Some(digits), _) if digits.len() <= MOST_DIGITS && digits.bytes().all(is_key) => {
            Input::Digits(digits.to_owned())
        }
        (Some(_), _) | (None, None) => Input::Nothing,
        (None, Some(speech)) => Input::Speech(speech.chars().take(MOST_SPEECH_CHARACTERS).collect()),
    }
}

/// Beware of `Duration`, which the same webhook carries: it counts minutes.
fn call_report(reader: &Reader<'_>) -> Result<CallReport, ParseError> {
    let status = leg_status(reader.required("CallStatus", reader::CALL_STATUS)?);
    let ended = matches!(status, Some(LegStatus::Ended(_)));
    Ok(CallReport {
        provider_call_id: reader.sid("CallSid")?,
        ended,
        occurred_at: reader.time("Timestamp"),
        duration_seconds: reader.seconds("CallDuration").filter(|_| ended),
    })
}
