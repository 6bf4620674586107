//! All limits of one scope together, and what is odd about them.

use super::{Caps, MoneyCaps};
use crate::{money::Money, problem::Problem};

/// The limits of a buyer, of a group of its targets, or of a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// On calls.
    pub caps: Caps,
    /// On money.
    pub money_caps: MoneyCaps,
    /// On how soon one call follows another.
    pub minimum_seconds_between_calls: Option<u32>,
}

impl From<Caps> for Limits {
    fn from(caps: Caps) -> Self {
        Self { caps, ..Self::default() }
    }
}

impl Limits {
    /// Limits that take no call at this price. They are allowed, since a cap of nothing stops a buyer, and told, since few who write
    /// one mean it.
    pub(super) fn warnings(&self, price: Money) -> Vec<Problem> {
        let Caps { concurrency, hourly, daily, monthly, total } = self.caps;
        let named = [
            ("concurrency", concurrency),
            ("hourly", hourly),
            ("daily", daily),
            ("monthly", monthly),
            ("total", total),
        ];
        let none = named.into_iter().filter(|(_, cap)| *cap == Some(0));
        let of_calls = none.map(|(name, _)| {
            Problem::new(format!("caps.{name}"), "0 takes no calls at all; leave it out for no limit")
        });
        of_calls.chain(self.money_warnings(price)).collect()
    }

    fn money_warnings(&self, price: Money) -> impl Iterator<Item = Problem> + use<> {
        let MoneyCaps { hourly, daily, monthly, total } = self.money_caps;
        let named = [("hourly", hourly), ("daily", daily), ("monthly", monthly), ("total", total)];
        let is_too_small = move |cap: &Money| *cap < price || *cap == Money::ZERO;
        named.into_iter().filter_map(move |(name, cap)| {
            let cap = cap.filter(is_too_small)?;
            let message = if price == Money::ZERO {
                format!("{cap} takes no call that costs anything; leave it out for no limit")
            } else {
                format!("{cap} takes no call at the price of {price}; raise it, or leave it out for no limit")
            };
            Some(Problem::new(format!("money_caps.{name}"), message))
        })
    }
}
