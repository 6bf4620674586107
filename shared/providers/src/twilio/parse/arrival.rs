//! The webhook of an incoming call.

use ringfall_domain::{
    call::event::{Arrival, Attestation, CallerFacts},
    geography::LineType,
    phone::CallerNumber,
};

use super::reader::Reader;
use crate::webhook::ParseError;

const MOST_ZIP_CHARACTERS: usize = 16;
const MOST_CITY_CHARACTERS: usize = 64;

pub(super) fn arrival(reader: &Reader<'_>) -> Result<Arrival, ParseError> {
    let expected = "the dialled number in E.164 form, such as +18005550111";
    let dialled = reader.required("To", expected)?;
    Ok(Arrival {
        provider_call_id: reader.sid("CallSid")?,
        caller: CallerNumber::from_presented(reader.text("From").unwrap_or("")),
        dialled: dialled.parse().map_err(|_| ParseError::Field { field: "To", expected })?,
        caller_facts: CallerFacts {
            state: code(reader, ["FromState", "CallerState"]),
            zip: words(reader, ["FromZip", "CallerZip"], MOST_ZIP_CHARACTERS),
            city: words(reader, ["FromCity", "CallerCity"], MOST_CITY_CHARACTERS),
            country: code(reader, ["FromCountry", "CallerCountry"]),
            line_type: reader.text("AddOns").and_then(line_type),
            attestation: reader.text("StirVerstat").and_then(attestation),
        },
    })
}

/// What the add-on for carriers tells, where the agency has it: `{"results": {"twilio_carrier_info": {"result":
/// {"carrier": {"type": "mobile"}}}}}`, among much else. Nothing where it has not, or failed.
fn line_type(add_ons: &str) -> Option<LineType> {
    let add_ons: serde_json::Value = serde_json::from_str(add_ons).ok()?;
    let kind = add_ons.pointer("/results/twilio_carrier_info/result/carrier/type")?.as_str()?;
    let told = [LineType::Landline, LineType::Mobile, LineType::Voip];
    told.into_iter().find(|line_type| line_type.as_str() == kind)
}

/// A code of two letters, from the first of the fields that holds anything.
fn code(reader: &Reader<'_>, fields: [&str; 2]) -> Option<String> {
    let text = fields.into_iter().find_map(|field| reader.text(field))?;
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_uppercase())
}

/// Text without control characters, from the first of the fields that holds anything.
fn words(reader: &Reader<'_>, fields: [&str; 2], most_characters: usize) -> Option<String> {
    let text = fields.into_iter().find_map(|field| reader.text(field))?;
    let printable = text.chars().filter(|character| !character.is_control());
    Some(printable.take(most_characters).collect()).filter(|words: &String| !words.is_empty())
}

/// The level in `TN-Validation-Passed-A`, which `-Diverted` or `-Passthrough` may follow. Whatever was not passed, or not
/// validated, attests nothing.
fn attestation(stir_verstat: &str) -> Option<Attestation> {
    let passed = stir_verstat.strip_prefix("TN-Validation-Passed-")?;
    match passed.split('-').next()? {
        "A" => Some(Attestation::A),
        "B" => Some(Attestation::B),
        "C" => Some(Attestation::C),
        _ => None,
    }
}
