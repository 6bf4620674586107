//! Buyers.

use ringfall_domain::{
    config::{Buyer, Document},
    ids::{AccountId, BuyerId},
    problem::Problem,
};
use ringfall_store::{port::StoreError, records::idempotency::Seed};
use serde_json::{Value, json};
use utoipa::openapi::schema::Object;

use super::{
    Resource,
    warned::{Warned, further_fields},
};
use crate::platform::Platform;

impl Resource for Buyer {
    type Input = Self;
    type Fields = Warned<Self>;
    const PATH: &'static str = "buyers";
    const NAME: &'static str = "Buyer";

    fn id(seed: Seed) -> BuyerId {
        BuyerId::from_parts(seed.milliseconds, seed.random)
    }

    fn example() -> Value {
        json!({"name": "Lone Star Law", "time_zone": "America/Chicago", "caps": {"concurrency": 3, "daily": 50},
               "money_caps": {"daily": "1500.00"}, "budget": "5000.00",
               "groups": [{"name": "Night desk", "caps": {"concurrency": 1}}]})
    }

    fn problems(&self, _: &Platform) -> Vec<Problem> {
        self.check()
    }

    fn fields(self, _: BuyerId, _: &Platform) -> Warned<Self> {
        self.into()
    }

    async fn warnings_beside(
        &self,
        platform: &Platform,
        _: AccountId,
        _: BuyerId,
    ) -> Result<Vec<Problem>, StoreError> {
        Ok(self.warnings_at(platform.now()))
    }

    fn warn(fields: &mut Warned<Self>, warnings: Vec<Problem>) {
        fields.add(warnings);
    }

    fn further_fields() -> Option<Object> {
        Some(further_fields())
    }
}
