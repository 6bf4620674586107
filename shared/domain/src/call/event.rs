//! What happens to a call, in no provider's words. Each `providers/<name>` parses its webhooks into it.

use jiff::Timestamp;

use crate::{
    flow::NodeId,
    geography::LineType,
    ids::CallId,
    phone::{CallerNumber, PhoneNumber},
    queue::{CallbackQuestion, Told},
};

/// Something that happened, with the time at which we learned of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When the webhook arrived, by our clock.
    pub arrived_at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}

/// The kinds of events. Each may come late, twice, out of order or never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A call came in.
    Arrived(Arrival),
    /// A caller answered a node's question, or let it pass.
    Gathered {
        /// The node that asked.
        node: NodeId,
        /// Counted from 1: how often it had asked.
        visit: u8,
        /// What was entered.
        input: Input,
    },
    /// The caller has heard what stands before a node.
    Said {
        /// The node to go on with.
        node: NodeId,
    },
    /// The target's line was answered and asks what to do.
    LegAnswered {
        /// The attempt.
        attempt: u8,
        /// The provider's id of the leg, where it tells.
        provider_leg_id: Option<String>,
    },
    /// The person who answered pressed a key, or none.
    Screened {
        /// The attempt.
        attempt: u8,
        /// When they were asked, as our own callback URL tells it; none if it does not.
        asked_at: Option<Timestamp>,
        /// The provider's id of the leg, where it tells.
        provider_leg_id: Option<String>,
        /// What was pressed.
        input: Input,
    },
    /// A report on a leg while or after it is dialled; no instructions are expected.
    LegProgress {
        /// The attempt.
        attempt: u8,
        /// What is known.
        report: LegReport,
    },
    /// The dial is over and the caller, if still there, waits for what comes next.
    DialEnded {
        /// The attempt.
        attempt: u8,
        /// What is known.
        report: LegReport,
    },
    /// A step of the hold is over, or the caller has pressed a key in it.
    Held {
        /// The `route` node for whose targets the caller waits.
        node: NodeId,
        /// What the caller has been told so far.
        told: Told,
        /// What was pressed.
        input: Input,
    },
    /// A caller who was held has been redirected, and asks for the dial of the attempt.
    Offered {
        /// The attempt.
        attempt: u8,
    },
    /// A forward of the queue's overflow is over.
    OverflowForwardEnded {
        /// The `route` node whose caller could not be held.
        node: NodeId,
        /// Which of the policy's overflows, counted from 0.
        index: u8,
        /// Whether somebody answered it.
        answered: bool,
    },
    /// A caller has left a message, or none.
    MessageLeft {
        /// The `route` node whose caller could not be held.
        node: NodeId,
        /// Which of the policy's overflows, counted from 0.
        index: u8,
        /// Where it is to be had.
        recording_url: Option<String>,
    },
    /// A caller was asked whether, and under which number, to be called back.
    CallbackAsked {
        /// The `route` node for whose targets the caller waits.
        node: NodeId,
        /// Which of the policy's overflows offers it; none if the caller asked for it while waiting.
        index: Option<u8>,
        /// What was asked.
        question: CallbackQuestion,
        /// What was entered.
        input: Input,
    },
    /// The line of a caller who is called back was answered.
    CallbackAnswered {
        /// The call in which they asked for it.
        of: CallId,
        /// Counted from 1: how often they were rung.
        attempt: u8,
        /// The provider's id of the new call.
        provider_call_id: String,
    },
    /// Who answered a callback has pressed a key, or none: voicemail presses none.
    CallbackAccepted {
        /// The call in which they asked for it.
        of: CallId,
        /// Counted from 1: how often they were rung.
        attempt: u8,
        /// The provider's id of the new call.
        provider_call_id: String,
        /// What was pressed.
        input: Input,
    },
    /// A report on a callback's call: nobody answered, or it is over. No instructions are expected.
    CallbackProgress {
        /// The call in which they asked for it.
        of: CallId,
        /// Counted from 1: how often they were rung.
        attempt: u8,
        /// What is known.
        report: CallReport,
    },
    /// A forward to a fixed number is over.
    ForwardEnded {
        /// The node that forwarded.
        node: NodeId,
        /// Whether somebody answered it.
        answered: bool,
    },
    /// A report on the whole call; no instructions are expected.
    CallProgress(CallReport),
}

/// A call as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The provider's id of the call.
    pub provider_call_id: String,
    /// Who calls.
    pub caller: CallerNumber,
    /// The number that was dialled.
    pub dialled: PhoneNumber,
    /// What the provider says of the caller's place and standing.
    pub caller_facts: CallerFacts,
}

/// What a provider says of a caller. Hearsay: what the caller states in the flow stands above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerFacts {
    /// Two letters, such as `TX`.
    pub state: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// City.
    pub city: Option<String>,
    /// ISO 3166 alpha-2.
    pub country: Option<String>,
    /// What kind of line the caller's is.
    pub line_type: Option<LineType>,
    /// How far the caller's number is vouched for, where anybody does.
    pub attestation: Option<Attestation>,
    /// Whether a filter of the provider's takes the caller for spam.
    pub spam: bool,
}

/// How far the originating carrier vouches for the caller's number (STIR/SHAKEN, ATIS-1000074), the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attestation {
    /// Full: the caller may use the number.
    A,
    /// Partial: the carrier knows the customer.
    B,
    /// Gateway: the carrier only passed it on.
    C,
    /// What it says did not pass verification: the number may be forged.
    Failed,
}

impl Attestation {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::Failed];

    /// The word in filters and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::Failed => "failed",
        }
    }
}

/// What somebody entered when asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Digits, `*` and `#`, at most 32.
    Digits(String),
    /// Recognised speech, at most 512 characters.
    Speech(String),
    /// Nothing.
    Nothing,
}

/// What a provider reports of a leg.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegReport {
    /// The provider's id of the leg.
    pub provider_leg_id: Option<String>,
    /// How far it has come; none where the report does not tell.
    pub status: Option<LegStatus>,
    /// The provider's own time of this status.
    pub occurred_at: Option<Timestamp>,
    /// Seconds from the answer at the target to the end, as the provider counts them; only when it is over.
    pub duration_seconds: Option<u32>,
    /// Whether caller and target were joined; none where the provider does not tell.
    pub bridged: Option<bool>,
    /// Where the recording is to be had.
    pub recording_url: Option<String>,
    /// True if the report says that the caller has left: nobody waits for what comes next.
    pub caller_is_gone: bool,
}

/// How far a leg has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegStatus {
    /// Being dialled or ringing.
    Ringing,
    /// Somebody, or something, picked up.
    Answered,
    /// Over.
    Ended(EndCause),
}

/// How a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// It was answered and later hung up, by either side.
    Completed,
    /// The line was busy.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// It could not be rung.
    Failed,
    /// The caller hung up, or we called it off, before the answer.
    Canceled,
    /// The provider never placed it.
    NeverDialled,
}

/// What a provider reports of the whole call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallReport {
    /// The provider's id of the call.
    pub provider_call_id: String,
    /// True once it is over.
    pub ended: bool,
    /// How it ended, where the provider tells.
    pub cause: Option<EndCause>,
    /// The provider's own time of this report.
    pub occurred_at: Option<Timestamp>,
    /// Seconds from our answer to the end, as the provider counts them.
    pub duration_seconds: Option<u32>,
}
