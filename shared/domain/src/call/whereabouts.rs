//! Where a caller is, put together from what the caller states, what the provider says and what the number tells.
//!
//! The strongest word counts: stated, then the provider's, then the number's. A weaker one adds what the stronger leave
//! open, and only if it fits them: the city of a provider that sees the caller in another state is not believed. A caller
//! who states a ZIP and another state may be in either, and nothing more is known of where.

use super::{Call, KnownCaller, event::CallerFacts};
use crate::{
    geography::{NumberPlace, State, ZipPlace, five_digits},
    tags::TagValue,
};

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The caller, in the flow.
    Stated,
    /// The telephony provider.
    Provider,
    /// The caller's number: its area code or calling code.
    Number,
}

impl Source {
    /// One word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Provider => "provider",
            Self::Number => "number",
        }
    }
}

/// What a fact may be: one, or several of which nobody knows the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values<'a> {
    /// This.
    One(&'a str),
    /// Either of two.
    Either([&'a str; 2]),
    /// One of these, one or more.
    Any(&'a [&'a str]),
}

impl<'a> Values<'a> {
    /// All of them.
    pub const fn as_slice(&self) -> &[&'a str] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Either(two) => two,
            Self::Any(any) => any,
        }
    }

    fn any(values: &'a [&'a str]) -> Option<Self> {
        (!values.is_empty()).then_some(Self::Any(values))
    }

    fn fits(&self, others: &Self) -> bool {
        let others = others.as_slice();
        self.as_slice().iter().any(|one| others.iter().any(|other| one.eq_ignore_ascii_case(other)))
    }
}

/// A fact, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    /// What it may be.
    pub values: Values<'a>,
    /// The strongest word that tells.
    pub source: Source,
}

/// Where a caller is, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whereabouts<'a> {
    /// ISO 3166 alpha-2.
    pub country: Option<Known<'a>>,
    /// Two letters; as it was stated where that names no state that we know.
    pub state: Option<Known<'a>>,
    /// Five digits; as it was stated or said where it has no five digits.
    pub zip: Option<Known<'a>>,
    /// Without the word: `Dallas`.
    pub county: Option<Known<'a>>,
    /// City.
    pub city: Option<Known<'a>>,
    /// All zones that may be the caller's.
    pub zones: Option<Known<'a>>,
}

/// What one word tells.
#[derive(Debug, Clone, Copy, Default)]
struct Evidence<'a> {
    country: Option<Values<'a>>,
    state: Option<Values<'a>>,
    zip: Option<Values<'a>>,
    county: Option<Values<'a>>,
    city: Option<Values<'a>>,
    zones: Option<Values<'a>>,
}

impl<'a> Whereabouts<'a> {
    /// Where a call's caller is.
    pub(super) fn of(call: &'a Call, number: &NumberPlace) -> Self {
        let stated = |tag| call.tags.get(tag).map(TagValue::as_str).filter(|text| !text.trim().is_empty());
        let said = &call.origin.caller_facts;
        let mut known = Self::default();
        if let Some(zip) = stated(KnownCaller::ZIP_TAG) {
            known.believe(Source::Stated, &Evidence::of_zip(zip));
        }
        if let Some(state) = stated(KnownCaller::STATE_TAG) {
            let state = Evidence::of_state(state);
            if !known.fits(&state) {
                return known.torn(&state);
            }
            known.believe(Source::Stated, &state);
        }
        known.believe(Source::Provider, &Evidence::said(said));
        if let Some(zip) = &said.zip {
            known.believe(Source::Provider, &Evidence::of_zip(zip));
        }
        known.believe(Source::Number, &Evidence::of_number(number));
        known.zones = known.zones.or_else(|| known.zones_of_state());
        known
    }

    /// Takes what is still open from a word that fits what is known.
    fn believe(&mut self, source: Source, evidence: &Evidence<'a>) {
        if !self.fits(evidence) {
            return;
        }
        for (known, told) in [
            (&mut self.country, evidence.country),
            (&mut self.state, evidence.state),
            (&mut self.zip, evidence.zip),
            (&mut self.county, evidence.county),
            (&mut self.city, evidence.city),
            (&mut self.zones, evidence.zones),
        ] {
            *known = known.or_else(|| Some(Known { values: told?, source }));
        }
    }

    fn fits(&self, evidence: &Evidence<'a>) -> bool {
        let fit = |known: Option<Known<'a>>, told: Option<Values<'a>>| match (known, told) {
            (Some(known), Some(told)) => known.values.fits(&told),
            (Some(_) | None, _) => true,
        };
        fit(self.country, evidence.country) && fit(self.state, evidence.state)
    }

    /// After two statements that cannot both be true.
    fn torn(self, other: &Evidence<'a>) -> Self {
        let either = |known: Option<Known<'a>>, told: Option<Values<'a>>| {
            let (Values::One(one), Values::One(two)) = (known?.values, told?) else { return None };
            let values = if one == two { Values::One(one) } else { Values::Either([one, two]) };
            Some(Known { values, source: Source::Stated })
        };
        Self {
            country: either(self.country, other.country),
            state: either(self.state, other.state),
            zip: self.zip,
            ..Self::default()
        }
    }

    fn zones_of_state(&self) -> Option<Known<'a>> {
        let Known { values: Values::One(state), source } = self.state? else { return None };
        Some(Known { values: Values::any(State::named(state)?.zones)?, source })
    }
}

impl<'a> Evidence<'a> {
    fn of_zip(text: &'a str) -> Self {
        let digits = five_digits(text);
        let zip = Some(Values::One(digits.unwrap_or(text)));
        match digits.and_then(ZipPlace::of) {
            Some(place) => Self {
                country: Some(Values::One(place.state.country)),
                state: Some(Values::One(place.state.code)),
                zip,
                county: place.county.map(Values::One),
                city: place.city.map(Values::One),
                zones: Values::any(place.zones),
            },
            None => Self { zip, ..Self::default() },
        }
    }

    fn of_state(text: &'a str) -> Self {
        match State::named(text) {
            Some(state) => Self {
                country: Some(Values::One(state.country)),
                state: Some(Values::One(state.code)),
                ..Self::default()
            },
            None => Self { state: Some(Values::One(text)), ..Self::default() },
        }
    }

    fn said(said: &'a CallerFacts) -> Self {
        let state = said.state.as_deref().map(Self::of_state).unwrap_or_default();
        let zip = said.zip.as_deref().map(|zip| Values::One(five_digits(zip).unwrap_or(zip)));
        let country = said.country.as_deref().map(Values::One).or(state.country);
        Self { country, zip, city: said.city.as_deref().map(Values::One), ..state }
    }

    fn of_number(number: &NumberPlace) -> Self {
        Self {
            country: number.country.map(Values::One),
            state: Values::any(number.states),
            zones: Values::any(number.zones),
            ..Self::default()
        }
    }
}

#[cfg(test)]
#[path = "whereabouts_tests.rs"]
mod tests;
