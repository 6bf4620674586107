//! Tags: what is known of a call beyond what the network says, as names and values.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use crate::{
    bounded,
    text::{checked_text, has_length, is_printable},
};

checked_text!(
    /// A tag's name: 1 to 64 characters of `a-z 0-9 _`.
    TagName,
    /// A text that is no tag's name.
    InvalidTagName,
    "expected a tag's name: 1 to 64 lower case letters, digits or underscores",
    schema(pattern = "^[a-z0-9_]{1,64}$", example = "zip"),
    |text| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        Some(text).filter(|kept| has_length(kept, 1, 64) && kept.bytes().all(plain))
    }
);

checked_text!(
    /// A tag's value: at most 256 characters without controls.
    TagValue,
    /// A text that is no tag's value.
    InvalidTagValue,
    "expected a tag's value: at most 256 characters without control characters",
    schema(max_length = 256, pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\uFFFE\uFFFF]*$", example = "75201"),
    |text| Some(text).filter(|kept| has_length(kept, 0, TagValue::MOST_CHARACTERS) && kept.chars().all(is_printable))
);

impl TagValue {
    /// The longest value.
    pub const MOST_CHARACTERS: usize = 256;

    /// Makes a value of whatever a caller said or a stranger sent: controls are dropped, blanks become single spaces between
    /// words, and what is beyond the longest value is cut off. Never fails; may be empty.
    pub fn cleaned(text: &str) -> Self {
        let words = text.split_whitespace().map(|word| word.chars().filter(|letter| is_printable(*letter)));
        let mut kept = String::new();
        let mut room = Self::MOST_CHARACTERS;
        for word in words {
            let space = usize::from(!kept.is_empty());
            let word: String = word.take(room.saturating_sub(space)).collect();
            if word.is_empty() {
                continue;
            }
            kept.extend(std::iter::repeat_n(' ', space));
            kept.push_str(&word);
            room -= space + word.chars().count();
        }
        Self(kept.into())
    }
}

/// The tags of a call: at most 64.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = std::collections::HashMap<String, String>, example = json!({"zip": "75201"}))]
pub struct Tags(
    #[serde(deserialize_with = "bounded::map::<{ Tags::MOST }, _, _, _>")] BTreeMap<TagName, TagValue>,
);

/// No room for another tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a call has at most 64 tags")]
pub struct TagsFull;

impl Tags {
    /// The most tags of a call.
    pub const MOST: usize = 64;

    /// The value of a tag.
    pub fn get(&self, name: &str) -> Option<&TagValue> {
        self.0.get(name)
    }

    /// Sets a tag; a value that it had is replaced.
    ///
    /// # Errors
    /// The tag is a new one and there are 64 already. Nothing is changed then.
    pub fn insert(&mut self, name: TagName, value: TagValue) -> Result<(), TagsFull> {
        if self.0.len() == Self::MOST && !self.0.contains_key(&name) {
            return Err(TagsFull);
        }
        self.0.insert(name, value);
        Ok(())
    }

    /// Takes up the tags that are not set yet, as far as there is room.
    pub fn fill_in(&mut self, others: &Self) {
        for (name, value) in &others.0 {
            if self.0.len() < Self::MOST && !self.0.contains_key(name) {
                self.0.insert(name.clone(), value.clone());
            }
        }
    }

    /// How many tags there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True where there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tags in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&TagName, &TagValue)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(number: usize) -> TagName {
        format!("tag_{number}").parse().expect("a tag's name")
    }

    #[test]
    fn a_tags_name_is_plain() {
        for good in ["zip", "a", "utm_source", "0", &"a".repeat(64)] {
            assert!(good.parse::<TagName>().is_ok(), "{good}");
        }
        for bad in ["", "Zip", "a-b", "a.b", "a b", "é", "zip\n", "__proto__.x", &"a".repeat(65)] {
            assert!(bad.parse::<TagName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn whatever_is_said_becomes_a_value() {
        for (said, kept) in [
            (" yes \r\n", "yes"),
            ("a\u{0}b\u{202E}c", "abc"),
            ("\u{1} x \u{1}", "x"),
            ("\u{7}\u{8}", ""),
            ("Zürich", "Zürich"),
            ("Ann\r\n \u{7} Lee", "Ann Lee"),
        ] {
            let value = TagValue::cleaned(said);
            assert_eq!(value.as_str(), kept);
            assert_eq!(value.as_str().parse(), Ok(value));
        }
        for long in ["é", "é ", "éé "] {
            let value = TagValue::cleaned(&long.repeat(10_000));
            assert!((255..=256).contains(&value.as_str().chars().count()), "{long}");
            assert_eq!(value.as_str().parse(), Ok(value));
        }
    }

    #[test]
    fn a_call_has_at_most_64_tags() {
        let mut tags = Tags::default();
        let value: TagValue = "x".parse().expect("a value");
        for number in 0..Tags::MOST {
            assert_eq!(tags.insert(numbered(number), value.clone()), Ok(()));
        }
        assert_eq!(tags.insert(numbered(64), value), Err(TagsFull));
        let changed: TagValue = "y".parse().expect("a value");
        assert_eq!(tags.insert(numbered(3), changed.clone()), Ok(()));
        assert_eq!((tags.len(), tags.get("tag_3"), tags.get("tag_64")), (64, Some(&changed), None));
    }

    #[test]
    fn hostile_tags_are_refused_when_read() {
        let many: BTreeMap<String, &str> = (0..65).map(|number| (format!("t{number}"), "x")).collect();
        let many = serde_json::to_string(&many).expect("json");
        let long = format!(r#"{{"a": "{}"}}"#, "x".repeat(257));
        for hostile in [
            &many,
            &long,
            r#"{"A": "x"}"#,
            r#"{"a": "\u0000"}"#,
            r#"{"a": 5}"#,
            r#"{"a": "x", "a": "y"}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Tags>(hostile).is_err(), "{hostile}");
        }
        let tags: Tags = serde_json::from_str(r#"{"zip": "75201"}"#).expect("tags");
        assert_eq!(tags.get("zip").map(TagValue::as_str), Some("75201"));
        assert_eq!(serde_json::to_string(&tags).expect("json"), r#"{"zip":"75201"}"#);
    }
}
