//! Countries by the digits that their numbers begin with.

use super::tables::calling_codes::CALLING_CODES;

/// A calling code has three digits at the most; where countries share one, up to five more tell them apart.
const MOST_DIGITS: usize = 8;

/// The country of a number's digits, of which the longest that are known tell. None for the North American plan, which area
/// codes tell apart, and for numbers of no country.
pub(super) fn country(digits: &str) -> Option<&'static str> {
    (1..=MOST_DIGITS.min(digits.len())).rev().find_map(|length| {
        let found = CALLING_CODES.binary_search_by(|(begin, _)| (*begin).cmp(&digits[..length]));
        found.ok().map(|index| CALLING_CODES[index].1)
    })
}
