//! Publishers.

use ringfall_domain::{
    config::{Document, Publisher},
    ids::PublisherId,
    problem::Problem,
};
use ringfall_store::records::idempotency::Seed;
use serde_json::{Value, json};

use super::Resource;
use crate::platform::Platform;

impl Resource for Publisher {
    type Input = Self;
    type Fields = Self;
    const PATH: &'static str = "publishers";
    const NAME: &'static str = "Publisher";

    fn id(seed: Seed) -> PublisherId {
        PublisherId::from_parts(seed.milliseconds, seed.random)
    }

    fn example() -> Value {
        json!({"name": "Radio One"})
    }

    fn problems(&self, _: &Platform) -> Vec<Problem> {
        self.check()
    }

    fn fields(self, _: PublisherId, _: &Platform) -> Self {
        self
    }
}
