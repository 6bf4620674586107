//! Connections. Their secrets are taken and never shown.

use ringfall_domain::{ids::ConnectionId, money::Money, problem::Problem, text::Name};
use ringfall_providers::{Callbacks, WebhookEvent};
use ringfall_store::{
    port::Write,
    protocols::save::{Change, Consequences, Save, SaveError, Scene},
    records::{
        idempotency::Seed,
        pointer::{ConnectionPointer, connection_key, encode_connection},
        resource::{Configured, Kind},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::Object;

use super::Resource;
use crate::{
    api::{
        network::refuse_private_url,
        openapi::{object, text},
    },
    connection::{Connection, RatesDocument, TwilioCredentialsDocument},
    platform::Platform,
};

/// The members of `credentials` that are never shown.
pub(in crate::api) const SECRETS: [&str; 2] = ["auth_token", "signature_key"];

/// Every member that any connection has, each read at its own path, so that errors name it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ConnectionInput {
    provider: ProviderName,
    name: Option<Name>,
    credentials: TwilioCredentialsDocument,
    #[serde(default)]
    rates: RatesDocument,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProviderName {
    Twilio,
}

impl From<ConnectionInput> for Connection {
    fn from(input: ConnectionInput) -> Self {
        let ConnectionInput { provider, name, credentials, rates } = input;
        match provider {
            ProviderName::Twilio => Self::Twilio { name, credentials, rates },
        }
    }
}

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
            Change::Create(connection) | Change::Replace { after: connection, .. } => connection,
            // Calls under way still send their webhooks: they must find it.
            Change::Archive(_) => return Ok(Consequences::default()),
        };
        let document = serde_json::to_string(connection).expect("a document always serialises");
        let item = encode_connection(&ConnectionPointer { account: scene.account, document });
        Ok(Consequences::of(vec![Write::Put { key: connection_key(id), item, condition: None }]))
    }
}

impl Resource for Connection {
    type Input = ConnectionInput;
    type Fields = ConnectionFields;
    const PATH: &'static str = "connections";
    const NAME: &'static str = "Connection";

    fn id(seed: Seed) -> ConnectionId {
        ConnectionId::from_parts(seed.milliseconds, seed.random)
    }

    fn example() -> Value {
        json!({"provider": "twilio",
               "credentials": {"account_sid": "AC0123456789abcdef0123456789abcdef",
                               "auth_token": "0123456789abcdef0123456789abcdef"}})
    }

    fn problems(&self, platform: &Platform) -> Vec<Problem> {
        let Self::Twilio { credentials, rates, .. } = self;
        let invalid = platform.connector.connect(self).err();
        let mut problems: Vec<Problem> = invalid
            .map(|invalid| Problem::new(invalid.field, format!("expected {}", invalid.expected)))
            .into_iter()
            .chain(negative("rates.inbound_per_minute", rates.inbound_per_minute))
            .chain(negative("rates.outbound_per_minute", rates.outbound_per_minute))
            .collect();
        if let Some(url) =
            credentials.api_base_url.as_ref().filter(|_| !platform.settings.private_addresses_allowed)
        {
            problems.extend(refuse_private_url("credentials.api_base_url", url));
        }
        problems
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

fn negative(path: &str, amount: Money) -> Option<Problem> {
    amount.is_negative().then(|| Problem::new(path, "expected an amount of zero or more"))
}

fn without_secrets(connection: &Connection) -> Map<String, Value> {
    let Ok(Value::Object(mut document)) = serde_json::to_value(connection) else { return Map::new() };
    if let Some(Value::Object(credentials)) = document.get_mut("credentials") {
        credentials.retain(|name, _| !SECRETS.contains(&name.as_str()));
    }
    document
}
