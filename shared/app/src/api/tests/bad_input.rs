use axum::body::Body;
use http::header;
use serde_json::{Value, json};

use super::kit::{Agency, Api, buyer, campaign, connection, target};

/// Sets what a path of a document (`caps.daily`, `routing.tiers.0`) leads to.
fn with(mut document: Value, path: &str, value: Value) -> Value {
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer: String =
        parent.split('.').filter(|part| !part.is_empty()).map(|part| format!("/{part}")).collect();
    let place = document.pointer_mut(&pointer).expect("the path leads somewhere");
    match place {
        Value::Array(list) => list[last.parse::<usize>().expect("an index")] = value,
        other => other[last] = value,
    }
    document
}

async fn refused(api: &Api, kind: &str, document: &Value, field: &str) {
    let reply = api.post(&format!("/v1/{kind}"), document.clone()).await;
    assert_eq!((reply.status, reply.fields().first()), (422, Some(&field)), "{document} → {}", reply.body);
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let long = "x".repeat(129);
    let (buyer, target, campaign) = (buyer(), target(&agency.buyer), campaign(&agency.target));
    for (kind, document, path, value, field) in [
        ("publishers", json!({}), "name", json!(5), "name"),
        ("publishers", json!({}), "name", json!(long), "name"),
        ("publishers", json!({}), "name", json!(" "), "name"),
        ("publishers", json!({"name": "a"}), "title", json!("b"), "title"),
        ("buyers", buyer.clone(), "time_zone", json!("America/Dallas"), "time_zone"),
        ("buyers", buyer.clone(), "time_zone", json!("UTC+2"), "time_zone"),
        ("buyers", buyer.clone(), "caps", json!({"concurrency": -1}), "caps.concurrency"),
        ("buyers", buyer.clone(), "caps", json!({"daily": 1_000_001}), "caps.daily"),
        ("buyers", buyer.clone(), "caps", json!({"daily": 1.5}), "caps.daily"),
        ("buyers", buyer.clone(), "caps", json!({"daily": "50"}), "caps.daily"),
        ("buyers", buyer.clone(), "caps", json!({"weekly": 5}), "caps.weekly"),
        ("buyers", buyer.clone(), "caps", json!([]), "caps"),
        ("buyers", buyer.clone(), "budget", json!(5000), "budget"),
        ("buyers", buyer.clone(), "budget", json!(5000.5), "budget"),
        ("buyers", buyer.clone(), "budget", json!("-1.00"), "budget"),
        ("buyers", buyer.clone(), "budget", json!("1e3"), "budget"),
        ("buyers", buyer.clone(), "budget", json!("1000000000000"), "budget"),
        ("buyers", buyer.clone(), "budget", json!("0.00001"), "budget"),
        ("targets", target.clone(), "price", json!(45.00), "price"),
        ("targets", target.clone(), "price", json!("-45.00"), "price"),
        (
            "targets",
            target.clone(),
            "destination",
            json!({"phone_number": "12145550100"}),
            "destination.phone_number",
        ),
        ("targets", target.clone(), "destination", json!({"fax": "+12145550100"}), "destination"),
        ("targets", target.clone(), "destination", json!("+12145550100"), "destination"),
        ("targets", target.clone(), "ring_timeout_seconds", json!(4), "ring_timeout_seconds"),
        ("targets", target.clone(), "ring_timeout_seconds", json!(121), "ring_timeout_seconds"),
        ("targets", target.clone(), "ring_timeout_seconds", json!(u64::MAX), "ring_timeout_seconds"),
        ("targets", target.clone(), "screening.press", json!("12"), "screening.press"),
        ("targets", target.clone(), "hours.time_zone", json!("Nowhere"), "hours.time_zone"),
        ("targets", target.clone(), "hours.open.0.from", json!("25:00"), "hours.open[0].from"),
        ("targets", target.clone(), "hours.open", json!([]), "hours.open"),
        ("targets", target.clone(), "hours.closed_dates.0", json!("2026-02-30"), "hours.closed_dates[0]"),
        ("targets", target.clone(), "filter.all.1.field", json!("tags.Injured!"), "filter.all[1].field"),
        ("targets", target.clone(), "filter.all.0.op", json!("like"), "filter.all[0].op"),
        ("targets", target.clone(), "buyer_id", json!("buy_1"), "buyer_id"),
        ("targets", target.clone(), "buyer_id", json!("tgt_01JD3Q4T7Y8Z9A0B1C2D3E4F5G"), "buyer_id"),
        ("targets", target, "buyer_id", json!("buy_01JD3Q4T7Y8Z9A0B1C2D3E4F5G"), "buyer_id"),
        ("campaigns", campaign.clone(), "flow.nodes.zip.next", json!("nowhere"), "flow.nodes.zip.next"),
        ("campaigns", campaign.clone(), "flow.nodes.zip.digits", json!(33), "flow.nodes.zip.digits"),
        ("campaigns", campaign.clone(), "flow.nodes.zip.tag", json!("Zip Code"), "flow.nodes.zip.tag"),
        ("campaigns", campaign.clone(), "flow.nodes.zip.type", json!("teleport"), "flow.nodes.zip.type"),
        ("campaigns", campaign.clone(), "flow.nodes.zip.colour", json!("red"), "flow.nodes.zip.colour"),
        (
            "campaigns",
            campaign.clone(),
            "flow.nodes.busy",
            json!({"type": "route"}),
            "flow.nodes.busy.otherwise",
        ),
        (
            "campaigns",
            campaign.clone(),
            "flow.nodes.busy",
            json!({"type": "hangup", "digits": 5}),
            "flow.nodes.busy.digits",
        ),
        ("campaigns", campaign.clone(), "flow.start", json!("nowhere"), "flow.start"),
        (
            "campaigns",
            campaign.clone(),
            "routing.tiers.0.method",
            json!("lottery"),
            "routing.tiers[0].method",
        ),
        (
            "campaigns",
            campaign.clone(),
            "routing.tiers.0.targets.0.weight",
            json!(0),
            "routing.tiers[0].targets[0].weight",
        ),
        (
            "campaigns",
            campaign.clone(),
            "routing.tiers.0.targets.0.target_id",
            json!("tgt_01JD3Q4T7Y8Z9A0B1C2D3E4F5G"),
            "routing.tiers[0].targets[0].target_id",
        ),
        (
            "campaigns",
            campaign.clone(),
            "conversion.minimum_seconds",
            json!(-1),
            "conversion.minimum_seconds",
        ),
        ("campaigns", campaign.clone(), "payout.amount", json!(20), "payout.amount"),
        ("campaigns", campaign.clone(), "payout.kind", json!("barter"), "payout.kind"),
        ("campaigns", campaign.clone(), "payout", json!({"kind": "fixed"}), "payout.amount"),
        (
            "campaigns",
            campaign.clone(),
            "queue",
            json!({"max_size": 0, "max_wait_seconds": 5}),
            "queue.max_size",
        ),
        ("campaigns", campaign, "fallback_number", json!("911"), "fallback_number"),
        ("connections", connection(), "provider", json!("carrier_pigeon"), "provider"),
        ("connections", connection(), "credentials.account_sid", json!("SK1"), "credentials.account_sid"),
        ("connections", connection(), "credentials.account_sid", json!(1), "credentials.account_sid"),
        ("connections", connection(), "credentials.auth_token", json!(""), "credentials.auth_token"),
        (
            "connections",
            connection(),
            "credentials.api_base_url",
            json!("ftp://x"),
            "credentials.api_base_url",
        ),
        ("connections", connection(), "credentials.password", json!("x"), "credentials.password"),
        (
            "connections",
            connection(),
            "rates",
            json!({"inbound_per_minute": "-0.01"}),
            "rates.inbound_per_minute",
        ),
        (
            "connections",
            connection(),
            "rates",
            json!({"inbound_per_minute": 0.01}),
            "rates.inbound_per_minute",
        ),
    ] {
        refused(&api, kind, &with(document, path, value), field).await;
    }
}

/// The fields that a refusal names, in alphabetical order.
async fn all_refused(api: &Api, kind: &str, document: Value) -> Vec<String> {
    let reply = api.post(&format!("/v1/{kind}"), document).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
    let mut fields: Vec<String> = reply.fields().into_iter().map(str::to_owned).collect();
    fields.sort();
    fields
}

#[tokio::test]
async fn all_faults_of_a_document_are_told_at_once() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    assert_eq!(all_refused(&api, "buyers", json!({})).await, ["name", "time_zone"]);
    let wrong = json!({"name": 5, "time_zone": "Texas", "caps": {"daily": -1, "weekly": 5}, "budget": 1, "colour": "red",
                       "groups": [{"name": "a"}, {"name": "a", "caps": {"hourly": "x"}}]});
    assert_eq!(
        all_refused(&api, "buyers", wrong).await,
        ["budget", "caps.daily", "caps.weekly", "colour", "groups[1].caps.hourly", "name", "time_zone"]
    );
    let mut wrong = target(&agency.buyer);
    wrong["price"] = json!("-1");
    wrong["ring_timeout_seconds"] = json!(1);
    wrong["hours"] = json!({"time_zone": "UTC", "open": []});
    wrong["filter"] = json!({"field": "caller.colour", "op": "eq", "value": "red"});
    wrong["screening"] = json!({"press": "12", "key": "1"});
    assert_eq!(
        all_refused(&api, "targets", wrong).await,
        ["filter.field", "hours.open", "price", "ring_timeout_seconds", "screening.key", "screening.press"]
    );
    let mut wrong = campaign(&agency.target);
    wrong["flow"]["nodes"]["injured"]["attempts"] = json!(9);
    wrong["flow"]["nodes"]["zip"] = json!({"type": "gather", "tag": "zip"});
    wrong["flow"]["nodes"]["busy"] = json!({"type": "teleport"});
    wrong["routing"]["tiers"][0]["targets"] =
        json!([{"priority": 0}, {"target_id": agency.target, "weight": 0}]);
    wrong["payout"] = json!({"kind": "revenue_share", "percent": "40", "least": "10.00", "most": "9.99"});
    wrong["conversion"] = json!({});
    assert_eq!(
        all_refused(&api, "campaigns", wrong).await,
        [
            "conversion.minimum_seconds",
            "flow.nodes.busy.type",
            "flow.nodes.injured.attempts",
            "flow.nodes.zip.next",
            "flow.nodes.zip.say",
            "payout.least",
            "routing.tiers[0].targets[0].priority",
            "routing.tiers[0].targets[0].target_id",
            "routing.tiers[0].targets[1].weight",
        ]
    );
    let wrong = json!({"provider": "twilio", "credentials": {"account_sid": 5, "password": "x"}});
    assert_eq!(
        all_refused(&api, "connections", wrong).await,
        ["credentials.account_sid", "credentials.auth_token", "credentials.password"]
    );
    let wrong = json!({"name": null, "caps": {"daily": "x"}});
    let reply = api.patch(&format!("/v1/buyers/{}", agency.buyer), wrong).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["caps.daily", "name"]));
}

#[tokio::test]
async fn many_faults_are_told_as_far_as_a_list_can_be_read() {
    let api = Api::new().await;
    let colours = (0..30).map(|n| (format!("colour_{n}"), json!("red"))).collect();
    let reply = api.post("/v1/publishers", Value::Object(colours)).await;
    assert_eq!((reply.status, reply.fields().len()), (422, 20));
    assert_eq!(reply.body["detail"], "20 fields or more are not valid");
}

#[tokio::test]
async fn every_missing_field_is_named() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let needed = [
        ("connections", &["provider", "credentials"][..]),
        ("publishers", &["name"]),
        ("buyers", &["name", "time_zone"]),
        ("targets", &["buyer_id", "name", "destination", "price"]),
        ("campaigns", &["name", "flow", "conversion", "payout"]),
        ("numbers", &["phone_number", "connection_id", "campaign_id", "publisher_id"]),
    ];
    for ((kind, fields), (_, document)) in needed.into_iter().zip(agency.documents()) {
        for field in fields {
            let mut document = document.clone();
            document.as_object_mut().expect("an object").remove(*field).expect("the example has it");
            refused(&api, kind, &document, field).await;
        }
    }
}

#[tokio::test]
async fn names_that_lead_nowhere_are_all_named() {
    let api = Api::new().await;
    let document = json!({"phone_number": "+18005550111", "connection_id": "con_01JD3Q4T7Y8Z9A0B1C2D3E4F5G",
                          "campaign_id": "cmp_01JD3Q4T7Y8Z9A0B1C2D3E4F5G",
                          "publisher_id": "pub_01JD3Q4T7Y8Z9A0B1C2D3E4F5G"});
    let reply = api.post("/v1/numbers", document).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["connection_id", "campaign_id", "publisher_id"]));
}

#[tokio::test]
async fn a_flow_that_goes_in_circles_is_refused() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let circle = with(
        campaign(&agency.target),
        "flow.nodes.busy",
        json!({"type": "say", "say": "Hm.", "next": "zip"}),
    );
    let reply = api.post("/v1/campaigns", circle).await;
    assert_eq!(reply.status, 422);
    assert!(
        reply.fields().iter().all(|field| field.starts_with("flow.nodes.")) && !reply.fields().is_empty()
    );
}

#[tokio::test]
async fn bodies_that_are_no_documents_are_refused() {
    let api = Api::new().await;
    let deep = format!("{{\"name\": {}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let megabyte = format!("{{\"name\": \"{}\"}}", "x".repeat(1_000_000));
    for (bytes, status) in [
        (Vec::new(), 400),
        (b"{".to_vec(), 400),
        (b"{\"name\": \"\xff\xfe\"}".to_vec(), 400),
        (b"name=x".to_vec(), 400),
        (b"{\"name\": \"a\"} {}".to_vec(), 400),
        (b"[]".to_vec(), 422),
        (b"null".to_vec(), 422),
        (b"{\"name\": \"a\", \"name\": \"b\"}".to_vec(), 422),
        (b"{\"name\": \"\\ud800\"}".to_vec(), 400),
        (b"{\"name\": \"a\\u0000b\"}".to_vec(), 422),
        (deep.clone().into_bytes(), 400),
        (megabyte.into_bytes(), 413),
        (vec![b' '; 20 * 1024 * 1024], 413),
    ] {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        let reply = api.with_body("POST", "/v1/publishers", bytes).await;
        assert_eq!(reply.status, status, "{shown}: {}", reply.body);
    }
    let id = api.create("publishers", json!({"name": "a"})).await;
    for (patch, status) in
        [(deep.as_str(), 400), ("5", 422), ("null", 422), ("{\"name\": null}", 422), ("{}", 200)]
    {
        let reply = api.with_body("PATCH", &format!("/v1/publishers/{id}"), patch.to_owned()).await;
        assert_eq!(reply.status, status, "{}", reply.body);
    }
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let api = Api::new().await;
    for (content_type, status) in [
        (Some("application/json"), 201),
        (Some("Application/JSON; charset=utf-8"), 201),
        (Some("application/merge-patch+json"), 201),
        (Some("text/plain"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("application/jsonp"), 415),
        (None, 415),
    ] {
        let mut request = api.request("POST", "/v1/publishers");
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let reply = api.send(request.body(Body::from("{\"name\": \"a\"}")).expect("a request")).await;
        assert_eq!(reply.status, status, "{content_type:?}: {}", reply.body);
    }
}

#[tokio::test]
async fn parameters_that_are_wrong_are_named() {
    let api = Api::new().await;
    for (path, field) in [
        ("/v1/buyers?limit=0", "limit"),
        ("/v1/buyers?limit=101", "limit"),
        ("/v1/buyers?limit=ten", "limit"),
        ("/v1/buyers?limit=1&limit=2", "limit"),
        ("/v1/buyers?archived=maybe", "archived"),
        ("/v1/buyers?cursor=", "cursor"),
        ("/v1/buyers?cursor=abc", "cursor"),
        ("/v1/buyers?page=2", "page"),
        ("/v1/keys?cursor=abc", "cursor"),
        ("/v1/calls?campaign_id=5", "campaign_id"),
        ("/v1/calls?from=yesterday", "from"),
        ("/v1/calls?from=2026-11-20T00:00:00Z&to=2026-11-20T00:00:00Z", "to"),
        ("/v1/ledger?call_id=cmp_01JD3Q4T7Y8Z9A0B1C2D3E4F5G", "call_id"),
        ("/v1/ledger?call_id=cal_01JD3Q4T7Y8Z9A0B1C2D3E4F5G&from=2026-11-20T00:00:00Z", "from"),
        ("/v1/reports/pnl?group_by=moon", "group_by"),
        ("/v1/reports/pnl?from=2020-01-01T00:00:00Z", "from"),
        ("/v1/reports/pnl?from=2027-01-01T00:00:00Z", "from"),
        ("/v1/reports/pnl?to=-009999-01-02T01:59:59Z", "from"),
        ("/v1/reports/pnl?to=9999-12-30T22:00:00.5Z&from=9999-12-30T20:00:00Z", "to"),
    ] {
        let reply = api.get(path).await;
        assert_eq!((reply.status, reply.fields()), (400, vec![field]), "{path}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_dry_run_that_is_wrong_is_named_by_its_field() {
    let api = Api::new().await;
    Agency::set_up(&api).await;
    let question = json!({"number": "+18005550111", "caller": "+12145550123", "tags": {}});
    for (path, value, field) in [
        ("number", json!(5), "number"),
        ("caller", json!("x".repeat(65)), "caller"),
        ("caller", json!("a\u{0}b"), "caller"),
        ("at", json!("soon"), "at"),
        ("at", json!(5), "at"),
        ("tags", json!({"Hostile Tag": "x"}), "tags.Hostile Tag"),
        ("tags", json!({"a": "x".repeat(257)}), "tags.a"),
        ("tags", json!({"a": 5}), "tags.a"),
        ("caller_facts", json!({"shoe_size": "44"}), "caller_facts.shoe_size"),
    ] {
        refused(&api, "simulations/route", &with(question.clone(), path, value), field).await;
    }
    for at in ["-009999-01-02T01:59:59Z", "9999-12-30T22:00:00.999999999Z", "1970-01-01T00:00:00+23:59"] {
        api.post("/v1/simulations/route", with(question.clone(), "at", json!(at))).await.expect_status(200);
    }
    let many: serde_json::Map<String, Value> = (0..65).map(|n| (format!("t{n}"), json!("x"))).collect();
    refused(&api, "simulations/route", &with(question, "tags", many.into()), "tags").await;
}

#[tokio::test]
async fn hours_to_rebuild_that_are_wrong_are_named() {
    let api = Api::new().await;
    for (document, field) in [
        (json!({"from": "2026-11-20T00:00:00Z"}), "to"),
        (json!({"from": "2026-11-20T00:00:00Z", "to": "today"}), "to"),
        (json!({"from": "2026-11-20T00:00:00Z", "to": "2026-11-20T00:00:00Z"}), "from"),
        (json!({"from": "2026-11-21T00:00:00Z", "to": "2026-11-20T00:00:00Z"}), "from"),
        (json!({"from": "2026-10-19T23:59:59Z", "to": "2026-11-20T00:00:00Z"}), "from"),
        (json!({"from": "-009999-01-02T01:59:59Z", "to": "-009999-01-02T02:30:00Z"}), "from"),
        (
            json!({"from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z", "group_by": "hour"}),
            "group_by",
        ),
    ] {
        refused(&api, "reports/pnl/rebuild", &document, field).await;
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_alike() {
    let api = Api::new().await;
    let id = api.create("publishers", json!({"name": "a"})).await;
    for (method, path, status) in [
        ("GET", "/v1/nothing".to_owned(), 404),
        ("GET", "/v1".to_owned(), 404),
        ("GET", format!("/v1/publishers/{id}/more"), 404),
        ("GET", "/v1/publishers/".to_owned(), 404),
        ("GET", "/v1/publishers/pub_1".to_owned(), 404),
        ("GET", format!("/v1/publishers/{}", "x".repeat(5_000)), 404),
        ("GET", "/v1/publishers/%FF%00%0A".to_owned(), 404),
        ("GET", "/v1/calls/x".to_owned(), 404),
        ("GET", "/v1/keys/x".to_owned(), 404),
        ("GET", "/v1/queues/cmp_01JD3Q4T7Y8Z9A0B1C2D3E4F5G".to_owned(), 404),
        ("DELETE", "/v1/publishers".to_owned(), 405),
        ("POST", format!("/v1/publishers/{id}"), 405),
        ("TRACE", "/v1/openapi.json".to_owned(), 405),
    ] {
        let request = api.request(method, &path).body(Body::empty()).expect("a request");
        let reply = api.send(request).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
        assert_eq!(reply.header("allow").is_empty(), status != 405, "{method} {path}");
    }
}

#[tokio::test]
async fn addresses_on_private_networks_are_refused_in_production() {
    let api = Api::with_private_addresses(false).await;
    refused(&api, "connections", &connection(), "credentials.api_base_url").await;
    let public = with(connection(), "credentials.api_base_url", json!("https://api.example.com"));
    api.post("/v1/connections", public).await.expect_status(201);
    let buyer = api.create("buyers", buyer()).await;
    let private = with(target(&buyer), "destination", json!({"sip_uri": "sip:desk@127.0.0.1:5080"}));
    refused(&api, "targets", &private, "destination.sip_uri").await;
}
