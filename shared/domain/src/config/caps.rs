//! Limits on how many calls a buyer or a target takes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::optional_number;

/// Limits on calls. What is left out is unlimited; zero takes no calls. Windows are the buyer's civil hour, day and month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// Calls at the same time.
    #[serde(
        default,
        deserialize_with = "optional_number::<0, 1_000_000, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub concurrency: Option<u32>,
    /// Calls in an hour.
    #[serde(
        default,
        deserialize_with = "optional_number::<0, 1_000_000, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub hourly: Option<u32>,
    /// Calls on a day.
    #[serde(
        default,
        deserialize_with = "optional_number::<0, 1_000_000, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub daily: Option<u32>,
    /// Calls in a month.
    #[serde(
        default,
        deserialize_with = "optional_number::<0, 1_000_000, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub monthly: Option<u32>,
    /// Calls ever.
    #[serde(
        default,
        deserialize_with = "optional_number::<0, 1_000_000, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub total: Option<u32>,
}

impl Caps {
    /// True where nothing is limited.
    pub const fn is_unlimited(&self) -> bool {
        let Self { concurrency, hourly, daily, monthly, total } = self;
        concurrency.is_none() && hourly.is_none() && daily.is_none() && monthly.is_none() && total.is_none()
    }
}
