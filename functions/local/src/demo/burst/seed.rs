//! One side of the comparison, set up through the REST API.

use ringfall_domain::money::Money;
use serde_json::{Value, json};

use super::SECOND;
use crate::demo::{
    api::Api,
    carrier::{Carrier, Entrances},
    cast::{Desk, Publisher},
    seed::{Created, PAYOUT_PERCENT, connect, connection, open_account},
};

/// Talk time from which a call is billed.
pub(super) const BILLABLE_AFTER_SECONDS: u32 = 30;
/// The policy's longest wait.
pub(super) const MAX_WAIT_SECONDS: u32 = 60;
/// The desks, the one that pays best first, each with its lines: five in all.
pub(super) const LINES: [(Desk, u32); 2] = [(Desk::LoneStar, 2), (Desk::National, 3)];

/// One side.
pub(super) struct Side {
    /// Whether callers are held.
    pub(super) holds: bool,
    /// Its part of the API.
    pub(super) api: Api,
    /// The campaign's id.
    pub(super) campaign: String,
    /// The buyers' ids.
    pub(super) buyers: Vec<String>,
    /// Where its carrier posts to.
    pub(super) entrances: Entrances,
    /// Its carrier.
    pub(super) carrier: Carrier,
}

impl Side {
    /// Sets one up.
    ///
    /// # Errors
    /// The platform refuses something, or the carrier finds no port.
    pub(super) async fn set_up(admin: &Api, http: &reqwest::Client, holds: bool) -> anyhow::Result<Self> {
        let carrier = Carrier::start(http.clone(), SECOND).await?;
        let name = format!("Ringfall demo, queue {}", if holds { "on" } else { "off" });
        let api = admin.with_key(&open_account(admin, &name).await?);
        let (connection, entrances) = connect(&api, &connection(carrier.api_base_url())).await?;
        let (mut buyers, mut targets) = (Vec::new(), Vec::new());
        for (desk, lines) in LINES {
            let buyer: Created = api.post("/v1/buyers", &buyer(desk, lines)).await?;
            let target: Created = api.post("/v1/targets", &target(desk, &buyer.id)).await?;
            buyers.push(buyer.id);
            targets.push(target.id);
        }
        let campaign: Created = api.post("/v1/campaigns", &campaign(&targets, holds)).await?;
        let publisher: Created =
            api.post("/v1/publishers", &json!({"name": Publisher::RadioOne.name()})).await?;
        let number = json!({
            "phone_number": Publisher::RadioOne.phone_number(),
            "connection_id": connection,
            "campaign_id": campaign.id,
            "publisher_id": publisher.id,
        });
        api.post::<Created>("/v1/numbers", &number).await?;
        Ok(Self { holds, api, campaign: campaign.id, buyers, entrances, carrier })
    }
}

fn buyer(desk: Desk, lines: u32) -> Value {
    json!({"name": desk.name(), "time_zone": "America/Chicago", "caps": {"concurrency": lines}})
}

fn target(desk: Desk, buyer: &str) -> Value {
    let mut target = json!({
        "buyer_id": buyer,
        "name": desk.name(),
        "destination": {"phone_number": desk.phone_number()},
        "price": Money::from_cents(desk.price_cents()),
        "ring_timeout_seconds": 20,
        "screening": {"press": "1"},
    });
    if !desk.states().is_empty() {
        target["filter"] = json!({"all": [{"field": "caller.state", "op": "in", "value": desk.states()}]});
    }
    target
}

fn campaign(targets: &[String], holds: bool) -> Value {
    let places = targets.iter().zip(1..);
    let places: Vec<Value> =
        places.map(|(id, priority)| json!({"target_id": id, "priority": priority, "weight": 1})).collect();
    let mut campaign = json!({
        "name": "A burst",
        "flow": {"start": "buyers", "nodes": {
            "buyers": {"type": "route", "otherwise": "busy"},
            "busy": {"type": "hangup", "say": "All lines are busy."},
        }},
        "routing": {"tiers": [{"method": "waterfall", "targets": places}]},
        "conversion": {"minimum_seconds": BILLABLE_AFTER_SECONDS},
        "payout": {"kind": "revenue_share", "percent": PAYOUT_PERCENT},
    });
    if holds {
        campaign["queue"] = json!({"max_size": 100, "max_wait_seconds": MAX_WAIT_SECONDS});
    }
    campaign
}

#[cfg(test)]
mod tests {
    use super::{super::TIMES_AS_FAST, *};
    use crate::demo::cast::BURST;

    #[test]
    fn nobody_waits_so_long_that_the_platforms_own_clock_would_end_it() {
        let patience = BURST.iter().filter_map(|burst| burst.caller.patience_seconds).max();
        assert!(patience.is_some_and(|seconds| seconds < MAX_WAIT_SECONDS * TIMES_AS_FAST));
        assert_eq!(SECOND * TIMES_AS_FAST, std::time::Duration::from_secs(1));
    }

    #[test]
    fn the_burst_is_forty_calls_of_as_many_callers_in_two_minutes() {
        let numbers: std::collections::BTreeSet<_> = BURST.iter().map(|burst| burst.caller.number).collect();
        assert_eq!(numbers.len(), 40);
        assert!(BURST.is_sorted_by_key(|burst| burst.calls_at_second));
        assert!(BURST.iter().all(|burst| burst.calls_at_second < 120));
    }
}
