//! What filters and conditions can ask of a call.

use super::{Call, event::Attestation};
use crate::{
    filter::{Facts, Field},
    phone::PhoneNumber,
    tags::TagValue,
};

/// A call's fields as filters see them. What the caller states stands above what the provider says.
#[derive(Debug)]
pub struct KnownCaller<'a> {
    call: &'a Call,
    publisher: String,
    state: Option<&'a str>,
    zip: Option<&'a str>,
}

impl<'a> KnownCaller<'a> {
    /// The tag in which a flow keeps the ZIP that the caller states.
    pub const ZIP_TAG: &'static str = "zip";
    /// The tag in which a flow keeps the state that the caller states.
    pub const STATE_TAG: &'static str = "state";

    /// The fields of a call.
    pub fn of(call: &'a Call) -> Self {
        let stated = |tag| call.tags.get(tag).map(TagValue::as_str);
        let said = &call.origin.caller_facts;
        Self {
            call,
            publisher: call.origin.publisher.to_string(),
            state: stated(Self::STATE_TAG).or(said.state.as_deref()),
            zip: stated(Self::ZIP_TAG).or(said.zip.as_deref()),
        }
    }
}

impl Facts for KnownCaller<'_> {
    fn value(&self, field: &Field) -> Option<&str> {
        let origin = &self.call.origin;
        let said = &origin.caller_facts;
        match field {
            Field::CallerNumber => origin.caller.known().map(PhoneNumber::as_str),
            Field::CallerAreaCode => origin.caller.known().and_then(PhoneNumber::area_code),
            Field::CallerState => self.state,
            Field::CallerZip => self.zip,
            Field::CallerCity => said.city.as_deref(),
            Field::CallerCountry => said.country.as_deref(),
            Field::CallerAttestation => said.attestation.map(|attestation| match attestation {
                Attestation::A => "A",
                Attestation::B => "B",
                Attestation::C => "C",
            }),
            Field::Number => Some(origin.dialled.as_str()),
            Field::PublisherId => Some(&self.publisher),
            Field::Tag(name) => self.call.tags.get(name.as_str()).map(TagValue::as_str),
        }
    }
}
