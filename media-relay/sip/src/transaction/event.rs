//! What transactions tell, and by which names.

use bytes::Bytes;

use crate::{
    message::{Request, Response},
    transport::Peer,
};

/// A transaction that we began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub(super) u64);

/// A transaction that another began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub(super) u64);

/// Bytes to send, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub to: Peer,
    /// One whole message.
    pub bytes: Bytes,
}

/// Why a request got no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nobody answered in 64 × T1.
    TimedOut,
    /// The transport could not bring it away.
    Transport,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request came, for the first time. It waits for responses.
    Request {
        /// Its transaction.
        server: ServerId,
        /// The request; its topmost Via says where it came from.
        request: Request,
        /// Where it came from.
        from: Peer,
    },
    /// A CANCEL came, for the first time. It waits for its own response, besides that of the INVITE.
    Cancel {
        /// Its own transaction.
        server: ServerId,
        /// The INVITE's, if there is one.
        invite: Option<ServerId>,
        /// The request.
        request: Request,
        /// Where it came from.
        from: Peer,
    },
    /// An ACK came that acknowledges a success, or nothing that is known.
    Ack {
        /// The request.
        request: Request,
        /// Where it came from.
        from: Peer,
    },
    /// A response came: provisional, the final one, or, of an INVITE, one more success (a copy, or another fork's).
    Response {
        /// The request's transaction.
        client: ClientId,
        /// The response.
        response: Response,
    },
    /// A request got no final response.
    Failed {
        /// Its transaction.
        client: ClientId,
        /// Why.
        failure: Failure,
    },
    /// Nothing is kept of this transaction any more.
    ClientEnded {
        /// Which.
        client: ClientId,
    },
    /// Nothing is kept of this transaction any more.
    ServerEnded {
        /// Which.
        server: ServerId,
    },
}

/// Why nothing comes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// A copy of what came before; it was answered as that was.
    #[error("a copy of an earlier message")]
    Copy,
    /// A response whose Via is not ours alone.
    #[error("a response to somebody else's request")]
    NotOurVia,
    /// A response to a request that nothing is kept of.
    #[error("a response to no request of ours")]
    NoTransaction,
    /// The same request by another way (482).
    #[error("a request that came by another way before")]
    Merged,
    /// There are too many transactions (503).
    #[error("too many transactions")]
    TooMany,
}

/// Whose timer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    Client(ClientId),
    Server(ServerId),
}

/// The timers of RFC 3261's table 4 and RFC 6026 by their letters, and the one before 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    A,
    B,
    D,
    E,
    F,
    G,
    H,
    I,
    J,
    K,
    L,
    M,
    Trying,
}

impl Timer {
    pub(super) const ALL: [Self; 13] = [
        Self::A,
        Self::B,
        Self::D,
        Self::E,
        Self::F,
        Self::G,
        Self::H,
        Self::I,
        Self::J,
        Self::K,
        Self::L,
        Self::M,
        Self::Trying,
    ];
}
