//! How large and how deep an item is, as DynamoDB counts.

use rust_decimal::Decimal;

use crate::port::{Item, Key, StoreError, Value};

/// The most bytes of an item: attribute names, values and key together.
pub const ITEM_BYTES: usize = 400 * 1024;

/// The most lists and maps within each other.
pub const NESTING: usize = 32;

/// What DynamoDB counts for a list or map, besides one byte for each of its elements.
const CONTAINER_BYTES: usize = 3;

/// The bytes of an item that may be kept.
///
/// # Errors
///
/// [`StoreError::Invalid`] beyond [`ITEM_BYTES`] or [`NESTING`], or if a name is empty.
pub fn measure(key: &Key, item: &Item) -> Result<usize, StoreError> {
    named(item, 0).map_err(|wrong| StoreError::Invalid(format!("item {key}: {wrong}")))?;
    let bytes = item_bytes(key, item);
    if bytes > ITEM_BYTES {
        return Err(StoreError::Invalid(format!("item {key}: {bytes} bytes, the most is {ITEM_BYTES}")));
    }
    Ok(bytes)
}

fn named(map: &Item, depth: usize) -> Result<(), &'static str> {
    map.iter().try_for_each(|(name, value)| match name.is_empty() {
        true => Err("the name of an attribute is empty"),
        false => nested(value, depth),
    })
}

fn nested(value: &Value, depth: usize) -> Result<(), &'static str> {
    match value {
        Value::Text(_) | Value::Number(_) | Value::Bool(_) => Ok(()),
        Value::List(_) | Value::Map(_) if depth == NESTING => {
            Err("lists and maps within each other more than 32 deep")
        }
        Value::List(list) => list.iter().try_for_each(|element| nested(element, depth + 1)),
        Value::Map(map) => named(map, depth + 1),
    }
}

/// The bytes of an item with its key.
pub fn item_bytes(key: &Key, item: &Item) -> usize {
    key.partition.len() + key.sort.len() + map_bytes(item)
}

fn map_bytes(map: &Item) -> usize {
    map.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Number(number) => number_bytes(*number),
        Value::Bool(_) => 1,
        Value::List(list) => {
            CONTAINER_BYTES + list.iter().map(|element| 1 + value_bytes(element)).sum::<usize>()
        }
        Value::Map(map) => CONTAINER_BYTES + map.len() + map_bytes(map),
    }
}

/// Two digits a byte, one for the exponent, one for a sign.
fn number_bytes(number: Decimal) -> usize {
    let digits = number.mantissa().unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1);
    digits.div_ceil(2) + 1 + usize::from(number.is_sign_negative())
}
