//! Area codes of the North American plan.

use super::{line_type::LineType, number::NumberPlace, tables::area_codes::AREA_CODES};

/// An area code that is in use.
#[derive(Debug)]
pub(super) struct AreaCode {
    digits: u16,
    place: NumberPlace,
}

/// One that has a place.
pub(super) const fn at(
    digits: u16,
    country: &'static str,
    states: &'static [&'static str],
    zones: &'static [&'static str],
) -> AreaCode {
    AreaCode { digits, place: NumberPlace { country: Some(country), states, zones, line_type: None } }
}

/// One that stands for a kind of line, wherever that is.
pub(super) const fn special(digits: u16, country: Option<&'static str>, line_type: LineType) -> AreaCode {
    AreaCode { digits, place: NumberPlace { country, states: &[], zones: &[], line_type: Some(line_type) } }
}

/// By its three digits: one more than its index in the table, or zero.
static PLACES: [u16; 1_000] = places();

const fn places() -> [u16; 1_000] {
    let mut places = [0; 1_000];
    let mut index: u16 = 0;
    while (index as usize) < AREA_CODES.len() {
        places[AREA_CODES[index as usize].digits as usize] = index + 1;
        index += 1;
    }
    places
}

/// What an area code tells, given as three digits.
pub(super) fn find(digits: &str) -> Option<NumberPlace> {
    let number: usize = digits.parse().ok()?;
    let place = usize::from(*PLACES.get(number)?);
    Some(AREA_CODES[place.checked_sub(1)?].place)
}
