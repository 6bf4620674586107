//! Messages (RFC 3261 §7): from bytes, and to bytes.
//!
//! [`Message::parse`] takes one whole message, as a datagram brings it; [`Framer`] finds the messages of a stream. What every message must
//! have is typed and sound when it is handed on (Via, From, To, Call-ID, CSeq, and in a request what routes); all other headers are kept as
//! they came. A message is never changed to be understood: what is not well formed is refused, with the answer that RFC 3261 wants.

mod build;
mod frame;
mod headers;
mod lex;
mod parse;
mod problem;
pub(crate) mod scan;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod torture;
mod typed;
mod write;

use bytes::Bytes;

pub use self::{
    build::stateless_tag,
    frame::{Frame, Framer, Unframed},
    headers::{Headers, Name},
    lex::{MOST_HEADERS, MOST_MESSAGE_BYTES},
    parse::Malformed,
    problem::Problem,
    typed::{
        address::Address,
        cseq::{CSeq, RAck},
        host::Host,
        method::{Method, StatusCode},
        params::Params,
        session::{Refresher, SessionExpires},
        uri::{InvalidUri, SipUri, Uri, unescape},
        via::{MAGIC_COOKIE, Via},
    },
};

/// What every message must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Essentials {
    /// The Vias, the topmost first; at least one in what was parsed.
    pub via: Vec<Via>,
    /// Who began the dialog or transaction.
    pub from: Address,
    /// For whom it is meant.
    pub to: Address,
    /// The same for all messages of a dialog.
    pub call_id: String,
    /// The request's number and method, repeated in its responses.
    pub cseq: CSeq,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, the same as in CSeq.
    pub method: Method,
    /// The Request-URI.
    pub uri: Uri,
    /// What every message has.
    pub essentials: Essentials,
    /// All other headers but Content-Length.
    pub headers: Headers,
    /// The body; empty if there is none.
    pub body: Bytes,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// What stands behind the code, for people; may be empty.
    pub reason: String,
    /// What every message has.
    pub essentials: Essentials,
    /// All other headers but Content-Length.
    pub headers: Headers,
    /// The body; empty if there is none.
    pub body: Bytes,
}

/// A request or a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

impl Message {
    /// What every message has.
    pub const fn essentials(&self) -> &Essentials {
        match self {
            Self::Request(request) => &request.essentials,
            Self::Response(response) => &response.essentials,
        }
    }
}

impl Essentials {
    /// The topmost Via; of a message that was parsed there is always one.
    pub fn top_via(&self) -> Option<&Via> {
        self.via.first()
    }
}
