//! The order in which a campaign's targets are asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{bounded, ids::TargetId, problem::Problem};

/// Tiers, asked one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// At most 10.
    #[serde(deserialize_with = "bounded::list::<{ Routing::MOST_TIERS }, _, _>")]
    #[schema(max_items = 10)]
    pub tiers: Vec<TierPlan>,
    /// What is done for a caller on whom a target hangs up early; nothing where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_chance: Option<SecondChance>,
}

/// A caller on whom a target hangs up early goes on in the waterfall; that target's buyer is not asked again for this call. A call
/// that has become billable gets none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondChance {
    /// Connected seconds before which the target's hanging up counts as early.
    #[serde(deserialize_with = "bounded::number::<1, 3_600, _, _>")]
    #[schema(minimum = 1, maximum = 3_600, example = 20)]
    pub before_seconds: u32,
    /// How often a caller goes on.
    #[serde(default = "five", deserialize_with = "bounded::number::<1, 5, _, _>")]
    #[schema(default = 5, minimum = 1, maximum = 5)]
    pub most_reroutes: u8,
}

/// Targets that are asked together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierPlan {
    /// How one of them is chosen.
    pub method: Method,
    /// At most 1,000 in all tiers together.
    #[serde(deserialize_with = "bounded::list::<{ Routing::MOST_TARGETS }, _, _>")]
    #[schema(max_items = 1000)]
    pub targets: Vec<TierTarget>,
}

/// How a target of a tier is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By priority; among equals by lot, in proportion to the weights.
    Waterfall,
}

/// A target's place in a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierTarget {
    /// Which target.
    pub target_id: TargetId,
    /// 1 is asked first.
    #[serde(default = "one", deserialize_with = "bounded::number::<1, 1_000_000, _, _>")]
    #[schema(default = 1, minimum = 1, maximum = 1_000_000)]
    pub priority: u32,
    /// Its share of the calls among those of equal priority.
    #[serde(default = "one", deserialize_with = "bounded::number::<1, 1_000, _, _>")]
    #[schema(default = 1, minimum = 1, maximum = 1_000)]
    pub weight: u32,
}

const fn one() -> u32 {
    1
}

const fn five() -> u8 {
    5
}

impl Routing {
    /// The most tiers of a campaign.
    pub const MOST_TIERS: usize = 10;
    /// The most targets of a campaign, in all tiers together.
    pub const MOST_TARGETS: usize = 1000;

    /// What is wrong with it beyond what reading refuses: too many targets in all, or one of them twice.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut places: BTreeMap<TargetId, String> = BTreeMap::new();
        let mut count = 0;
        for (tier_index, tier) in self.tiers.iter().enumerate() {
            for (index, target) in tier.targets.iter().enumerate() {
                let path = format!("tiers[{tier_index}].targets[{index}]");
                count += 1;
                if count == Self::MOST_TARGETS + 1 {
                    let message = format!("a campaign has at most {} targets in all", Self::MOST_TARGETS);
                    problems.push(Problem::new(path.clone(), message));
                }
                match places.get(&target.target_id) {
                    Some(first) => {
                        let message = format!("this target is at {first} already");
                        problems.push(Problem::new(format!("{path}.target_id"), message));
                    }
                    None => {
                        places.insert(target.target_id, path);
                    }
                }
            }
        }
        problems
    }
}
