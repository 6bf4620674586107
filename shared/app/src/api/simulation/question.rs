//! What a dry run is asked: a call that might come in.

use jiff::Timestamp;
use ringfall_domain::{
    call::{
        Call, Origin, TelephonyRates,
        event::{Attestation, CallerFacts},
    },
    config::TrackingNumber,
    geography::LineType,
    ids::{AccountId, CallId, NumberId},
    phone::CallerNumber,
    tags::Tags,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A call that might come in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteSimulation {
    /// The tracking number that is dialled, or its id where several connections have the same digits.
    #[schema(pattern = r"^(\+[1-9][0-9]{6,14}|num_[0-7][0-9A-HJKMNP-TV-Z]{25})$", example = "+18005550111")]
    pub(super) number: String,
    /// Who calls: a number, or `anonymous`.
    caller: PresentedCaller,
    /// When; now where it is left out.
    #[serde(default)]
    pub(super) at: Option<Timestamp>,
    /// What the caller answers. A question whose answer is not given is taken as answered in every way.
    #[serde(default)]
    pub(super) tags: Tags,
    /// What the provider says of the caller's place. The tags `state` and `zip` stand above it; what the number tells, below.
    #[serde(default)]
    caller_facts: CallerPlace,
    /// How the caller's number is vouched for (STIR/SHAKEN); not at all where it is left out.
    #[serde(default)]
    attestation: Option<StatedAttestation>,
    /// Whether the provider takes the caller for spam.
    #[serde(default)]
    spam: bool,
}

/// A level of attestation (ATIS-1000074), or that the verification failed.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = Attestation)]
enum StatedAttestation {
    /// The carrier knows that the caller may use the number.
    A,
    /// The carrier knows the caller.
    B,
    /// The carrier only passed the call on.
    C,
    /// What vouches for the number is forged or broken.
    #[serde(rename = "failed")]
    Failed,
}

impl From<StatedAttestation> for Attestation {
    fn from(stated: StatedAttestation) -> Self {
        match stated {
            StatedAttestation::A => Self::A,
            StatedAttestation::B => Self::B,
            StatedAttestation::C => Self::C,
            StatedAttestation::Failed => Self::Failed,
        }
    }
}

/// Whatever the network may present.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, max_length = 64, pattern = r"^[^\u0000-\u001F\u007F-\u009F]*$", example = "+12145550123")]
struct PresentedCaller(String);

impl TryFrom<String> for PresentedCaller {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let fits = text.chars().take(65).count() <= 64 && !text.chars().any(char::is_control);
        fits.then_some(Self(text)).ok_or("expected at most 64 characters without control characters")
    }
}

/// What a provider says of a caller's place and line.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct CallerPlace {
    /// Two letters.
    #[schema(example = "TX")]
    state: Option<String>,
    /// Postal code.
    zip: Option<String>,
    /// City.
    city: Option<String>,
    /// ISO 3166 alpha-2.
    country: Option<String>,
    /// The kind of line.
    line_type: Option<LineType>,
}

impl RouteSimulation {
    /// The call as it would be when it is routed.
    pub(super) fn call(
        &self,
        account: AccountId,
        id: NumberId,
        number: &TrackingNumber,
        at: Timestamp,
    ) -> Call {
        let name = format!("simulation of {} at {at}", self.caller.0);
        let place = self.caller_facts.clone();
        let origin = Origin {
            connection: number.connection_id,
            campaign: number.campaign_id,
            publisher: number.publisher_id,
            number: id,
            dialled: number.phone_number.clone(),
            caller: CallerNumber::from_presented(&self.caller.0),
            caller_facts: CallerFacts {
                state: place.state,
                zip: place.zip,
                city: place.city,
                country: place.country,
                line_type: place.line_type,
                attestation: self.attestation.map(Attestation::from),
                spam: self.spam,
            },
            rates: TelephonyRates::default(),
            arrived_at: at,
            provider_call_id: name.clone(),
        };
        // The same question draws the same lot among equals.
        let id = CallId::of_provider_call(number.connection_id, &name);
        let mut tags = self.tags.clone();
        tags.fill_in(&number.tags);
        Call::new(id, account, origin, tags)
    }
}
