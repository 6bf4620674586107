//! The platform with a relay beside it, as on machines of their own, and an agency whose calls come over a SIP trunk.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use ringfall_relay::{Config, Handle};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Api, Profile, Stack};

/// The number that leads to the agency's desk.
pub const NUMBER_OF_TRUNK: &str = "+18005550111";

/// What the relay signs in with.
const RELAY_SECRET: &str = "a-secret-of-the-relay";

/// How often the relay asks for its trunks.
const TRUNKS_EVERY: Duration = Duration::from_millis(200);

/// How long the platform may take before the trunk's fallback is dialled.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// A platform and its relay. The relay runs in this process, so that the platform can be killed beside it.
#[derive(Debug)]
pub struct Trunk {
    /// The platform.
    pub stack: Stack,
    relay: Handle,
    _folder: TempDir,
}

/// An agency's ids.
#[derive(Debug)]
pub struct Seeded {
    /// The trunk's connection.
    pub connection: String,
    /// The only buyer.
    pub buyer: String,
}

impl Trunk {
    /// Starts both.
    ///
    /// # Errors
    /// One of them does not start.
    pub async fn start(profile: Profile) -> Result<Self> {
        let stack = Stack::start_for_relay(profile, RELAY_SECRET).await?;
        let folder = tempfile::tempdir()?;
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let config = Config {
            trunks_every: TRUNKS_EVERY,
            answer_within: ANSWER_WITHIN,
            ..Config::new(any, any, stack.url().parse()?, RELAY_SECRET.parse()?, folder.path().to_owned())
        };
        // It waits for its threads.
        let relay = tokio::task::spawn_blocking(|| ringfall_relay::start(config)).await??;
        Ok(Self { stack, relay, _folder: folder })
    }

    /// Where SIP is taken.
    pub const fn sip(&self) -> SocketAddr {
        self.relay.sip_address()
    }

    /// An agency with one desk, which is rung at once for every call to [`NUMBER_OF_TRUNK`]. `rules`: the trunk's.
    ///
    /// # Errors
    /// The platform refuses something.
    pub async fn set_up(&self, desk: SocketAddr, rules: &Value) -> Result<Seeded> {
        let api = self.stack.api();
        let relay = json!({"api_base_url": format!("http://{}", self.relay.http_address())});
        let connection = json!({"provider": "relay", "trunk": rules, "credentials": relay});
        let connection = create(&api, "connections", &connection).await?;
        let publisher = create(&api, "publishers", &json!({"name": "Radio One"})).await?;
        let buyer = json!({"name": "Lone Star Law", "time_zone": "America/Chicago"});
        let buyer = create(&api, "buyers", &buyer).await?;
        let target = json!({"buyer_id": buyer, "name": "Intake desk", "price": "45.00", "ring_timeout_seconds": 20,
                            "destination": {"sip_uri": format!("sip:desk@{desk}")}});
        let target = create(&api, "targets", &target).await?;
        let campaign = json!({
            "name": "Auto injury",
            "flow": {"start": "buyers", "nodes": {
                "buyers": {"type": "route", "otherwise": "busy"},
                "busy": {"type": "hangup", "say": "All lines are busy."}}},
            "routing": {"tiers": [{"method": "waterfall", "targets": [{"target_id": target, "priority": 1}]}]},
            "conversion": {"minimum_seconds": 1},
            "payout": {"kind": "fixed", "amount": "20.00"},
        });
        let campaign = create(&api, "campaigns", &campaign).await?;
        let number = json!({"phone_number": NUMBER_OF_TRUNK, "connection_id": connection, "campaign_id": campaign,
                            "publisher_id": publisher});
        create(&api, "numbers", &number).await?;
        Ok(Seeded { connection, buyer })
    }

    /// A figure that the relay tells at `/metrics`; 0 where it has not counted any.
    ///
    /// # Errors
    /// The relay does not answer.
    pub async fn metric(&self, name: &str) -> Result<u64> {
        let url = format!("http://{}/metrics", self.relay.http_address());
        let text = reqwest::get(url).await?.text().await?;
        let figure = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        figure.map_or(Ok(0), |figure| figure.parse().with_context(|| format!("{name} is {figure}")))
    }
}

async fn create(api: &Api, what: &str, document: &Value) -> Result<String> {
    let created = api.create(&format!("/v1/{what}"), document).await?;
    Ok(created["id"].as_str().with_context(|| format!("no id: {created}"))?.to_owned())
}
