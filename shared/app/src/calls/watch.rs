//! The watchdog: no slot stays lost, and none is freed while its leg may live.
//!
//! Before capacity is reserved for an attempt, a delayed message is sent that asks what became of it:
//!
//! - the attempt was never written: nothing is held (they are written together);
//! - its end is known: release (again);
//! - the provider reports the end: write it, release;
//! - the provider has no such leg, and the webhook whose reply would dial it has passed its deadline: it never will be; write
//!   that, release;
//! - the provider reports it live: extend the lease, look again later;
//! - the provider does not say: keep the slot, raise an alarm, ask the provider to hang up, look again later.
//!
//! Expiry alone, and even expiry with the provider's word, would break the cap: a dial that is still on its way to the
//! provider is not yet known there.

use super::queue::serve::serve;
use crate::{connection::Connected, message::WatchLeg, platform::Platform};
use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    call::{
        Call, Fact, Leg,
        event::{EndCause, LegReport, LegStatus},
        fact::facts_of_report,
    },
    plan::Plan,
};
use ringfall_providers::{LegOnProvider, LegQuery};
use ringfall_store::{
    port::StoreError,
    protocols::{
        find::find,
        record::record,
        release::{Released, extend, release},
    },
};

/// The longest that any provider waits for the reply to a webhook (Twilio, Plivo and Bandwidth: 15 s).
pub const WEBHOOK_DEADLINE: SignedDuration = SignedDuration::from_secs(15);
/// How stale a provider's REST API may be, and how far clocks may be apart.
const MARGIN: SignedDuration = SignedDuration::from_secs(15);
/// How often a live leg is looked at.
const LIVE_INTERVAL: SignedDuration = SignedDuration::from_secs(5 * 60);
/// How soon a provider that did not answer is asked again.
pub(super) const RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// When the watchdog first looks at an attempt that may begin now.
pub fn first_look_at(plan: &Plan, now: Timestamp) -> Timestamp {
    let ring = plan.targets.iter().map(|target| target.ring_timeout_seconds).max().unwrap_or(0);
    now + WEBHOOK_DEADLINE + MARGIN + SignedDuration::from_secs(i64::from(ring))
}

/// What the watchdog found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// Nothing is held, or nothing is held any more.
    Done,
    /// Look again then.
    Again(Timestamp),
}

/// Looks after one attempt.
pub async fn watch(
    platform: &Platform,
    connected: &Connected,
    message: &WatchLeg,
) -> Result<Watched, StoreError> {
    let now = platform.now();
    let Some(call) = find(&*platform.table, connected.account, message.call).await? else {
        return Ok(Watched::Done);
    };
    let Some(leg) = call.leg(message.attempt) else {
        // The function that armed this may still be about to reserve.
        let decided_at = message.armed_at + WEBHOOK_DEADLINE + MARGIN;
        return Ok(if now < decided_at { Watched::Again(decided_at) } else { Watched::Done });
    };
    if leg.ended.is_some() {
        return give_back(platform, &call, leg, now).await;
    }
    match connected.carrier.fetch_leg(&query(&call, leg)).await {
        Ok(LegOnProvider::Known(report)) => match report.status {
            Some(LegStatus::Ended(_)) => ended(platform, &call, leg, &report, now).await,
            None | Some(LegStatus::Ringing | LegStatus::Answered) => {
                still_live(platform, &call, leg, now).await
            }
        },
        Ok(LegOnProvider::NoSuchLeg) => no_such_leg(platform, &call, leg, now).await,
        Err(error) => {
            tracing::error!(call = %call.id, attempt = leg.attempt, %error, "a leg's state is unknown: its slot is kept");
            platform.metrics.legs_unknown.inc();
            hang_up(connected, &call, leg).await;
            Ok(Watched::Again(now + RETRY_INTERVAL))
        }
    }
}

fn query(call: &Call, leg: &Leg) -> LegQuery {
    let others = call.legs.iter().filter(|other| other.attempt != leg.attempt);
    LegQuery {
        provider_call_id: call.origin.provider_call_id.clone(),
        provider_leg_id: leg.provider_leg_id.clone(),
        destination: leg.destination.clone(),
        reserved_at: leg.reserved_at,
        other_provider_leg_ids: others.filter_map(|other| other.provider_leg_id.clone()).collect(),
    }
}

/// A redirected caller asks for the dial a little after the slot was reserved.
fn fetched_within(leg: &Leg) -> SignedDuration {
    let seconds = if leg.is_fetched { Leg::FETCHED_WITHIN_SECONDS } else { 0 };
    SignedDuration::from_secs(seconds.into())
}

async fn no_such_leg(
    platform: &Platform,
    call: &Call,
    leg: &Leg,
    now: Timestamp,
) -> Result<Watched, StoreError> {
    let never_from = leg.reserved_at + fetched_within(leg) + WEBHOOK_DEADLINE + MARGIN;
    if now < never_from {
        return Ok(Watched::Again(never_from));
    }
    // A leg that was heard of is not one that was never dialled: the provider has forgotten it, so it is over.
    let was_answered = leg.answered.is_some() || leg.was_accepted();
    let cause = if was_answered { EndCause::Completed } else { EndCause::NeverDialled };
    let report = LegReport { status: Some(LegStatus::Ended(cause)), ..LegReport::default() };
    ended(platform, call, leg, &report, now).await
}

/// The end is written before the slot is freed: from then on, a leg that shows up after all is hung up on.
async fn ended(
    platform: &Platform,
    call: &Call,
    leg: &Leg,
    report: &LegReport,
    now: Timestamp,
) -> Result<Watched, StoreError> {
    let facts: Vec<Fact> = facts_of_report(report, platform.now())
        .into_iter()
        .map(|fact| Fact::Leg(leg.attempt, fact))
        .collect();
    let Some(call) = record(&*platform.table, call.account, call.id, &facts).await? else {
        return Ok(Watched::Done);
    };
    match call.leg(leg.attempt) {
        Some(leg) => give_back(platform, &call, leg, now).await,
        None => Ok(Watched::Done),
    }
}

/// What is undecided is looked at once more when it no longer can be. `now` was read before the call was.
async fn give_back(
    platform: &Platform,
    call: &Call,
    leg: &Leg,
    now: Timestamp,
) -> Result<Watched, StoreError> {
    let watched = match release(&*platform.table, call, leg, now).await? {
        Released::Settled => Watched::Done,
        Released::Undecided { until } => Watched::Again(until),
        Released::Live => return Ok(Watched::Again(platform.now() + LIVE_INTERVAL)),
    };
    serve(platform, call.account, &[leg.buyer], None).await?;
    Ok(watched)
}

async fn still_live(
    platform: &Platform,
    call: &Call,
    leg: &Leg,
    now: Timestamp,
) -> Result<Watched, StoreError> {
    let again_at = now + LIVE_INTERVAL;
    extend(&*platform.table, call, leg, again_at + LIVE_INTERVAL).await?;
    Ok(Watched::Again(again_at))
}

/// Hanging up is idempotent, and better than a slot that nobody can account for.
async fn hang_up(connected: &Connected, call: &Call, leg: &Leg) {
    let provider_id = leg.provider_leg_id.as_deref().unwrap_or(&call.origin.provider_call_id);
    if let Err(error) = connected.carrier.end_call(provider_id).await {
        tracing::warn!(call = %call.id, attempt = leg.attempt, %error, "the provider could not be asked to hang up");
    }
}
