//! Reading and writing attributes, with one error for whatever does not read as its record.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use jiff::Timestamp;
use ringfall_domain::money::Money;
use rust_decimal::Decimal;
use serde::{Serialize, de::DeserializeOwned};

use crate::port::{StoreError, Value};

/// A map of attributes being written.
#[derive(Debug, Default)]
pub struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// No attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// With an attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// With an attribute written as its text.
    #[must_use]
    pub fn with_text(self, name: &str, value: impl Display) -> Self {
        self.with(name, value.to_string())
    }

    /// With an instant as nanoseconds of the epoch: a third of what its text would take, in items that are written often.
    #[must_use]
    pub fn with_instant(self, name: &str, at: Timestamp) -> Self {
        self.with(name, instant(at))
    }

    /// With an attribute, if there is one.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With a configuration document as its JSON text.
    ///
    /// # Panics
    /// Never: documents of the domain have text keys and no failing serialisers.
    #[must_use]
    pub fn with_document(self, name: &str, document: &impl Serialize) -> Self {
        self.with(name, serde_json::to_string(document).expect("a document of the domain always serialises"))
    }

    /// The map.
    pub fn into_map(self) -> BTreeMap<String, Value> {
        self.0
    }
}

impl From<Attributes> for Value {
    fn from(attributes: Attributes) -> Self {
        Self::Map(attributes.0)
    }
}

/// An instant as nanoseconds of the epoch.
pub fn instant(at: Timestamp) -> Value {
    Decimal::from(at.as_nanosecond()).into()
}

/// A map of attributes being read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a BTreeMap<String, Value>);

impl<'a> Reader<'a> {
    /// A text.
    pub fn text(self, name: &str) -> Result<&'a str, StoreError> {
        self.optional_text(name)?.ok_or_else(|| damaged(name, "a text"))
    }

    /// A text, if the attribute is there.
    pub fn optional_text(self, name: &str) -> Result<Option<&'a str>, StoreError> {
        self.0.get(name).map(|value| value.as_text().ok_or_else(|| damaged(name, "a text"))).transpose()
    }

    /// A value that is kept as its text.
    pub fn parsed<T: FromStr>(self, name: &str) -> Result<T, StoreError> {
        self.optional_parsed(name)?.ok_or_else(|| damaged(name, "a text"))
    }

    /// A value that is kept as its text, if the attribute is there.
    pub fn optional_parsed<T: FromStr>(self, name: &str) -> Result<Option<T>, StoreError> {
        let text = self.optional_text(name)?;
        text.map(|text| text.parse().map_err(|_| damaged(name, "another form of text"))).transpose()
    }

    /// A whole number.
    pub fn number<N: TryFrom<i64>>(self, name: &str) -> Result<N, StoreError> {
        self.optional_number(name)?.ok_or_else(|| damaged(name, "a number"))
    }

    /// A whole number, if the attribute is there.
    pub fn optional_number<N: TryFrom<i64>>(self, name: &str) -> Result<Option<N>, StoreError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let whole = value.as_number().and_then(|number| i64::try_from(number).ok());
        whole
            .and_then(|whole| N::try_from(whole).ok())
            .map(Some)
            .ok_or_else(|| damaged(name, "a whole number"))
    }

    /// An amount.
    pub fn money(self, name: &str) -> Result<Money, StoreError> {
        self.optional_money(name)?.ok_or_else(|| damaged(name, "an amount"))
    }

    /// An amount, if the attribute is there.
    pub fn optional_money(self, name: &str) -> Result<Option<Money>, StoreError> {
        let amount = |value: &Value| Money::new(value.as_number()?).ok();
        self.0.get(name).map(|value| amount(value).ok_or_else(|| damaged(name, "an amount"))).transpose()
    }

    /// An instant that is kept as nanoseconds of the epoch.
    pub fn instant(self, name: &str) -> Result<Timestamp, StoreError> {
        self.optional_instant(name)?.ok_or_else(|| damaged(name, "a number"))
    }

    /// An instant that is kept as nanoseconds of the epoch, if the attribute is there.
    pub fn optional_instant(self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let nanoseconds = value.as_number().and_then(|number| i128::try_from(number).ok());
        let instant = nanoseconds.and_then(|nanoseconds| Timestamp::from_nanosecond(nanoseconds).ok());
        instant.map(Some).ok_or_else(|| damaged(name, "nanoseconds of the epoch"))
    }

    /// An instant that is kept as milliseconds of the epoch, if the attribute is there.
    pub fn optional_milliseconds(self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let instant = |milliseconds| {
            Timestamp::from_millisecond(milliseconds).map_err(|_| damaged(name, "milliseconds of the epoch"))
        };
        self.optional_number(name)?.map(instant).transpose()
    }

    /// True or false; absent is false.
    pub fn flag(self, name: &str) -> Result<bool, StoreError> {
        let flag =
            self.0.get(name).map(|value| value.as_bool().ok_or_else(|| damaged(name, "true or false")));
        Ok(flag.transpose()?.unwrap_or(false))
    }

    /// A nested map.
    pub fn map(self, name: &str) -> Result<Reader<'a>, StoreError> {
        self.optional_map(name)?.ok_or_else(|| damaged(name, "a map"))
    }

    /// A nested map, if the attribute is there.
    pub fn optional_map(self, name: &str) -> Result<Option<Reader<'a>>, StoreError> {
        self.0
            .get(name)
            .map(|value| value.as_map().map(Reader).ok_or_else(|| damaged(name, "a map")))
            .transpose()
    }

    /// A list; absent is empty.
    pub fn list(self, name: &str) -> Result<&'a [Value], StoreError> {
        match self.0.get(name) {
            None => Ok(&[]),
            Some(value) => value.as_list().ok_or_else(|| damaged(name, "a list")),
        }
    }

    /// A configuration document.
    pub fn document<T: DeserializeOwned>(self, name: &str) -> Result<T, StoreError> {
        serde_json::from_str(self.text(name)?)
            .map_err(|error| StoreError::Damaged(format!("attribute {name}: {error}")))
    }

    /// An instant.
    pub fn time(self, name: &str) -> Result<Timestamp, StoreError> {
        self.parsed(name)
    }
}

/// An attribute that does not read as its record says.
pub fn damaged(name: &str, expected: &str) -> StoreError {
    StoreError::Damaged(format!("attribute {name}: expected {expected}"))
}
