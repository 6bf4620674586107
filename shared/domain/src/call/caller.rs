//! What filters and conditions can ask of a call.

use super::{Call, Known, Source, Values, Whereabouts, event::Attestation};
use crate::{
    filter::{Fact, Facts, Field},
    geography::NumberPlace,
    phone::PhoneNumber,
    tags::TagValue,
};

/// A call's fields as filters see them. What the caller states stands above what the provider says, and that above
/// what the number tells.
#[derive(Debug)]
pub struct KnownCaller<'a> {
    call: &'a Call,
    publisher: String,
    /// Where the caller is.
    pub whereabouts: Whereabouts<'a>,
    /// What kind of line the caller's is.
    pub line_type: Option<Known<'a>>,
}

impl<'a> KnownCaller<'a> {
    /// The tag in which a flow keeps the ZIP that the caller states.
    pub const ZIP_TAG: &'static str = "zip";
    /// The tag in which a flow keeps the state that the caller states.
    pub const STATE_TAG: &'static str = "state";

    /// The fields of a call.
    pub fn of(call: &'a Call) -> Self {
        let number = call.origin.caller.known().map(NumberPlace::of).unwrap_or_default();
        let said = call.origin.caller_facts.line_type.map(|kind| (kind, Source::Provider));
        let line_type = said.or_else(|| Some((number.line_type?, Source::Number)));
        Self {
            call,
            publisher: call.origin.publisher.to_string(),
            whereabouts: Whereabouts::of(call, &number),
            line_type: line_type.map(|(kind, source)| Known { values: Values::One(kind.as_str()), source }),
        }
    }
}

impl Facts for KnownCaller<'_> {
    #[inline]
    fn fact(&self, field: &Field) -> Fact<'_> {
        let origin = &self.call.origin;
        let (place, said) = (&self.whereabouts, &origin.caller_facts);
        match field {
            Field::CallerNumber => origin.caller.known().map(PhoneNumber::as_str).into(),
            Field::CallerAreaCode => origin.caller.known().and_then(PhoneNumber::area_code).into(),
            Field::CallerState => fact(place.state.as_ref()),
            Field::CallerZip => fact(place.zip.as_ref()),
            Field::CallerCounty => fact(place.county.as_ref()),
            Field::CallerCity => fact(place.city.as_ref()),
            Field::CallerCountry => fact(place.country.as_ref()),
            Field::CallerZones => fact(place.zones.as_ref()),
            Field::CallerLineType => fact(self.line_type.as_ref()),
            Field::CallerAttestation => said.attestation.map(Attestation::as_str).into(),
            Field::Number => Fact::Known(origin.dialled.as_str()),
            Field::PublisherId => Fact::Known(&self.publisher),
            Field::Tag(name) => self.call.tags.get(name.as_str()).map(TagValue::as_str).into(),
        }
    }
}

fn fact<'a>(known: Option<&'a Known<'_>>) -> Fact<'a> {
    match known.map(|known| &known.values) {
        None => Fact::Unknown,
        Some(Values::One(one)) => Fact::Known(one),
        Some(several) => several.as_slice().into(),
    }
}
