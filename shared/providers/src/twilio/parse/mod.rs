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
/// names the caller's call as the leg's parent. A callback's call is always named by Twilio's id: its URLs were made before it had one.
fn call(event: WebhookEvent, reader: &Reader<'_>, callbacks: &Callbacks) -> Result<CallId, ParseError> {
    let named = reader.position().call;
    let (named, field) = match event {
        WebhookEvent::CallbackAnswered | WebhookEvent::CallbackAccepted | WebhookEvent::CallbackProgress => {
            (None, "CallSid")
        }
        WebhookEvent::LegAnswered | WebhookEvent::Screened | WebhookEvent::LegProgress => {
            (named, "ParentCallSid")
        }
        WebhookEvent::Voice
        | WebhookEvent::Status
        | WebhookEvent::Gathered
        | WebhookEvent::Said
        | WebhookEvent::Held
        | WebhookEvent::Offered
        | WebhookEvent::DialEnded
        | WebhookEvent::ForwardEnded
        | WebhookEvent::OverflowEnded
        | WebhookEvent::MessageLeft
        | WebhookEvent::CallbackAsked => (named, "CallSid"),
    };
    named.map_or_else(|| Ok(CallId::of_provider_call(callbacks.connection(), &reader.sid(field)?)), Ok)
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
        WebhookEvent::Held => EventKind::Held {
            node: reader.node()?,
            told: reader.position().told.clone(),
            input: input(reader),
        },
        WebhookEvent::Offered => EventKind::Offered { attempt: reader.attempt()? },
        WebhookEvent::OverflowEnded => EventKind::OverflowForwardEnded {
            node: reader.node()?,
            index: reader.index()?,
            answered: leg::was_answered(reader)?,
        },
        WebhookEvent::MessageLeft => EventKind::MessageLeft {
            node: reader.node()?,
            index: reader.index()?,
            recording_url: leg::recording_url(reader),
        },
        WebhookEvent::CallbackAsked => EventKind::CallbackAsked {
            node: reader.node()?,
            index: reader.position().index,
            question: reader.question()?,
            input: input(reader),
        },
        WebhookEvent::CallbackAnswered => EventKind::CallbackAnswered {
            of: reader.of_call()?,
            attempt: reader.attempt()?,
            provider_call_id: reader.sid("CallSid")?,
        },
        WebhookEvent::CallbackAccepted => EventKind::CallbackAccepted {
            of: reader.of_call()?,
            attempt: reader.attempt()?,
            provider_call_id: reader.sid("CallSid")?,
            input: input(reader),
        },
        WebhookEvent::CallbackProgress => EventKind::CallbackProgress {
            of: reader.of_call()?,
            attempt: reader.attempt()?,
            report: call_report(reader)?,
        },
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
    let cause = match leg_status(reader.required("CallStatus", reader::CALL_STATUS)?) {
        Some(LegStatus::Ended(cause)) => Some(cause),
        Some(LegStatus::Ringing | LegStatus::Answered) | None => None,
    };
    Ok(CallReport {
        provider_call_id: reader.sid("CallSid")?,
        ended: cause.is_some(),
        cause,
        occurred_at: reader.time("Timestamp"),
        duration_seconds: reader.seconds("CallDuration").filter(|_| cause.is_some()),
    })
}
