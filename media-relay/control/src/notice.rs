//! What the relay tells the platform.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    bounded,
    limits::MOST_PROBLEMS,
    text::{HttpUrl, Id},
};

/// Something that happened to a call. Which parts it has follows from the URL that it is sent to; the rest are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The caller's call, or the call that was placed by a command. Also in notices about a leg.
    pub call_id: Id,
    /// When it happened, by the relay's clock.
    pub occurred_at: Timestamp,
    /// A call came in: in the first notice of a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// The leg that it is about, or with which a connect ended. None in the end of a connect that rang nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<Leg>,
    /// How the call itself stands. Always told once it is over, also at the end of a connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Standing>,
    /// What was entered: at the end of a gather, or of a hold that takes a key. None where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// Where the recording of a connect, or the message of a record, is to be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<HttpUrl>,
    /// What went wrong since the last notice without ending the call.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "bounded::list::<MOST_PROBLEMS, _, _>"
    )]
    pub problems: Vec<Problem>,
}

impl Notice {
    /// A notice that says nothing more yet.
    pub const fn new(call_id: Id, occurred_at: Timestamp) -> Self {
        Self {
            call_id,
            occurred_at,
            arrival: None,
            leg: None,
            call: None,
            input: None,
            recording_url: None,
            problems: Vec::new(),
        }
    }
}

/// A call as it comes in. What the caller's side wrote is cut to the limits of each field, not refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// What the From header presents: the user part of its URI, else its host. At most 64 characters.
    pub from: String,
    /// What was dialled: the user part of the Request-URI without parameters, such as `+18005550111` or `18005550111`. At most 64 characters.
    pub to: String,
    /// The connection of the trunk over which it came.
    pub trunk: Id,
    /// Where it came from.
    pub source_address: IpAddr,
    /// Whether the caller's number is to be withheld (`Privacy: id` or `user`, RFC 3323 and RFC 3325).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub privacy: bool,
    /// The user part of the P-Asserted-Identity header (RFC 3325), which the trunk vouches for. At most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_asserted_identity: Option<String>,
    /// The user part of the first Diversion header (RFC 5806) or History-Info entry (RFC 7044): for whom the call was first. At most 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diversion: Option<String>,
    /// What the trunk says of STIR/SHAKEN (`verstat` of TS 24.229 §7.2A.20, P-Attestation-Indicator), where it says anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<Attestation>,
}

/// How far the originating carrier vouches for the caller's number (ATIS-1000074).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attestation {
    /// Full: the caller may use the number.
    A,
    /// Partial: the carrier knows the customer.
    B,
    /// Gateway: the carrier only passed it on.
    C,
    /// What it says did not pass the trunk's verification.
    #[serde(rename = "failed")]
    Failed,
}

/// A leg to somebody who was rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// The relay's id of it.
    pub leg_id: Id,
    /// How far it has come.
    pub status: Status,
    /// How it ended; only once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The last final response to its INVITE (RFC 3261 §21), such as 486.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip_status: Option<u16>,
    /// Seconds from its answer to its end; only once it is over, and only if it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// Whether it was joined with the caller at any time.
    #[serde(default)]
    pub bridged: bool,
}

/// How a call stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How far it has come.
    pub status: Status,
    /// How it ended; only once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Seconds from its answer to its end; only once it is over, and only if it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
}

/// How far a call or a leg has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not answered yet.
    Ringing,
    /// Answered and not over.
    Answered,
    /// Over.
    Ended,
}

/// How a call or a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was answered, and later hung up by either side.
    Completed,
    /// The line was busy (486, 600).
    Busy,
    /// Nobody answered in time (408, 480, 487 after our time-out).
    NoAnswer,
    /// It could not be rung, or was refused.
    Failed,
    /// The caller hung up, or we called it off, before the answer.
    Canceled,
}

/// What was entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// `0` to `9`, `*`, `#`, `A` to `D`, in the order in which they were pressed; a `#` that ended the entry is not part of it.
    pub digits: String,
}

/// What went wrong without ending the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What could not be had.
    pub kind: ProblemKind,
    /// What was wrong, for people. At most 256 characters.
    pub detail: String,
}

/// What could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// A file to play.
    Audio,
    /// A text to speak.
    Speech,
    /// A recording.
    Recording,
    /// A kind that a newer relay knows.
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::MOST_BODY_BYTES, read, write};

    #[test]
    fn the_first_notice_of_a_call_reads_as_documented() {
        let body = r#"{"call_id":"c_1","occurred_at":"2026-11-21T04:05:06Z","arrival":{"from":"+12145550123","to":"18005550111",
            "trunk":"con_1","source_address":"192.0.2.7","privacy":true,"attestation":"A","of_tomorrow":[1]}}"#;
        let notice: Notice = read(body.as_bytes(), MOST_BODY_BYTES).expect("a notice");
        let arrival = notice.arrival.as_ref().expect("an arrival");
        assert_eq!((arrival.from.as_str(), arrival.to.as_str()), ("+12145550123", "18005550111"));
        assert_eq!((arrival.privacy, arrival.attestation), (true, Some(Attestation::A)));
        assert_eq!(read::<Notice>(write(&notice).as_bytes(), MOST_BODY_BYTES), Ok(notice));
    }

    #[test]
    fn a_notice_about_a_leg_is_written_without_what_it_does_not_have() {
        let mut notice = Notice::new("c_1".parse().expect("an id"), Timestamp::UNIX_EPOCH);
        notice.leg = Some(Leg {
            leg_id: "l_1".parse().expect("an id"),
            status: Status::Ended,
            cause: Some(Cause::NoAnswer),
            sip_status: Some(487),
            duration_seconds: None,
            bridged: false,
        });
        notice.input = Some(Input { digits: "1".to_owned() });
        let expected = r#"{"call_id":"c_1","occurred_at":"1970-01-01T00:00:00Z","leg":{"leg_id":"l_1","status":"ended","cause":"no_answer","sip_status":487,"bridged":false},"input":{"digits":"1"}}"#;
        assert_eq!(write(&notice), expected);
    }

    #[test]
    fn a_problem_of_a_kind_to_come_is_read() {
        let body = r#"{"call_id":"c","occurred_at":"2026-11-21T04:05:06Z","problems":[{"kind":"weather","detail":"rain"}]}"#;
        let notice: Notice = read(body.as_bytes(), MOST_BODY_BYTES).expect("a notice");
        assert_eq!(notice.problems[0].kind, ProblemKind::Other);
        let many = body.replace(
            r#"[{"kind":"weather","detail":"rain"}]"#,
            &format!("[{}]", vec![r#"{"kind":"audio","detail":""}"#; 17].join(",")),
        );
        let refused = read::<Notice>(many.as_bytes(), MOST_BODY_BYTES).expect_err("too many").to_string();
        assert!(refused.contains("problems") && refused.contains("at most 16"), "{refused}");
    }

    #[test]
    fn a_notice_without_its_call_or_with_a_strange_one_is_refused_by_name() {
        for (body, expected) in [
            (r#"{"occurred_at":"2026-11-21T04:05:06Z"}"#, "call_id"),
            (
                r#"{"call_id":"a/b","occurred_at":"2026-11-21T04:05:06Z"}"#,
                "call_id: expected 1 to 64 letters",
            ),
            (r#"{"call_id":"c","occurred_at":"yesterday"}"#, "occurred_at"),
            (
                r#"{"call_id":"c","occurred_at":"2026-11-21T04:05:06Z","leg":{"leg_id":"l","status":"flying"}}"#,
                "leg.status",
            ),
        ] {
            let refused = read::<Notice>(body.as_bytes(), MOST_BODY_BYTES).expect_err("refused").to_string();
            assert!(refused.contains(expected), "{body}: {refused}");
        }
    }
}
