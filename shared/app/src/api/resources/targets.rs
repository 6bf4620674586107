//! Targets.

use ringfall_domain::{
    config::{Buyer, Document, Target},
    ids::{AccountId, TargetId},
    problem::Problem,
    target::Destination,
};
use ringfall_store::{port::StoreError, protocols::resources::find, records::idempotency::Seed};
use serde_json::{Value, json};
use utoipa::openapi::schema::Object;

use super::{
    Resource,
    warned::{Warned, further_fields},
};
use crate::{api::network::refuse_private_sip, platform::Platform};

impl Resource for Target {
    type Input = Self;
    type Fields = Warned<Self>;
    const PATH: &'static str = "targets";
    const NAME: &'static str = "Target";

    fn id(seed: Seed) -> TargetId {
        TargetId::from_parts(seed.milliseconds, seed.random)
    }

    fn example() -> Value {
        json!({"buyer_id": "buy_01JD3Q4T7Y8Z9A0B1C2D3E4F5G", "name": "Intake desk",
               "destination": {"phone_number": "+12145550100"}, "price": "45.00", "caps": {"concurrency": 2},
               "ring_timeout_seconds": 20, "screening": {"press": "1"},
               "hours": {"time_zone": "America/Chicago",
                         "open": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}],
                         "closed_dates": ["2026-12-25"]},
               "filter": {"all": [{"field": "caller.state", "op": "in", "value": ["TX", "OK"]},
                                  {"field": "tags.injured", "op": "eq", "value": "yes"}]}})
    }

    fn problems(&self, platform: &Platform) -> Vec<Problem> {
        let mut problems = self.check();
        if let Destination::SipUri(uri) = &self.destination
            && !platform.settings.private_addresses_allowed
        {
            problems.extend(refuse_private_sip("destination.sip_uri", uri));
        }
        problems
    }

    fn fields(self, _: TargetId, _: &Platform) -> Warned<Self> {
        self.into()
    }

    async fn warnings_beside(
        &self,
        platform: &Platform,
        account: AccountId,
        _: TargetId,
    ) -> Result<Vec<Problem>, StoreError> {
        let buyer = find::<Buyer>(&*platform.table, account, self.buyer_id).await?;
        let warnings = buyer.map(|buyer| self.warnings_beside_buyer(&buyer.document, platform.now()));
        Ok(warnings.unwrap_or_default())
    }

    fn warn(fields: &mut Warned<Self>, warnings: Vec<Problem>) {
        fields.add(warnings);
    }

    fn further_fields() -> Option<Object> {
        Some(further_fields())
    }
}
