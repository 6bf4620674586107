//! How a call waited, and why it could not be held.

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Leg},
    money::Money,
    queue::{OverflowReason, Overflowed, Queued, seconds_between},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A call's wait in a queue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Queued)]
pub(super) struct QueuedBody {
    /// The id of the campaign, or the name that campaigns share.
    #[schema(example = "cmp_01JD3Q4T7Y8Z9A0B1C2D3E4F5G")]
    queue_id: String,
    entered_at: Timestamp,
    /// What the caller counts as worth in its order.
    value: Money,
    /// How long the caller was told, on entry, that it would take at most; null where they were told nothing.
    announced_seconds: Option<u32>,
    /// Until somebody took the caller, or they left; null while they wait.
    waited_seconds: Option<u32>,
}

/// Why a caller could not be held, or not any longer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Overflowed)]
pub(super) struct OverflowBody {
    at: Timestamp,
    /// `queue_full`, `waited_too_long`, `would_wait_too_long` or `nobody_comes`.
    #[schema(example = "queue_full")]
    reason: &'static str,
    /// The figure that decided: a number of callers or of seconds. Not where nobody comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<u32>,
    /// What it was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    /// Where nobody comes: when somebody would.
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<Timestamp>,
}

impl QueuedBody {
    pub(super) fn of(call: &Call) -> Option<Self> {
        let queued: &Queued = call.queued.as_ref()?;
        Some(Self {
            queue_id: queued.queue.to_string(),
            entered_at: queued.entered_at,
            value: queued.value,
            announced_seconds: queued.announced_seconds,
            waited_seconds: until(call).map(|until| seconds_between(queued.entered_at, until)),
        })
    }
}

/// When the wait was over: somebody took the caller, or they went elsewhere, or hung up.
fn until(call: &Call) -> Option<Timestamp> {
    let served =
        call.served_leg().map(|leg: &Leg| leg.answered.map_or(leg.reserved_at, |stamp| stamp.earliest()));
    served
        .or_else(|| call.overflowed.as_ref().map(|overflowed| overflowed.at))
        .or_else(|| call.ended.map(|end| end.stamp.earliest()))
}

impl From<&Overflowed> for OverflowBody {
    fn from(overflowed: &Overflowed) -> Self {
        let (found, limit, opens_at) = match overflowed.reason {
            OverflowReason::Full { size, limit } => (Some(size), Some(limit), None),
            OverflowReason::WaitedTooLong { waited_seconds, limit_seconds } => {
                (Some(waited_seconds), Some(limit_seconds), None)
            }
            OverflowReason::WouldWaitTooLong { estimated_seconds, limit_seconds } => {
                (Some(estimated_seconds), Some(limit_seconds), None)
            }
            OverflowReason::NobodyComes { opens_at } => (None, None, opens_at),
        };
        Self { at: overflowed.at, reason: overflowed.reason.code(), found, limit, opens_at }
    }
}
