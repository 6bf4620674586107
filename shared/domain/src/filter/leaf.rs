//! One comparison: a field, an operator and what it is compared with, prepared for speed.

use rust_decimal::Decimal;

use super::{
    Fact, Facts, Field, Operator,
    value::{Scalar, Value},
};

/// What is known of a condition. The order is that of three-valued logic: `all` is the least of its branches, `any`
/// the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Truth {
    False,
    Unknown,
    True,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub(super) field: Field,
    pub(super) op: Operator,
    /// As it was written.
    pub(super) value: Option<Value>,
    test: Test,
}

/// A comparison's right side. Texts are in lower case.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    Equal(Box<str>),
    /// In order.
    OneOf(Box<[Box<str>]>),
    BetweenNumbers(Decimal, Decimal),
    BetweenTexts(Box<str>, Box<str>),
    AnyPrefix(Box<[Box<str>]>),
    Exists(bool),
}

/// A value that does not fit its operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidValue {
    #[error("`value` is missing")]
    Missing,
    #[error("`value` of eq is one text, whole number, true or false; a list needs in")]
    NotOne,
    #[error("`value` of in is a list of one or more")]
    NotAList,
    #[error("`value` of between is a list of two: the lowest and the highest")]
    NotTwo,
    #[error("`value` of between is two numbers or two texts, not one of each")]
    Mixed,
    #[error("`value` of between has its lowest above its highest")]
    UpsideDown,
    #[error("`value` of prefix is a text of one or more characters, or a list of such")]
    NoPrefix,
    #[error("`value` of exists is true or false")]
    NotATruth,
}

impl Leaf {
    /// Prepares a comparison.
    pub(super) fn new(field: Field, op: Operator, value: Option<Value>) -> Result<Self, InvalidValue> {
        let named = value.as_ref().and_then(|value| value.as_tables_have_it(&field));
        let compared = named.as_ref().or(value.as_ref());
        let test = match op {
            Operator::Eq => equal(compared)?,
            Operator::In => one_of(compared)?,
            Operator::Between => between(compared)?,
            Operator::Prefix => any_prefix(compared)?,
            Operator::Exists => exists(compared)?,
        };
        Ok(Self { field, op, value, test })
    }

    /// Compares the fact.
    pub(super) fn judge(&self, facts: &(impl Facts + ?Sized)) -> Truth {
        match facts.fact(&self.field) {
            Fact::Unknown => self.test.of_nothing(),
            Fact::Known(fact) => Truth::from(self.test.holds(fact)),
            Fact::OneOf(possible) => self.test.of_several(possible),
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

impl Test {
    #[inline]
    fn holds(&self, fact: &str) -> bool {
        match self {
            Self::Equal(text) => fact.eq_ignore_ascii_case(text),
            Self::OneOf(texts) => is_one_of(texts, fact),
            Self::BetweenNumbers(low, high) => {
                number(fact).is_some_and(|fact| (*low..=*high).contains(&fact))
            }
            Self::BetweenTexts(low, high) => compare(fact, low).is_ge() && compare(fact, high).is_le(),
            Self::AnyPrefix(prefixes) => prefixes.iter().any(|prefix| begins_with(fact, prefix)),
            Self::Exists(wanted) => *wanted,
        }
    }

    #[cold]
    fn of_nothing(&self) -> Truth {
        match self {
            Self::Exists(wanted) => Truth::from(!*wanted),
            Self::Equal(_)
            | Self::OneOf(_)
            | Self::BetweenNumbers(..)
            | Self::BetweenTexts(..)
            | Self::AnyPrefix(_) => Truth::Unknown,
        }
    }

    #[cold]
    fn of_several(&self, possible: &[&str]) -> Truth {
        let holding = possible.iter().filter(|fact| self.holds(fact)).count();
        match holding {
            0 => Truth::False,
            all if all == possible.len() => Truth::True,
            _ => Truth::Unknown,
        }
    }
}

fn lower(scalar: &Scalar) -> Box<str> {
    scalar.text().to_ascii_lowercase().into()
}

fn equal(value: Option<&Value>) -> Result<Test, InvalidValue> {
    match value.ok_or(InvalidValue::Missing)? {
        Value::One(one) => Ok(Test::Equal(lower(one))),
        Value::Many(_) => Err(InvalidValue::NotOne),
    }
}

fn one_of(value: Option<&Value>) -> Result<Test, InvalidValue> {
    match value.ok_or(InvalidValue::Missing)? {
        Value::Many(list) if !list.is_empty() => {
            let mut texts: Vec<_> = list.iter().map(lower).collect();
            texts.sort_unstable();
            texts.dedup();
            Ok(Test::OneOf(texts.into()))
        }
        Value::Many(_) | Value::One(_) => Err(InvalidValue::NotAList),
    }
}

fn between(value: Option<&Value>) -> Result<Test, InvalidValue> {
    let Value::Many(list) = value.ok_or(InvalidValue::Missing)? else {
        return Err(InvalidValue::NotTwo);
    };
    let [low, high] = list.as_slice() else {
        return Err(InvalidValue::NotTwo);
    };
    let (low, high) = (lower(low), lower(high));
    let (test, is_upside_down) = match (number(&low), number(&high)) {
        (Some(low), Some(high)) => (Test::BetweenNumbers(low, high), low > high),
        (None, None) => (Test::BetweenTexts(low.clone(), high.clone()), low > high),
        (Some(_), None) | (None, Some(_)) => return Err(InvalidValue::Mixed),
    };
    if is_upside_down { Err(InvalidValue::UpsideDown) } else { Ok(test) }
}

fn any_prefix(value: Option<&Value>) -> Result<Test, InvalidValue> {
    let prefixes: Box<[Box<str>]> = match value.ok_or(InvalidValue::Missing)? {
        Value::One(one) => [lower(one)].into(),
        Value::Many(list) => list.iter().map(lower).collect(),
    };
    if prefixes.is_empty() || prefixes.iter().any(|prefix| prefix.is_empty()) {
        return Err(InvalidValue::NoPrefix);
    }
    Ok(Test::AnyPrefix(prefixes))
}

fn exists(value: Option<&Value>) -> Result<Test, InvalidValue> {
    match value {
        None => Ok(Test::Exists(true)),
        Some(Value::One(Scalar::Truth(wanted))) => Ok(Test::Exists(*wanted)),
        Some(_) => Err(InvalidValue::NotATruth),
    }
}

/// Compares a fact in any case with a text in lower case.
fn compare(fact: &str, text: &str) -> std::cmp::Ordering {
    fact.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(text.bytes())
}

fn is_one_of(texts: &[Box<str>], fact: &str) -> bool {
    texts.binary_search_by(|text| compare(fact, text).reverse()).is_ok()
}

fn begins_with(fact: &str, prefix: &str) -> bool {
    fact.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// A plain decimal: an optional minus, digits, and an optional point with digits. None where a decimal cannot hold it exactly.
fn number(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = all_digits(whole) && all_digits(fraction);
    is_plain.then(|| Decimal::from_str_exact(text).ok()).flatten()
}
