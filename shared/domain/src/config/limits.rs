//! All limits of one scope together, and what is odd about them.

use std::fmt::Display;

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
        of_calls.chain(self.money_warnings(price)).chain(self.idle_caps()).collect()
    }

    /// Caps that no call reaches, since a longer window's is reached before.
    fn idle_caps(&self) -> Vec<Problem> {
        let Caps { concurrency, hourly, daily, monthly, total } = self.caps;
        let calls = [
            ("caps.concurrency", concurrency),
            ("caps.hourly", hourly),
            ("caps.daily", daily),
            ("caps.monthly", monthly),
            ("caps.total", total),
        ];
        let MoneyCaps { hourly, daily, monthly, total } = self.money_caps;
        let money = [
            ("money_caps.hourly", hourly),
            ("money_caps.daily", daily),
            ("money_caps.monthly", monthly),
            ("money_caps.total", total),
        ];
        idle(&calls).chain(idle(&money)).collect()
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

/// Of caps in the order of their windows, those above the cap of a longer one.
fn idle<T: PartialOrd + Copy + Display>(caps: &[(&str, Option<T>)]) -> impl Iterator<Item = Problem> {
    caps.iter().enumerate().filter_map(move |(index, (path, cap))| {
        let cap = (*cap)?;
        let (longer, lower) = caps[index + 1..].iter().find_map(|(path, longer)| {
            let longer = longer.filter(|longer| *longer < cap)?;
            Some((path, longer))
        })?;
        let message = format!("has no effect: `{longer}`, {lower}, is reached before {cap}");
        Some(Problem::new(*path, message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_above_that_of_a_longer_window_has_no_effect() {
        let caps = Caps { concurrency: Some(3), hourly: Some(20), monthly: Some(10), ..Caps::default() };
        let money_caps = MoneyCaps {
            daily: Some(Money::from_cents(20_000)),
            total: Some(Money::from_cents(10_000)),
            ..MoneyCaps::default()
        };
        let limits = Limits { caps, money_caps, ..Limits::default() };
        let told: Vec<_> = limits.warnings(Money::ZERO).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "caps.hourly: has no effect: `caps.monthly`, 10, is reached before 20",
                "money_caps.daily: has no effect: `money_caps.total`, 100.00, is reached before 200.00",
            ]
        );
        let equal = Limits::from(Caps { hourly: Some(5), daily: Some(5), ..Caps::default() });
        assert_eq!(equal.warnings(Money::ZERO), []);
    }
}
