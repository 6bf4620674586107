//! What is done with callers who were sold before.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{bounded, problem::Problem};

/// What a campaign does with a caller whom one of its buyers has had already. A withheld number is no one's, and never a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Duplicates {
    /// How long a caller is remembered, in days of 24 hours.
    #[serde(deserialize_with = "bounded::number::<1, 365, _, _>")]
    #[schema(minimum = 1, maximum = 365, example = 30)]
    pub within_days: u32,
    /// Which earlier calls count.
    #[serde(default)]
    pub counts: Counting,
    /// What is done.
    pub action: DuplicateAction,
    /// Whether the publisher is paid for a duplicate that a buyer pays for.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub pay_publisher: bool,
}

/// How long a caller is remembered for a buyer, whichever campaign the calls come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateWindow {
    /// In days of 24 hours.
    #[serde(deserialize_with = "bounded::number::<1, 365, _, _>")]
    #[schema(minimum = 1, maximum = 365, example = 30)]
    pub within_days: u32,
    /// Which earlier calls count.
    #[serde(default)]
    pub counts: Counting,
}

/// Which earlier calls make a caller a duplicate. One that is under way may become either, and counts for both until it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Those that a target took.
    #[default]
    Connected,
    /// Those that were billed.
    Converted,
}

impl Counting {
    /// The word in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Converted => "converted",
        }
    }
}

/// What is done with a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateAction {
    /// No target is asked.
    Reject,
    /// Only targets of the buyer who had the caller last are asked.
    OriginalBuyer,
    /// No target of a buyer who had the caller is asked.
    DifferentBuyer,
}

const fn yes() -> bool {
    true
}

impl Duplicates {
    /// How long callers are remembered.
    pub const fn window(&self) -> DuplicateWindow {
        DuplicateWindow { within_days: self.within_days, counts: self.counts }
    }

    /// What its author should know of it.
    pub fn warnings(&self) -> Vec<Problem> {
        let is_idle = self.action == DuplicateAction::Reject && !self.pay_publisher;
        let message = "has no effect: a rejected call is paid for by nobody";
        is_idle.then(|| Problem::new("pay_publisher", message)).into_iter().collect()
    }
}
