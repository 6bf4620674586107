//! What an agent is told once, and with each call.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    auth::Login,
    message::{Address, Headers, SipUri, Uri},
    transaction::Limits,
    transport::{Peer, SentBy},
};

/// What one agent does and allows.
#[derive(Debug, Clone)]
pub struct Config {
    /// What our Vias say.
    pub sent_by: SentBy,
    /// What our Contacts say: where requests within a dialog reach us.
    pub contact: SipUri,
    /// The port at which we take TLS; none where we do not. A session over TLS or TCP is told to reach us by the same.
    pub tls_port: Option<u16>,
    /// What we call ourselves in User-Agent and Server; nothing if it is empty.
    pub product: String,
    /// How many sessions there may be at once; an INVITE above it is answered with 503.
    pub most_sessions: usize,
    /// How many transactions there may be at once.
    pub limits: Limits,
    /// How long a session lasts without a refresh, in seconds, as we ask for it (RFC 4028); none to ask for nothing.
    pub session_interval_seconds: Option<u32>,
    /// The shortest such interval that we accept, in seconds; RFC 4028 allows none below 90.
    pub least_session_interval_seconds: u32,
    /// How long an INVITE may ring, either way, before it is given up.
    pub most_ringing: Duration,
    /// The types of bodies that we understand, in lower case.
    pub accepted_types: Vec<String>,
}

impl Config {
    /// The usual settings for an agent reached at that place.
    pub fn new(sent_by: SentBy, contact: SipUri) -> Self {
        Self {
            sent_by,
            contact,
            tls_port: None,
            product: String::new(),
            most_sessions: 10_000,
            limits: Limits::default(),
            session_interval_seconds: Some(1_800),
            least_session_interval_seconds: 90,
            most_ringing: Duration::from_secs(180),
            accepted_types: vec!["application/sdp".to_owned()],
        }
    }
}

/// A body with its type. What it says is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The Content-Type.
    pub content_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

impl Body {
    /// A session description.
    pub fn sdp(bytes: impl Into<Bytes>) -> Self {
        Self { content_type: "application/sdp".to_owned(), bytes: bytes.into() }
    }
}

/// A call that we make.
#[derive(Debug, Clone)]
pub struct Invite {
    /// The Request-URI.
    pub uri: Uri,
    /// Who calls; the tag is added.
    pub from: Address,
    /// Who is called.
    pub to: Address,
    /// Further headers, such as Route or P-Asserted-Identity. Max-Forwards is 70 unless it is among them.
    pub headers: Headers,
    /// The offer; without one, the other side makes it.
    pub offer: Option<Body>,
    /// Where to send it, the first first; the next one after a time-out, a transport failure or a 503. At least one.
    pub peers: Vec<Peer>,
    /// The logins by realm; one without a realm answers any.
    pub logins: Vec<(Option<String>, Login)>,
}
