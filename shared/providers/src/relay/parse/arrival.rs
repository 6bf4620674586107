//! The notice of an incoming call.

use std::borrow::Cow;

use ringfall_control::{Notice, notice};
use ringfall_domain::{
    call::event::{Arrival, Attestation, CallerFacts},
    phone::{CallerNumber, PhoneNumber},
};

use crate::webhook::ParseError;

pub(super) fn arrival(notice: &Notice) -> Result<Arrival, ParseError> {
    let missing = |field, expected| ParseError::Field { field, expected };
    let arrival = notice.arrival.as_ref().ok_or(missing("arrival", "who calls, and which number"))?;
    let dialled = dialled(&arrival.to).ok_or(missing(
        "arrival.to",
        "the dialled number in E.164 form, such as +18005550111 or 18005550111",
    ))?;
    Ok(Arrival {
        provider_call_id: notice.call_id.to_string(),
        caller: caller(arrival, &dialled),
        dialled,
        caller_facts: CallerFacts {
            attestation: arrival.attestation.map(attestation),
            ..CallerFacts::default()
        },
    })
}

/// With or without its plus sign, as trunks differ.
fn dialled(text: &str) -> Option<PhoneNumber> {
    let text = bare(text);
    text.parse().ok().or_else(|| format!("+{text}").parse().ok())
}

/// What the trunk vouches for stands above what the caller's own device wrote.
fn caller(arrival: &notice::Arrival, dialled: &PhoneNumber) -> CallerNumber {
    if arrival.privacy {
        return CallerNumber::Withheld;
    }
    let asserted = arrival.p_asserted_identity.as_deref().and_then(|text| presented(text, dialled));
    asserted
        .or_else(|| presented(&arrival.from, dialled))
        .map_or_else(|| CallerNumber::from_presented(&arrival.from), CallerNumber::Known)
}

/// A number as trunks write it: in E.164 form, the same without its plus sign, or the ten digits of the North American plan to a number of
/// that plan. None of a short code or a user's name.
fn presented(text: &str, dialled: &PhoneNumber) -> Option<PhoneNumber> {
    const LEAST_DIGITS_WITH_COUNTRY: usize = 11;
    let text = bare(text);
    if text.starts_with('+') {
        return match CallerNumber::from_presented(&text) {
            CallerNumber::Known(number) => Some(number),
            CallerNumber::Withheld | CallerNumber::Other(_) => None,
        };
    }
    let is_national = dialled.area_code().is_some() && is_north_american(&text);
    match text.len() {
        10 if is_national => format!("+1{text}").parse().ok(),
        LEAST_DIGITS_WITH_COUNTRY.. => format!("+{text}").parse().ok(),
        _ => None,
    }
}

/// Area code and exchange begin with 2 to 9 (NANPA's numbering plan).
fn is_north_american(text: &str) -> bool {
    let begins_high =
        |index: usize| text.as_bytes().get(index).is_some_and(|byte| (b'2'..=b'9').contains(byte));
    text.bytes().all(|byte| byte.is_ascii_digit()) && begins_high(0) && begins_high(3)
}

/// Without the visual separators that a number may have (RFC 3966 §5.1.1).
fn bare(text: &str) -> Cow<'_, str> {
    let is_separator = |character: char| matches!(character, '-' | '.' | '(' | ')');
    let is_written_out = text.contains(is_separator)
        && text
            .chars()
            .all(|character| character.is_ascii_digit() || character == '+' || is_separator(character));
    if is_written_out { Cow::Owned(text.replace(is_separator, "")) } else { Cow::Borrowed(text) }
}

const fn attestation(told: notice::Attestation) -> Attestation {
    match told {
        notice::Attestation::A => Attestation::A,
        notice::Attestation::B => Attestation::B,
        notice::Attestation::C => Attestation::C,
        notice::Attestation::Failed => Attestation::Failed,
    }
}
