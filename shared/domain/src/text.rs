//! Texts that people write and callers hear or enter, each checked when it is read.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

/// Declares a text that is checked when it is made: `check` returns the part that is kept, or nothing to refuse.
macro_rules! checked_text {
    (
        $(#[$doc:meta])* $name:ident, $(#[$invalid_doc:meta])* $invalid:ident, $expected:literal,
        schema($($schema:tt)*), $check:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, ToSchema)]
        #[serde(try_from = "String")]
        #[schema(value_type = String, $($schema)*)]
        pub struct $name(Arc<str>);

        $(#[$invalid_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error($expected)]
        pub struct $invalid;

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = $invalid;

            fn from_str(text: &str) -> Result<Self, $invalid> {
                let check: fn(&str) -> Option<&str> = $check;
                check(text).map(|kept| Self(kept.into())).ok_or($invalid)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $invalid;

            fn try_from(text: String) -> Result<Self, $invalid> {
                text.parse()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

pub(crate) use checked_text;

checked_text!(
    /// What a person calls a thing: 1 to 128 characters without controls. Spaces at its ends are dropped.
    Name,
    /// A text that is no name.
    InvalidName,
    "expected a name of 1 to 128 characters without control characters",
    schema(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\uFFFE\uFFFF]*[^\s\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\uFFFE\uFFFF][^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\uFFFE\uFFFF]*$",
        example = "Lone Star Law"
    ),
    |text| Some(text.trim()).filter(|kept| has_length(kept, 1, 128) && kept.chars().all(is_printable))
);

checked_text!(
    /// What is spoken to a caller: 1 to 2,000 characters, not all of them blank, without controls except line feeds.
    Prompt,
    /// A text that cannot be spoken.
    InvalidPrompt,
    "expected a text to speak of 1 to 2000 characters without control characters other than line feeds",
    schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\uFFFE\uFFFF]*[^\s\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\uFFFE\uFFFF][^\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\uFFFE\uFFFF]*$",
        example = "Enter your five digit zip code."
    ),
    |text| {
        let speakable = |character| is_printable(character) || character == '\n';
        let fits = !text.trim().is_empty() && has_length(text, 1, 2000);
        Some(text).filter(|kept| fits && kept.chars().all(speakable))
    }
);

checked_text!(
    /// A language in the shape of BCP 47 (RFC 5646 §2.1), at most 35 characters: `en`, `en-US`, `zh-Hant-TW`. Whether a
    /// provider speaks it is the provider's to say.
    LanguageTag,
    /// A text that is no language tag.
    InvalidLanguageTag,
    "expected a language tag such as en-US",
    schema(pattern = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length = 35, example = "en-US"),
    |text| {
        let mut subtags = text.split('-');
        let language = subtags.next().unwrap_or_default();
        let has_language = has_length(language, 2, 8) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_subtag = |subtag: &str| {
            has_length(subtag, 1, 8) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        Some(text).filter(|kept| kept.len() <= 35 && has_language && subtags.all(is_subtag))
    }
);

impl LanguageTag {
    /// Whether a language takes in another: itself, or a narrower one of the same beginning, such as `es` `es-MX`. Capitals make no difference
    /// (RFC 4647 §3.3.1).
    pub fn covers(wider: &str, narrower: &str) -> bool {
        let begins_so = narrower.get(..wider.len()).is_some_and(|start| start.eq_ignore_ascii_case(wider));
        begins_so && !wider.is_empty() && matches!(narrower.as_bytes().get(wider.len()), None | Some(b'-'))
    }
}

checked_text!(
    /// One key of a phone: a digit, `*` or `#`.
    Key,
    /// A text that is no key.
    InvalidKey,
    "expected one key of a phone: a digit, * or #",
    schema(pattern = "^[0-9*#]$", example = "1"),
    |text| Some(text).filter(|kept| kept.len() == 1 && kept.bytes().all(is_key))
);

impl Key {
    /// The key.
    pub fn as_char(&self) -> char {
        char::from(self.0.as_bytes()[0])
    }
}

/// True for what a phone's keys send.
pub(crate) const fn is_key(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'*' || byte == b'#'
}

/// True where the number of characters is within bounds. Looks no further than the bound.
pub(crate) fn has_length(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().take(most + 1).count())
}

/// False for what would break a line, turn the text around it (a name that reads as another) or not be allowed in
/// the XML that providers are answered in (XML 1.0 §2.2).
pub(crate) fn is_printable(character: char) -> bool {
    let breaks_the_line = matches!(character, '\u{2028}' | '\u{2029}');
    let turns_the_text = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let is_no_character = matches!(character, '\u{FFFE}' | '\u{FFFF}');
    !(character.is_control() || breaks_the_line || turns_the_text || is_no_character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: FromStr>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(text.parse::<T>().is_ok(), "{text:?} should be taken");
        }
        for text in bad {
            assert!(text.parse::<T>().is_err(), "{text:?} should be refused");
        }
    }

    #[test]
    fn a_name_is_short_printable_and_not_blank() {
        let longest = "é".repeat(128);
        let too_long = "é".repeat(129);
        check::<Name>(
            &["Lone Star Law", "Ärzte & Söhne", "日本", &longest],
            &["", "  ", "\t", "a\nb", "a\u{0}", "a\u{202E}b", "a\u{85}b", &too_long],
        );
        assert_eq!(" Radio One ".parse::<Name>().expect("a name").as_str(), "Radio One");
    }

    #[test]
    fn a_prompt_may_have_lines_but_no_other_controls() {
        let longest = "a".repeat(2000);
        let too_long = "a".repeat(2001);
        check::<Prompt>(
            &["Press 1.", "One.\nTwo.", "<b>&\"", &longest],
            &["", " \n ", "a\rb", "a\u{7}", "a\u{FFFF}", &too_long],
        );
    }

    #[test]
    fn a_language_has_the_shape_of_bcp_47() {
        check::<LanguageTag>(
            &["en", "en-US", "zh-Hant-TW", "es-419", "cmn-CN"],
            &[
                "",
                "e",
                "en_US",
                "en-",
                "-US",
                "en--US",
                "12-US",
                "en-\u{e9}",
                "en-abcdefghi",
                &"en-US".repeat(9),
            ],
        );
    }

    #[test]
    fn a_key_is_one_key_of_a_phone() {
        check::<Key>(&["0", "9", "*", "#"], &["", "10", "a", "١", " "]);
    }

    #[test]
    fn a_text_reads_back_as_it_was_written() {
        let name: Name = serde_json::from_str("\"Radio \\\"One\\\"\"").expect("a name");
        assert_eq!(serde_json::to_string(&name).expect("json"), "\"Radio \\\"One\\\"\"");
        for wrong in ["5", "null", "[]", "{}", "true"] {
            assert!(serde_json::from_str::<Name>(wrong).is_err(), "{wrong}");
        }
    }
}
