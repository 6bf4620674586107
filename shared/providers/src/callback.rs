//! Our own callback URLs, the same for every provider: `{public}/webhooks/{connection}/{event}?call=…&node=…`. What they carry comes
//! back signed, so that the functions need no session.

use std::{fmt, str::FromStr};

use ringfall_domain::{
    call::instructions::Continuation,
    flow::NodeId,
    ids::{CallId, ConnectionId},
};
use url::{Url, form_urlencoded};

/// The last part of a webhook's path: what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookEvent {
    /// A call came in on a number.
    Voice,
    /// The whole call's status changed.
    Status,
    /// A caller answered a question.
    Gathered,
    /// A target's line was answered.
    LegAnswered,
    /// The answerer pressed a key.
    Screened,
    /// A leg's status changed.
    LegProgress,
    /// A dial is over.
    DialEnded,
    /// A forward is over.
    ForwardEnded,
}

impl WebhookEvent {
    /// All of them, in the order of a call.
    pub const ALL: [Self; 8] = [
        Self::Voice,
        Self::Gathered,
        Self::LegAnswered,
        Self::Screened,
        Self::LegProgress,
        Self::DialEnded,
        Self::ForwardEnded,
        Self::Status,
    ];

    /// The word in the path.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Status => "status",
            Self::Gathered => "gathered",
            Self::LegAnswered => "leg-answered",
            Self::Screened => "screened",
            Self::LegProgress => "leg-progress",
            Self::DialEnded => "dial-ended",
            Self::ForwardEnded => "forward-ended",
        }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A path that names no webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such webhook")]
pub struct UnknownWebhook;

impl FromStr for WebhookEvent {
    type Err = UnknownWebhook;

    fn from_str(text: &str) -> Result<Self, UnknownWebhook> {
        Self::ALL
            .into_iter()
            .find(|event| event.as_str() == text)
            .ok_or(UnknownWebhook)
    }
}

/// Builds and reads the callback URLs of one connection.
#[derive(Debug, Clone)]
pub struct Callbacks {
    public_url: String,
    connection: ConnectionId,
}

/// What a callback URL says about the position of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The call.
    pub call: Option<CallId>,
    /// A node of the flow.
    pub node: Option<NodeId>,
    /// How often the node had asked.
    pub visit: Option<u8>,
    /// The attempt.
    pub attempt: Option<u8>,
}

impl Callbacks {
    /// Callbacks under a public base URL (without a path or with one; a closing slash is dropped).
    pub fn new(public_url: &Url, connection: ConnectionId) -> Self {
        Self {
            public_url: public_url.as_str().trim_end_matches('/').to_owned(),
            connection,
        }
    }

    /// The connection that they belong to.
    pub const fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// The URL of a webhook that carries no position: what to configure at the provider.
    pub fn entry(&self, event: WebhookEvent) -> String {
        format!("{}/webhooks/{}/{event}", self.public_url, self.connection)
    }

    /// Where a call goes on.
    pub fn url(&self, call: CallId, continuation: &Continuation) -> String {
        let (event, pairs) = match continuation {
            Continuation::Gathered { node, visit } => (
                WebhookEvent::Gathered,
                vec![("node", node.to_string()), ("visit", visit.to_string())],
            ),
            Continuation::ForwardEnded { node } => {
                (WebhookEvent::ForwardEnded, vec![("node", node.to_string())])
            }
            Continuation::LegAnswered { attempt } => (WebhookEvent::LegAnswered, attempt_pair(*attempt)),
            Continuation::Screened { attempt } => (WebhookEvent::Screened, attempt_pair(*attempt)),
            Continuation::DialEnded { attempt } => (WebhookEvent::DialEnded, attempt_pair(*attempt)),
            Continuation::LegProgress { attempt } => (WebhookEvent::LegProgress, attempt_pair(*attempt)),
        };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("call", &call.to_string())
            .extend_pairs(pairs)
            .finish();
        format!("{}?{query}", self.entry(event))
    }

    /// Reads the position that a callback URL carries; what is missing or unreadable is none.
    pub fn position(url: &str) -> Position {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let mut position = Position::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "call" => position.call = value.parse().ok(),
                "node" => position.node = NodeId::try_from(value.into_owned()).ok(),
                "visit" => position.visit = value.parse().ok(),
                "attempt" => position.attempt = value.parse().ok(),
                _ => {}
            }
        }
        position
    }
}

fn attempt_pair(attempt: u8) -> Vec<(&'static str, String)> {
    vec![("attempt", attempt.to_string())]
}
