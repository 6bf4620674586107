//! The lines of an export.

use std::collections::BTreeMap;

use ringfall_domain::ids::AccountId;
use serde::{Deserialize, Serialize};

use crate::port::{Item, Key, Value};

/// A line, by what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Head(Head),
    Item(ItemLine),
    End(End),
}

/// The first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) ringfall_account: String,
    pub(super) version: u32,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemLine {
    pk: String,
    sk: String,
    item: BTreeMap<String, Attribute>,
}

/// The last: what tells that the file is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) items: u64,
    pub(super) sha256: String,
}

/// A value in DynamoDB's JSON, with numbers as text: exact in every reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Attribute {
    S(String),
    N(String),
    #[serde(rename = "BOOL")]
    Bool(bool),
    L(Vec<Self>),
    M(BTreeMap<String, Self>),
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {number}: {what}")]
pub struct NoLine {
    /// Its number, from 1.
    pub number: u64,
    /// What is wrong with it.
    pub what: String,
}

impl Line {
    pub(super) fn head(account: AccountId) -> Self {
        Self::Head(Head { ringfall_account: account.to_string(), version: super::VERSION })
    }

    pub(super) fn item(key: Key, item: Item) -> Self {
        let item = item.into_iter().map(|(name, value)| (name, written(value))).collect();
        Self::Item(ItemLine { pk: key.partition, sk: key.sort, item })
    }

    /// With its line break.
    pub(super) fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(|line| line + "\n")
    }

    pub(super) fn read(number: u64, text: &str) -> Result<Self, NoLine> {
        let wrong = "expected the head, an item or the end of an export".to_owned();
        serde_json::from_str(text).map_err(|_| NoLine { number, what: wrong })
    }
}

impl ItemLine {
    /// The item with its key.
    pub(super) fn into_item(self, number: u64) -> Result<(Key, Item), NoLine> {
        let item = self.item.into_iter().map(|(name, value)| Ok((name, read(value)?)));
        let item = item.collect::<Result<_, String>>().map_err(|what| NoLine { number, what })?;
        Ok((Key::new(self.pk, self.sk), item))
    }
}

fn written(value: Value) -> Attribute {
    match value {
        Value::Text(text) => Attribute::S(text),
        Value::Number(number) => Attribute::N(number.normalize().to_string()),
        Value::Bool(bool) => Attribute::Bool(bool),
        Value::List(list) => Attribute::L(list.into_iter().map(written).collect()),
        Value::Map(map) => {
            Attribute::M(map.into_iter().map(|(name, value)| (name, written(value))).collect())
        }
    }
}

fn read(attribute: Attribute) -> Result<Value, String> {
    Ok(match attribute {
        Attribute::S(text) => Value::Text(text),
        Attribute::N(digits) => {
            Value::Number(digits.parse().map_err(|_| format!("{digits:?} is no number"))?)
        }
        Attribute::Bool(bool) => Value::Bool(bool),
        Attribute::L(list) => Value::List(list.into_iter().map(read).collect::<Result<_, _>>()?),
        Attribute::M(map) => {
            let values = map.into_iter().map(|(name, value)| Ok((name, read(value)?)));
            Value::Map(values.collect::<Result<_, String>>()?)
        }
    })
}
