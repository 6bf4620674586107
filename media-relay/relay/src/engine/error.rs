//! Why a command is refused.

use std::io;

use ringfall_media::{codec::Codec, dtmf::TooManyDigits, rtp::NoRoute};

use super::LegId;

/// Why a command is refused. Nothing has changed by it, if its method does not say otherwise.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// All pairs of ports are in use or still closed.
    #[error("no port is free")]
    NoPort,
    /// The engine has no address of the family that is asked for.
    #[error("no media address is of the other side's family, IPv4 or IPv6")]
    NoAddress,
    /// The leg is open already.
    #[error("the leg {0} is open already")]
    Open(LegId),
    /// There is no such leg, or it is closed.
    #[error("no leg {0} is open")]
    Unknown(LegId),
    /// Nothing was agreed on yet.
    #[error("nothing is agreed on for the leg {0}")]
    NotAgreed(LegId),
    /// Two legs of different calls, or a leg with itself.
    #[error("the legs {0} and {1} are not two of one call")]
    OtherCall(LegId, LegId),
    /// The codecs of two legs cannot be turned into each other.
    #[error(transparent)]
    NoRoute(#[from] NoRoute),
    /// The leg's codec only passes through: nothing of ours can be said or recorded in it.
    #[error("{0} only passes through")]
    PassesThrough(Codec),
    /// The other side takes no digits by RFC 4733.
    #[error("the leg {0} takes no digits by RFC 4733")]
    NoDigits(LegId),
    /// More digits than may wait.
    #[error(transparent)]
    TooManyDigits(#[from] TooManyDigits),
    /// A socket could not be opened.
    #[error("a socket of RTP: {0}")]
    Socket(#[from] io::Error),
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
}
