//! Connections of our own media relay: a SIP trunk, as configured and as the relay is told of it.

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    ids::ConnectionId,
    phone::NumberPrefix,
    problem::Problem,
    target::{Destination, SipUri},
};
use ringfall_providers::{
    Callbacks, InvalidCredentials, WebhookEvent,
    relay::{
        RelayCredentials, limits,
        network::Network,
        order,
        text::{DigestWord, Misshapen},
        trunk::{Digest, Rules, Srtp, Trunk},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::seal::{Kept, StillSealed};

/// For how long what a connection's secret was before is good, once it has been changed. Relays learn of the change within seconds, unless they cannot
/// reach the platform just then.
const PREVIOUS_GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);

/// A relay's credentials.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayCredentialsDocument {
    /// What the relay signs its webhooks with, and the platform its commands. Made up where none is given, and shown in that one reply: a
    /// relay learns it together with the trunk. Once it is changed, what it was before is good for another hour, or until it is changed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[!-~]{16,256}$")]
    pub secret: Option<Kept<String>>,
    /// What it was before. The platform keeps it: nobody gives it, or is shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub previous_secret: Option<Box<PreviousSecret>>,
    /// Where the relay takes commands; the relay that `ringfall serve` has started itself where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^https?://")]
    pub api_base_url: Option<String>,
}

/// What a secret was before it was changed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviousSecret {
    /// What it was.
    pub secret: Kept<String>,
    /// Until when it is good.
    pub good_until: Timestamp,
}

/// A SIP trunk: who may call over it, and what may be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrunkDocument {
    /// The networks from which calls may come, such as `192.0.2.0/24`; a lone address is a network of one. Whoever calls from elsewhere gets
    /// no answer at all.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 256, examples(json!(["192.0.2.0/24"])))]
    pub allow: Vec<Network>,
    /// What whoever calls must sign in with, besides. Needed where `allow` is as wide as `0.0.0.0/0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestDocument>,
    /// Where phone numbers are dialled: each becomes the user of this URI. Without it only SIP URIs can be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound: Option<SipUri>,
    /// What to sign in with there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound_digest: Option<DigestDocument>,
    /// Callers at once.
    #[serde(default = "most_calls")]
    #[schema(minimum = 1, maximum = 100_000, default = 1_000)]
    pub most_calls: u32,
    /// New calls in a second.
    #[serde(default = "most_calls_per_second")]
    #[schema(minimum = 1, maximum = 10_000, default = 100)]
    pub most_calls_per_second: u32,
    /// A call ends after this long at the latest.
    #[serde(default = "most_seconds")]
    #[schema(minimum = 1, maximum = 86_400, default = 14_400)]
    pub most_seconds: u32,
    /// What phone numbers that are dialled over it must begin with, against toll fraud.
    #[serde(default = "allowed_prefixes")]
    #[schema(max_items = 256)]
    pub allowed_prefixes: Vec<NumberPrefix>,
    /// Whether what the caller's carrier has signed (Identity, RFC 8224) is carried on to `outbound` where the caller's own number is shown. Where your
    /// carrier signs calls itself, leave it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pass_identity: bool,
    /// Who is dialled when the platform does not answer the relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Destination>,
    /// Whether its audio is encrypted (SDES, RFC 4568).
    #[serde(default)]
    pub srtp: SrtpDocument,
}

const fn most_calls() -> u32 {
    1_000
}

const fn most_calls_per_second() -> u32 {
    100
}

const fn most_seconds() -> u32 {
    4 * 60 * 60
}

fn allowed_prefixes() -> Vec<NumberPrefix> {
    "+1".parse().into_iter().collect()
}

/// A user and a password of SIP's digest authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DigestDocument {
    /// The user.
    #[schema(value_type = String, pattern = "^[!-~]{1,128}$")]
    pub username: DigestWord,
    /// The password. Never shown again.
    #[schema(value_type = String, write_only, pattern = "^[!-~]{1,128}$")]
    pub password: Kept<DigestWord>,
}

/// Whether a trunk's audio is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SrtpDocument {
    /// Where the other side offers or takes it.
    #[default]
    Optional,
    /// Calls without it are refused.
    Required,
    /// Never.
    Off,
}

impl RelayCredentialsDocument {
    /// The secret, empty where there is none.
    fn clear_secret(&self) -> Result<&str, StillSealed> {
        self.secret.as_ref().map_or(Ok(""), |secret| secret.clear().map(String::as_str))
    }

    /// These, given in the place of others: what the secret was stays good for a while.
    pub(crate) fn following(self, before: &Self, now: Timestamp) -> Self {
        let previous_secret = if self.secret == before.secret {
            before.previous_secret.clone().filter(|previous| now < previous.good_until)
        } else {
            let good_until = now.saturating_add(PREVIOUS_GOOD_FOR).unwrap_or(Timestamp::MAX);
            before.secret.clone().map(|secret| Box::new(PreviousSecret { secret, good_until }))
        };
        Self { previous_secret, ..self }
    }

    /// The credentials, with the relay's own address where none is configured.
    ///
    /// # Errors
    /// Names `secret` or `api_base_url`.
    pub fn credentials(&self, own_relay: Option<&str>) -> Result<RelayCredentials, InvalidCredentials> {
        let still_sealed =
            |_| InvalidCredentials { field: "secret", expected: "a secret that has been opened" };
        let mut credentials = RelayCredentials::new(self.clear_secret().map_err(still_sealed)?)?;
        if let Some(previous) = &self.previous_secret {
            let secret = previous.secret.clear().map_err(still_sealed)?;
            credentials = credentials.with_previous(secret, previous.good_until)?;
        }
        match self.api_base_url.as_deref().or(own_relay) {
            Some(url) => credentials.with_api_base_url(url),
            None => Ok(credentials),
        }
    }
}

impl TrunkDocument {
    /// What is wrong with it beyond what reading refuses.
    pub fn problems(&self) -> Vec<Problem> {
        let numbers = [
            ("trunk.most_calls", self.most_calls, 100_000),
            ("trunk.most_calls_per_second", self.most_calls_per_second, 10_000),
            ("trunk.most_seconds", self.most_seconds, limits::MOST_CALL_SECONDS),
        ];
        let out_of_bounds = numbers.into_iter().filter(|(_, number, most)| !(1..=*most).contains(number));
        let bounds =
            |(path, _, most)| Problem::new(path, format!("expected a whole number from 1 to {most}"));
        let lists = [
            ("trunk.allow", self.allow.len(), 1, limits::MOST_NETWORKS),
            ("trunk.allowed_prefixes", self.allowed_prefixes.len(), 0, limits::MOST_PREFIXES),
        ];
        let too_long = lists.into_iter().filter(|(_, count, least, most)| !(*least..=*most).contains(count));
        let counts = |(path, _, least, most)| Problem::new(path, format!("expected {least} to {most} items"));
        out_of_bounds
            .map(bounds)
            .chain(too_long.map(counts))
            .chain(self.open_network())
            .chain(self.unreachable_fallback())
            .collect()
    }

    fn open_network(&self) -> Option<Problem> {
        let (index, network) = self.rules().ok()?.open_network()?;
        let message = format!(
            "{network} lets nearly everybody call, and scanners find such a trunk within minutes: name the networks that your carrier \
             calls from, or set `trunk.digest`, so that whoever calls must sign in"
        );
        Some(Problem::new(format!("trunk.allow[{index}]"), message))
    }

    /// A fallback that cannot be dialled would be noticed only when it is needed.
    fn unreachable_fallback(&self) -> Option<Problem> {
        let Some(Destination::PhoneNumber(number)) = &self.fallback else { return None };
        let is_allowed = NumberPrefix::all_of(number)
            .any(|prefix| self.allowed_prefixes.iter().any(|one| one.to_string() == prefix));
        let message = match (&self.outbound, is_allowed) {
            (None, _) => "a phone number is dialled over `trunk.outbound`, which is not set".to_owned(),
            (Some(_), false) => format!("none of `trunk.allowed_prefixes` allows {number}"),
            (Some(_), true) => return None,
        };
        Some(Problem::new("trunk.fallback.phone_number", message))
    }

    /// The SIP URIs that it names, with their paths.
    pub fn sip_uris(&self) -> impl Iterator<Item = (&'static str, &SipUri)> {
        let fallback = match &self.fallback {
            Some(Destination::SipUri(uri)) => Some(("trunk.fallback.sip_uri", uri)),
            Some(Destination::PhoneNumber(_)) | None => None,
        };
        self.outbound.iter().map(|uri| ("trunk.outbound", uri)).chain(fallback)
    }

    /// The same in the relay's words, which have the same forms.
    fn rules(&self) -> Result<Rules, Untold> {
        Ok(Rules {
            allow: self.allow.clone(),
            digest: self.digest.as_ref().map(digest).transpose()?,
            outbound: self.outbound.as_ref().map(|uri| uri.as_str().parse()).transpose()?,
            outbound_digest: self.outbound_digest.as_ref().map(digest).transpose()?,
            most_calls: self.most_calls,
            most_calls_per_second: self.most_calls_per_second,
            most_seconds: self.most_seconds,
            allowed_prefixes: self
                .allowed_prefixes
                .iter()
                .map(|prefix| prefix.to_string().parse())
                .collect::<Result<_, _>>()?,
            pass_identity: self.pass_identity,
            fallback: self.fallback.as_ref().map(destination).transpose()?,
            srtp: match self.srtp {
                SrtpDocument::Optional => Srtp::Optional,
                SrtpDocument::Required => Srtp::Required,
                SrtpDocument::Off => Srtp::Off,
            },
        })
    }
}

/// Why a relay is not told of a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Untold {
    /// It has a part that no relay would read: nothing that was saved has.
    #[error(transparent)]
    Misshapen(#[from] Misshapen),
    /// Nobody has opened it.
    #[error("expected {0}")]
    StillSealed(#[from] StillSealed),
}

fn digest(document: &DigestDocument) -> Result<Digest, StillSealed> {
    Ok(Digest { username: document.username.clone(), password: document.password.clear()?.clone() })
}

fn destination(destination: &Destination) -> Result<order::Destination, Misshapen> {
    Ok(match destination {
        Destination::PhoneNumber(number) => order::Destination::PhoneNumber(number.as_str().parse()?),
        Destination::SipUri(uri) => order::Destination::SipUri(uri.as_str().parse()?),
    })
}

/// A connection as relays are told of it.
pub(crate) fn trunk(
    id: ConnectionId,
    credentials: &RelayCredentialsDocument,
    trunk: &TrunkDocument,
    numbers: &[ringfall_domain::phone::PhoneNumber],
    callbacks: &Callbacks,
    now: Timestamp,
) -> Result<Trunk, Untold> {
    let previous = credentials.previous_secret.as_ref().filter(|previous| now < previous.good_until);
    let previous_secret = match previous {
        Some(previous) => Some(previous.secret.clear()?.parse()?),
        None => None,
    };
    Ok(Trunk {
        connection: id.to_string().parse()?,
        secret: credentials.clear_secret()?.parse()?,
        previous_secret,
        voice_url: callbacks.entry(WebhookEvent::Voice).parse()?,
        status_url: callbacks.entry(WebhookEvent::Status).parse()?,
        numbers: numbers.iter().map(|number| number.as_str().parse()).collect::<Result<_, _>>()?,
        rules: trunk.rules()?,
    })
}
