//! What an agency sets up before its first call.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{
    Api,
    twilio::{ACCOUNT_SID, AUTH_TOKEN},
};

/// The tracking number that callers dial.
pub const NUMBER: &str = "+18005550111";

/// A campaign with its number, ready for calls.
#[derive(Debug, Clone)]
pub struct Agency {
    /// Its REST API.
    pub api: Api,
    /// Where Twilio sends a new call.
    pub voice_url: String,
    /// Where Twilio sends the status of a call.
    pub status_url: String,
    /// The campaign.
    pub campaign_id: String,
    /// The targets, in the order of the offer.
    pub target_ids: Vec<String>,
}

/// What callers are offered.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Of the connection: where Twilio's REST API is.
    pub twilio_api_url: String,
    /// What Twilio charges, per minute.
    pub rates: Value,
    /// One buyer with one target each: the two documents, the target's without its `buyer_id`.
    pub buyers: Vec<(Value, Value)>,
    /// The campaign's document, without its `routing`: the targets in their order, as a waterfall.
    pub campaign: Value,
}

impl Offer {
    /// One buyer of a concurrency, rung at once, for a call that is worth 45.00 and pays 20.00 after 90 seconds.
    pub fn direct(concurrency: u32) -> Self {
        let buyer = json!({"name": "Lone Star Law", "time_zone": "America/Chicago", "caps": {"concurrency": concurrency}});
        let target = json!({
            "name": "Intake desk",
            "destination": {"phone_number": "+12145550100"},
            "price": "45.00",
            "ring_timeout_seconds": 20,
        });
        let campaign = json!({
            "name": "Auto injury",
            "flow": {"start": "buyers", "nodes": {
                "buyers": {"type": "route", "otherwise": "busy"},
                "busy": {"type": "hangup", "say": "All lines are busy. Please call again."},
            }},
            "conversion": {"minimum_seconds": 90},
            "payout": {"kind": "fixed", "amount": "20.00"},
        });
        // Nobody listens there: a call that tells its own end needs no questions.
        let twilio_api_url = "http://127.0.0.1:9".to_owned();
        Self { twilio_api_url, rates: json!({}), buyers: vec![(buyer, target)], campaign }
    }
}

impl Agency {
    /// Sets all of it up over REST.
    ///
    /// # Errors
    /// The API refused a document.
    pub async fn set_up(api: Api, offer: Offer) -> Result<Self> {
        let connection = api.create("/v1/connections", &connection(&offer)).await?;
        let publisher = api.create("/v1/publishers", &json!({"name": "Radio One"})).await?;
        let mut target_ids = Vec::new();
        for (buyer, mut target) in offer.buyers {
            let buyer = api.create("/v1/buyers", &buyer).await?;
            target["buyer_id"] = buyer["id"].clone();
            target_ids.push(text(&api.create("/v1/targets", &target).await?, "id")?);
        }
        let mut campaign = offer.campaign;
        campaign["routing"] = waterfall(&target_ids);
        let campaign_id = text(&api.create("/v1/campaigns", &campaign).await?, "id")?;
        let number = json!({
            "phone_number": NUMBER,
            "connection_id": connection["id"],
            "campaign_id": campaign_id,
            "publisher_id": publisher["id"],
        });
        api.create("/v1/numbers", &number).await?;
        Ok(Self {
            api,
            voice_url: text(&connection["webhook_urls"], "voice")?,
            status_url: text(&connection["webhook_urls"], "status")?,
            campaign_id,
            target_ids,
        })
    }
}

/// A menu and a ZIP code, then the buyers: the flow of the contract's example, and of [`super::Script`].
pub fn qualifying_flow() -> Value {
    json!({"start": "injured", "nodes": {
        "injured": {"type": "menu", "say": "Were you injured? Press 1 for yes, 2 for no.", "tag": "injured",
                    "choices": {"1": {"value": "yes", "next": "zip"}, "2": {"value": "no", "next": "refuse"}},
                    "timeout_seconds": 5, "attempts": 2, "otherwise": "refuse"},
        "zip": {"type": "gather", "say": "Enter your five digit zip code.", "digits": 5, "tag": "zip", "next": "buyers"},
        "buyers": {"type": "route", "otherwise": "busy"},
        "refuse": {"type": "hangup", "say": "Sorry, we cannot help with this request."},
        "busy": {"type": "hangup", "say": "All lines are busy. Please call again."},
    }})
}

fn connection(offer: &Offer) -> Value {
    let credentials =
        json!({"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "api_base_url": offer.twilio_api_url});
    json!({"provider": "twilio", "credentials": credentials, "rates": offer.rates})
}

fn waterfall(target_ids: &[String]) -> Value {
    let targets = target_ids.iter().zip(1..);
    let targets: Vec<Value> = targets
        .map(|(target_id, priority)| json!({"target_id": target_id, "priority": priority, "weight": 1}))
        .collect();
    json!({"tiers": [{"method": "waterfall", "targets": targets}]})
}

fn text(document: &Value, field: &str) -> Result<String> {
    document[field].as_str().map(str::to_owned).with_context(|| format!("{field} is missing in {document}"))
}
