//! ZIP codes of the United States. The layout of the tables stands in `shared/domain/geography/zip_codes.py`.

use std::slice;

use super::{
    state::State,
    tables::{ZIP_ASSIGNED, ZIP_CITIES, ZIP_DISTRICTS, ZIP_NAMES, ZIP_ROWS, zones::ZONES},
};

/// ZIP codes of one word of [`ZIP_ASSIGNED`].
const PER_WORD: usize = 32;
/// How many ZIP codes are assigned before each word.
static BEFORE: [u32; 100_000 / PER_WORD] = before();

const fn word(index: usize) -> u32 {
    let at = index * 4;
    u32::from_le_bytes([ZIP_ASSIGNED[at], ZIP_ASSIGNED[at + 1], ZIP_ASSIGNED[at + 2], ZIP_ASSIGNED[at + 3]])
}

const fn before() -> [u32; 100_000 / PER_WORD] {
    let mut before = [0; 100_000 / PER_WORD];
    let mut index = 1;
    while index < before.len() {
        before[index] = before[index - 1] + word(index - 1).count_ones();
        index += 1;
    }
    before
}

/// Where a ZIP code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZipPlace {
    /// Its state.
    pub state: &'static State,
    /// Its county, without the word: `Dallas`. None for military post and for territories.
    pub county: Option<&'static str>,
    /// Its greatest city. None where there is no county.
    pub city: Option<&'static str>,
    /// Its zone, if it has one: that of its middle.
    pub zones: &'static [&'static str],
}

/// The five digits of a ZIP code, also of one with its four digits more; none for anything else.
pub fn five_digits(text: &str) -> Option<&str> {
    let text = text.trim();
    let (five, more) = text.split_at_checked(5)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let more = more.strip_prefix('-').unwrap_or(more);
    (digits(five) && digits(more) && (text.len() == 5 || more.len() == 4)).then_some(five)
}

impl ZipPlace {
    /// The place of a ZIP code, given as five digits; none for one that nobody has.
    pub fn of(five_digits: &str) -> Option<Self> {
        let row = row(five_digits)?;
        let [city_low, city_high, district_low, district_high] = *ZIP_ROWS.as_chunks().0.get(row)?;
        let city = *ZIP_CITIES.as_chunks().0.get(usize::from(u16::from_le_bytes([city_low, city_high])))?;
        let district = usize::from(u16::from_le_bytes([district_low, district_high]));
        let [state, zone, _, _, county @ ..] = *ZIP_DISTRICTS.as_chunks::<8>().0.get(district)?;
        Some(Self {
            state: State::at(state)?,
            county: name(county),
            city: name(city),
            zones: ZONES.get(usize::from(zone)).map_or(&[], slice::from_ref),
        })
    }
}

/// Its place among those that are assigned.
fn row(five_digits: &str) -> Option<usize> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| usize::from(byte - b'0'));
    let number = five_digits.bytes().try_fold(0, |number, byte| Some(number * 10 + digit(byte)?));
    let number = number.filter(|_| five_digits.len() == 5)?;
    let (index, bit) = (number / PER_WORD, number % PER_WORD);
    let before = *BEFORE.get(index)?;
    let word = word(index);
    let is_assigned = word >> bit & 1 == 1;
    let below = word & ((1 << bit) - 1);
    is_assigned.then(|| usize::try_from(before + below.count_ones()).ok()).flatten()
}

/// A name of [`ZIP_NAMES`]; none for an empty one.
fn name([low, middle, high, length]: [u8; 4]) -> Option<&'static str> {
    let at = usize::try_from(u32::from_le_bytes([low, middle, high, 0])).ok()?;
    ZIP_NAMES.get(at..at + usize::from(length)).filter(|name| !name.is_empty())
}
