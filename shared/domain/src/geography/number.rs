//! What a phone number itself tells of where its owner is.

use super::{area_code, calling_code, line_type::LineType};
use crate::phone::PhoneNumber;

/// What may be said of a number by its first digits. People keep their numbers when they move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NumberPlace {
    /// ISO 3166 alpha-2.
    pub country: Option<&'static str>,
    /// Where the area code is: none, one, or those that share it.
    pub states: &'static [&'static str],
    /// All zones that the area code spans.
    pub zones: &'static [&'static str],
    /// What the area code is for, where that is no place.
    pub line_type: Option<LineType>,
}

impl NumberPlace {
    /// What a number tells: all unknown for one whose first digits are in nobody's use, as far as we know.
    pub fn of(number: &PhoneNumber) -> Self {
        if let Some(area_code) = number.area_code() {
            return area_code::find(area_code).unwrap_or_default();
        }
        let digits = number.as_str().trim_start_matches('+');
        Self { country: calling_code::country(digits), ..Self::default() }
    }
}
