//! Limits on the money that a buyer's calls may cost.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amount;
use crate::money::{Amount, Money};

/// Limits on the prices of calls together: of those that converted, and of those still in flight. What is left out is unlimited. Windows
/// are the buyer's civil hour, day and month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyCaps {
    /// In an hour.
    #[serde(
        default,
        deserialize_with = "amount::optional_not_negative",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Amount>)]
    pub hourly: Option<Money>,
    /// On a day.
    #[serde(
        default,
        deserialize_with = "amount::optional_not_negative",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Amount>)]
    pub daily: Option<Money>,
    /// In a month.
    #[serde(
        default,
        deserialize_with = "amount::optional_not_negative",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Amount>)]
    pub monthly: Option<Money>,
    /// Ever: what the budget of a target, or of a group of them, would be.
    #[serde(
        default,
        deserialize_with = "amount::optional_not_negative",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Amount>)]
    pub total: Option<Money>,
}

impl MoneyCaps {
    /// True where nothing is limited.
    pub const fn is_unlimited(&self) -> bool {
        let Self { hourly, daily, monthly, total } = self;
        hourly.is_none() && daily.is_none() && monthly.is_none() && total.is_none()
    }
}
