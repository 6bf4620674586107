//! Money, exact: decimals in, decimals out, strings at every edge, one named rounding.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, Neg, Sub},
    str::FromStr,
};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, Type},
    },
};

/// An amount in the account's currency, positive or negative, with at most four decimal places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(Decimal);

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// Not digits with at most one point.
    #[error("expected an amount as a string of digits, such as \"45.00\"")]
    NotAnAmount,
    /// Finer than the platform keeps.
    #[error("an amount has at most 4 decimal places")]
    TooFine,
    /// Beyond any amount that a call platform handles.
    #[error("an amount is at most 999999999999")]
    TooLarge,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// Decimal places kept: telephony is rated in fractions of a cent.
    pub const MOST_DECIMAL_PLACES: u32 = 4;
    /// The one rounding of the platform: halves away from zero, as on a commercial invoice.
    pub const ROUNDING: RoundingStrategy = RoundingStrategy::MidpointAwayFromZero;
    const MOST: Decimal = Decimal::from_parts(3_567_587_327, 232, 0, false, 0); // 999 999 999 999

    /// Takes a decimal that is within the bounds of an amount.
    ///
    /// # Errors
    /// Finer than four places, or larger than the platform handles.
    pub fn new(amount: Decimal) -> Result<Self, InvalidMoney> {
        let amount = amount.normalize();
        if amount.scale() > Self::MOST_DECIMAL_PLACES {
            return Err(InvalidMoney::TooFine);
        }
        if amount.abs() > Self::MOST {
            return Err(InvalidMoney::TooLarge);
        }
        Ok(Self(amount))
    }

    /// A whole number of cents.
    pub fn from_cents(cents: i64) -> Self {
        Self(Decimal::new(cents, 2).normalize())
    }

    /// The amount as a decimal.
    pub const fn as_decimal(self) -> Decimal {
        self.0
    }

    /// True for amounts below zero.
    pub const fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// This amount so many times, exactly.
    pub fn times(self, count: u32) -> Self {
        Self((self.0 * Decimal::from(count)).normalize())
    }

    /// This amount times a factor (a percentage, a number of minutes), rounded to the cent by [`Self::ROUNDING`].
    pub fn times_rounded_to_cent(self, factor: Decimal) -> Self {
        Self((self.0 * factor).round_dp_with_strategy(2, Self::ROUNDING).normalize())
    }
}

impl fmt::Display for Money {
    /// At least two decimal places: `45.00`, `0.0075`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut amount = self.0;
        if amount.scale() < 2 {
            amount.rescale(2);
        }
        fmt::Display::fmt(&amount, f)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Money {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return Err(InvalidMoney::NotAnAmount);
        }
        if whole.len() > 12 {
            return Err(InvalidMoney::TooLarge);
        }
        if fraction.trim_end_matches('0').len() > Self::MOST_DECIMAL_PLACES as usize {
            return Err(InvalidMoney::TooFine);
        }
        let kept = format!(
            "{}{whole}.{}",
            if digits.len() < text.len() { "-" } else { "" },
            &fraction[..fraction.len().min(4)]
        );
        Self::new(Decimal::from_str_exact(&kept).map_err(|_| InvalidMoney::NotAnAmount)?)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    /// Strings only: a JSON number has already lost its exactness by the time it is read.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Money;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount as a string, such as \"45.00\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Money, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

fn described(pattern: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).examples(["45.00"]).into()
}

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        described(r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$")
    }
}

impl ToSchema for Money {}

/// How the API describes an amount that may not be below zero: what prices, budgets and caps are.
#[derive(Debug)]
pub enum Amount {}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        described(r"^[0-9]{1,12}(\.[0-9]{1,4})?$")
    }
}

impl ToSchema for Amount {}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).normalize())
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self((self.0 - other.0).normalize())
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests;
