//! Sizes that are refused while a document is read, before anything large is built. For `#[serde(deserialize_with)]`.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, de};

/// Reads a whole number from `LEAST` to `MOST`.
pub(crate) fn number<'de, const LEAST: u32, const MOST: u32, N, D>(deserializer: D) -> Result<N, D::Error>
where
    N: TryFrom<u32>,
    D: Deserializer<'de>,
{
    Within::<LEAST, MOST, N>::deserialize(deserializer).map(|within| within.0)
}

/// Reads a whole number from `LEAST` to `MOST`, or null.
pub(crate) fn optional_number<'de, const LEAST: u32, const MOST: u32, N, D>(
    deserializer: D,
) -> Result<Option<N>, D::Error>
where
    N: TryFrom<u32>,
    D: Deserializer<'de>,
{
    let number = Option::<Within<LEAST, MOST, N>>::deserialize(deserializer)?;
    Ok(number.map(|within| within.0))
}

/// Reads a list of at most `MOST` items.
pub(crate) fn list<'de, const MOST: usize, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_seq(List::<MOST, T>(PhantomData))
}

/// Reads a map of at most `MOST` entries. A key given twice is refused: one of the two would be lost without a word.
pub(crate) fn map<'de, const MOST: usize, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(Map::<MOST, K, V>(PhantomData))
}

struct Within<const LEAST: u32, const MOST: u32, N>(N);

impl<'de, const LEAST: u32, const MOST: u32, N: TryFrom<u32>> Deserialize<'de> for Within<LEAST, MOST, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u32(Number::<LEAST, MOST, N>(PhantomData))
    }
}

struct Number<const LEAST: u32, const MOST: u32, N>(PhantomData<N>);

impl<const LEAST: u32, const MOST: u32, N: TryFrom<u32>> de::Visitor<'_> for Number<LEAST, MOST, N> {
    type Value = Within<LEAST, MOST, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {LEAST} to {MOST}")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        let within = u32::try_from(number).ok().filter(|n| (LEAST..=MOST).contains(n));
        within
            .and_then(|n| N::try_from(n).ok())
            .map(Within)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(de::Unexpected::Signed(number), &self)),
        }
    }
}

struct List<const MOST: usize, T>(PhantomData<T>);

impl<'de, const MOST: usize, T: Deserialize<'de>> de::Visitor<'de> for List<MOST, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MOST} items")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == MOST {
                return Err(de::Error::invalid_length(MOST + 1, &self));
            }
            list.push(item);
        }
        Ok(list)
    }
}

struct Map<const MOST: usize, K, V>(PhantomData<(K, V)>);

impl<'de, const MOST: usize, K, V> de::Visitor<'de> for Map<MOST, K, V>
where
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    type Value = BTreeMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a map of at most {MOST} entries")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<BTreeMap<K, V>, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = entries.next_key::<K>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("`{key}` is given twice")));
            }
            if map.len() == MOST {
                return Err(de::Error::invalid_length(MOST + 1, &self));
            }
            map.insert(key, entries.next_value()?);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Document {
        #[serde(deserialize_with = "number::<2, 300, _, _>")]
        number: u16,
        #[serde(default, deserialize_with = "optional_number::<0, 9, _, _>")]
        optional: Option<u8>,
        #[serde(default, deserialize_with = "list::<2, _, _>")]
        list: Vec<u8>,
        #[serde(default, deserialize_with = "map::<2, _, _, _>")]
        map: BTreeMap<String, u8>,
    }

    #[test]
    fn what_is_within_bounds_is_taken() {
        let text = r#"{"number": 300, "optional": 0, "list": [1, 2], "map": {"a": 1, "b": 2}}"#;
        let read: Document = serde_json::from_str(text).expect("a document");
        assert_eq!(read.number, 300);
        assert_eq!(read.optional, Some(0));
        assert_eq!(read.list, [1, 2]);
        assert_eq!(read.map.len(), 2);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_with_what_would_be_right() {
        for (text, expected) in [
            (r#"{"number": 1}"#, "expected a whole number from 2 to 300"),
            (r#"{"number": 301}"#, "expected a whole number from 2 to 300"),
            (r#"{"number": -5}"#, "integer `-5`, expected a whole number from 2 to 300"),
            (r#"{"number": 5.0}"#, "floating point `5.0`, expected a whole number"),
            (r#"{"number": "5"}"#, "string \"5\", expected a whole number"),
            (r#"{"number": 99999999999999999999}"#, "expected a whole number"),
            (r#"{"number": 2, "optional": 10}"#, "expected a whole number from 0 to 9"),
            (r#"{"number": 2, "list": [1, 2, 3]}"#, "expected a list of at most 2 items"),
            (r#"{"number": 2, "map": {"a": 1, "b": 2, "c": 3}}"#, "a map of at most 2 entries"),
            (r#"{"number": 2, "map": {"a": 1, "a": 2}}"#, "`a` is given twice"),
        ] {
            let error = serde_json::from_str::<Document>(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
