//! What is known of a caller, and who says so, as it is shown.

use ringfall_domain::call::{Call, Known, KnownCaller};
use serde::Serialize;
use utoipa::ToSchema;

/// What filters know of a caller. Put together, as often as it is asked for, from what the caller stated, what the provider
/// said and what the number tells. Null where nobody knows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallerFacts)]
pub(super) struct CallerFactsBody {
    /// `caller.country`: ISO 3166 alpha-2.
    country: Option<KnownBody>,
    /// `caller.state`: two letters.
    state: Option<KnownBody>,
    /// `caller.zip`: five digits.
    zip: Option<KnownBody>,
    /// `caller.county`: without the word.
    county: Option<KnownBody>,
    /// `caller.city`.
    city: Option<KnownBody>,
    /// `caller.zones`: all zones that may be the caller's.
    zones: Option<KnownBody>,
    /// `caller.line_type`: `landline`, `mobile`, `voip`, `toll_free`, `premium_rate` or `personal`.
    line_type: Option<KnownBody>,
}

/// A fact of a caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KnownFact)]
struct KnownBody {
    /// Mostly one. Where there are several, any may be the right one: a filter has to allow each.
    values: Vec<String>,
    /// Whose word it is: `stated` by the caller (the tags `zip` and `state`), `provider`, or `number` (its area code or
    /// calling code).
    #[schema(example = "stated")]
    source: &'static str,
}

impl From<&Call> for CallerFactsBody {
    fn from(call: &Call) -> Self {
        let caller = KnownCaller::of(call);
        let (place, shown) = (caller.whereabouts, |known: Option<Known<'_>>| known.map(KnownBody::from));
        Self {
            country: shown(place.country),
            state: shown(place.state),
            zip: shown(place.zip),
            county: shown(place.county),
            city: shown(place.city),
            zones: shown(place.zones),
            line_type: shown(caller.line_type),
        }
    }
}

impl From<Known<'_>> for KnownBody {
    fn from(known: Known<'_>) -> Self {
        let values = known.values.as_slice().iter().map(|value| (*value).to_owned());
        Self { values: values.collect(), source: known.source.as_str() }
    }
}
