//! The webhooks about the leg to a target.

use ringfall_domain::call::event::{EndCause, LegReport, LegStatus};
use url::Url;

use super::reader::{CALL_STATUS, Reader};
use crate::{
    twilio::status::{leg_status, seconds_from_answer},
    webhook::ParseError,
};

const MOST_RECORDING_URL_CHARACTERS: usize = 2048;

/// A number's or SIP URI's status callback: the leg is `CallSid`, the caller's call its parent.
pub(super) fn progress(reader: &Reader<'_>) -> Result<LegReport, ParseError> {
    let status = leg_status(reader.required("CallStatus", CALL_STATUS)?);
    Ok(LegReport {
        provider_leg_id: Some(reader.sid("CallSid")?),
        status,
        occurred_at: reader.time("Timestamp"),
        duration_seconds: seconds_from_answer(status, reader.seconds("CallDuration")),
        ..LegReport::default()
    })
}

/// A dial's `action`: the leg is `DialCallSid`, which is missing if none was placed.
pub(super) fn dial_ended(reader: &Reader<'_>) -> Result<LegReport, ParseError> {
    let status = dial_status(reader)?;
    Ok(LegReport {
        provider_leg_id: reader.sid_if_told("DialCallSid"),
        status,
        occurred_at: None,
        duration_seconds: seconds_from_answer(status, reader.seconds("DialCallDuration")),
        bridged: bridged(reader),
        recording_url: recording_url(reader),
        caller_is_gone: caller_is_gone(reader, status),
    })
}

/// The caller's own status stands in `CallStatus`. Where it is not told, a dial that was called off was so by the caller's hang-up.
fn caller_is_gone(reader: &Reader<'_>, dial: Option<LegStatus>) -> bool {
    match reader.text("CallStatus") {
        Some(word) => matches!(leg_status(word), Some(LegStatus::Ended(_))),
        None => dial == Some(LegStatus::Ended(EndCause::Canceled)),
    }
}

/// Whether a forward was answered.
pub(super) fn was_answered(reader: &Reader<'_>) -> Result<bool, ParseError> {
    Ok(dial_status(reader)? == Some(LegStatus::Ended(EndCause::Completed)))
}

/// `DialCallStatus` is told when the dial is over: `answered` then means that it was answered and has ended.
fn dial_status(reader: &Reader<'_>) -> Result<Option<LegStatus>, ParseError> {
    let word = reader.required("DialCallStatus", CALL_STATUS)?;
    Ok(leg_status(word).map(|status| match status {
        LegStatus::Answered => LegStatus::Ended(EndCause::Completed),
        LegStatus::Ringing | LegStatus::Ended(_) => status,
    }))
}

fn bridged(reader: &Reader<'_>) -> Option<bool> {
    reader.text("DialBridged")?.parse().ok()
}

/// Only a web address: it will be shown as a link.
pub(super) fn recording_url(reader: &Reader<'_>) -> Option<String> {
    let text = reader.text("RecordingUrl").filter(|text| text.len() <= MOST_RECORDING_URL_CHARACTERS)?;
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| text.to_owned())
}
