//! Items as DynamoDB has them: the key among the attributes, numbers as text.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::types::AttributeValue;
use rust_decimal::Decimal;

use crate::port::{Item, Key, SharedItem, StoreError, Value};

/// The attribute of the partition.
pub(in super::super) const PARTITION: &str = "pk";
/// The attribute of the sort key.
pub(in super::super) const SORT: &str = "sk";

/// An item's attributes with its key, or the key alone.
pub(in super::super) type Attributes = HashMap<String, AttributeValue>;

/// A key.
pub(super) fn encode_key(key: &Key) -> Attributes {
    HashMap::from([
        (PARTITION.to_owned(), AttributeValue::S(key.partition.clone())),
        (SORT.to_owned(), AttributeValue::S(key.sort.clone())),
    ])
}

/// Reads the key of an item, or a key alone.
pub(super) fn decode_key(attributes: &Attributes) -> Result<Key, StoreError> {
    let part = |name: &str| match attributes.get(name) {
        Some(AttributeValue::S(text)) => Ok(text.clone()),
        _ => Err(without_text(name)),
    };
    Ok(Key { partition: part(PARTITION)?, sort: part(SORT)? })
}

fn without_text(name: &str) -> StoreError {
    StoreError::Damaged(format!("an item without a text {name}"))
}

/// An item.
pub(super) fn encode(key: &Key, item: &Item) -> Attributes {
    let attributes = item.iter().map(|(name, value)| (name.clone(), encode_value(value)));
    attributes.chain(encode_key(key)).collect()
}

/// A value.
pub(super) fn encode_value(value: &Value) -> AttributeValue {
    match value {
        Value::Text(text) => AttributeValue::S(text.clone()),
        Value::Number(number) => AttributeValue::N(number.normalize().to_string()),
        Value::Bool(bool) => AttributeValue::Bool(*bool),
        Value::List(list) => AttributeValue::L(list.iter().map(encode_value).collect()),
        Value::Map(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), encode_value(value))).collect())
        }
    }
}

/// Reads an item with its key.
pub(in super::super) fn decode(mut attributes: Attributes) -> Result<(Key, SharedItem), StoreError> {
    let mut part = |name: &str| match attributes.remove(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(without_text(name)),
    };
    let key = Key { partition: part(PARTITION)?, sort: part(SORT)? };
    let values = attributes.into_iter().map(|(name, value)| {
        let value = decode_value(value).ok_or_else(|| {
            StoreError::Damaged(format!("item {key}: attribute {name:?} holds what we never write"))
        })?;
        Ok((name, value))
    });
    let item: Item = values.collect::<Result<_, StoreError>>()?;
    Ok((key, Arc::new(item)))
}

fn decode_value(value: AttributeValue) -> Option<Value> {
    match value {
        AttributeValue::S(text) => Some(Value::Text(text)),
        AttributeValue::N(digits) => decode_number(&digits).map(Value::Number),
        AttributeValue::Bool(bool) => Some(Value::Bool(bool)),
        AttributeValue::L(list) => list.into_iter().map(decode_value).collect::<Option<_>>().map(Value::List),
        AttributeValue::M(map) => {
            let entry = |(name, value)| Some((name, decode_value(value)?));
            map.into_iter().map(entry).collect::<Option<_>>().map(Value::Map)
        }
        // DynamoDB knows more kinds, and may come to know others.
        _ => None,
    }
}

/// Reads a number exactly; none if it has more digits than a [`Decimal`] holds.
fn decode_number(digits: &str) -> Option<Decimal> {
    let Some((digits, exponent)) = digits.split_once(['e', 'E']) else {
        return Decimal::from_str_exact(digits).ok();
    };
    let (number, exponent) =
        (Decimal::from_str_exact(digits).ok()?.normalize(), exponent.parse::<i32>().ok()?);
    let scale = i32::try_from(number.scale()).ok()?.checked_sub(exponent)?;
    match u32::try_from(scale) {
        Ok(scale) => Decimal::try_from_i128_with_scale(number.mantissa(), scale).ok(),
        Err(_) => {
            let units = number.mantissa().checked_mul(10_i128.checked_pow(scale.unsigned_abs())?)?;
            Decimal::try_from_i128_with_scale(units, 0).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::*;
    use crate::engines::tests::any_item;

    proptest! {
        #[test]
        fn every_item_reads_back(item in any_item()) {
            let key = Key::new("p", "s");
            assert_eq!(decode(encode(&key, &item)), Ok((key, Arc::new(item))));
        }
    }

    #[test]
    fn numbers_read_exactly_or_not_at_all() {
        for (digits, expected) in [
            ("45", "45"),
            ("-0.0000000000000000000000000001", "-0.0000000000000000000000000001"),
            ("1E-28", "0.0000000000000000000000000001"),
            ("1.5e+3", "1500"),
            ("100E-2", "1"),
            ("9999999999999999999999999999", "9999999999999999999999999999"),
        ] {
            assert_eq!(decode_number(digits), Decimal::from_str_exact(expected).ok(), "{digits}");
        }
        for digits in ["", "x", "1e", "1e99", "1e-99", "0.00000000000000000000000000001", "1e-29"] {
            assert_eq!(decode_number(digits), None, "{digits}");
        }
    }

    #[test]
    fn what_we_never_write_is_damage() {
        let key = || encode_key(&Key::new("p", "s"));
        let with = |value| key().into_iter().chain([("a".to_owned(), value)]).collect();
        let digits = "1".repeat(38);
        for item in [
            HashMap::new(),
            with(AttributeValue::Null(true)),
            with(AttributeValue::L(vec![AttributeValue::Ns(vec!["1".to_owned()])])),
            with(AttributeValue::N(digits)),
        ] {
            assert!(matches!(decode(item), Err(StoreError::Damaged(_))));
        }
    }
}
