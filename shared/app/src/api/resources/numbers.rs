//! Tracking numbers.

use ringfall_domain::{
    config::{Document, TrackingNumber},
    ids::{AccountId, NumberId},
    problem::Problem,
};
use ringfall_store::{port::StoreError, records::idempotency::Seed};
use serde_json::{Value, json};

use super::{
    Resource,
    outside::{self, Outside},
};
use crate::platform::Platform;

impl Resource for TrackingNumber {
    type Input = Self;
    type Fields = Self;
    const PATH: &'static str = "numbers";
    const NAME: &'static str = "Number";

    fn id(seed: Seed) -> NumberId {
        NumberId::from_parts(seed.milliseconds, seed.random)
    }

    fn example() -> Value {
        json!({"phone_number": "+18005550111", "connection_id": "con_01JD3Q4T7Y8Z9A0B1C2D3E4F5G",
               "campaign_id": "cmp_01JD3Q4T7Y8Z9A0B1C2D3E4F5G", "publisher_id": "pub_01JD3Q4T7Y8Z9A0B1C2D3E4F5G"})
    }

    fn problems(&self, _: &Platform) -> Vec<Problem> {
        self.check()
    }

    async fn look_outside(
        &self,
        platform: &Platform,
        account: AccountId,
        id: NumberId,
    ) -> Result<Outside, StoreError> {
        outside::of_number(self, platform, account, id).await
    }

    fn fields(self, _: NumberId, _: &Platform) -> Self {
        self
    }
}
