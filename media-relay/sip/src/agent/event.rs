//! What an agent tells.

use crate::{
    message::{Request, Response, StatusCode},
    transport::Peer,
};

/// One session: an INVITE of either side, and the dialog that comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub(super) u64);

/// What happened. The bodies are in the messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody calls: say something to it ([`super::Agent::progress`], [`super::Agent::accept`], [`super::Agent::end`]).
    Incoming {
        /// The new session.
        session: SessionId,
        /// The INVITE.
        request: Box<Request>,
        /// Where it came from.
        from: Peer,
    },
    /// Our call makes progress. Of several forks, each has its own To tag.
    Progress {
        /// Which.
        session: SessionId,
        /// A provisional response above 100.
        response: Box<Response>,
        /// Whether it holds the offer, because the INVITE had none, and waits for [`super::Agent::answer_progress`].
        wants_answer: bool,
    },
    /// Our call is answered. The first fork to answer has the call.
    Answered {
        /// Which.
        session: SessionId,
        /// The success.
        response: Box<Response>,
        /// Whether it holds the offer, because the INVITE had none, and waits for [`super::Agent::acknowledge`].
        wants_answer: bool,
    },
    /// The other side has acknowledged our answer, or the answer to its change.
    Acknowledged {
        /// Which.
        session: SessionId,
        /// The ACK; it holds the answer if ours held the offer.
        request: Box<Request>,
    },
    /// The other side has acknowledged a reliable provisional response.
    ProgressAcknowledged {
        /// Which.
        session: SessionId,
        /// The PRACK; it holds the answer if the response held the offer.
        request: Box<Request>,
    },
    /// The other side would change the session: [`super::Agent::accept_change`] or [`super::Agent::refuse_change`].
    ChangeAsked {
        /// Which.
        session: SessionId,
        /// A re-INVITE (without a body, it asks us for the offer) or an UPDATE.
        request: Box<Request>,
    },
    /// The other side has accepted our change.
    Changed {
        /// Which.
        session: SessionId,
        /// Its success.
        response: Box<Response>,
    },
    /// The other side has refused our change; the session goes on as it was.
    ChangeRefused {
        /// Which.
        session: SessionId,
        /// Its refusal.
        response: Box<Response>,
    },
    /// The other side sent INFO; it was answered.
    Info {
        /// Which.
        session: SessionId,
        /// The request, with its body.
        request: Box<Request>,
    },
    /// The session is over. The last event of each session, and each has exactly one.
    Ended {
        /// Which.
        session: SessionId,
        /// Why.
        cause: Cause,
    },
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// We hung up an answered call.
    LocalBye,
    /// The other side hung up an answered call.
    RemoteBye,
    /// We gave up a call that we made, before it was answered.
    LocalCancel,
    /// The other side gave up a call that it made, before we answered.
    RemoteCancel,
    /// We refused.
    Refused(StatusCode),
    /// The other side refused; a redirection is a refusal, and its contacts are not called.
    Rejected(Box<Response>),
    /// Nobody could be reached.
    Unreachable,
    /// It rang for too long.
    RangTooLong,
    /// Our answer was never acknowledged: BYE was sent.
    NeverAcknowledged,
    /// Our reliable provisional response was never acknowledged: the INVITE was refused.
    ProgressNeverAcknowledged,
    /// Nobody refreshed the session: BYE was sent.
    Expired,
    /// A request within the dialog found nobody who knew of it, or nobody at all: BYE was sent.
    Lost,
}

/// Why a command is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such session, or it is over.
    #[error("there is no such session")]
    NoSession,
    /// The session is not at a point where that can be done.
    #[error("the session is not at that point")]
    NotNow,
    /// Another change is under way, of either side; try again when it is through.
    #[error("another change of the session is under way")]
    ChangePending,
    /// There are too many sessions or transactions.
    #[error("there are too many sessions or transactions")]
    Full,
    /// There is no peer to send to.
    #[error("there is no peer to send the request to")]
    NoPeer,
}
