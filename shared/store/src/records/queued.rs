//! That a call has come into a queue, and that it could not be held, within CALL, whose names are short since it is written often.
//!
//! ```text
//! queue          only of one that campaigns share: any other is the call's campaign's own
//! told_s         how long the caller was told that it would take, in seconds
//! aim_s          within how many seconds they were to be answered
//! ```

use jiff::Timestamp;
use ringfall_domain::{
    flow::NodeId,
    ids::CampaignId,
    queue::{OverflowReason, Overflowed, QueueId, Queued},
};

use super::attributes::{Attributes, Reader, damaged, instant};
use crate::port::{StoreError, Value};

/// Where in it, in what [`encode_queued`] writes.
pub const PLACE: &str = "place";

/// Writes where a call waits.
pub fn encode_queued(queued: &Queued) -> Value {
    let shared = match &queued.queue {
        QueueId::Campaign(_) => None,
        QueueId::Shared(name) => Some(name.to_string()),
    };
    Attributes::new()
        .with_some("queue", shared)
        .with_text(PLACE, queued.place)
        .with("value", queued.value.as_decimal())
        .with_instant("entered_at", queued.entered_at)
        .with_text("node", &queued.node)
        .with_some("told_s", queued.announced_seconds)
        .with_some("aim_s", queued.answered_within_seconds)
        .into()
}

/// Reads where a call of a campaign waits.
pub fn decode_queued(reader: Reader<'_>, campaign: CampaignId) -> Result<Queued, StoreError> {
    let shared = reader.optional_parsed("queue")?;
    Ok(Queued {
        queue: shared.map_or(QueueId::Campaign(campaign), QueueId::Shared),
        place: reader.parsed(PLACE)?,
        value: reader.money("value")?,
        entered_at: reader.instant("entered_at")?,
        node: decode_node(reader)?,
        announced_seconds: reader.optional_number("told_s")?,
        answered_within_seconds: reader.optional_number("aim_s")?,
    })
}

fn decode_node(reader: Reader<'_>) -> Result<NodeId, StoreError> {
    NodeId::try_from(reader.text("node")?.to_owned()).map_err(|_| damaged("node", "a node's name"))
}

/// Writes why a call could not be held: the reason's code, and its figures.
pub fn encode_overflowed(overflowed: &Overflowed) -> Value {
    let attributes = Attributes::new()
        .with_instant("at", overflowed.at)
        .with("code", overflowed.reason.code())
        .with_text("node", &overflowed.node);
    match overflowed.reason {
        OverflowReason::Full { size, limit } => attributes.with("size", size).with("limit", limit),
        OverflowReason::WaitedTooLong { waited_seconds, limit_seconds } => {
            attributes.with("seconds", waited_seconds).with("limit", limit_seconds)
        }
        OverflowReason::WouldWaitTooLong { estimated_seconds, limit_seconds } => {
            attributes.with("seconds", estimated_seconds).with("limit", limit_seconds)
        }
        OverflowReason::NobodyComes { opens_at } => attributes.with_some("opens_at", opens_at.map(instant)),
    }
    .into()
}

/// Reads why a call could not be held.
pub fn decode_overflowed(reader: Reader<'_>) -> Result<Overflowed, StoreError> {
    Ok(Overflowed { at: reader.instant("at")?, node: decode_node(reader)?, reason: decode_reason(reader)? })
}

fn decode_reason(reader: Reader<'_>) -> Result<OverflowReason, StoreError> {
    // Each variant knows its own code: none can be written and not be read.
    let full = OverflowReason::Full { size: 0, limit: 0 };
    let waited = OverflowReason::WaitedTooLong { waited_seconds: 0, limit_seconds: 0 };
    let would_wait = OverflowReason::WouldWaitTooLong { estimated_seconds: 0, limit_seconds: 0 };
    let nobody = OverflowReason::NobodyComes { opens_at: None };
    let code = reader.text("code")?;
    let known = [full, waited, would_wait, nobody].into_iter().find(|reason| reason.code() == code);
    let (seconds, limit) = (|| reader.number("seconds"), || reader.number("limit"));
    Ok(match known.ok_or_else(|| damaged("code", "why a caller cannot be held"))? {
        OverflowReason::Full { .. } => OverflowReason::Full { size: reader.number("size")?, limit: limit()? },
        OverflowReason::WaitedTooLong { .. } => {
            OverflowReason::WaitedTooLong { waited_seconds: seconds()?, limit_seconds: limit()? }
        }
        OverflowReason::WouldWaitTooLong { .. } => {
            OverflowReason::WouldWaitTooLong { estimated_seconds: seconds()?, limit_seconds: limit()? }
        }
        OverflowReason::NobodyComes { .. } => {
            let opens_at: Option<Timestamp> = reader.optional_instant("opens_at")?;
            OverflowReason::NobodyComes { opens_at }
        }
    })
}
