//! Buyers.

use ringfall_domain::{
    config::{Buyer, Document},
    ids::BuyerId,
    problem::Problem,
};
use ringfall_store::records::idempotency::Seed;
use serde_json::{Value, json};

use super::Resource;
use crate::platform::Platform;

impl Resource for Buyer {
    type Input = Self;
    type Fields = Self;
    const PATH: &'static str = "buyers";
    const NAME: &'static str = "Buyer";

    fn id(seed: Seed) -> BuyerId {
        BuyerId::from_parts(seed.milliseconds, seed.random)
    }

    fn example() -> Value {
        json!({"name": "Lone Star Law", "time_zone": "America/Chicago", "caps": {"concurrency": 3, "daily": 50},
               "budget": "5000.00"})
    }

    fn problems(&self, _: &Platform) -> Vec<Problem> {
        self.check()
    }

    fn fields(self, _: BuyerId, _: &Platform) -> Self {
        self
    }
}
