//! What a condition compares with, as it was written.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, de};

use super::Field;
use crate::geography::{State, zone_name};

/// A value of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    One(Scalar),
    Many(Vec<Scalar>),
}

/// One text, whole number or truth value. All are compared as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(Box<str>),
    Whole(i64),
    Truth(bool),
}

impl Value {
    /// The longest list.
    pub(super) const MOST: usize = 1000;
    /// The longest text.
    pub(super) const MOST_CHARACTERS: usize = 256;
}

impl Value {
    /// With the texts under which our tables know a fact: a filter may say `Texas` and `America/Detroit`. None for a
    /// field that is in no table.
    pub(super) fn as_tables_have_it(&self, field: &Field) -> Option<Self> {
        let known: fn(&str) -> &str = match field {
            Field::CallerState => |text| State::named(text).map_or(text, |state| state.code),
            Field::CallerZones => zone_name,
            _ => return None,
        };
        let named = |scalar: &Scalar| match scalar {
            Scalar::Text(text) => Scalar::Text(known(text).into()),
            Scalar::Whole(_) | Scalar::Truth(_) => scalar.clone(),
        };
        Some(match self {
            Self::One(one) => Self::One(named(one)),
            Self::Many(many) => Self::Many(many.iter().map(named).collect()),
        })
    }
}

impl Scalar {
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Whole(number) => Cow::Owned(number.to_string()),
            Self::Truth(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        }
    }
}

struct ScalarVisitor;

impl de::Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a text of at most {} characters, a whole number, true or false (other numbers as a string)",
            Value::MOST_CHARACTERS
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
        if crate::text::has_length(text, 0, Value::MOST_CHARACTERS) {
            Ok(Scalar::Text(text.into()))
        } else {
            Err(E::invalid_value(de::Unexpected::Other("a longer text"), &self))
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Whole(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar, E> {
        let whole = i64::try_from(number).map(Scalar::Whole);
        whole.map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Scalar, E> {
        Ok(Scalar::Truth(truth))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ValueVisitor;

impl<'de> de::Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ScalarVisitor.expecting(f)?;
        write!(f, ", or a list of at most {} of them", Value::MOST)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        ScalarVisitor.visit_str(text).map(Value::One)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        ScalarVisitor.visit_i64(number).map(Value::One)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        ScalarVisitor.visit_u64(number).map(Value::One)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Value, E> {
        ScalarVisitor.visit_bool(truth).map(Value::One)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Value, A::Error> {
        let list = de::value::SeqAccessDeserializer::new(items);
        crate::bounded::list::<{ Value::MOST }, _, _>(list).map(Value::Many)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}
