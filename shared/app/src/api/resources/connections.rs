//! Connections. Their secrets are taken and never shown.

mod input;

use ringfall_domain::{ids::ConnectionId, money::Money, problem::Problem};
use ringfall_providers::{Callbacks, WebhookEvent};
use ringfall_store::{
    port::{StoreError, Write},
    protocols::save::{Change, Consequences, Save, SaveError, Scene},
    records::{
        idempotency::Seed,
        pointer::{ConnectionPointer, connection_key, encode_connection},
        resource::{Configured, Kind},
        trunk,
    },
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::Object;

pub(in crate::api) use self::input::ConnectionInput;
use super::{MadeUp, Resource};
use crate::{
    api::{
        network::{refuse_private_sip, refuse_private_url},
        openapi::{object, text},
    },
    connection::{Connection, TrunkDocument},
    platform::Platform,
    seal::Kept,
};

/// The members that are never shown.
pub(in crate::api) const SECRETS: [&str; 3] = ["auth_token", "password", "signature_key"];
/// The member that is shown in the reply to the request for which it was made up, and never else.
const SHOWN_ONCE: &str = "secret";
/// The member that is the platform's own.
const KEPT_BESIDE: &str = "previous_secret";

/// A connection without its secrets, with what to set at the provider.
#[derive(Debug, Serialize)]
pub(in crate::api) struct ConnectionFields {
    #[serde(flatten)]
    document: Map<String, Value>,
    webhook_urls: WebhookUrls,
}

#[derive(Debug, Serialize)]
struct WebhookUrls {
    voice: String,
    status: String,
}

impl Configured for Connection {
    type Id = ConnectionId;
    const KIND: Kind = Kind::Connection;
}

impl Save for Connection {
    async fn consequences(
        scene: &Scene<'_>,
        id: ConnectionId,
        change: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        let connection = match change {
            Change::Create(connection) => connection,
            Change::Replace { before, after } if before.is_of_the_same_provider(after) => after,
            Change::Replace { .. } => {
                let message = "a connection stays with its provider: make another one";
                return Err(SaveError::Invalid(vec![Problem::new("provider", message)]));
            }
            // Calls under way still send their webhooks: they must find it. New ones do not come over its trunk any more.
            Change::Archive(Self::Relay { .. }) => {
                return Ok(Consequences::of(vec![Write::Delete { key: trunk::key(id), condition: None }]));
            }
            Change::Archive(Self::Twilio { .. }) => return Ok(Consequences::default()),
        };
        let document = serde_json::to_string(connection).expect("a document always serialises");
        let pointer = ConnectionPointer { account: scene.account, document };
        let put = |key, item| Write::Put { key, item, condition: None };
        let mut writes = vec![put(connection_key(id), encode_connection(&pointer))];
        if matches!(connection, Self::Relay { .. }) {
            writes.push(put(trunk::key(id), trunk::encode(&pointer)));
        }
        Ok(Consequences::of(writes))
    }
}

impl Resource for Connection {
    type Input = ConnectionInput;
    type Fields = ConnectionFields;
    const PATH: &'static str = "connections";
    const NAME: &'static str = "Connection";
    const KEEPS: bool = true;

    fn id(seed: Seed) -> ConnectionId {
        ConnectionId::from_parts(seed.milliseconds, seed.random)
    }

    fn example() -> Value {
        json!({"provider": "twilio",
               "credentials": {"account_sid": "AC0123456789abcdef0123456789abcdef",
                               "auth_token": "0123456789abcdef0123456789abcdef"}})
    }

    fn problems(&self, platform: &Platform) -> Vec<Problem> {
        // What is wrong does not depend on the id, which a new one does not have yet.
        let invalid = platform.connector.connect(ConnectionId::from_parts(0, 0), self).err();
        let (Self::Twilio { rates, .. } | Self::Relay { rates, .. }) = self;
        let mut problems: Vec<Problem> = invalid
            .map(|invalid| Problem::new(invalid.field, format!("expected {}", invalid.expected)))
            .into_iter()
            .chain(negative("rates.inbound_per_minute", rates.inbound_per_minute))
            .chain(negative("rates.outbound_per_minute", rates.outbound_per_minute))
            .collect();
        if let Self::Relay { trunk, credentials, .. } = self {
            problems.extend(trunk.problems());
            let is_nowhere = credentials.api_base_url.is_none() && !platform.connector.has_own_relay();
            problems.extend(is_nowhere.then(no_relay));
        }
        if !platform.settings.private_addresses_allowed {
            problems.extend(self.private_addresses());
        }
        problems
    }

    /// A relay's secret is kept where another document leaves it out, and made up where there is none.
    fn completed(mut self, before: Option<&Self>, platform: &Platform) -> (Self, MadeUp) {
        let Self::Relay { credentials, .. } = &mut self else { return (self, MadeUp::Nothing) };
        if credentials.secret.is_some() {
            return (self, MadeUp::Nothing);
        }
        credentials.secret = match before {
            Some(Self::Relay { credentials, .. }) => credentials.secret.clone(),
            Some(Self::Twilio { .. }) | None => None,
        };
        if credentials.secret.is_some() {
            return (self, MadeUp::Nothing);
        }
        let (one, two) = (platform.randomness.bits(), platform.randomness.bits());
        credentials.secret = Some(Kept::Clear(format!("{one:032x}{two:032x}")));
        (self, MadeUp::Secret)
    }

    fn given(&self) -> Value {
        let mut given = self.clone();
        if let Self::Relay { credentials, .. } = &mut given {
            credentials.previous_secret = None;
        }
        serde_json::to_value(given).expect("a document always serialises")
    }

    fn following(mut self, before: &Self, platform: &Platform) -> Self {
        if let (Self::Relay { credentials, .. }, Self::Relay { credentials: before, .. }) =
            (&mut self, before)
        {
            *credentials = std::mem::take(credentials).following(before, platform.now());
        }
        self
    }

    async fn sealed(self, id: ConnectionId, platform: &Platform) -> Result<Self, StoreError> {
        Self::sealed(self, id, &*platform.keys, &*platform.randomness).await
    }

    async fn opened(self, id: ConnectionId, platform: &Platform) -> Result<Self, StoreError> {
        Self::opened(self, id, &*platform.keys).await
    }

    fn shown_once(&self) -> Option<Value> {
        match self {
            Self::Relay { credentials, .. } => Some(json!({"credentials": {"secret": credentials.secret}})),
            Self::Twilio { .. } => None,
        }
    }

    fn fields(self, id: ConnectionId, platform: &Platform) -> ConnectionFields {
        let callbacks = Callbacks::new(&platform.settings.public_url, id);
        ConnectionFields {
            document: without_secrets(&self),
            webhook_urls: WebhookUrls {
                voice: callbacks.entry(WebhookEvent::Voice),
                status: callbacks.entry(WebhookEvent::Status),
            },
        }
    }

    fn further_fields() -> Option<Object> {
        let voice = text().description(Some("What to set as the webhook of the number's incoming calls."));
        let status = text().description(Some("What to set as the number's call status callback."));
        let urls =
            object().property("voice", voice).required("voice").property("status", status).required("status");
        Some(object().property("webhook_urls", urls).required("webhook_urls").build())
    }

    fn cached_connection(id: ConnectionId) -> Option<ConnectionId> {
        Some(id)
    }
}

/// Its calls could be taken, but not redirected, ended or looked after.
fn no_relay() -> Problem {
    let message = "no media relay runs beside this platform (it was started without `--sip`, or its address was taken): name where yours takes \
                   commands, such as http://relay.internal:8061";
    Problem::new("credentials.api_base_url", message)
}

fn negative(path: &str, amount: Money) -> Option<Problem> {
    amount.is_negative().then(|| Problem::new(path, "expected an amount of zero or more"))
}

impl Connection {
    const fn is_of_the_same_provider(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Twilio { .. }, Self::Twilio { .. }) | (Self::Relay { .. }, Self::Relay { .. })
        )
    }

    /// The addresses that lead into a private network.
    fn private_addresses(&self) -> Vec<Problem> {
        let (url, trunk) = match self {
            Self::Twilio { credentials, .. } => (credentials.api_base_url.as_ref(), None),
            Self::Relay { credentials, trunk, .. } => (credentials.api_base_url.as_ref(), Some(trunk)),
        };
        let url = url.and_then(|url| refuse_private_url("credentials.api_base_url", url));
        let uris = trunk.into_iter().flat_map(TrunkDocument::sip_uris);
        url.into_iter().chain(uris.filter_map(|(path, uri)| refuse_private_sip(path, uri))).collect()
    }
}

fn without_secrets(connection: &Connection) -> Map<String, Value> {
    let Ok(Value::Object(mut document)) = serde_json::to_value(connection) else { return Map::new() };
    for member in document.values_mut() {
        hide_secrets(member);
    }
    document
}

/// Documents are a few levels deep: reading them refuses what is not known.
fn hide_secrets(value: &mut Value) {
    let Value::Object(members) = value else { return };
    members.retain(|name, _| name != SHOWN_ONCE && name != KEPT_BESIDE && !SECRETS.contains(&name.as_str()));
    members.values_mut().for_each(hide_secrets);
}
