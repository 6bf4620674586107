//! Connections: an agency's account at a telephony provider, as configured and as used.

mod relay;
mod secrets;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use ringfall_domain::{
    call::TelephonyRates,
    config::AudioUrl,
    ids::{AccountId, ConnectionId},
    money::{Amount, Money},
    text::Name,
};
use ringfall_providers::{
    AudioFault, AudioProbe, Callbacks, Carrier, CarrierError, InvalidCredentials, Provider, Reach,
    RestClient,
    relay::{Relay, RelayCarrier},
    twilio::{Twilio, TwilioCarrier, TwilioCredentials},
};
use ringfall_store::port::StoreError;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::seal::{Kept, StillSealed};

pub(crate) use self::relay::trunk;
pub use self::relay::{
    DigestDocument, PreviousSecret, RelayCredentialsDocument, SrtpDocument, TrunkDocument,
};

/// A connection's document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "provider", rename_all = "snake_case", deny_unknown_fields)]
pub enum Connection {
    /// Twilio Programmable Voice.
    Twilio {
        /// What it is called in lists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Name>,
        /// What it signs in and verifies with.
        credentials: TwilioCredentialsDocument,
        /// What the provider charges, for the profit and loss.
        #[serde(default)]
        rates: RatesDocument,
    },
    /// A SIP trunk, which our own media relay takes calls over.
    Relay {
        /// What it is called in lists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Name>,
        /// What the relay and the platform sign with.
        #[serde(default)]
        credentials: RelayCredentialsDocument,
        /// Who may call over it, and what may be called.
        trunk: TrunkDocument,
        /// What the carrier charges, for the profit and loss.
        #[serde(default)]
        rates: RatesDocument,
    },
}

/// Twilio's credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TwilioCredentialsDocument {
    /// `AC…`, from Twilio's console.
    #[schema(pattern = "^AC[0-9A-Za-z]{1,62}$")]
    pub account_sid: String,
    /// The account's auth token: verifies webhooks and signs in to the REST API. Never shown again.
    #[schema(value_type = String, write_only, pattern = "^[!-~]{1,256}$")]
    pub auth_token: Kept<String>,
    /// Where the REST API is, if not at Twilio's own address (a region, or a test).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^https?://")]
    pub api_base_url: Option<String>,
    /// The secret of a shared key, where webhooks are signed by HMAC-SHA256. Never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, write_only, pattern = "^[!-~]{1,256}$")]
    pub signature_key: Option<Kept<String>>,
}

/// What a provider charges the agency for begun minutes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RatesDocument {
    /// For the caller's leg.
    #[schema(value_type = Amount)]
    pub inbound_per_minute: Money,
    /// For each leg to a target.
    #[schema(value_type = Amount)]
    pub outbound_per_minute: Money,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twilio { name, credentials, rates } => f
                .debug_struct("Twilio")
                .field("name", name)
                .field("account_sid", &credentials.account_sid)
                .field("rates", rates)
                .finish_non_exhaustive(),
            Self::Relay { name, trunk, rates, .. } => f
                .debug_struct("Relay")
                .field("name", name)
                .field("trunk", trunk)
                .field("rates", rates)
                .finish_non_exhaustive(),
        }
    }
}

impl Connection {
    /// What the provider charges.
    pub const fn rates(&self) -> TelephonyRates {
        let (Self::Twilio { rates, .. } | Self::Relay { rates, .. }) = self;
        TelephonyRates {
            inbound_per_minute: rates.inbound_per_minute,
            outbound_per_minute: rates.outbound_per_minute,
        }
    }
}

/// Both halves of a provider, made for one connection.
#[derive(Clone)]
pub struct Halves {
    /// In.
    pub provider: Arc<dyn Provider>,
    /// Out.
    pub carrier: Arc<dyn Carrier>,
}

/// A connection's document that no provider can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct InvalidConnection {
    /// The field, from the document's root.
    pub field: String,
    /// What would be right.
    pub expected: String,
}

/// Makes providers of connections, and knows what they can fetch. The simulator makes its own.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// Both halves, for a connection's credentials.
    ///
    /// # Errors
    /// Names the field that is wrong.
    fn connect(&self, id: ConnectionId, connection: &Connection) -> Result<Halves, InvalidConnection>;

    /// Whether a provider would get a sound now. Answers within some seconds.
    ///
    /// # Errors
    /// What came instead.
    async fn fetch_audio(&self, url: &AudioUrl) -> Result<(), AudioFault>;

    /// Whether a relay runs beside the platform, so that connections need not name one.
    fn has_own_relay(&self) -> bool;
}

/// The real providers, over one HTTP client.
#[derive(Debug, Clone)]
pub struct RealProviders {
    rest: RestClient,
    audio: AudioProbe,
    own_relay: Option<OwnRelay>,
}

/// The relay that runs beside the platform.
#[derive(Debug, Clone)]
struct OwnRelay {
    rest: RestClient,
    api_base_url: String,
}

impl RealProviders {
    /// Prepares the HTTP clients. `private_addresses_allowed`: whether what an agency names may be on a private network.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn new(private_addresses_allowed: bool) -> Result<Self, CarrierError> {
        let providers = Self::unprepared(private_addresses_allowed);
        providers.rest.prepare()?;
        providers.audio.prepare()?;
        Ok(providers)
    }

    /// The same without preparing them: each is made when it is first needed. For who must begin soon, and mostly asks nobody.
    pub fn unprepared(private_addresses_allowed: bool) -> Self {
        let reach = if private_addresses_allowed { Reach::Anywhere } else { Reach::PublicOnly };
        Self { rest: RestClient::new(reach), audio: AudioProbe::new(reach), own_relay: None }
    }

    /// The same where a relay runs beside the platform: it has the trunks whose connections name no other. It may listen on a private
    /// network: no agency names it.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn with_own_relay(self, api_base_url: &Url) -> Result<Self, CarrierError> {
        let api_base_url = api_base_url.as_str().trim_end_matches('/').to_owned();
        let rest = RestClient::new(Reach::Anywhere);
        rest.prepare()?;
        Ok(Self { own_relay: Some(OwnRelay { rest, api_base_url }), ..self })
    }
}

#[async_trait]
impl Connector for RealProviders {
    fn connect(&self, id: ConnectionId, connection: &Connection) -> Result<Halves, InvalidConnection> {
        match connection {
            Connection::Twilio { credentials, .. } => {
                let credentials = twilio_credentials(credentials)?;
                let carrier = TwilioCarrier::new(self.rest.clone(), credentials.clone());
                Ok(Halves { provider: Arc::new(Twilio::new(credentials)), carrier: Arc::new(carrier) })
            }
            Connection::Relay { credentials, .. } => {
                let own = self.own_relay.as_ref().filter(|_| credentials.api_base_url.is_none());
                let rest = own.map_or(&self.rest, |own| &own.rest).clone();
                let credentials =
                    credentials.credentials(own.map(|own| own.api_base_url.as_str())).map_err(invalid)?;
                let carrier = RelayCarrier::new(rest, credentials.clone(), id);
                Ok(Halves { provider: Arc::new(Relay::new(credentials)), carrier: Arc::new(carrier) })
            }
        }
    }

    async fn fetch_audio(&self, url: &AudioUrl) -> Result<(), AudioFault> {
        self.audio.fetch(url).await
    }

    fn has_own_relay(&self) -> bool {
        self.own_relay.is_some()
    }
}

fn invalid(error: InvalidCredentials) -> InvalidConnection {
    InvalidConnection { field: format!("credentials.{}", error.field), expected: error.expected.to_owned() }
}

fn still_sealed(field: &str) -> impl FnOnce(StillSealed) -> InvalidConnection {
    move |error| InvalidConnection { field: format!("credentials.{field}"), expected: error.to_string() }
}

fn twilio_credentials(document: &TwilioCredentialsDocument) -> Result<TwilioCredentials, InvalidConnection> {
    let auth_token = document.auth_token.clear().map_err(still_sealed("auth_token"))?;
    let mut credentials = TwilioCredentials::new(&document.account_sid, auth_token).map_err(invalid)?;
    if let Some(api_base_url) = &document.api_base_url {
        credentials = credentials.with_api_base_url(api_base_url).map_err(invalid)?;
    }
    if let Some(key) = &document.signature_key {
        let key = key.clear().map_err(still_sealed("signature_key"))?;
        credentials = credentials.with_signature_key(key).map_err(invalid)?;
    }
    Ok(credentials)
}

/// A connection, ready for use.
pub struct Connected {
    /// Its id.
    pub id: ConnectionId,
    /// Whose it is.
    pub account: AccountId,
    /// In.
    pub provider: Arc<dyn Provider>,
    /// Out.
    pub carrier: Arc<dyn Carrier>,
    /// Our callback URLs.
    pub callbacks: Callbacks,
    /// What the provider charges.
    pub rates: TelephonyRates,
}

impl Connected {
    /// Makes a connection ready from its document, which has been opened.
    pub(crate) fn new(
        connector: &dyn Connector,
        public_url: &Url,
        id: ConnectionId,
        account: AccountId,
        connection: &Connection,
    ) -> Result<Self, StoreError> {
        let halves = connector
            .connect(id, connection)
            .map_err(|error| StoreError::Damaged(format!("connection {id}: {error}")))?;
        Ok(Self {
            id,
            account,
            provider: halves.provider,
            carrier: halves.carrier,
            callbacks: Callbacks::new(public_url, id),
            rates: connection.rates(),
        })
    }
}

impl fmt::Debug for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connected")
            .field("id", &self.id)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
