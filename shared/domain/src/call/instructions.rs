//! What a provider is told to do with a caller, in no provider's words. Each `providers/<name>` renders it.

use jiff::Timestamp;

use crate::{
    config::AudioUrl,
    flow::{NodeId, Spoken},
    ids::CallId,
    phone::PhoneNumber,
    queue::{CallbackQuestion, Told},
    target::Destination,
};

/// Instructions in the order in which they are carried out. What stands behind a [`Instruction::Gather`] happens
/// only if the caller enters nothing and the provider has no call-back for that.
pub type Instructions = Vec<Instruction>;

/// One thing to do with a caller (or, while screening, with the person who answered).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// Speaks a text.
    Say(Speech),
    /// Asks for digits or speech while speaking, then calls back; also when nothing was entered.
    Gather {
        /// Spoken while waiting.
        prompt: Speech,
        /// What may be entered.
        input: GatherInput,
        /// Silence after which the caller counts as having entered nothing.
        timeout_seconds: u32,
        /// Where the answer goes.
        then: Continuation,
    },
    /// Lets the caller wait for a while, then calls back. Short, so that every provider can, and so that what the caller is told is fresh.
    Hold(HoldStep),
    /// Takes a message, then calls back.
    Record {
        /// At most so long.
        most_seconds: u32,
        /// Where its end is told.
        then: Continuation,
    },
    /// Rings a destination and bridges it with the caller.
    Connect(Dial),
    /// Accepts the bridge: what the person who answered hears when the screening is passed. Renders as "go on".
    Bridge,
    /// Goes on elsewhere at once.
    Continue(Continuation),
    /// Refuses a call that was not answered yet.
    Reject(RejectReason),
    /// Ends the call.
    Hangup,
}

/// One step of a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldStep {
    /// What the caller is told first.
    pub spoken: Vec<Speech>,
    /// What they hear then.
    pub sound: Sound,
    /// Whether a key may be pressed meanwhile.
    pub takes_key: bool,
    /// Where the step's end, or the key, goes.
    pub then: Continuation,
}

/// What somebody who waits hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// Our own music, one round of it.
    OwnMusic,
    /// A file, once.
    File(AudioUrl),
    /// Nothing, for so long.
    Silence {
        /// At least 1.
        seconds: u32,
    },
}

/// A text with the language it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// At most 4,096 characters.
    pub text: String,
    /// A BCP 47 tag such as `en-US`; the provider's default where none is given.
    pub language: Option<String>,
}

impl From<Spoken> for Speech {
    fn from(spoken: Spoken) -> Self {
        Self { text: spoken.text.to_string(), language: spoken.language.map(|language| language.to_string()) }
    }
}

/// What a caller may enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatherInput {
    /// The most digits, 1 to 32; none where only speech is taken.
    pub digits: Option<u8>,
    /// Whether speech is taken.
    pub speech: bool,
}

/// Why a call is refused before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// As a busy line.
    Busy,
    /// As a number that does not take the call.
    Declined,
}

/// One destination to ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Who is rung.
    pub destination: Destination,
    /// How long it may ring.
    pub ring_timeout_seconds: u32,
    /// The number shown to the destination; the caller's own where none is given.
    pub caller_id: Option<PhoneNumber>,
    /// Whether the bridged call is recorded.
    pub record: bool,
    /// What is said of that before it begins.
    pub recording_notice: Option<Speech>,
    /// The bridged call ends after this long at the latest.
    pub most_seconds: u32,
    /// What the dial is for, and so where its events go.
    pub purpose: DialPurpose,
}

/// What a dial is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialPurpose {
    /// An attempt at a target: progress, screening and end are reported for this attempt.
    Attempt {
        /// Counted from 1.
        attempt: u8,
        /// What the person who answers is put through before the bridge.
        greeting: Greeting,
    },
    /// A fixed number that the flow forwards to; its end is reported for the node.
    Forward(NodeId),
    /// A fixed number that the queue overflows to; its end is reported for the node.
    Overflow {
        /// The `route` node whose caller could not be held.
        node: NodeId,
        /// Which of the policy's overflows, counted from 0.
        index: u8,
    },
    /// The last resort when the platform itself fails: nothing is reported, the call ends with it.
    Fallback,
}

/// What the person who answers an attempt is put through before the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// Nothing: caller and target are joined at once.
    None,
    /// [`Continuation::LegAnswered`]: told of the call.
    Whisper,
    /// [`Continuation::LegAnswered`]: asked to take the call, and so heard of again in [`Continuation::Screened`].
    Screening,
}

/// Where a provider's next request about a call goes: the position in the flow, or the attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continuation {
    /// The caller's answer to a node's question.
    Gathered {
        /// The node that asked.
        node: NodeId,
        /// Counted from 1: how often it has asked.
        visit: u8,
    },
    /// The person at the target answered: what shall be said to them?
    LegAnswered {
        /// The attempt.
        attempt: u8,
    },
    /// The answerer's key.
    Screened {
        /// The attempt.
        attempt: u8,
        /// When they were asked: it comes back with the key, and needs no record of its own.
        asked_at: Timestamp,
    },
    /// The dial is over; what shall the caller hear next?
    DialEnded {
        /// The attempt.
        attempt: u8,
    },
    /// A dial's progress, for the record only.
    LegProgress {
        /// The attempt.
        attempt: u8,
    },
    /// What stands before the node has been said.
    Said {
        /// The node to go on with.
        node: NodeId,
    },
    /// A forward to a fixed number is over.
    ForwardEnded {
        /// The node that forwarded.
        node: NodeId,
    },
    /// A step of the hold is over, or the caller has pressed a key.
    Held {
        /// The `route` node for whose targets the caller waits.
        node: NodeId,
        /// What the caller has been told so far: it comes back with the step's end, and needs no record of its own.
        told: Told,
    },
    /// A caller who was held is redirected to the dial of an attempt.
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
    },
    /// A message was left, or none.
    MessageLeft {
        /// The `route` node whose caller could not be held.
        node: NodeId,
        /// Which of the policy's overflows, counted from 0.
        index: u8,
    },
    /// The answer to a question on being called back.
    CallbackAsked {
        /// The `route` node for whose targets the caller waits.
        node: NodeId,
        /// Which of the policy's overflows offers it; none if the caller asked for it while waiting.
        index: Option<u8>,
        /// What was asked.
        question: CallbackQuestion,
    },
    /// Who is called back has answered: what shall be said to them?
    CallbackAnswered {
        /// The call in which they asked for it.
        of: CallId,
        /// Counted from 1: how often they were rung.
        attempt: u8,
    },
    /// The key of who was called back.
    CallbackAccepted {
        /// The call in which they asked for it.
        of: CallId,
        /// Counted from 1: how often they were rung.
        attempt: u8,
    },
    /// A callback's call is over, or was never answered.
    CallbackProgress {
        /// The call in which they asked for it.
        of: CallId,
        /// Counted from 1: how often they were rung.
        attempt: u8,
    },
}
