//! The webhook of an incoming call.

use ringfall_domain::{
    call::event::{Arrival, Attestation, CallerFacts},
    geography::LineType,
    phone::CallerNumber,
};

use serde_json::Value;

use super::reader::Reader;
use crate::webhook::ParseError;

const MOST_ZIP_CHARACTERS: usize = 16;
const MOST_CITY_CHARACTERS: usize = 64;

pub(super) fn arrival(reader: &Reader<'_>) -> Result<Arrival, ParseError> {
    let expected = "the dialled number in E.164 form, such as +18005550111";
    let dialled = reader.required("To", expected)?;
    let add_ons = reader.text("AddOns").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Ok(Arrival {
        provider_call_id: reader.sid("CallSid")?,
        caller: CallerNumber::from_presented(reader.text("From").unwrap_or("")),
        dialled: dialled.parse().map_err(|_| ParseError::Field { field: "To", expected })?,
        caller_facts: CallerFacts {
            state: code(reader, ["FromState", "CallerState"]),
            zip: words(reader, ["FromZip", "CallerZip"], MOST_ZIP_CHARACTERS),
            city: words(reader, ["FromCity", "CallerCity"], MOST_CITY_CHARACTERS),
            country: code(reader, ["FromCountry", "CallerCountry"]),
            line_type: line_type(&add_ons),
            attestation: reader.text("StirVerstat").and_then(attestation),
            spam: is_spam(&add_ons),
        },
    })
}

/// What the add-on for carriers tells, where the agency has it: `{"results": {"twilio_carrier_info": {"result":
/// {"carrier": {"type": "mobile"}}}}}`, among much else. Nothing where it has not, or failed.
fn line_type(add_ons: &Value) -> Option<LineType> {
    let kind = add_ons.pointer("/results/twilio_carrier_info/result/carrier/type")?.as_str()?;
    let told = [LineType::Landline, LineType::Mobile, LineType::Voip];
    told.into_iter().find(|line_type| line_type.as_str() == kind)
}

/// What the add-ons against spam tell, where the agency has one: Nomorobo Spam Score a `score` of 1, Marchex Clean Call a `recommendation` to
/// block. Both stand under `results`, as Twilio's guide "Block Spam Calls" shows them.
fn is_spam(add_ons: &Value) -> bool {
    let score = add_ons.pointer("/results/nomorobo_spamscore/result/score").and_then(Value::as_i64);
    let recommendation = add_ons.pointer("/results/marchex_cleancall/result/result/recommendation");
    score == Some(1) || recommendation.and_then(Value::as_str) == Some("BLOCK")
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

/// The level in `TN-Validation-Passed-A`, which `-Diverted` or `-Passthrough` may follow. What did not pass is worse than any level,
/// whichever it claims; what was not validated attests nothing.
fn attestation(stir_verstat: &str) -> Option<Attestation> {
    if stir_verstat.starts_with("TN-Validation-Failed") {
        return Some(Attestation::Failed);
    }
    let passed = stir_verstat.strip_prefix("TN-Validation-Passed-")?;
    match passed.split('-').next()? {
        "A" => Some(Attestation::A),
        "B" => Some(Attestation::B),
        "C" => Some(Attestation::C),
        _ => None,
    }
}
