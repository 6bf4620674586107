//! States, provinces, territories and military post.

use std::cmp::Ordering;

use super::tables::states::STATES;

/// What a caller names as their state.
#[derive(Debug, PartialEq, Eq)]
pub struct State {
    /// Two letters, as on letters: `TX`, `ON`, `PR`.
    pub code: &'static str,
    /// ISO 3166 alpha-2.
    pub country: &'static str,
    /// In English.
    pub name: &'static str,
    /// All zones that somebody there may have; none for military post.
    pub zones: &'static [&'static str],
}

pub(super) const fn state(
    code: &'static str,
    country: &'static str,
    name: &'static str,
    zones: &'static [&'static str],
) -> State {
    State { code, country, name, zones }
}

impl State {
    /// The state of that code or name, in any case: `tx`, `Texas`.
    pub fn named(text: &str) -> Option<&'static Self> {
        let text = text.trim();
        if text.len() == 2 {
            let found = STATES.binary_search_by(|state| compare(state.code, text));
            return found.ok().map(|index| &STATES[index]);
        }
        STATES.iter().find(|state| state.name.eq_ignore_ascii_case(text))
    }

    /// The state at that place of the table.
    pub(super) fn at(index: u8) -> Option<&'static Self> {
        STATES.get(usize::from(index))
    }
}

/// Compares a code with a text in any case.
fn compare(code: &str, text: &str) -> Ordering {
    code.bytes().cmp(text.bytes().map(|byte| byte.to_ascii_uppercase()))
}
