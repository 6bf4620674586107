//! How an item is kept: DynamoDB's own JSON, `{"name":{"S":"Intake desk"},"price":{"N":"45"}}`.
//!
//! Chosen over a binary form because the file can be read with any SQLite shell, a row can be put into a
//! DynamoDB table as it is, and numbers stay exact decimals; decoding is a small part of a durable write. The
//! encoding is canonical (names in order, no zeros at the end of a fraction), so equal items have equal
//! bytes.

use std::{collections::BTreeMap, fmt};

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use crate::port::{Item, Key, StoreError, Value};

/// The text of an item.
pub(super) fn encode(item: &Item) -> String {
    serde_json::to_string(&Named(item)).expect("names are texts, and memory takes every write")
}

/// The item of a text.
pub(super) fn decode(key: &Key, body: &[u8]) -> Result<Item, StoreError> {
    let Named(item) = serde_json::from_slice(body)
        .map_err(|error| StoreError::Damaged(format!("item {key} does not read as an item: {error}")))?;
    Ok(item)
}

/// A value under the letters of its kind.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Value")]
enum Typed {
    #[serde(rename = "S")]
    Text(String),
    #[serde(rename = "N", with = "number")]
    Number(Decimal),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "L", with = "list")]
    List(Vec<Value>),
    #[serde(rename = "M", with = "map")]
    Map(BTreeMap<String, Value>),
}

/// A value on its own, borrowed or owned.
struct One<V>(V);

impl Serialize for One<&Value> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Typed::serialize(self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for One<Value> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Typed::deserialize(deserializer).map(Self)
    }
}

/// Values by name, borrowed or owned.
struct Named<M>(M);

impl Serialize for Named<&Item> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        map::serialize(self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Named<Item> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        map::deserialize(deserializer).map(Self)
    }
}

/// Numbers as texts of their digits, so that no reader takes them for floats.
mod number {
    use super::{Decimal, Deserializer, Error, Serializer, Visitor, fmt};

    pub(super) fn serialize<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&number.normalize())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        deserializer.deserialize_str(Digits)
    }

    struct Digits;

    impl Visitor<'_> for Digits {
        type Value = Decimal;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a decimal number as text")
        }

        fn visit_str<E: Error>(self, digits: &str) -> Result<Decimal, E> {
            Decimal::from_str_exact(digits).map_err(E::custom)
        }
    }
}

mod list {
    use super::{Deserializer, One, SeqAccess, Serializer, Value, Visitor, fmt};

    pub(super) fn serialize<S: Serializer>(list: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(One))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
        deserializer.deserialize_seq(Elements)
    }

    struct Elements;

    impl<'de> Visitor<'de> for Elements {
        type Value = Vec<Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("values in order")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<Value>, A::Error> {
            let mut list = Vec::new();
            while let Some(One(value)) = elements.next_element()? {
                list.push(value);
            }
            Ok(list)
        }
    }
}

mod map {
    use super::{BTreeMap, Deserializer, MapAccess, One, Serializer, Value, Visitor, fmt};

    pub(super) fn serialize<S: Serializer>(
        map: &BTreeMap<String, Value>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(map.iter().map(|(name, value)| (name, One(value))))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Value>, D::Error> {
        deserializer.deserialize_map(Entries)
    }

    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = BTreeMap<String, Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("values by name")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<BTreeMap<String, Value>, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((name, One(value))) = entries.next_entry()? {
                map.insert(name, value);
            }
            Ok(map)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert_eq, proptest};

    use super::*;
    use crate::engines::tests::any_item;

    #[test]
    fn an_item_is_kept_in_the_json_of_dynamodb() {
        let item = Item::from([
            ("b".to_owned(), Value::Bool(true)),
            ("l".to_owned(), Value::List(vec![Value::from("x"), Value::empty_map()])),
            ("n".to_owned(), Value::Number(Decimal::new(4500, 2))),
        ]);
        assert_eq!(encode(&item), r#"{"b":{"BOOL":true},"l":{"L":[{"S":"x"},{"M":{}}]},"n":{"N":"45"}}"#);
    }

    #[test]
    fn what_does_not_read_as_an_item_is_damage() {
        for body in
            ["", "[]", r#"{"a":1}"#, r#"{"a":{"N":1}}"#, r#"{"a":{"N":"1e"}}"#, r#"{"a":{"B":"x"}}"#, "{}x"]
        {
            let found = decode(&Key::new("p", "s"), body.as_bytes());
            assert!(matches!(found, Err(StoreError::Damaged(_))), "{body}: {found:?}");
        }
    }

    proptest! {
        #[test]
        fn every_item_reads_back_as_it_was(item in any_item()) {
            prop_assert_eq!(decode(&Key::new("p", "s"), encode(&item).as_bytes()), Ok(item));
        }
    }
}
