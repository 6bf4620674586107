use jiff::Timestamp;
use ringfall_domain::{
    call::event::{
        Arrival, CallReport, CallerFacts, EndCause, Event, EventKind, Input, LegReport, LegStatus,
    },
    flow::NodeId,
    geography::LineType,
    ids::{CallId, ConnectionId},
    phone::CallerNumber,
    pnl::{Dimension, Row},
};
use ringfall_store::{
    port::{Table, Write},
    records::tally,
};
use serde_json::{Value, json};

use super::kit::{Agency, Api, text};
use crate::{calls, rollup};

/// Plays calls into an agency, as its provider would.
struct Provider<'a> {
    api: &'a Api,
    connection: ConnectionId,
    campaign: ringfall_domain::ids::CampaignId,
}

/// Calls of different names have different callers; what follows a dash tells calls of one caller apart.
fn caller_of(name: &str) -> CallerNumber {
    let digits =
        name.trim_start_matches("CA").split('-').next().and_then(|digits| digits.parse::<u32>().ok());
    CallerNumber::from_presented(&format!("+1214555{:04}", 122 + digits.expect("a number")))
}

impl<'a> Provider<'a> {
    fn of(api: &'a Api, agency: &Agency) -> Self {
        let (connection, campaign) = (agency.connection.parse(), agency.campaign.parse());
        Self { api, connection: connection.expect("an id"), campaign: campaign.expect("an id") }
    }

    async fn event(&self, name: &str, kind: EventKind) {
        let platform = &self.api.platform;
        let connected = platform.connection(self.connection).await.expect("a read").expect("a connection");
        let id = CallId::of_provider_call(self.connection, name);
        let event = Event { arrived_at: platform.now(), kind };
        calls::handle(platform, &connected, id, Some(self.campaign), &event).await.expect("an answer");
    }

    /// A call that comes from Texas, of somebody who states that ZIP.
    async fn qualified(&self, name: &str, zip: &str) {
        let arrival = Arrival {
            provider_call_id: name.to_owned(),
            caller: caller_of(name),
            dialled: "+18005550111".parse().expect("a number"),
            caller_facts: CallerFacts { state: Some("TX".to_owned()), ..CallerFacts::default() },
        };
        self.event(name, EventKind::Arrived(arrival)).await;
        for (node, digits) in [("injured", "1"), ("zip", zip)] {
            self.gather(name, node, digits).await;
        }
    }

    async fn gather(&self, name: &str, node: &str, digits: &str) {
        let node = NodeId::try_from(node.to_owned()).expect("a name");
        let input = Input::Digits(digits.to_owned());
        self.event(name, EventKind::Gathered { node, visit: 1, input }).await;
    }

    /// A call that is taken, and lasts so long.
    async fn taken(&self, name: &str, seconds: u32) {
        self.qualified(name, "75201").await;
        let provider_leg_id = Some("CA-leg".to_owned());
        let (asked_at, input) = (Some(self.api.platform.now()), Input::Digits("1".to_owned()));
        self.event(name, EventKind::Screened { attempt: 1, asked_at, provider_leg_id, input }).await;
        self.api.pass(i64::from(seconds));
        let status = Some(LegStatus::Ended(EndCause::Completed));
        let report = LegReport { status, duration_seconds: Some(seconds), ..LegReport::default() };
        self.event(name, EventKind::DialEnded { attempt: 1, report }).await;
        self.end(name, seconds + 30).await;
    }

    async fn end(&self, name: &str, seconds: u32) {
        let report = CallReport {
            provider_call_id: name.to_owned(),
            ended: true,
            cause: Some(EndCause::Completed),
            occurred_at: None,
            duration_seconds: Some(seconds),
        };
        self.event(name, EventKind::CallProgress(report)).await;
    }

    async fn roll_up(&self) {
        let platform = &self.api.platform;
        let mut place = rollup::checkpoint(platform).await.expect("a place");
        loop {
            let next = rollup::consume(platform, &place).await.expect("a change");
            if next == place {
                return;
            }
            place = next;
        }
    }
}

async fn rates(api: &Api, agency: &Agency) {
    let rates = json!({"rates": {"inbound_per_minute": "0.01", "outbound_per_minute": "0.014"}});
    api.patch(&format!("/v1/connections/{}", agency.connection), rates).await.expect_status(200);
}

#[tokio::test]
async fn a_converted_call_is_shown_with_its_leg_its_decision_and_what_it_earned() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    rates(&api, &agency).await;
    let provider = Provider::of(&api, &agency);
    provider.taken("CA1", 90).await;
    provider.roll_up().await;
    let calls = api.get("/v1/calls").await.expect_status(200);
    let call = calls["data"][0].clone();
    assert_eq!(calls, json!({"data": [call], "next_cursor": null}));
    assert_eq!(call, api.get(&format!("/v1/calls/{}", text(&call["id"]))).await.expect_status(200));
    let expected = json!({
        "provider_call_id": "CA1", "state": "ended", "disposition": "converted", "caller": "+12145550123",
        "number": "+18005550111", "tags": {"injured": "yes", "zip": "75201"}, "duration_seconds": 120,
        "campaign_id": agency.campaign, "publisher_id": agency.publisher, "number_id": agency.number,
        "connection_id": agency.connection, "arrived_at": "2026-11-20T16:00:00Z", "ended_at": "2026-11-20T16:01:30Z",
        "revenue": "45.00", "payout": "20.00", "telephony_cost": "0.048", "profit": "24.952",
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&call[name], value, "{name}");
    }
    let leg = &call["legs"][0];
    assert_eq!(
        (&leg["outcome"], &leg["connected_seconds"], &leg["converted"]),
        (&json!("connected"), &json!(90), &json!(true))
    );
    assert_eq!((&leg["price"], &leg["target_id"]), (&json!("45.00"), &json!(agency.target)));
    let candidate = &call["decision"]["candidates"][0];
    assert_eq!(candidate["outcome"], "connected");
    let reason = json!({"code": "converted", "connected_seconds": 90, "billable_after_seconds": 90});
    assert_eq!((&candidate["target_id"], &candidate["reason"]), (&json!(agency.target), &reason));
}

/// A list of entries, read page by page.
async fn in_pages(api: &Api, path: &str, limit: usize) -> Vec<Value> {
    let mut all = Vec::new();
    let mut page = api.get(path).await.expect_status(200);
    loop {
        let entries = page["entries"].as_array().expect("a list").clone();
        assert!(entries.len() <= limit, "{page}");
        assert!(!entries.is_empty(), "no cursor leads to nothing: {page}");
        all.extend(entries);
        let Some(cursor) = page["next_cursor"].as_str() else { return all };
        page = api.get(&format!("{path}&cursor={cursor}")).await.expect_status(200);
    }
}

#[tokio::test]
async fn the_ledger_has_balanced_entries_and_the_report_their_sum() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    rates(&api, &agency).await;
    let provider = Provider::of(&api, &agency);
    provider.taken("CA1", 90).await;
    provider.taken("CA2", 89).await;
    provider.roll_up().await;
    let ledger = api.get("/v1/ledger").await.expect_status(200);
    let entries = ledger["entries"].as_array().expect("a list").clone();
    assert_eq!(entries.len(), 6, "revenue and payout of one call, telephony of both legs of two: {ledger}");
    for entry in &entries {
        let amounts: Vec<&str> = entry["postings"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|posting| text(&posting["amount"]))
            .collect();
        assert_eq!(amounts, [text(&entry["amount"]).to_owned(), format!("-{}", text(&entry["amount"]))]);
    }
    let first = CallId::of_provider_call(agency.connection.parse().expect("an id"), "CA1");
    let of_one = api.get(&format!("/v1/ledger?call_id={first}")).await.expect_status(200);
    let of_one: Vec<&Value> = of_one["entries"].as_array().expect("a list").iter().collect();
    assert_eq!(of_one.len(), 4);
    assert!(of_one.iter().all(|entry| entries.contains(entry)));
    for limit in [1, 2, 3, 5] {
        assert_eq!(
            in_pages(&api, &format!("/v1/ledger?limit={limit}"), limit).await,
            entries,
            "{limit} at once"
        );
        let path = format!("/v1/ledger?call_id={first}&limit={limit}");
        assert_eq!(in_pages(&api, &path, limit).await.iter().collect::<Vec<_>>(), of_one, "{limit} at once");
    }
    for (group, key) in [
        ("campaign", agency.campaign.as_str()),
        ("publisher", &agency.publisher),
        ("buyer", &agency.buyer),
        ("number", &agency.number),
        ("hour", "2026-11-20T16:00:00Z"),
    ] {
        let path =
            format!("/v1/reports/pnl?group_by={group}&from=2026-11-20T16:30:00Z&to=2026-11-20T16:59:00Z");
        let report = api.get(&path).await.expect_status(200);
        let row = report["rows"][0].clone();
        assert_eq!(
            (text(&row["key"]), &row["calls"], &row["connected"]),
            (key, &json!(2), &json!(2)),
            "{report}"
        );
        assert_eq!((&row["converted"], &row["abandoned"]), (&json!(1), &json!(0)));
        assert_eq!((&row["revenue"], &row["payout"]), (&json!("45.00"), &json!("20.00")));
        assert_eq!((&row["connected_rate"], &row["queued"]), (&json!(1.0), &json!(0)));
        for of_waiting in [
            "abandonment_rate",
            "answered_within_rate",
            "average_wait_seconds",
            "longest_wait_seconds",
            "average_estimate_error_seconds",
        ] {
            assert_eq!(row[of_waiting], Value::Null, "nobody has waited: {row}");
        }
        assert_eq!(report["rows"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            (&report["from"], &report["to"]),
            (&json!("2026-11-20T16:00:00Z"), &json!("2026-11-20T17:00:00Z"))
        );
        let mut total = row;
        total.as_object_mut().expect("an object").remove("key");
        assert_eq!(report["total"], total, "{group}");
    }
    let earlier = api.get("/v1/reports/pnl?to=2026-11-20T16:00:00Z").await.expect_status(200);
    assert_eq!(earlier["rows"], json!([]));
}

#[tokio::test]
async fn sums_that_were_lost_are_rebuilt_on_request_for_whoever_they_are_of() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let provider = Provider::of(&api, &agency);
    provider.taken("CA1", 90).await;
    provider.roll_up().await;
    let report = async || api.get("/v1/reports/pnl").await.expect_status(200)["rows"].clone();
    let before = report().await;
    let account = api.account().await;
    let hour: Timestamp = "2026-11-20T16:00:00Z".parse().expect("a time");
    let campaign = Row { dimension: Dimension::Campaign, hour, key: agency.campaign.clone() };
    let lost = Write::Delete { key: tally::key(account, &campaign), condition: None };
    api.store.write(vec![lost]).await.expect("a write");
    assert_eq!(report().await, json!([]));
    let asked = json!({"from": "2026-11-20T16:30:00Z", "to": "2026-11-20T17:30:00Z"});
    let other = api.other_account().await;
    let rebuilt = other.post("/v1/reports/pnl/rebuild", asked.clone()).await.expect_status(200);
    assert_eq!((&rebuilt["corrected"], report().await), (&json!(0), json!([])), "nothing crosses accounts");
    let rebuilt = api.post("/v1/reports/pnl/rebuild", asked.clone()).await.expect_status(200);
    assert_eq!(
        (&rebuilt["from"], &rebuilt["to"]),
        (&json!("2026-11-20T16:00:00Z"), &json!("2026-11-20T18:00:00Z"))
    );
    assert_eq!((&rebuilt["corrected"], &rebuilt["hours_left"]), (&json!(1), &json!([])));
    let difference = &rebuilt["differences"][0];
    assert_eq!(
        (&difference["group_by"], &difference["key"], &difference["hour"]),
        (&json!("campaign"), &json!(agency.campaign), &json!("2026-11-20T16:00:00Z"))
    );
    assert_eq!(
        (&difference["was"]["profit"], &difference["is"]["profit"]),
        (&json!("0.00"), &json!("25.00"))
    );
    assert_eq!(report().await, before);
    let again = api.post("/v1/reports/pnl/rebuild", asked).await.expect_status(200);
    assert_eq!((&again["corrected"], &again["differences"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn each_candidate_that_was_passed_over_has_its_reason_and_its_figures() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let provider = Provider::of(&api, &agency);
    provider.qualified("CA1", "10001").await;
    let id = CallId::of_provider_call(provider.connection, "CA1");
    let call = api.get(&format!("/v1/calls/{id}")).await.expect_status(200);
    let candidate = &call["decision"]["candidates"][0];
    assert_eq!(candidate["outcome"], "passed_over");
    assert_eq!(
        candidate["reason"],
        json!({"code": "filter_failed", "field": "caller.state", "op": "in", "fact": "known"})
    );
    assert_eq!((&call["state"], &call["disposition"]), (&json!("qualifying"), &json!("no_target")));
}

#[tokio::test]
async fn a_call_is_shown_with_what_is_known_of_the_caller_and_who_says_so() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let provider = Provider::of(&api, &agency);
    let arrival = Arrival {
        provider_call_id: "CA1".to_owned(),
        caller: CallerNumber::from_presented("+12085550123"),
        dialled: "+18005550111".parse().expect("a number"),
        caller_facts: CallerFacts {
            state: Some("ID".to_owned()),
            line_type: Some(LineType::Mobile),
            ..CallerFacts::default()
        },
    };
    provider.event("CA1", EventKind::Arrived(arrival)).await;
    let id = CallId::of_provider_call(provider.connection, "CA1");
    let known = |value: &str, source: &str| json!({"values": [value], "source": source});
    let call = api.get(&format!("/v1/calls/{id}")).await.expect_status(200);
    assert_eq!(
        call["caller_facts"],
        json!({"country": known("US", "provider"), "state": known("ID", "provider"), "zip": null, "county": null,
               "city": null, "line_type": known("mobile", "provider"),
               "zones": {"values": ["America/Denver", "America/Los_Angeles"], "source": "number"}})
    );
    provider.gather("CA1", "injured", "1").await;
    provider.gather("CA1", "zip", "75201").await;
    let call = api.get(&format!("/v1/calls/{id}")).await.expect_status(200);
    assert_eq!(
        call["caller_facts"],
        json!({"country": known("US", "stated"), "state": known("TX", "stated"), "zip": known("75201", "stated"),
               "county": known("Dallas", "stated"), "city": known("Dallas", "stated"),
               "line_type": known("mobile", "provider"), "zones": known("America/Chicago", "stated")})
    );
    assert_eq!(call["decision"]["candidates"][0]["outcome"], "offered");
}

#[tokio::test]
async fn calls_are_listed_by_campaign_and_time() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let other = api.create("campaigns", super::kit::campaign(&agency.target)).await;
    let provider = Provider::of(&api, &agency);
    for name in ["CA1", "CA2", "CA3"] {
        provider.taken(name, 90).await;
    }
    provider.roll_up().await;
    let names = |calls: &Value| -> Vec<String> {
        let data = calls["data"].as_array().expect("a list");
        data.iter().map(|call| text(&call["provider_call_id"]).to_owned()).collect()
    };
    for (query, expected) in [
        (String::new(), &["CA3", "CA2", "CA1"][..]),
        (format!("?campaign_id={}", agency.campaign), &["CA3", "CA2", "CA1"]),
        (format!("?campaign_id={other}"), &[]),
        ("?from=2026-11-20T16:01:00Z".to_owned(), &["CA3", "CA2"]),
        ("?from=2026-11-20T16:01:00Z&to=2026-11-20T16:03:00Z".to_owned(), &["CA2"]),
        ("?from=-009999-01-02T01:59:59Z&to=9999-12-30T22:00:00Z".to_owned(), &["CA3", "CA2", "CA1"]),
        ("?to=2020-01-01T00:00:00Z".to_owned(), &[]),
    ] {
        let calls = api.get(&format!("/v1/calls{query}")).await.expect_status(200);
        assert_eq!(names(&calls), expected, "{query}");
    }
    let path = format!("/v1/calls?limit=2&campaign_id={}", agency.campaign);
    let page = api.get(&path).await.expect_status(200);
    assert_eq!(names(&page), ["CA3", "CA2"]);
    let next = api.get(&format!("{path}&cursor={}", text(&page["next_cursor"]))).await.expect_status(200);
    assert_eq!((names(&next), &next["next_cursor"]), (vec!["CA1".to_owned()], &Value::Null));
    let _: Timestamp = text(&next["data"][0]["arrived_at"]).parse().expect("a time");
}

#[tokio::test]
async fn a_duplicate_names_the_call_before_and_the_ledger_says_why_its_publisher_is_not_paid() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let rule = json!({"duplicates": {"within_days": 30, "action": "original_buyer", "pay_publisher": false}});
    api.patch(&format!("/v1/campaigns/{}", agency.campaign), rule).await.expect_status(200);
    let provider = Provider::of(&api, &agency);
    provider.taken("CA1", 90).await;
    let simulation = json!({"number": "+18005550111", "caller": caller_of("CA1").to_string(),
                            "tags": {"injured": "yes", "state": "TX"}});
    let simulated = api.post("/v1/simulations/route", simulation).await.expect_status(200);
    provider.taken("CA1-again", 90).await;
    provider.roll_up().await;
    let [first, second] =
        ["CA1", "CA1-again"].map(|name| CallId::of_provider_call(provider.connection, name));
    let call = api.get(&format!("/v1/calls/{second}")).await.expect_status(200);
    assert_eq!((&call["duplicate_of"], &call["payout"]), (&json!(first), &json!("0.00")));
    assert_eq!((&call["revenue"], &simulated["duplicate_of"]), (&json!("45.00"), &json!(first)));
    let entries = in_pages(&api, &format!("/v1/ledger?call_id={second}"), 100).await;
    let payouts: Vec<_> = entries.iter().filter(|entry| entry["kind"] == "payout").collect();
    assert_eq!((payouts.len(), &payouts[0]["amount"]), (1, &json!("0.00")));
    assert_eq!(payouts[0]["unpaid_duplicate_of"], json!(first));
    let revenue = entries.iter().find(|entry| entry["kind"] == "revenue").expect("an entry");
    assert_eq!(revenue.get("unpaid_duplicate_of"), None);
}
