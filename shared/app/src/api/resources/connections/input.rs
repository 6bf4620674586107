//! A connection as it is read: every member that any connection has, each at its own path, so that errors name it.

use ringfall_domain::text::Name;
use serde::{Deserialize, Deserializer};

use crate::{
    connection::{
        Connection, RatesDocument, RelayCredentialsDocument, TrunkDocument, TwilioCredentialsDocument,
    },
    seal::Kept,
};

/// A connection of either provider.
#[derive(Deserialize)]
#[serde(try_from = "AnyConnection")]
pub(in crate::api) struct ConnectionInput(Connection);

impl From<ConnectionInput> for Connection {
    fn from(input: ConnectionInput) -> Self {
        input.0
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyConnection {
    provider: ProviderName,
    name: Option<Name>,
    #[serde(default, deserialize_with = "given")]
    credentials: Option<AnyCredentials>,
    #[serde(default, deserialize_with = "given")]
    trunk: Option<TrunkDocument>,
    #[serde(default)]
    rates: RatesDocument,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProviderName {
    Twilio,
    Relay,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyCredentials {
    #[serde(default, deserialize_with = "given")]
    account_sid: Option<String>,
    #[serde(default, deserialize_with = "given")]
    auth_token: Option<String>,
    #[serde(default, deserialize_with = "given")]
    signature_key: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    secret: Option<Option<String>>,
    api_base_url: Option<String>,
}

/// A member that is there, whatever it is: null is none of those that connections of another provider have, either.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A member that a provider's connections must have, or do not have. Worded as serde words it, so that the field is found in it.
#[derive(Debug, thiserror::Error)]
enum Misfit {
    #[error("missing field `{field}`: expected {expected}")]
    Missing { field: &'static str, expected: &'static str },
    #[error("missing field `{0}` of `credentials`")]
    MissingCredential(&'static str),
    #[error("unknown field `{0}`: connections of this provider have none")]
    Unknown(&'static str),
    #[error("unknown field `{0}` of `credentials`: connections of this provider have none")]
    UnknownCredential(&'static str),
    #[error("invalid type: map, expected a string for each password of `trunk`")]
    Sealed,
}

impl Misfit {
    const NO_CREDENTIALS: Self =
        Self::Missing { field: "credentials", expected: r#"{"account_sid": "AC…", "auth_token": "…"}"# };
    const NO_TRUNK: Self = Self::Missing {
        field: "trunk",
        expected: r#"who may call over it, such as {"allow": ["192.0.2.0/24"]} with the networks that your carrier calls from"#,
    };
}

impl TryFrom<AnyConnection> for ConnectionInput {
    type Error = Misfit;

    fn try_from(any: AnyConnection) -> Result<Self, Misfit> {
        let AnyConnection { provider, name, credentials, trunk, rates } = any;
        Ok(Self(match provider {
            ProviderName::Twilio => {
                if trunk.is_some() {
                    return Err(Misfit::Unknown("trunk"));
                }
                let credentials = credentials.ok_or(Misfit::NO_CREDENTIALS)?.of_twilio()?;
                Connection::Twilio { name, credentials, rates }
            }
            ProviderName::Relay => {
                let trunk = trunk.ok_or(Misfit::NO_TRUNK)?;
                let mut digests = trunk.digest.iter().chain(&trunk.outbound_digest);
                if digests.any(|digest| digest.password.clear().is_err()) {
                    return Err(Misfit::Sealed);
                }
                let credentials = credentials.unwrap_or_default().of_a_relay()?;
                Connection::Relay { name, credentials, trunk, rates }
            }
        }))
    }
}

impl AnyCredentials {
    fn of_twilio(self) -> Result<TwilioCredentialsDocument, Misfit> {
        refuse("secret", self.secret.as_ref())?;
        Ok(TwilioCredentialsDocument {
            account_sid: self.account_sid.ok_or(Misfit::MissingCredential("account_sid"))?,
            auth_token: Kept::Clear(self.auth_token.ok_or(Misfit::MissingCredential("auth_token"))?),
            api_base_url: self.api_base_url,
            signature_key: self.signature_key.flatten().map(Kept::Clear),
        })
    }

    fn of_a_relay(self) -> Result<RelayCredentialsDocument, Misfit> {
        refuse("account_sid", self.account_sid.as_ref())?;
        refuse("auth_token", self.auth_token.as_ref())?;
        refuse("signature_key", self.signature_key.as_ref())?;
        let secret = self.secret.flatten().map(Kept::Clear);
        Ok(RelayCredentialsDocument { secret, previous_secret: None, api_base_url: self.api_base_url })
    }
}

fn refuse<T>(field: &'static str, value: Option<&T>) -> Result<(), Misfit> {
    if value.is_some() { Err(Misfit::UnknownCredential(field)) } else { Ok(()) }
}
