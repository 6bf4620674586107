//! Amounts of configuration documents: never below zero.

use serde::{Deserialize, Deserializer, de};

use crate::money::Money;

/// Reads an amount of zero or more.
pub(super) fn not_negative<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    Money::deserialize(deserializer).and_then(refuse_negative)
}

/// Reads an amount of zero or more, or null.
pub(super) fn optional_not_negative<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Money>, D::Error> {
    let amount = Option::<Money>::deserialize(deserializer)?;
    amount.map(refuse_negative).transpose()
}

fn refuse_negative<E: de::Error>(amount: Money) -> Result<Money, E> {
    if amount.is_negative() {
        return Err(E::custom("expected an amount of zero or more"));
    }
    Ok(amount)
}
