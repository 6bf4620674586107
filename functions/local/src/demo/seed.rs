//! An agency, set up through the REST API: an account of its own, a connection (to the demonstration's carrier, or a trunk of the relay), two
//! publishers, four buyers with a desk each, an injury-law campaign and its two numbers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan};
use ringfall_domain::money::Money;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    api::Api,
    carrier::{ACCOUNT_SID, AUTH_TOKEN, Entrances},
    cast::{Desk, Publisher},
};

/// Talk time from which a call is billed.
pub(super) const BILLABLE_AFTER_SECONDS: u32 = 90;
/// What a publisher is paid of a call's price.
pub(super) const PAYOUT_PERCENT: &str = "40";

/// What the campaign is called, and what its callers are asked.
pub(super) const CAMPAIGN: &str = "Auto injury";
pub(super) const INJURED: &str = "Were you injured? Press 1 for yes, 2 for no.";
pub(super) const ZIP: &str = "Enter your five digit zip code.";
/// What callers are told whom nobody takes.
pub(super) const REFUSED: &str = "Sorry, we cannot help with this request.";
pub(super) const BUSY: &str = "All lines are busy.";

/// Wherein the two agencies of the demonstration differ.
pub(super) struct Terms {
    /// The account's name.
    pub(super) account: &'static str,
    /// What carries its calls.
    pub(super) connection: Value,
    /// Where the desks ring.
    pub(super) destinations: BTreeMap<Desk, Value>,
    /// How long it rings.
    pub(super) ring_timeout_seconds: u32,
    /// Talk time from which a call is billed.
    pub(super) billable_after_seconds: u32,
}

/// The agency, as the platform knows it.
pub(super) struct Agency {
    /// Its part of the API.
    pub(super) api: Api,
    /// Its key.
    pub(super) key: String,
    /// The connection's id.
    pub(super) connection: String,
    /// Where the carrier posts to.
    pub(super) entrances: Entrances,
    /// The campaign's id.
    pub(super) campaign: String,
    /// By publisher's id.
    pub(super) publishers: BTreeMap<String, Publisher>,
    /// By target's id.
    pub(super) targets: BTreeMap<String, Desk>,
}

#[derive(Deserialize)]
struct OpenedAccount {
    key: OpenedAccountKey,
}

#[derive(Deserialize)]
struct OpenedAccountKey {
    secret: String,
}

/// A resource that was created.
#[derive(Deserialize)]
pub(super) struct Created {
    pub(super) id: String,
}

#[derive(Deserialize)]
struct CreatedConnection {
    id: String,
    webhook_urls: WebhookUrls,
}

#[derive(Deserialize)]
struct WebhookUrls {
    voice: String,
    status: String,
}

/// Connects an account to what carries its calls.
///
/// # Returns
/// The connection's id, and where the carrier posts to.
///
/// # Errors
/// The platform refuses it.
pub(super) async fn connect(api: &Api, connection: &Value) -> anyhow::Result<(String, Entrances)> {
    let CreatedConnection { id, webhook_urls: WebhookUrls { voice, status } } =
        api.post("/v1/connections", connection).await?;
    Ok((id, Entrances { voice, status }))
}

impl Agency {
    /// Sets it up.
    ///
    /// # Errors
    /// The platform refuses something.
    pub(super) async fn set_up(admin: &Api, terms: &Terms, now: Timestamp) -> anyhow::Result<Self> {
        let key = open_account(admin, terms.account).await?;
        let api = admin.with_key(&key);
        let (connection, entrances) = connect(&api, &terms.connection).await?;
        let mut targets = BTreeMap::new();
        for desk in Desk::ALL {
            let buyer: Created = api.post("/v1/buyers", &buyer(desk, now)?).await?;
            let target: Created = api.post("/v1/targets", &target(desk, &buyer.id, terms, now)?).await?;
            targets.insert(target.id, desk);
        }
        let campaign: Created = api.post("/v1/campaigns", &campaign(&targets, terms)).await?;
        let mut publishers = BTreeMap::new();
        for publisher in Publisher::ALL {
            let created: Created = api.post("/v1/publishers", &json!({"name": publisher.name()})).await?;
            let number = json!({
                "phone_number": publisher.phone_number(),
                "connection_id": connection,
                "campaign_id": campaign.id,
                "publisher_id": created.id,
            });
            api.post::<Created>("/v1/numbers", &number).await?;
            publishers.insert(created.id, publisher);
        }
        Ok(Self { api, key, connection, entrances, campaign: campaign.id, publishers, targets })
    }
}

/// Opens an account.
///
/// # Returns
/// Its key.
///
/// # Errors
/// The platform refuses it.
pub(super) async fn open_account(admin: &Api, name: &str) -> anyhow::Result<String> {
    let account: OpenedAccount = admin.post("/v1/accounts", &json!({"name": name})).await?;
    Ok(account.key.secret)
}

/// A connection to a carrier. `carrier`: the base URL of its REST API.
pub(super) fn connection(carrier: &str) -> Value {
    json!({
        "provider": "twilio",
        "name": "The demonstration's carrier",
        "credentials": {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "api_base_url": carrier},
        "rates": {"inbound_per_minute": "0.0220", "outbound_per_minute": "0.0140"},
    })
}

impl Terms {
    /// Those of the agency whose calls a carrier brings. `carrier`: the base URL of its REST API.
    pub(super) fn of_carrier(carrier: &str) -> Self {
        Self {
            account: "Ringfall demo",
            connection: connection(carrier),
            destinations: Desk::ALL.map(|desk| (desk, json!({"phone_number": desk.phone_number()}))).into(),
            ring_timeout_seconds: 20,
            billable_after_seconds: BILLABLE_AFTER_SECONDS,
        }
    }
}

/// Lone Star's limit is one of its desk; the others' are of the buyer.
fn buyer(desk: Desk, now: Timestamp) -> anyhow::Result<Value> {
    let mut caps = json!({});
    if let Some(daily) = desk.daily() {
        caps["daily"] = daily.into();
    }
    if let (Some(concurrency), Desk::National) = (desk.concurrency(), desk) {
        caps["concurrency"] = concurrency.into();
    }
    Ok(
        json!({"name": desk.name(), "time_zone": zone_far_from_midnight(now)?, "caps": caps, "budget": "5000.00"}),
    )
}

fn target(desk: Desk, buyer: &str, terms: &Terms, now: Timestamp) -> anyhow::Result<Value> {
    let mut target = json!({
        "buyer_id": buyer,
        "name": desk.name(),
        "destination": terms.destinations[&desk],
        "price": Money::from_cents(desk.price_cents()),
        "ring_timeout_seconds": terms.ring_timeout_seconds,
    });
    if let (Some(concurrency), Desk::LoneStar) = (desk.concurrency(), desk) {
        target["caps"] = json!({"concurrency": concurrency});
    }
    if desk.is_screened() {
        target["screening"] = json!({"press": "1"});
    }
    if !desk.states().is_empty() {
        target["filter"] = json!({"all": [
            {"field": "caller.state", "op": "in", "value": desk.states()},
            {"field": "tags.injured", "op": "eq", "value": "yes"},
        ]});
    }
    if desk == Desk::NightOwl {
        target["hours"] = hours_that_are_closed(now)?;
    }
    Ok(target)
}

/// Whoever pays more is asked first.
fn campaign(targets: &BTreeMap<String, Desk>, terms: &Terms) -> Value {
    let place = |(id, desk): (&String, &Desk)| {
        let before = Desk::ALL.iter().take_while(|other| *other != desk).count();
        json!({"target_id": id, "priority": before + 1, "weight": 1})
    };
    json!({
        "name": CAMPAIGN,
        "flow": {"start": "injured", "nodes": {
            "injured": {
                "type": "menu", "say": INJURED, "tag": "injured",
                "choices": {"1": {"value": "yes", "next": "zip"}, "2": {"value": "no", "next": "refuse"}},
                "timeout_seconds": 5, "attempts": 2, "otherwise": "refuse",
            },
            "zip": {"type": "gather", "say": ZIP, "digits": 5, "tag": "zip", "next": "buyers"},
            "buyers": {"type": "route", "otherwise": "busy"},
            "refuse": {"type": "hangup", "say": REFUSED},
            "busy": {"type": "hangup", "say": BUSY},
        }},
        "routing": {"tiers": [{"method": "waterfall", "targets": targets.iter().map(place).collect::<Vec<_>>()}]},
        "conversion": {"minimum_seconds": terms.billable_after_seconds},
        "payout": {"kind": "revenue_share", "percent": PAYOUT_PERCENT},
    })
}

/// A zone in which no new day begins while the demonstration is played: a daily cap is one of the civil day.
fn zone_far_from_midnight(now: Timestamp) -> anyhow::Result<&'static str> {
    let (usual, other) = ("America/Chicago", "America/Los_Angeles");
    let (today, soon) =
        (now.in_tz(usual)?.date(), (now + SignedDuration::from_mins(10)).in_tz(usual)?.date());
    Ok(if today == soon { usual } else { other })
}

/// Office hours on one day of the week, three days from now.
fn hours_that_are_closed(now: Timestamp) -> anyhow::Result<Value> {
    const ZONE: &str = "America/New_York";
    let day = now.in_tz(ZONE)?.checked_add(3.days())?.strftime("%a").to_string().to_lowercase();
    Ok(json!({"time_zone": ZONE, "open": [{"days": [day], "from": "09:00", "to": "17:00"}]}))
}

#[cfg(test)]
mod tests {
    use ringfall_domain::{config::Target, schedule::Schedule};

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn the_best_payer_is_closed_whenever_the_demonstration_is_played() {
        for day in 1..=28 {
            for hour in [0, 5, 12, 18, 23] {
                let now = at(&format!("2026-03-{day:02}T{hour:02}:30:00Z"));
                let hours = hours_that_are_closed(now).expect("hours");
                let hours: Schedule = serde_json::from_value(hours).expect("a schedule");
                assert!(!hours.judge(now, ringfall_domain::filter::Fact::Unknown).is_open(), "{now}");
            }
        }
    }

    #[test]
    fn no_day_begins_in_the_buyers_zone_while_the_demonstration_is_played() {
        let zone = |text| zone_far_from_midnight(at(text)).expect("a zone");
        assert_eq!(zone("2026-01-15T18:00:00Z"), "America/Chicago");
        assert_eq!(zone("2026-01-15T05:55:00Z"), "America/Los_Angeles");
    }

    #[test]
    fn every_desk_is_a_target_that_the_platform_takes() {
        for desk in Desk::ALL {
            let terms = Terms::of_carrier("http://127.0.0.1:1");
            let target = target(desk, "buy_01JD3Q4T7Y8Z9A0B1C2D3E4F5G", &terms, at("2026-03-02T15:00:00Z"));
            let target: Target = serde_json::from_value(target.expect("a document")).expect("a target");
            assert_eq!(target.price, Money::from_cents(desk.price_cents()));
        }
    }
}
