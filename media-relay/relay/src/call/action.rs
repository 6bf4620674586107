//! What a call wants done, and what it is told.

use std::time::Duration;

use ringfall_control::{
    Order,
    notice::{Cause, Input, Leg, Problem, ProblemKind, Standing},
    order::{Destination, Speech},
    text::{HttpUrl, PhoneNumber},
};
use ringfall_media::dtmf::Digit;

/// Which leg of a call: 0 is the caller's, or that of who is called by a command; the others are rung for it.
pub(crate) type LegNumber = u32;

/// The first leg.
pub(crate) const CALLER: LegNumber = 0;

/// A question to the platform, to know its answer again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ask(pub(crate) u32);

/// Something to do. Each is done at once or fails later by an [`Event`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// The caller hears ringing.
    Ring,
    /// The caller, who is not answered yet, is given audio (RFC 3960): what is played to them is heard from now on.
    Early,
    /// Answers the caller.
    Answer,
    /// Refuses the caller.
    Refuse(Refused),
    /// Rings somebody.
    Dial(Box<Dialled>),
    /// Ends a leg, at whatever point it is.
    HangUp(LegNumber),
    /// Plays something instead of what is played.
    Play {
        /// To whom.
        leg: LegNumber,
        /// What [`Event::Played`] says.
        playback: u64,
        /// One after the other.
        pieces: Vec<Piece>,
    },
    /// Nothing is played any more.
    Silence(LegNumber),
    /// The caller and a leg hear each other.
    Bridge(LegNumber),
    /// The caller hears a leg that is not answered yet, and is not heard by it.
    Listen(LegNumber),
    /// They do not any more.
    Part(LegNumber),
    /// Records the caller, and the leg that they are joined with.
    Record {
        /// What [`Event::Recorded`] says.
        recording: u32,
        /// The other side.
        with: Option<LegNumber>,
        /// What is longer is cut.
        longest: Duration,
    },
    /// Ends a recording.
    StopRecording(u32),
    /// Asks the platform what to do: [`Event::Orders`] comes of it.
    Ask {
        /// The question.
        ask: Ask,
        /// Where.
        url: HttpUrl,
        /// What there is to say.
        said: Box<Said>,
    },
    /// Tells the platform, until it has heard.
    Tell {
        /// Where.
        url: HttpUrl,
        /// What there is to say.
        said: Box<Said>,
    },
}

/// Why a caller is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// 486.
    Busy,
    /// 603.
    Declined,
    /// 480: the orders end without anything that could be heard.
    Unavailable,
    /// 503: the platform cannot be asked.
    OutOfOrder,
}

/// Somebody to ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialled {
    /// As which leg.
    pub(crate) leg: LegNumber,
    /// Where.
    pub(crate) destination: Destination,
    /// The number shown; the caller's own where none is given.
    pub(crate) caller_id: Option<PhoneNumber>,
    /// Whether the leg may agree on a codec that only the caller speaks: nothing of ours will be said on it.
    pub(crate) may_pass_through: bool,
}

/// Something to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A text.
    Speech(Speech),
    /// A file.
    File(HttpUrl),
    /// Our music, for so long. It goes on where it was.
    Music(Duration),
    /// Nothing, for so long.
    Silence(Duration),
    /// The tone of a line that rings, without end.
    Ringback,
    /// The tone of a network that cannot go on, for a while.
    OutOfOrder,
    /// What a message begins after.
    Beep,
}

/// What a notice says, besides which call and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Whether it is the first: the arrival is told.
    pub(crate) arrives: bool,
    /// A leg.
    pub(crate) leg: Option<Leg>,
    /// The call.
    pub(crate) call: Option<Standing>,
    /// What was entered.
    pub(crate) input: Option<Input>,
    /// What was recorded.
    pub(crate) recording_url: Option<HttpUrl>,
    /// What went wrong.
    pub(crate) problems: Vec<Problem>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The platform has answered, or has not.
    Orders(Ask, Result<Vec<Order>, Unanswered>),
    /// A leg rings.
    Ringing(LegNumber),
    /// Audio in a codec that we speak is agreed on with a leg that is not answered.
    Early(LegNumber),
    /// Audio comes from a leg for the first time.
    Heard(LegNumber),
    /// A leg is answered, and what is heard on it agreed on.
    Answered(LegNumber),
    /// A leg is over.
    Over(LegNumber, Ending),
    /// A key.
    Digit(LegNumber, Digit),
    /// The caller and a leg hear each other.
    Joined(LegNumber),
    /// Something of what was to be played will not be heard: it could not be had, or the leg's codec is none that we speak.
    Unheard(LegNumber, u64),
    /// All was played, or could not be.
    Played(LegNumber, u64),
    /// Something could not be had.
    Problem(ProblemKind, String),
    /// A recording is over.
    Recorded {
        /// Which.
        recording: u32,
        /// Where it is to be had; none if nothing was recorded.
        url: Option<HttpUrl>,
    },
    /// Do this instead.
    Modify(Vec<Order>),
    /// Ask there instead.
    Continue(HttpUrl),
    /// End a leg; with the first, the call.
    End(LegNumber),
}

/// The platform has not answered, or nothing that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unanswered;

/// How a leg ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// How, if it was not answered.
    pub(crate) cause: Cause,
    /// The last final response to its INVITE.
    pub(crate) sip_status: Option<u16>,
}
