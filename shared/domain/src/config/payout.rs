//! When a call counts, and what the publisher is paid for it.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

use super::amount;
use crate::{
    bounded,
    money::{Amount, Money},
    problem::Problem,
    tagged::{Misfit, needed, refuse_unused},
};

/// When a call is billable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// From how many connected seconds, counted from the acceptance by the target.
    #[serde(deserialize_with = "bounded::number::<0, 14_400, _, _>")]
    #[schema(minimum = 0, maximum = 14_400, example = 90)]
    pub minimum_seconds: u32,
}

/// What the publisher is paid for a converted call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PayoutRule {
    /// The same for each.
    Fixed {
        /// How much.
        #[schema(value_type = Amount)]
        amount: Money,
    },
    /// A share of what the buyer pays.
    RevenueShare {
        /// How much of it.
        percent: Percent,
        /// Never less than this.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<Amount>)]
        least: Option<Money>,
        /// Never more than this.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<Amount>)]
        most: Option<Money>,
    },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Fixed,
    RevenueShare,
}

/// Every member that any rule has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    kind: Kind,
    #[serde(default, deserialize_with = "amount::optional_not_negative")]
    amount: Option<Money>,
    percent: Option<Percent>,
    #[serde(default, deserialize_with = "amount::optional_not_negative")]
    least: Option<Money>,
    #[serde(default, deserialize_with = "amount::optional_not_negative")]
    most: Option<Money>,
}

impl<'de> Deserialize<'de> for PayoutRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Members::deserialize(deserializer)?.into_rule().map_err(de::Error::custom)
    }
}

impl Members {
    fn into_rule(mut self) -> Result<PayoutRule, Misfit> {
        let (rule, kind) = match self.kind {
            Kind::Fixed => {
                let kind = "a fixed payout";
                let amount = needed(kind, "amount", &mut self.amount)?;
                (PayoutRule::Fixed { amount }, kind)
            }
            Kind::RevenueShare => {
                let kind = "a revenue share";
                let percent = needed(kind, "percent", &mut self.percent)?;
                let (least, most) = (self.least.take(), self.most.take());
                (PayoutRule::RevenueShare { percent, least, most }, kind)
            }
        };
        let members = [
            ("amount", self.amount.is_some()),
            ("percent", self.percent.is_some()),
            ("least", self.least.is_some()),
            ("most", self.most.is_some()),
        ];
        refuse_unused(kind, &members)?;
        Ok(rule)
    }
}

impl PayoutRule {
    /// What the publisher is paid for a call that earned `revenue`.
    pub fn amount_of(&self, revenue: Money) -> Money {
        match *self {
            Self::Fixed { amount } => amount,
            Self::RevenueShare { percent, least, most } => {
                let share = percent.of(revenue);
                let raised = least.map_or(share, |least| share.max(least));
                most.map_or(raised, |most| raised.min(most))
            }
        }
    }

    /// What is wrong with it beyond what reading refuses: bounds that exclude each other.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Self::RevenueShare { least: Some(least), most: Some(most), .. } if least > most => {
                vec![Problem::new("least", format!("is above `most`, {most}"))]
            }
            Self::RevenueShare { .. } | Self::Fixed { .. } => Vec::new(),
        }
    }
}

/// A share of a hundred, from 0 to 100 with at most two decimal places; a string in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, pattern = r"^(0?[0-9]{1,2}(\.[0-9]{1,2})?|100(\.0{1,2})?)$", example = "40")]
pub struct Percent(Decimal);

/// A text that is no percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a percentage from \"0\" to \"100\" with at most 2 decimal places, such as \"37.5\"")]
pub struct InvalidPercent;

impl Percent {
    /// This share of an amount, rounded to the cent.
    pub fn of(self, amount: Money) -> Money {
        amount.times_rounded_to_cent(self.0 / Decimal::ONE_HUNDRED)
    }
}

impl FromStr for Percent {
    type Err = InvalidPercent;

    fn from_str(text: &str) -> Result<Self, InvalidPercent> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |part: &str, most| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_plain = are_digits(whole, 3) && are_digits(fraction, 2);
        let percent = is_plain.then(|| Decimal::from_str_exact(text).ok()).flatten();
        percent
            .map(|percent| percent.normalize())
            .filter(|percent| *percent <= Decimal::ONE_HUNDRED)
            .map(Self)
            .ok_or(InvalidPercent)
    }
}

impl TryFrom<String> for Percent {
    type Error = InvalidPercent;

    fn try_from(text: String) -> Result<Self, InvalidPercent> {
        text.parse()
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
