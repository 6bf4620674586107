//! What is in use, and whether a call still fits.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Period, Scope};
use crate::{
    config::{Caps, MoneyCaps},
    money::Money,
    text::Name,
};

/// What a call would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Its price.
    pub price: Money,
    /// When.
    pub at: Timestamp,
}

/// What is in use under one set of limits at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// The limits on calls.
    pub caps: Caps,
    /// Legs that hold a slot.
    pub live: u32,
    /// Calls counted in the current windows, in the order of [`Period::ALL`]: qualified ones and those still in flight.
    pub counted: [u32; 4],
    /// The money in the current windows, where it is limited.
    pub money: Option<Box<MoneyUsage>>,
    /// How soon calls follow each other, where it is limited.
    pub pace: Option<Pace>,
}

/// What is committed under one set of caps in money.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MoneyUsage {
    /// The limits.
    pub caps: MoneyCaps,
    /// The prices of the calls counted in the current windows, in the order of [`Period::ALL`].
    pub committed: [Money; 4],
}

/// How soon one call follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The least time between two.
    pub minimum_seconds: u32,
    /// When capacity was last reserved; none since the limit was set.
    pub last_reserved_at: Option<Timestamp>,
}

/// What is in use of one buyer at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuyerUsage {
    /// Over all its targets.
    pub own: Usage,
    /// By the groups of its targets.
    pub groups: BTreeMap<Name, Usage>,
    /// The budget that is left; none where there is no budget.
    pub available: Option<Money>,
}

/// A limit that has no room, with its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// As many legs are live as may be.
    Concurrency {
        /// Whose cap.
        scope: Scope,
        /// Legs that hold a slot.
        live: u32,
        /// The cap.
        limit: u32,
    },
    /// As many calls are counted in a window as may be.
    Window {
        /// Whose cap.
        scope: Scope,
        /// Which window.
        period: Period,
        /// Calls counted: qualified and in flight.
        counted: u32,
        /// The cap.
        limit: u32,
    },
    /// The call's price would go beyond what may be committed in a window.
    Money {
        /// Whose cap.
        scope: Scope,
        /// Which window.
        period: Period,
        /// The prices of the calls counted.
        committed: Money,
        /// What the call would cost.
        price: Money,
        /// The cap.
        limit: Money,
    },
    /// The call before it was too short a time ago.
    TooSoon {
        /// Whose limit.
        scope: Scope,
        /// Since the call before.
        since_seconds: u32,
        /// The least that must pass.
        minimum_seconds: u32,
    },
    /// The budget left does not pay for the call.
    Budget {
        /// What is left.
        available: Money,
        /// What the call would cost.
        price: Money,
    },
}

impl Usage {
    /// The first limit without room, the tightest kind first.
    pub fn full(&self, scope: Scope, demand: Demand) -> Option<Full> {
        if let Some(limit) = self.caps.concurrency.filter(|limit| self.live >= *limit) {
            return Some(Full::Concurrency { scope, live: self.live, limit });
        }
        let window = Period::ALL.into_iter().zip(self.counted).find_map(|(period, counted)| {
            let limit = period.limit(&self.caps).filter(|limit| counted >= *limit)?;
            Some(Full::Window { scope, period, counted, limit })
        });
        window
            .or_else(|| self.money.as_ref()?.full(scope, demand.price))
            .or_else(|| self.pace?.full(scope, demand.at))
    }
}

impl MoneyUsage {
    fn full(&self, scope: Scope, price: Money) -> Option<Full> {
        Period::ALL.into_iter().zip(self.committed).find_map(|(period, committed)| {
            let limit = period.money_limit(&self.caps).filter(|limit| committed + price > *limit)?;
            Some(Full::Money { scope, period, committed, price, limit })
        })
    }
}

impl Pace {
    /// The latest instant of the call before at which a call at `at` is not too soon.
    pub fn latest_before_milliseconds(minimum_seconds: u32, at: Timestamp) -> i64 {
        at.as_millisecond() - i64::from(minimum_seconds) * 1_000
    }

    fn full(self, scope: Scope, at: Timestamp) -> Option<Full> {
        let last = self.last_reserved_at?.as_millisecond();
        if last <= Self::latest_before_milliseconds(self.minimum_seconds, at) {
            return None;
        }
        // Another machine's clock may be ahead.
        let since_seconds = u32::try_from((at.as_millisecond() - last) / 1_000).unwrap_or(0);
        Some(Full::TooSoon { scope, since_seconds, minimum_seconds: self.minimum_seconds })
    }
}

impl BuyerUsage {
    /// The first of the buyer's own limits that has no room for a call.
    pub fn full(&self, demand: Demand) -> Option<Full> {
        self.own.full(Scope::Buyer, demand).or_else(|| {
            let available = self.available.filter(|available| *available < demand.price)?;
            Some(Full::Budget { available, price: demand.price })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{later, noon};

    fn demand(price: i64) -> Demand {
        Demand { price: Money::from_cents(price), at: noon() }
    }

    #[test]
    fn a_full_cap_tells_its_figures() {
        let caps = Caps { concurrency: Some(3), daily: Some(50), ..Caps::default() };
        let usage = |live, day| Usage { caps, live, counted: [0, day, 0, 0], ..Usage::default() };
        assert_eq!(usage(2, 49).full(Scope::Buyer, demand(0)), None);
        assert_eq!(
            usage(3, 50).full(Scope::Buyer, demand(0)),
            Some(Full::Concurrency { scope: Scope::Buyer, live: 3, limit: 3 })
        );
        assert_eq!(
            usage(2, 50).full(Scope::Target, demand(0)),
            Some(Full::Window { scope: Scope::Target, period: Period::Day, counted: 50, limit: 50 })
        );
        let poor = BuyerUsage { available: Some(Money::from_cents(4_400)), ..BuyerUsage::default() };
        assert_eq!(poor.full(demand(4_400)), None);
        assert!(matches!(poor.full(demand(4_500)), Some(Full::Budget { .. })));
    }

    #[test]
    fn a_cap_in_money_takes_calls_up_to_its_last_cent() {
        let cents = Money::from_cents;
        let caps = MoneyCaps { monthly: Some(cents(10_000)), ..MoneyCaps::default() };
        let committed = [cents(0), cents(0), cents(5_500), cents(99_999)];
        let usage = Usage { money: Some(Box::new(MoneyUsage { caps, committed })), ..Usage::default() };
        assert_eq!(usage.full(Scope::Group, demand(4_500)), None);
        let full = Full::Money {
            scope: Scope::Group,
            period: Period::Month,
            committed: cents(5_500),
            price: cents(4_501),
            limit: cents(10_000),
        };
        assert_eq!(usage.full(Scope::Group, demand(4_501)), Some(full));
    }

    #[test]
    fn a_call_is_too_soon_until_the_whole_time_has_passed() {
        let paced = |last| Usage {
            pace: Some(Pace { minimum_seconds: 30, last_reserved_at: last }),
            ..Usage::default()
        };
        let too_soon =
            |since_seconds| Some(Full::TooSoon { scope: Scope::Buyer, since_seconds, minimum_seconds: 30 });
        for (last, full) in [
            (None, None),
            (Some(later(-30)), None),
            (Some(later(-29)), too_soon(29)),
            (Some(later(0)), too_soon(0)),
            (Some(later(4)), too_soon(0)),
        ] {
            assert_eq!(paced(last).full(Scope::Buyer, demand(1)), full, "{last:?}");
        }
    }
}
