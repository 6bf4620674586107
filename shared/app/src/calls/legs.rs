//! What the end of a leg or a call entails.

use jiff::SignedDuration;
use ringfall_domain::{
    call::{
        Call, Leg,
        event::{Event, EventKind},
    },
    ids::BuyerId,
};
use ringfall_store::{port::StoreError, protocols::release::release};

use crate::{connection::Connected, message::WatchLeg, platform::Platform};

/// Gives back what the leg of an event holds, if the leg is over. Only an event that brought it nearer to being settled does so, or
/// one that is told again: any other would find nothing to give back, and pay for a write all the same. If a function dies in
/// between and nobody tells again, the watchdog gives it back.
///
/// # Returns
/// The buyer who may have a line free now.
pub async fn release_ended(
    platform: &Platform,
    call: &Call,
    event: &Event,
) -> Result<Option<BuyerId>, StoreError> {
    let attempt = match &event.kind {
        EventKind::DialEnded { attempt, .. }
        | EventKind::LegProgress { attempt, .. }
        | EventKind::Screened { attempt, .. } => *attempt,
        EventKind::Arrived(_)
        | EventKind::Gathered { .. }
        | EventKind::Said { .. }
        | EventKind::LegAnswered { .. }
        | EventKind::Held { .. }
        | EventKind::Offered { .. }
        | EventKind::ForwardEnded { .. }
        | EventKind::OverflowForwardEnded { .. }
        | EventKind::MessageLeft { .. }
        | EventKind::CallbackAsked { .. }
        | EventKind::CallbackAnswered { .. }
        | EventKind::CallbackAccepted { .. }
        | EventKind::CallbackProgress { .. }
        | EventKind::CallProgress(_) => return Ok(None),
    };
    let Some(leg) = call.leg(attempt).filter(|leg| leg.ended.is_some()) else { return Ok(None) };
    if !leg.was_moved_at(event.arrived_at) && !is_told_again(leg, event) {
        return Ok(None);
    }
    release(&*platform.table, call, leg, event.arrived_at).await?;
    Ok(Some(leg.buyer))
}

/// The end of a dial that was told before, with what only it tells: whoever took that up may have died before the release.
fn is_told_again(leg: &Leg, event: &Event) -> bool {
    let of_dial = matches!(event.kind, EventKind::DialEnded { .. });
    of_dial && leg.bridged.is_some_and(|bridging| bridging.at != event.arrived_at)
}

/// How soon a leg is looked after whose call is over: its own last report is due any moment.
const ORPHAN_GRACE: SignedDuration = SignedDuration::from_secs(5);

/// A call is over and one of its legs is not known to be: its last report is late, or lost. The end of the caller's leg does
/// not prove the end of the other, so the provider is asked soon.
pub async fn look_after_orphan(
    platform: &Platform,
    connected: &Connected,
    call: &Call,
) -> Result<(), StoreError> {
    let Some(leg) = call.live_leg() else { return Ok(()) };
    let now = platform.now();
    let watch =
        WatchLeg { connection: connected.id, call: call.id, attempt: leg.attempt, armed_at: leg.reserved_at };
    watch.arm(platform, now + ORPHAN_GRACE).await
}
