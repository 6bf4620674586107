//! Where callers are: area code → states and zones, calling code → country, ZIP code → state, county, city and zone.
//!
//! The tables are made from pinned packages and read in place: nothing is unpacked, nothing is allocated. They say what is
//! possible: an area code that spans two zones has both. What they do not know is unknown, and no number is "invalid".
//!
//! Zones of one country whose clocks agree today have one name, that of the greatest city: Detroit's is `America/New_York`.
//! Territories with an ISO 3166 code of their own are countries and states at once: `PR`.

mod area_code;
mod calling_code;
mod line_type;
mod number;
mod state;
#[rustfmt::skip]
mod tables;
#[cfg(test)]
mod tests;
mod zip_code;

use self::tables::zones::OTHER_NAMES;
pub use self::{
    line_type::{LineType, UnknownLineType},
    number::NumberPlace,
    state::State,
    zip_code::{ZipPlace, five_digits},
};

/// The name under which a zone stands in the tables: its own, unless the clocks of a greater city agree.
pub fn zone_name(zone: &str) -> &str {
    let other = OTHER_NAMES.iter().find(|(finer, _)| finer.eq_ignore_ascii_case(zone));
    other.map_or(zone, |(_, greatest)| greatest)
}
