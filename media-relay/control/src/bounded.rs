//! Sizes that are refused while a document is read, before anything large is built. For `#[serde(deserialize_with)]`.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, de};

/// Reads a whole number from `LEAST` to `MOST`.
pub(crate) fn number<'de, const LEAST: u32, const MOST: u32, D>(deserializer: D) -> Result<u32, D::Error>
where
    D: Deserializer<'de>,
{
    within::<LEAST, MOST, D>(u64::deserialize(deserializer)?)
}

/// Reads a whole number from `LEAST` to `MOST`, or null.
pub(crate) fn optional_number<'de, const LEAST: u32, const MOST: u32, D>(
    deserializer: D,
) -> Result<Option<u32>, D::Error>
where
    D: Deserializer<'de>,
{
    Option::<u64>::deserialize(deserializer)?.map(within::<LEAST, MOST, D>).transpose()
}

fn within<'de, const LEAST: u32, const MOST: u32, D>(number: u64) -> Result<u32, D::Error>
where
    D: Deserializer<'de>,
{
    let within = u32::try_from(number).ok().filter(|number| (LEAST..=MOST).contains(number));
    within.ok_or_else(|| {
        let expected = format!("a whole number from {LEAST} to {MOST}");
        de::Error::invalid_value(de::Unexpected::Unsigned(number), &expected.as_str())
    })
}

/// Reads a list of at most `MOST` items.
pub(crate) fn list<'de, const MOST: usize, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_seq(List::<MOST, T>(PhantomData))
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
