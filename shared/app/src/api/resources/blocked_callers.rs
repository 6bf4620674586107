//! Blocked callers.

use ringfall_domain::{
    config::{BlockedCaller, Document},
    ids::BlockedCallerId,
    problem::Problem,
};
use ringfall_store::records::idempotency::Seed;
use serde_json::{Value, json};

use super::Resource;
use crate::platform::Platform;

impl Resource for BlockedCaller {
    type Input = Self;
    type Fields = Self;
    const PATH: &'static str = "blocked_callers";
    const NAME: &'static str = "BlockedCaller";

    fn id(seed: Seed) -> BlockedCallerId {
        BlockedCallerId::from_parts(seed.milliseconds, seed.random)
    }

    fn example() -> Value {
        json!({"prefix": "+1900", "reason": "Premium rate numbers", "expires_at": "2027-01-01T00:00:00Z"})
    }

    fn problems(&self, _: &Platform) -> Vec<Problem> {
        self.check()
    }

    fn fields(self, _: BlockedCallerId, _: &Platform) -> Self {
        self
    }
}
