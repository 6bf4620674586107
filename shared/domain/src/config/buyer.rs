//! Those who pay for calls.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caps, Document, amount};
use crate::{money::Money, schedule::TimeZoneName, text::Name};

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
    /// What it may spend; unlimited where none is given.
    #[serde(
        default,
        deserialize_with = "amount::optional_not_negative",
        skip_serializing_if = "Option::is_none"
    )]
    pub budget: Option<Money>,
}

impl Document for Buyer {}
