//! Where somebody stands in a queue: a static key, never rewritten.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::{
    config::{QueueOrder, ServeBy},
    money::Money,
};

/// Where somebody stands: the least is served first. What a caller is worth counts as if they had come earlier by so many seconds for each
/// dollar, so that two callers never change places while they wait, and nobody is overtaken by those who come more than that after
/// them. In an order by bands the band comes before the time.
///
/// As a text it is of fixed width, so that texts stand in the same order as places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    band: u8,
    milliseconds: i64,
}

/// A text that is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a place in a queue: a band of two digits, a hyphen and a time of fourteen")]
pub struct InvalidPlace;

impl Place {
    /// A worth above this counts as this much: ten million dollars.
    const MOST_DOLLARS: u64 = 10_000_000;
    const MOST_MILLISECONDS: i64 = 99_999_999_999_999;

    /// Where a caller stands who is worth that and came then.
    pub fn of(order: &QueueOrder, value: Money, entered_at: Timestamp) -> Self {
        let (band, ahead) = match order.by {
            ServeBy::Arrival => (0, 0),
            ServeBy::Bands => (band_of(order, value), 0),
            ServeBy::Value => (0, milliseconds_ahead(order, value)),
        };
        let milliseconds = entered_at.as_millisecond().saturating_sub(ahead);
        Self { band, milliseconds: milliseconds.clamp(0, Self::MOST_MILLISECONDS) }
    }
}

fn band_of(order: &QueueOrder, value: Money) -> u8 {
    let band = order.bands.iter().position(|least| value >= *least).unwrap_or(order.bands.len());
    u8::try_from(band).unwrap_or(u8::MAX)
}

fn milliseconds_ahead(order: &QueueOrder, value: Money) -> i64 {
    let dollars = value.as_decimal().clamp(Decimal::ZERO, Place::MOST_DOLLARS.into());
    (dollars * Decimal::from(order.seconds_per_dollar) * Decimal::ONE_THOUSAND).to_i64().unwrap_or(i64::MAX)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:014}", self.band, self.milliseconds)
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (band, milliseconds) = text.split_once('-').ok_or(InvalidPlace)?;
        let has_width =
            |part: &str, width| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        if !has_width(band, 2) || !has_width(milliseconds, 14) {
            return Err(InvalidPlace);
        }
        let band = band.parse().map_err(|_| InvalidPlace)?;
        Ok(Self { band, milliseconds: milliseconds.parse().map_err(|_| InvalidPlace)? })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::later;

    fn dollars(dollars: i64) -> Money {
        Money::from_cents(dollars * 100)
    }

    fn order(by: ServeBy) -> QueueOrder {
        let bands = if by == ServeBy::Bands { vec![dollars(100), dollars(50)] } else { Vec::new() };
        QueueOrder { by, bands, ..QueueOrder::default() }
    }

    #[test]
    fn by_default_180_dollars_never_wait_behind_20_within_the_longest_wait_and_nobody_starves() {
        let place = |value, seconds| Place::of(&order(ServeBy::Value), dollars(value), later(seconds));
        assert!(place(180, 300) < place(20, 0));
        assert!(place(180, 320) == place(20, 0), "320 seconds are what 160 dollars are worth");
        assert!(place(180, 321) > place(20, 0), "who has waited that long is overtaken by nobody");
        assert!(place(45, 0) < place(45, 1), "among equals, who came first");
    }

    #[test]
    fn bands_come_before_the_time_and_arrival_knows_no_worth() {
        let place = |by, value, seconds| Place::of(&order(by), dollars(value), later(seconds));
        let bands = |value, seconds| place(ServeBy::Bands, value, seconds);
        assert!(bands(100, 9_000) < bands(99, 0) && bands(50, 9_000) < bands(49, 0));
        assert!(bands(100, 0) < bands(500, 1), "within a band, who came first");
        assert!(place(ServeBy::Arrival, 0, 0) < place(ServeBy::Arrival, 500, 1));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "00",
            "0-1",
            "00-0000000000001",
            "00-0000000000000x",
            "+1-00000000000000",
            "000-00000000000000",
        ] {
            assert_eq!(text.parse::<Place>(), Err(InvalidPlace), "{text}");
        }
    }

    proptest! {
        #[test]
        fn texts_stand_in_the_order_of_places_and_read_back(
            by in prop_oneof![Just(ServeBy::Value), Just(ServeBy::Bands), Just(ServeBy::Arrival)],
            one in (0..99_999_999_999_i64, -1_000_000..10_000_000_i64),
            other in (0..99_999_999_999_i64, -1_000_000..10_000_000_i64),
        ) {
            let place = |(cents, seconds): (i64, i64)| {
                let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_700_000_000 + seconds);
                Place::of(&order(by), Money::from_cents(cents), at)
            };
            let (one, other) = (place(one), place(other));
            prop_assert_eq!(one.to_string().cmp(&other.to_string()), one.cmp(&other));
            prop_assert_eq!(one.to_string().parse(), Ok(one));
        }
    }
}
