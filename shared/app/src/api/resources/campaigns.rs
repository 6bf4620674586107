//! Campaigns.

use ringfall_domain::{
    config::{Campaign, Document, Named},
    ids::{AccountId, CampaignId},
    problem::Problem,
};
use ringfall_store::{
    port::StoreError,
    records::{idempotency::Seed, plan},
};
use serde_json::{Value, json};
use utoipa::openapi::schema::Object;

use super::{
    Resource,
    outside::{self, Outside},
    warned::{Warned, further_fields},
};
use crate::platform::Platform;

impl Resource for Campaign {
    type Input = Self;
    type Fields = Warned<Self>;
    const PATH: &'static str = "campaigns";
    const NAME: &'static str = "Campaign";
    const TIED: &'static [&'static str] = &["flow", "routing", "suppression", "queue"];

    fn id(seed: Seed) -> CampaignId {
        CampaignId::from_parts(seed.milliseconds, seed.random)
    }

    fn example() -> Value {
        json!({"name": "Auto injury",
               "flow": {"start": "injured", "nodes": {
                   "injured": {"type": "menu", "say": "Were you injured? Press 1 for yes, 2 for no.", "tag": "injured",
                               "choices": {"1": {"value": "yes", "next": "zip"}, "2": {"value": "no", "next": "refuse"}},
                               "timeout_seconds": 5, "attempts": 2, "otherwise": "refuse"},
                   "zip": {"type": "gather", "say": "Enter your five digit zip code.", "digits": 5, "tag": "zip",
                           "next": "buyers"},
                   "buyers": {"type": "route", "otherwise": "busy"},
                   "refuse": {"type": "hangup", "say": "Sorry, we cannot help with this request."},
                   "busy": {"type": "hangup", "say": "All lines are busy. Please call again."}}},
               "routing": {"tiers": [{"method": "waterfall", "targets": [
                   {"target_id": "tgt_01JD3Q4T7Y8Z9A0B1C2D3E4F5G", "priority": 1, "weight": 1}]}]},
               "conversion": {"minimum_seconds": 90}, "payout": {"kind": "fixed", "amount": "20.00"},
               "duplicates": {"within_days": 30, "action": "reject"}, "fallback_number": "+12145550199"})
    }

    fn problems(&self, _: &Platform) -> Vec<Problem> {
        self.check()
    }

    async fn look_outside(
        &self,
        platform: &Platform,
        account: AccountId,
        id: CampaignId,
    ) -> Result<Outside, StoreError> {
        match &self.queue {
            Some(queue) => outside::of_queue(queue, platform, account, id).await,
            None => Ok(Outside::default()),
        }
    }

    fn fields(self, _: CampaignId, _: &Platform) -> Warned<Self> {
        self.into()
    }

    async fn warnings_beside(
        &self,
        platform: &Platform,
        account: AccountId,
        id: CampaignId,
    ) -> Result<Vec<Problem>, StoreError> {
        let Some(item) = platform.table.get(&plan::key(account, id)).await? else { return Ok(Vec::new()) };
        let plan = plan::decode(&item)?;
        let named = Named { targets: &plan.targets, buyers: &plan.buyers };
        Ok(self.warnings_among(named, platform.now()))
    }

    fn warn(fields: &mut Warned<Self>, warnings: Vec<Problem>) {
        fields.add(warnings);
    }

    fn further_fields() -> Option<Object> {
        Some(further_fields())
    }
}
