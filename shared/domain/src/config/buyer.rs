//! Those who pay for calls.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caps, Document, DuplicateWindow, Limits, MoneyCaps, amount};
use crate::{
    bounded::{self, optional_number},
    money::{Amount, Money},
    problem::Problem,
    schedule::{Schedule, TimeZoneName},
    text::Name,
};

/// A customer who pays for calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Buyer {
    /// What people call it.
    pub name: Name,
    /// In which its hours, days and months are counted.
    pub time_zone: TimeZoneName,
    /// Limits on the calls to all of its targets together.
    #[serde(default)]
    pub caps: Caps,
    /// Limits on the money that they cost.
    #[serde(default)]
    pub money_caps: MoneyCaps,
    /// The least time between two calls to any of its targets, whether they are answered or not.
    #[serde(
        default,
        deserialize_with = "optional_number::<1, 86_400, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1, maximum = 86_400)]
    pub minimum_seconds_between_calls: Option<u32>,
    /// What it may spend from the time when it is first given; unlimited where none is given. To top it up is to raise it by so much. It
    /// cannot be less than what is spent and held by calls in flight.
    #[serde(
        default,
        deserialize_with = "amount::optional_not_negative",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Amount>)]
    pub budget: Option<Money>,
    /// Groups of its targets that share limits, at most 20. Targets name the group that they are in.
    #[serde(
        default,
        deserialize_with = "bounded::list::<{ Buyer::MOST_GROUPS }, _, _>",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schema(max_items = 20)]
    pub groups: Vec<Group>,
    /// How long it does not want a caller again whom any of its targets has had; callers may come again at once where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<DuplicateWindow>,
    /// When any of its targets takes calls, within the hours that each has of its own; always where none are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Schedule>,
}

/// Targets of one buyer that share limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TargetGroup)]
pub struct Group {
    /// How targets name it.
    pub name: Name,
    /// Limits on the calls to its targets together, within those of the buyer.
    #[serde(default)]
    pub caps: Caps,
    /// Limits on the money that they cost.
    #[serde(default)]
    pub money_caps: MoneyCaps,
    /// The least time between two calls to any of its targets, whether they are answered or not.
    #[serde(
        default,
        deserialize_with = "optional_number::<1, 86_400, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1, maximum = 86_400)]
    pub minimum_seconds_between_calls: Option<u32>,
}

impl Buyer {
    /// The most groups of a buyer.
    pub const MOST_GROUPS: usize = 20;

    /// Its own limits but the budget.
    pub const fn limits(&self) -> Limits {
        Limits {
            caps: self.caps,
            money_caps: self.money_caps,
            minimum_seconds_between_calls: self.minimum_seconds_between_calls,
        }
    }
}

impl Group {
    /// What its targets share.
    pub const fn limits(&self) -> Limits {
        Limits {
            caps: self.caps,
            money_caps: self.money_caps,
            minimum_seconds_between_calls: self.minimum_seconds_between_calls,
        }
    }
}

impl Document for Buyer {
    fn check(&self) -> Vec<Problem> {
        let hours = self.hours.iter().flat_map(Schedule::check).map(|problem| problem.under("hours"));
        let mut names = BTreeSet::new();
        let taken = self.groups.iter().enumerate().filter(|(_, group)| !names.insert(&group.name));
        let taken = taken.map(|(index, group)| {
            let message = format!("another group is called `{}` already", group.name);
            Problem::new(format!("groups[{index}].name"), message)
        });
        taken.chain(hours).collect()
    }

    fn warnings(&self) -> Vec<Problem> {
        let nothing = self.budget.filter(|budget| *budget == Money::ZERO).map(|_| {
            Problem::new("budget", "0.00 pays for no call; leave it out for no limit, or top it up")
        });
        let groups = self.groups.iter().enumerate().flat_map(|(index, group)| {
            let under = format!("groups[{index}]");
            group.limits().warnings(Money::ZERO).into_iter().map(move |problem| problem.under(&under))
        });
        self.limits().warnings(Money::ZERO).into_iter().chain(nothing).chain(groups).collect()
    }
}
