//! The facts that a condition may ask for, by name.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};

use crate::tags::{InvalidTagName, TagName};

/// Declares the fields that are not tags: a line each.
macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident = $name:literal,)*) => {
        /// A fact that a condition asks for. Its text is what a filter names it by.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub enum Field {
            $($(#[$doc])* $field,)*
            /// `tags.<name>`: what the flow gathered, or came with the call.
            Tag(TagName),
        }

        impl Field {
            /// The names of all fields that are not tags.
            pub const NAMES: &[&str] = &[$($name),*];

            fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$field),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for Field {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$field => f.write_str($name),)*
                    Self::Tag(name) => write!(f, "tags.{name}"),
                }
            }
        }
    };
}

fields! {
    /// The caller's number, in E.164 form where it is known.
    CallerNumber = "caller.number",
    /// The area code of the caller's number.
    CallerAreaCode = "caller.area_code",
    /// The caller's state, province or territory: two letters.
    CallerState = "caller.state",
    /// The caller's postal code.
    CallerZip = "caller.zip",
    /// The caller's county, without the word: `Dallas`.
    CallerCounty = "caller.county",
    /// The caller's city.
    CallerCity = "caller.city",
    /// The caller's country: ISO 3166 alpha-2.
    CallerCountry = "caller.country",
    /// The caller's time zone: all that it may be.
    CallerZones = "caller.zones",
    /// The kind of the caller's line: `landline`, `mobile`, `voip`, `toll_free`, `premium_rate` or `personal`.
    CallerLineType = "caller.line_type",
    /// How far the caller's number is vouched for: `A`, `B`, `C`, or `failed` where its verification fails.
    CallerAttestation = "caller.attestation",
    /// The number that was dialled, in E.164 form.
    Number = "number",
    /// The publisher that the number belongs to.
    PublisherId = "publisher.id",
}

/// A text that names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownField {
    /// Neither a known name nor a tag.
    #[error("unknown field `{name}`, expected one of {}, tags.<name>", Field::NAMES.join(", "))]
    Name {
        /// What was given, its first 64 characters.
        name: String,
    },
    /// A tag whose name is none.
    #[error("after `tags.`: {0}")]
    Tag(#[from] InvalidTagName),
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        if let Some(tag) = text.strip_prefix("tags.") {
            return Ok(Self::Tag(tag.parse()?));
        }
        Self::named(text).ok_or_else(|| UnknownField::Name { name: text.chars().take(64).collect() })
    }
}

impl TryFrom<String> for Field {
    type Error = UnknownField;

    fn try_from(text: String) -> Result<Self, UnknownField> {
        text.parse()
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_reads_back_as_itself() {
        for name in Field::NAMES.iter().chain(&["tags.zip"]) {
            assert_eq!(name.parse::<Field>().expect(name).to_string(), **name);
        }
    }

    #[test]
    fn an_unknown_field_is_named_with_those_that_are_known() {
        let error = "caller.stat".parse::<Field>().expect_err("unknown").to_string();
        assert!(error.contains("`caller.stat`"), "{error}");
        assert!(error.contains("caller.state, caller.zip"), "{error}");
        for wrong in ["", "tags", "tags.", "tags.Zip", "tags.a.b", "Caller.State", " number"] {
            assert!(wrong.parse::<Field>().is_err(), "{wrong}");
        }
        let long = "x".repeat(100_000).parse::<Field>().expect_err("unknown").to_string();
        assert!(long.len() < 1000, "{}", long.len());
    }
}
