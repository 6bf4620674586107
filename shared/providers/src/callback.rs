//! Our own callback URLs, the same for every provider: `{public}/webhooks/{connection}/{event}?call=…&node=…`. What they carry comes
//! back signed, so that the functions need no session.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use ringfall_domain::{
    call::instructions::Continuation,
    flow::NodeId,
    ids::{CallId, CampaignId, ConnectionId},
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
    /// The caller has heard something.
    Said,
    /// A forward is over.
    ForwardEnded,
}

impl WebhookEvent {
    /// All of them, in the order of a call.
    pub const ALL: [Self; 9] = [
        Self::Voice,
        Self::Gathered,
        Self::Said,
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
            Self::Said => "said",
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
        Self::ALL.into_iter().find(|event| event.as_str() == text).ok_or(UnknownWebhook)
    }
}

/// Builds and reads the callback URLs of one connection.
#[derive(Debug, Clone)]
pub struct Callbacks {
    public_url: String,
    connection: ConnectionId,
    campaign: Option<CampaignId>,
}

/// What a callback URL says about the position of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The call.
    pub call: Option<CallId>,
    /// Its campaign, so that the plan is at hand before the call is read.
    pub campaign: Option<CampaignId>,
    /// A node of the flow.
    pub node: Option<NodeId>,
    /// How often the node had asked.
    pub visit: Option<u8>,
    /// The attempt.
    pub attempt: Option<u8>,
    /// When the answerer of the attempt was asked to take the call.
    pub asked_at: Option<Timestamp>,
}

impl Callbacks {
    /// Callbacks under a public base URL (without a path or with one; a closing slash is dropped).
    pub fn new(public_url: &Url, connection: ConnectionId) -> Self {
        Self { public_url: public_url.as_str().trim_end_matches('/').to_owned(), connection, campaign: None }
    }

    /// The same for a call of a campaign, which every URL then names.
    #[must_use]
    pub fn for_campaign(&self, campaign: CampaignId) -> Self {
        Self { campaign: Some(campaign), ..self.clone() }
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
            Continuation::Gathered { node, visit } => {
                (WebhookEvent::Gathered, vec![("node", node.to_string()), ("visit", visit.to_string())])
            }
            Continuation::Said { node } => (WebhookEvent::Said, vec![("node", node.to_string())]),
            Continuation::ForwardEnded { node } => {
                (WebhookEvent::ForwardEnded, vec![("node", node.to_string())])
            }
            Continuation::LegAnswered { attempt } => (WebhookEvent::LegAnswered, attempt_pair(*attempt)),
            Continuation::Screened { attempt, asked_at } => {
                let mut pairs = attempt_pair(*attempt);
                pairs.push(("asked_at", asked_at.to_string()));
                (WebhookEvent::Screened, pairs)
            }
            Continuation::DialEnded { attempt } => (WebhookEvent::DialEnded, attempt_pair(*attempt)),
            Continuation::LegProgress { attempt } => (WebhookEvent::LegProgress, attempt_pair(*attempt)),
        };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("call", &call.to_string())
            .extend_pairs(self.campaign.map(|campaign| ("campaign", campaign.to_string())))
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
                "campaign" => position.campaign = value.parse().ok(),
                "node" => position.node = NodeId::try_from(value.into_owned()).ok(),
                "visit" => position.visit = value.parse().ok(),
                "attempt" => position.attempt = value.parse().ok(),
                "asked_at" => position.asked_at = value.parse().ok(),
                _ => {}
            }
        }
        position
    }
}

fn attempt_pair(attempt: u8) -> Vec<(&'static str, String)> {
    vec![("attempt", attempt.to_string())]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn callbacks(public_url: &str) -> Callbacks {
        let public_url = Url::parse(public_url).expect("a URL");
        Callbacks::new(&public_url, ConnectionId::from_parts(1, 1))
    }

    fn node() -> NodeId {
        NodeId::try_from("Zip_code-2".to_owned()).expect("a node's name")
    }

    /// The webhook that a callback URL leads to.
    fn event_of(url: &str) -> Result<WebhookEvent, UnknownWebhook> {
        let path = url.split('?').next().unwrap_or(url);
        path.rsplit('/').next().unwrap_or("").parse()
    }

    #[test]
    fn every_webhook_survives_its_word_and_nothing_else_is_one() {
        for event in WebhookEvent::ALL {
            assert_eq!(event.to_string().parse(), Ok(event));
        }
        for text in ["", "Voice", "voice ", "voice/x", "dial"] {
            assert_eq!(text.parse::<WebhookEvent>(), Err(UnknownWebhook), "{text}");
        }
    }

    #[test]
    fn entries_stand_under_the_public_url_with_or_without_a_path() {
        for (public_url, base) in [
            ("https://calls.example.com", "https://calls.example.com"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("https://example.com/calls/", "https://example.com/calls"),
        ] {
            let expected = format!("{base}/webhooks/con_00000000010000000000000001/voice");
            assert_eq!(callbacks(public_url).entry(WebhookEvent::Voice), expected);
        }
    }

    #[test]
    fn every_continuation_reads_back_as_its_position() {
        let call = CallId::from_parts(2, 2);
        let asked_at = "2026-11-21T04:05:06.789Z".parse().expect("a time");
        let of_node = |visit| Position { call: Some(call), node: Some(node()), visit, ..Position::default() };
        let of_attempt =
            |attempt| Position { call: Some(call), attempt: Some(attempt), ..Position::default() };
        for (continuation, event, position) in [
            (Continuation::Gathered { node: node(), visit: 255 }, WebhookEvent::Gathered, of_node(Some(255))),
            (Continuation::Said { node: node() }, WebhookEvent::Said, of_node(None)),
            (Continuation::ForwardEnded { node: node() }, WebhookEvent::ForwardEnded, of_node(None)),
            (Continuation::LegAnswered { attempt: 1 }, WebhookEvent::LegAnswered, of_attempt(1)),
            (
                Continuation::Screened { attempt: 2, asked_at },
                WebhookEvent::Screened,
                Position { asked_at: Some(asked_at), ..of_attempt(2) },
            ),
            (Continuation::DialEnded { attempt: 3 }, WebhookEvent::DialEnded, of_attempt(3)),
            (Continuation::LegProgress { attempt: 255 }, WebhookEvent::LegProgress, of_attempt(255)),
        ] {
            let url = callbacks("https://calls.example.com").url(call, &continuation);
            assert_eq!(event_of(&url), Ok(event), "{url}");
            assert_eq!(Callbacks::position(&url), position, "{url}");
            let with_fragment = format!("{url}#rc=2&attempt=9");
            assert_eq!(Callbacks::position(&with_fragment), position, "{with_fragment}");
        }
    }

    #[test]
    fn a_campaigns_callbacks_name_it() {
        let campaign = CampaignId::from_parts(3, 3);
        let callbacks = callbacks("https://calls.example.com").for_campaign(campaign);
        let url = callbacks.url(CallId::from_parts(2, 2), &Continuation::DialEnded { attempt: 1 });
        assert_eq!(Callbacks::position(&url).campaign, Some(campaign));
        assert_eq!(Callbacks::position(&callbacks.entry(WebhookEvent::Voice)).campaign, None);
    }

    #[test]
    fn what_no_callback_url_carries_is_no_position() {
        let long = "a".repeat(65);
        for query in [
            "",
            "&&&==",
            "call=con_01JD3Q4T7Y8Z9A0B1C2D3E4F5G",
            "call=cal_short&node=a%20b&visit=256&attempt=-1",
            "node=&visit=&attempt=&asked_at=",
            "asked_at=yesterday",
            "node=%FF&visit=1.0&attempt=%00",
            &format!("node={long}"),
            "Call=cal_01JD3Q4T7Y8Z9A0B1C2D3E4F5G&amp;attempt=1",
            "x=1#attempt=1",
        ] {
            let url = format!("https://calls.example.com/webhooks/x/gathered?{query}");
            assert_eq!(Callbacks::position(&url), Position::default(), "{query}");
        }
        assert_eq!(Callbacks::position("attempt=1"), Position::default());
    }

    proptest! {
        #[test]
        fn no_url_makes_it_panic(url in ".{0,200}") {
            let _ = Callbacks::position(&url);
            let _ = Callbacks::position(&format!("?{url}"));
        }
    }
}
