//! The truth about calls, as a relay tells it to those who ask. Calls and legs that are over are remembered for an hour.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    bounded,
    limits::{MOST_CALLS, MOST_LEGS},
    notice::{Cause, Status},
    order::Destination,
    text::Id,
};

/// How long a call that is over is remembered, at least.
pub const REMEMBERED_SECONDS: u32 = 60 * 60;

/// The live calls of one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallList {
    /// In no order.
    #[serde(deserialize_with = "bounded::list::<MOST_CALLS, _, _>")]
    pub calls: Vec<CallState>,
}

/// One call with its legs. A call that was placed by a command has none until it rings somebody itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallState {
    /// The relay's id of it.
    pub call_id: Id,
    /// The same as [`crate::notice::Arrival::from`].
    pub from: String,
    /// The same as [`crate::notice::Arrival::to`].
    pub to: String,
    /// How it stands.
    #[serde(flatten)]
    pub progress: Progress,
    /// The legs that were rung for it, the first one first.
    #[serde(default, deserialize_with = "bounded::list::<MOST_LEGS, _, _>")]
    pub legs: Vec<LegState>,
}

/// One leg.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegState {
    /// The relay's id of it.
    pub leg_id: Id,
    /// Who is rung, as the order named them.
    pub destination: Destination,
    /// How it stands.
    #[serde(flatten)]
    pub progress: Progress,
    /// The last final response to its INVITE (RFC 3261 §21).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip_status: Option<u16>,
    /// Whether it was joined with the caller at any time.
    #[serde(default)]
    pub bridged: bool,
}

/// How far a call or a leg has come, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How far.
    pub status: Status,
    /// How it ended; only once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// When it came in or was placed.
    pub began_at: Timestamp,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Seconds from the answer to the end; only if it was answered and is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::MOST_CALL_LIST_BYTES, read, write};

    #[test]
    fn a_call_with_its_legs_reads_back_as_itself() {
        let body = r#"{"calls":[{"call_id":"c_1","from":"+12145550123","to":"18005550111","status":"answered","began_at":"2026-03-02T15:00:00Z","answered_at":"2026-03-02T15:00:01Z","legs":[{"leg_id":"l_1","destination":{"phone_number":"+12145550100"},"status":"ended","cause":"busy","began_at":"2026-03-02T15:00:09Z","ended_at":"2026-03-02T15:00:10Z","sip_status":486,"bridged":false}]}]}"#;
        let list: CallList = read(body.as_bytes(), MOST_CALL_LIST_BYTES).expect("calls");
        assert_eq!(list.calls[0].progress.status, Status::Answered);
        assert_eq!(list.calls[0].legs[0].progress.cause, Some(Cause::Busy));
        assert_eq!(write(&list), body);
    }
}
