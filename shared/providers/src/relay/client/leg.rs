//! Finding the leg of an attempt among the legs of its call.

use ringfall_control::calls::{CallState, LegState};
use ringfall_domain::call::event::{LegReport, LegStatus};

use crate::{
    carrier::LegQuery,
    placed::delay,
    relay::{
        render::destination,
        status::{leg_status, reached_at, seconds_from_answer},
    },
};

/// The leg with the id that a webhook has told; where none has, the one that was placed closest to the reservation, of those to the attempt's
/// destination that belong to no other attempt and were not placed before it.
pub(super) fn find(call: &CallState, query: &LegQuery) -> Option<LegReport> {
    let found = match &query.provider_leg_id {
        Some(id) => call.legs.iter().find(|leg| leg.leg_id.as_str() == id),
        None => closest(&call.legs, query),
    };
    found.map(report)
}

fn closest<'a>(legs: &'a [LegState], query: &LegQuery) -> Option<&'a LegState> {
    let wanted = destination(&query.destination)?;
    let is_of_another =
        |leg: &LegState| query.other_provider_leg_ids.iter().any(|other| other == leg.leg_id.as_str());
    legs.iter()
        .filter(|leg| leg.destination == wanted && !is_of_another(leg))
        .filter_map(|leg| Some((delay(Some(leg.progress.began_at), query.reserved_at)?, leg)))
        .min_by_key(|(delay, _)| *delay)
        .map(|(_, leg)| leg)
}

fn report(leg: &LegState) -> LegReport {
    let progress = &leg.progress;
    let status = leg_status(progress.status, progress.cause, progress.duration_seconds);
    LegReport {
        provider_leg_id: Some(leg.leg_id.to_string()),
        status: Some(status),
        occurred_at: reached_at(progress),
        duration_seconds: seconds_from_answer(status, progress.duration_seconds),
        bridged: matches!(status, LegStatus::Ended(_)).then_some(leg.bridged),
        ..LegReport::default()
    }
}
