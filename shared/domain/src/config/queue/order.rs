//! In which order those who wait are served.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    bounded,
    config::amount,
    money::{Amount, Money},
    problem::Problem,
};

/// In which order those who wait are served. Among equals, who came first goes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueueOrder {
    /// What the order goes by.
    pub by: ServeBy,
    /// What each of the campaign's callers counts as worth; what their best target would pay where none is given.
    #[serde(deserialize_with = "amount::optional_not_negative", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Amount>)]
    pub value: Option<Money>,
    /// By `value`: for each dollar that a caller is worth, they stand where they would had they come so much earlier. So a caller is
    /// overtaken only by those who come soon after, and nobody waits for ever. By the default, a caller worth 180 dollars never waits
    /// behind one worth 20 who has waited up to 320 seconds.
    #[serde(deserialize_with = "bounded::number::<1, 3_600, _, _>")]
    #[schema(minimum = 1, maximum = 3600, default = 2)]
    pub seconds_per_dollar: u32,
    /// By `bands`: the least worth of each band, the best band first. Nobody of a lower band is served while somebody of a higher one can be.
    #[serde(
        deserialize_with = "bounded::list::<{ QueueOrder::MOST_BANDS }, _, _>",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schema(value_type = Vec<Amount>, max_items = 20)]
    pub bands: Vec<Money>,
}

/// What the order of service goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServeBy {
    /// Worth and waiting time together: nobody starves.
    #[default]
    Value,
    /// Bands of worth, strictly; within a band, who came first.
    Bands,
    /// Who came first.
    Arrival,
}

impl Default for QueueOrder {
    fn default() -> Self {
        Self { by: ServeBy::default(), value: None, seconds_per_dollar: 2, bands: Vec::new() }
    }
}

impl QueueOrder {
    /// The most bands; callers below the last are a band of their own.
    pub const MOST_BANDS: usize = 20;

    /// What is wrong with it beyond what reading refuses.
    pub fn check(&self) -> Vec<Problem> {
        let bands = &self.bands;
        let problem = match self.by {
            ServeBy::Bands if bands.is_empty() => {
                Some("an order by bands needs the least worth of each, such as [\"100.00\", \"50.00\"]")
            }
            ServeBy::Value | ServeBy::Arrival if !bands.is_empty() => {
                Some("is for an order by bands; leave it out, or give `by` as \"bands\"")
            }
            ServeBy::Bands if !bands.is_sorted_by(|better, worse| better > worse) => {
                Some("expected amounts that fall: the best band first, none twice")
            }
            ServeBy::Bands if bands.iter().any(|least| least.is_negative()) => {
                Some("expected amounts of zero or more")
            }
            ServeBy::Bands | ServeBy::Value | ServeBy::Arrival => None,
        };
        problem.map(|message| Problem::new("bands", message)).into_iter().collect()
    }
}
