//! From bytes to an item. Whatever is not as [`super::encode`] writes it is damage: the file has been changed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{kind, size};
use crate::{
    engines::interpreter::NESTING,
    port::{Item, Key, StoreError, Value},
};

/// What is wrong with some bytes.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Damage(&'static str);

/// The item of some bytes.
///
/// # Errors
/// [`StoreError::Damaged`].
pub(in super::super) fn decode(key: &Key, body: &[u8]) -> Result<Item, StoreError> {
    let damaged =
        |damage: Damage| StoreError::Damaged(format!("item {key} does not read as an item: {damage}"));
    item(body).map_err(damaged)
}

fn item(body: &[u8]) -> Result<Item, Damage> {
    let mut elements = Elements(body);
    let item = match elements.next()? {
        Some(Element { kind: kind::OBJECT, content }) => map(content, 0)?,
        Some(_) | None => return Err(Damage("it is no object")),
    };
    if elements.0.is_empty() { Ok(item) } else { Err(Damage("something stands behind it")) }
}

fn value(element: &Element<'_>, depth: usize) -> Result<Value, Damage> {
    match (element.kind, element.content) {
        (kind::TRUE, []) => Ok(Value::Bool(true)),
        (kind::FALSE, []) => Ok(Value::Bool(false)),
        (kind::INTEGER | kind::FRACTION, digits) => number(digits).map(Value::Number),
        (kind::RAW_TEXT, _) => text(element).map(Value::Text),
        (kind::ARRAY | kind::OBJECT, _) if depth == NESTING => Err(Damage("it is nested too deep")),
        (kind::ARRAY, content) => list(content, depth + 1).map(Value::List),
        (kind::OBJECT, content) => map(content, depth + 1).map(Value::Map),
        _ => Err(Damage("an element is of a kind that no item has")),
    }
}

fn number(digits: &[u8]) -> Result<Decimal, Damage> {
    let digits = str::from_utf8(digits).ok().and_then(|digits| Decimal::from_str_exact(digits).ok());
    digits.ok_or(Damage("a number has other than digits, or too many"))
}

fn text(element: &Element<'_>) -> Result<String, Damage> {
    match str::from_utf8(element.content) {
        Ok(text) if element.kind == kind::RAW_TEXT => Ok(text.to_owned()),
        Ok(_) => Err(Damage("a name is no text")),
        Err(_) => Err(Damage("a text is not UTF-8")),
    }
}

fn list(content: &[u8], depth: usize) -> Result<Vec<Value>, Damage> {
    let (mut elements, mut list) = (Elements(content), Vec::new());
    while let Some(element) = elements.next()? {
        list.push(value(&element, depth)?);
    }
    Ok(list)
}

fn map(content: &[u8], depth: usize) -> Result<BTreeMap<String, Value>, Damage> {
    let (mut elements, mut map) = (Elements(content), BTreeMap::new());
    while let Some(name) = elements.next()? {
        let named = elements.next()?.ok_or(Damage("a name has no value"))?;
        map.insert(text(&name)?, value(&named, depth)?);
    }
    Ok(map)
}

/// One value or name, its content not looked at yet.
struct Element<'a> {
    kind: u8,
    content: &'a [u8],
}

/// Elements one after the other.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    fn next(&mut self) -> Result<Option<Element<'a>>, Damage> {
        let Some((&first, behind)) = self.0.split_first() else { return Ok(None) };
        let (bytes, rest) = match (first >> 4, behind) {
            (few @ 0..=size::MOST_IN_FIRST_BYTE, rest) => (u32::from(few), rest),
            (size::IN_ONE_BYTE, [one, rest @ ..]) => (u32::from(*one), rest),
            (size::IN_TWO_BYTES, [high, low, rest @ ..]) => {
                (u32::from(u16::from_be_bytes([*high, *low])), rest)
            }
            (size::IN_FOUR_BYTES, [a, b, c, d, rest @ ..]) => (u32::from_be_bytes([*a, *b, *c, *d]), rest),
            _ => return Err(Damage("a size is cut off")),
        };
        let (content, rest) = rest.split_at_checked(bytes as usize).ok_or(Damage("it is cut off"))?;
        self.0 = rest;
        Ok(Some(Element { kind: first & 0xF, content }))
    }
}
