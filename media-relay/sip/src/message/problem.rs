//! What can be wrong with a message.

use super::{
    headers::Name,
    typed::{method::StatusCode, uri::InvalidUri},
};

/// Why a message is not taken. The sentence names the part of the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is longer than is allowed.
    #[error("the message is longer than {most_bytes} bytes")]
    TooLong {
        /// How long it may be.
        most_bytes: usize,
    },
    /// It has more headers than is allowed.
    #[error("the message has more than {most} headers")]
    TooManyHeaders {
        /// How many it may have.
        most: usize,
    },
    /// It has no end of its headers.
    #[error("no empty line ends the headers")]
    Unfinished,
    /// The first line is no request line and no status line.
    #[error("start line: {0}")]
    StartLine(&'static str),
    /// The Request-URI is none.
    #[error("Request-URI: {0}")]
    RequestUri(#[from] InvalidUri),
    /// The version is not SIP/2.0.
    #[error("the version is not SIP/2.0")]
    Version,
    /// A line is no header.
    #[error("line {line} is no header")]
    HeaderLine {
        /// Counted from 1, the start line included.
        line: usize,
    },
    /// A header that must be there is missing.
    #[error("{0} is missing")]
    Missing(Name),
    /// A header that may stand once stands more often.
    #[error("{0} stands more than once")]
    Repeated(Name),
    /// A header's value is wrong.
    #[error("{name}: {reason}")]
    Header {
        /// The header.
        name: Name,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Problem {
    pub(crate) fn of(name: &Name, reason: &'static str) -> Self {
        Self::Header { name: name.clone(), reason }
    }

    /// The status that answers a request with this problem.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Version => StatusCode::VERSION_NOT_SUPPORTED,
            Self::TooLong { .. } | Self::TooManyHeaders { .. } => StatusCode::MESSAGE_TOO_LARGE,
            Self::Unfinished
            | Self::StartLine(_)
            | Self::RequestUri(_)
            | Self::HeaderLine { .. }
            | Self::Missing(_)
            | Self::Repeated(_)
            | Self::Header { .. } => StatusCode::BAD_REQUEST,
        }
    }
}
