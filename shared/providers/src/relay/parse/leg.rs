//! The notices about the leg to a target.

use jiff::Timestamp;
use ringfall_control::{
    Notice,
    notice::{Leg, Status},
};
use ringfall_domain::call::event::{EndCause, LegReport, LegStatus};

use crate::{
    relay::status::{leg_status, seconds_from_answer},
    webhook::ParseError,
};

/// The leg's id, which every notice about a leg has.
pub(super) fn id(notice: &Notice) -> Result<String, ParseError> {
    Ok(required(notice)?.leg_id.to_string())
}

pub(super) fn progress(notice: &Notice) -> Result<LegReport, ParseError> {
    Ok(report(required(notice)?, notice.occurred_at))
}

/// A connect that rang nobody has no leg: it was called off if the caller has left, and could not be rung if they have not.
pub(super) fn dial_ended(notice: &Notice) -> LegReport {
    let caller_is_gone = notice.call.as_ref().is_some_and(|call| call.status == Status::Ended);
    let rang_nobody = || {
        let cause = if caller_is_gone { EndCause::Canceled } else { EndCause::Failed };
        LegReport { status: Some(LegStatus::Ended(cause)), bridged: Some(false), ..LegReport::default() }
    };
    let told = notice.leg.as_ref().map_or_else(rang_nobody, |leg| report(leg, notice.occurred_at));
    LegReport { recording_url: recording_url(notice), caller_is_gone, ..told }
}

/// Whether a forward was answered.
pub(super) fn was_answered(notice: &Notice) -> bool {
    dial_ended(notice).status == Some(LegStatus::Ended(EndCause::Completed))
}

pub(super) fn recording_url(notice: &Notice) -> Option<String> {
    notice.recording_url.as_ref().map(ToString::to_string)
}

fn required(notice: &Notice) -> Result<&Leg, ParseError> {
    let expected = "the leg, with its id and its status";
    notice.leg.as_ref().ok_or(ParseError::Field { field: "leg", expected })
}

/// Whether the two were joined is certain only once the leg is over.
fn report(leg: &Leg, occurred_at: Timestamp) -> LegReport {
    let status = leg_status(leg.status, leg.cause, leg.duration_seconds);
    LegReport {
        provider_leg_id: Some(leg.leg_id.to_string()),
        status: Some(status),
        occurred_at: Some(occurred_at),
        duration_seconds: seconds_from_answer(status, leg.duration_seconds),
        bridged: matches!(status, LegStatus::Ended(_)).then_some(leg.bridged),
        ..LegReport::default()
    }
}
