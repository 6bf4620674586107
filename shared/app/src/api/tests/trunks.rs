//! Connections of our own media relay, and what relays are told of them.

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body_util::BodyExt;
use ringfall_providers::{
    WebhookEvent, WebhookRequest,
    relay::{
        limits::MOST_TRUNK_LIST_BYTES,
        read,
        signature::{SIGNATURE_HEADER, Signed, sign},
        text::Secret,
        trunk::{TRUNKS_PATH, TrunkList},
        write,
    },
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::kit::{Agency, Api, Reply, number, text};
use crate::relays::{RelaySecrets, router};

const SECRET: &str = "a-connections-own-secret";
const RELAY_SECRET: &str = "the-relays-secret-of-this-deployment";

fn trunk(members: &Value) -> Value {
    let mut trunk = json!({"allow": ["127.0.0.1/32"]});
    trunk.as_object_mut().expect("an object").extend(members.as_object().expect("members").clone());
    json!({"provider": "relay", "trunk": trunk})
}

fn secret(text: &str) -> Secret {
    text.parse().expect("a secret")
}

/// What a relay that knows `by` is answered, with its status and its tag.
async fn asked(api: &Api, by: &str, tag: Option<&str>) -> (u16, String, Vec<u8>) {
    let signed = Signed::Request { method: "GET", path: TRUNKS_PATH, body: b"" };
    let signature = sign(&secret(by), signed, api.platform.now().as_second());
    let request = Request::get(TRUNKS_PATH).header(SIGNATURE_HEADER, signature);
    let request = tag.into_iter().fold(request, |request, tag| request.header(header::IF_NONE_MATCH, tag));
    let secrets = RelaySecrets::new(["an-older-secret-of-the-relay", RELAY_SECRET].map(secret));
    let router = router(std::sync::Arc::clone(&api.platform), secrets);
    let reply = router.oneshot(request.body(Body::empty()).expect("a request")).await.expect("a reply");
    let tag = reply.headers().get(header::ETAG).map(|tag| tag.to_str().expect("a text").to_owned());
    let status = reply.status().as_u16();
    let body = reply.into_body().collect().await.expect("a body").to_bytes();
    (status, tag.unwrap_or_default(), body.to_vec())
}

async fn told(api: &Api) -> TrunkList {
    let (status, _, body) = asked(api, RELAY_SECRET, None).await;
    assert_eq!(status, 200);
    read(&body, MOST_TRUNK_LIST_BYTES).expect("a list")
}

fn message(reply: &Reply) -> &str {
    text(&reply.body["errors"][0]["message"])
}

#[tokio::test]
async fn a_secret_is_made_up_and_shown_in_that_one_reply() {
    let api = Api::new().await;
    let created = api.post("/v1/connections", trunk(&json!({}))).await.expect_status(201);
    let made = text(&created["credentials"]["secret"]).to_owned();
    assert_eq!(made.len(), 64, "{made}");
    let id = text(&created["id"]);
    let path = format!("/v1/connections/{id}");
    let base = format!("http://127.0.0.1:8080/webhooks/{id}");
    let urls = json!({"voice": format!("{base}/voice"), "status": format!("{base}/status")});
    assert_eq!(created["webhook_urls"], urls);
    let expected = json!({"allow": ["127.0.0.1/32"], "most_calls": 1000, "most_calls_per_second": 100, "most_seconds": 14400,
                          "allowed_prefixes": ["+1"], "srtp": "optional"});
    let patched = api.patch(&path, json!({"name": "Carrier"})).await.expect_status(200);
    let replaced = api.put(&path, trunk(&json!({}))).await.expect_status(200);
    for shown in [patched, replaced, api.get(&path).await.expect_status(200)] {
        assert_eq!((&shown["trunk"], &shown["credentials"]), (&expected, &json!({})), "{shown}");
    }
    assert_eq!(write(&told(&api).await.trunks[0].secret), format!("\"{made}\""), "it is kept");
    let anew = api.patch(&path, json!({"credentials": {"secret": null}})).await.expect_status(200);
    let new = text(&anew["credentials"]["secret"]);
    assert_ne!(new, made);
    assert_eq!(write(&told(&api).await.trunks[0].secret), format!("\"{new}\""));
}

/// Whether a notice that is signed by a secret now is believed.
async fn is_believed(api: &Api, id: &str, by: &str) -> bool {
    let (body, now) = (b"{}", api.platform.now());
    let signature = sign(&secret(by), Signed::Notice { body }, now.as_second());
    let headers = HeaderMap::from_iter([(
        HeaderName::from_static(SIGNATURE_HEADER),
        HeaderValue::from_str(&signature).expect("a header"),
    )]);
    let request = WebhookRequest {
        event: WebhookEvent::Voice,
        method: &http::Method::POST,
        url: "http://127.0.0.1:8080",
        headers: &headers,
        body,
        arrived_at: now,
    };
    let connection = api.platform.connection(id.parse().expect("an id")).await.expect("it opens");
    connection.expect("there is one").provider.verify(&request).is_ok()
}

#[tokio::test]
async fn what_a_secret_was_is_good_for_another_hour_and_neither_shown_nor_given() {
    const NEW: &str = "another-secret-of-the-trunk";
    let api = Api::new().await;
    let mut document = trunk(&json!({}));
    document["credentials"] = json!({ "secret": SECRET });
    let id = api.create("connections", document.clone()).await;
    let path = format!("/v1/connections/{id}");
    assert!(is_believed(&api, &id, SECRET).await && !is_believed(&api, &id, NEW).await);
    let patched = api.patch(&path, json!({"credentials": {"secret": NEW}})).await.expect_status(200);
    let is_told = async || {
        let told = told(&api).await.trunks.remove(0);
        assert_eq!(told.secret, secret(NEW));
        told.previous_secret == Some(secret(SECRET))
    };
    api.pass(3_598);
    // Other changes, and the same secret again, leave it good for as long as it was.
    document["credentials"] = json!({ "secret": NEW });
    let replaced = api.put(&path, document.clone()).await.expect_status(200);
    document["credentials"] = json!({});
    let again = api.put(&path, document).await.expect_status(200);
    let named = api.patch(&path, json!({"name": "Carrier"})).await.expect_status(200);
    for shown in [patched, replaced, again, named, api.get(&path).await.expect_status(200)] {
        assert_eq!(shown["credentials"], json!({}), "{shown}");
    }
    api.pass(1);
    assert!(is_told().await);
    assert!(is_believed(&api, &id, SECRET).await && is_believed(&api, &id, NEW).await);
    api.pass(1);
    assert!(!is_told().await);
    assert!(!is_believed(&api, &id, SECRET).await && is_believed(&api, &id, NEW).await);
    let given =
        json!({"credentials": {"previous_secret": {"secret": SECRET, "good_until": "2100-01-01T00:00:00Z"}}});
    let reply = api.patch(&path, given).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["credentials.previous_secret"]), "{}", reply.body);
}

#[tokio::test]
async fn a_secret_that_is_changed_twice_is_no_longer_good() {
    let api = Api::new().await;
    let mut document = trunk(&json!({}));
    document["credentials"] = json!({ "secret": SECRET });
    let id = api.create("connections", document).await;
    let path = format!("/v1/connections/{id}");
    for _ in 0..2 {
        api.patch(&path, json!({"credentials": {"secret": null}})).await.expect_status(200);
    }
    assert!(!is_believed(&api, &id, SECRET).await);
}

#[tokio::test]
async fn a_trunk_whose_relay_is_nowhere_is_refused_with_what_to_name() {
    let api = Api::without_a_relay().await;
    let reply = api.post("/v1/connections", trunk(&json!({}))).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["credentials.api_base_url"]), "{}", reply.body);
    assert!(message(&reply).contains("such as http://relay.internal:8061"), "{}", reply.body);
    let mut document = trunk(&json!({}));
    document["credentials"] = json!({"api_base_url": "http://127.0.0.1:8061"});
    api.post("/v1/connections", document).await.expect_status(201);
    let reply = api.post("/v1/connections", json!({"provider": "relay"})).await;
    assert!(message(&reply).contains(r#"such as {"allow": ["192.0.2.0/24"]}"#), "{}", reply.body);
}

#[tokio::test]
async fn a_repeated_request_is_answered_without_the_secret() {
    let api = Api::new().await;
    let send = async || {
        let request = api.request("POST", "/v1/connections").header(header::CONTENT_TYPE, "application/json");
        let request =
            request.header("Idempotency-Key", "one").body(Body::from(trunk(&json!({})).to_string()));
        api.send(request.expect("a request")).await.expect_status(201)
    };
    let (first, again) = (send().await, send().await);
    assert_eq!(first["id"], again["id"]);
    assert!(first["credentials"]["secret"].is_string(), "{first}");
    assert_eq!(again["credentials"], json!({}));
}

#[tokio::test]
async fn a_secret_of_ones_own_and_passwords_are_never_shown() {
    let api = Api::new().await;
    let mut document = trunk(&json!({"digest": {"username": "carrier", "password": "open-sesame"}}));
    document["credentials"] = json!({"secret": SECRET, "api_base_url": "http://127.0.0.1:8090"});
    let created = api.post("/v1/connections", document).await.expect_status(201);
    assert_eq!(created["credentials"], json!({"api_base_url": "http://127.0.0.1:8090"}));
    assert_eq!(created["trunk"]["digest"], json!({"username": "carrier"}));
    assert!(!created.to_string().contains("sesame"), "{created}");
    let told = &told(&api).await.trunks[0];
    assert_eq!(write(&told.secret), format!("\"{SECRET}\""));
    assert!(write(&told.rules).contains("open-sesame"));
}

#[tokio::test]
async fn what_is_wrong_with_a_trunk_is_named_by_its_field() {
    let api = Api::new().await;
    let many: Vec<String> = (0..257).map(|n| format!("192.0.{}.{}", n / 256, n % 256)).collect();
    for (members, field, says) in [
        (json!({"allow": []}), "trunk.allow", "expected 1 to 256 items"),
        (json!({ "allow": many }), "trunk.allow", "expected 1 to 256 items"),
        (
            json!({"allow": ["192.0.2.0/24", "192.0.2.1/24"]}),
            "trunk.allow[1]",
            "a network such as 192.0.2.0/24",
        ),
        (json!({"allow": ["carrier.example.com"]}), "trunk.allow[0]", "a network such as 192.0.2.0/24"),
        (json!({"allow": "192.0.2.0/24"}), "trunk.allow", "a sequence"),
        (json!({"allow": ["10.0.0.0/8", "0.0.0.0/0"]}), "trunk.allow[1]", "set `trunk.digest`"),
        (json!({"allow": ["::/0"]}), "trunk.allow[0]", "set `trunk.digest`"),
        (json!({"digest": {"username": "a"}}), "trunk.digest.password", "missing field"),
        (
            json!({"digest": {"username": "a b", "password": "c"}}),
            "trunk.digest.username",
            "printable characters",
        ),
        (json!({"outbound": "carrier.example.com"}), "trunk.outbound", "a SIP URI such as"),
        (json!({"most_calls": 0}), "trunk.most_calls", "a whole number from 1 to 100000"),
        (json!({"most_calls": -1}), "trunk.most_calls", "invalid value"),
        (
            json!({"most_calls_per_second": 10_001}),
            "trunk.most_calls_per_second",
            "a whole number from 1 to 10000",
        ),
        (json!({"most_seconds": 86_401}), "trunk.most_seconds", "a whole number from 1 to 86400"),
        (json!({"allowed_prefixes": ["+1", "44"]}), "trunk.allowed_prefixes[1]", "expected"),
        (json!({"fallback": {"phone_number": "911"}}), "trunk.fallback.phone_number", "E.164"),
        (
            json!({"fallback": {"phone_number": "+12145550199"}}),
            "trunk.fallback.phone_number",
            "`trunk.outbound`",
        ),
        (
            json!({"fallback": {"phone_number": "+442071838750"}, "outbound": "sip:127.0.0.1"}),
            "trunk.fallback.phone_number",
            "none of `trunk.allowed_prefixes` allows +442071838750",
        ),
        (json!({"srtp": "maybe"}), "trunk.srtp", "unknown variant"),
        (json!({"colour": "red"}), "trunk.colour", "unknown field"),
    ] {
        let reply = api.post("/v1/connections", trunk(&members)).await;
        assert_eq!((reply.status, reply.fields()), (422, vec![field]), "{members}: {}", reply.body);
        assert!(message(&reply).contains(says), "{members}: {}", reply.body);
    }
    for (credentials, field) in [
        (json!({"secret": "short"}), "credentials.secret"),
        (json!({"auth_token": "x"}), "credentials.auth_token"),
        (json!({"api_base_url": "ftp://relay"}), "credentials.api_base_url"),
        (json!({"signature_key": null}), "credentials.signature_key"),
        (Value::Null, "credentials"),
    ] {
        let mut document = trunk(&json!({}));
        document["credentials"] = credentials;
        let reply = api.post("/v1/connections", document).await;
        assert_eq!((reply.status, reply.fields()), (422, vec![field]), "{}", reply.body);
    }
    for (document, field) in [
        (json!({"provider": "relay"}), "trunk"),
        (json!({"provider": "twilio", "credentials": {"account_sid": "AC1"}}), "credentials.auth_token"),
    ] {
        let reply = api.post("/v1/connections", document).await;
        assert_eq!((reply.status, reply.fields()), (422, vec![field]), "{}", reply.body);
    }
    let mixed =
        json!({"provider": "twilio", "trunk": {"allow": ["127.0.0.1"]}, "credentials": {"secret": SECRET}});
    let reply = api.post("/v1/connections", mixed).await;
    let told = std::collections::BTreeSet::from_iter(reply.fields());
    let all = ["trunk", "credentials.secret", "credentials.account_sid", "credentials.auth_token"];
    assert_eq!((reply.status, told), (422, all.into()), "{}", reply.body);
}

#[tokio::test]
async fn an_open_trunk_is_taken_where_callers_sign_in() {
    let api = Api::new().await;
    let digest = json!({"username": "carrier", "password": "open-sesame"});
    let open = trunk(&json!({"allow": ["0.0.0.0/0", "::/0"], "digest": digest}));
    let created = api.post("/v1/connections", open).await.expect_status(201);
    let path = format!("/v1/connections/{}", text(&created["id"]));
    let opened = api.patch(&path, json!({"trunk": {"digest": null}})).await;
    assert_eq!((opened.status, opened.fields()), (422, vec!["trunk.allow[0]"]));
}

#[tokio::test]
async fn addresses_in_private_networks_are_refused_in_production() {
    let api = Api::with_private_addresses(false).await;
    for (members, credentials, field) in [
        (json!({}), json!({"api_base_url": "http://10.0.0.1:8090"}), "credentials.api_base_url"),
        (json!({"outbound": "sip:10.0.0.1"}), json!({}), "trunk.outbound"),
        (json!({"fallback": {"sip_uri": "sip:desk@localhost"}}), json!({}), "trunk.fallback.sip_uri"),
    ] {
        let mut document = trunk(&members);
        document["credentials"] = credentials;
        let reply = api.post("/v1/connections", document).await;
        assert_eq!((reply.status, reply.fields()), (422, vec![field]), "{}", reply.body);
    }
    api.post("/v1/connections", trunk(&json!({"outbound": "sip:carrier.example.com"})))
        .await
        .expect_status(201);
}

#[tokio::test]
async fn a_connection_stays_with_its_provider() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let reply = api.put(&format!("/v1/connections/{}", agency.connection), trunk(&json!({}))).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["provider"]));
    assert_eq!(told(&api).await.trunks, []);
}

#[tokio::test]
async fn relays_are_told_every_accounts_trunks_with_their_numbers() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let other = api.other_account().await;
    let mine = api.create("connections", trunk(&json!({"most_calls": 7}))).await;
    let theirs = other.create("connections", trunk(&json!({}))).await;
    let mut document = number(&mine, &agency.campaign, &agency.publisher);
    let moved = api.create("numbers", document.clone()).await;
    let list = told(&api).await;
    let ids: Vec<String> = list.trunks.iter().map(|trunk| trunk.connection.to_string()).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&mine) && ids.contains(&theirs), "{ids:?}");
    let trunk_of = |list: &TrunkList, id: &str| {
        let found = list.trunks.iter().find(|trunk| trunk.connection.as_str() == id);
        found.cloned().unwrap_or_else(|| panic!("no {id}"))
    };
    let own = trunk_of(&list, &mine);
    assert_eq!((own.rules.most_calls, own.numbers.len()), (7, 1));
    assert_eq!(own.numbers[0].as_str(), text(&document["phone_number"]));
    assert_eq!(own.voice_url.as_str(), format!("http://127.0.0.1:8080/webhooks/{mine}/voice"));
    assert_eq!(own.status_url.as_str(), format!("http://127.0.0.1:8080/webhooks/{mine}/status"));
    assert_eq!(trunk_of(&list, &theirs).numbers, []);

    let path = format!("/v1/numbers/{moved}");
    document["phone_number"] = json!("+18005550177");
    api.put(&path, document.clone()).await.expect_status(200);
    let numbers = trunk_of(&told(&api).await, &mine).numbers;
    assert_eq!(numbers.iter().map(ToString::to_string).collect::<Vec<_>>(), ["+18005550177"]);
    document["connection_id"] = json!(agency.connection);
    api.put(&path, document).await.expect_status(200);
    assert_eq!(trunk_of(&told(&api).await, &mine).numbers, []);

    api.patch(&format!("/v1/connections/{mine}"), json!({"trunk": {"most_calls": 8}}))
        .await
        .expect_status(200);
    assert_eq!(trunk_of(&told(&api).await, &mine).rules.most_calls, 8);
    api.delete(&format!("/v1/connections/{mine}")).await.expect_status(200);
    let left = told(&api).await.trunks;
    assert_eq!(left.iter().map(|trunk| trunk.connection.to_string()).collect::<Vec<_>>(), [theirs]);
}

#[tokio::test]
async fn a_number_that_is_archived_is_no_longer_reached() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let mine = api.create("connections", trunk(&json!({}))).await;
    let added = api.create("numbers", number(&mine, &agency.campaign, &agency.publisher)).await;
    assert_eq!(told(&api).await.trunks[0].numbers.len(), 1);
    api.delete(&format!("/v1/numbers/{added}")).await.expect_status(200);
    assert_eq!(told(&api).await.trunks[0].numbers, []);
}

#[tokio::test]
async fn a_list_is_sent_once_for_each_change_and_only_to_relays() {
    let api = Api::new().await;
    let (status, empty, _) = asked(&api, RELAY_SECRET, None).await;
    assert_eq!(status, 200);
    api.create("connections", trunk(&json!({}))).await;
    let (status, tag, body) = asked(&api, RELAY_SECRET, Some(&empty)).await;
    assert_eq!(status, 200);
    assert!(!body.is_empty() && tag != empty);
    for known in [tag.clone(), format!("{empty}, W/{tag}")] {
        let (status, again, body) = asked(&api, "an-older-secret-of-the-relay", Some(&known)).await;
        assert_eq!((status, again, body.len()), (304, tag.clone(), 0));
    }
    for by in [SECRET, "another-secret-than-the-relays"] {
        let (status, tag, body) = asked(&api, by, None).await;
        assert_eq!((status, tag.as_str()), (401, ""));
        assert!(!String::from_utf8_lossy(&body).contains("trunks"));
    }
    let unsigned = Request::get(TRUNKS_PATH).body(Body::empty()).expect("a request");
    let nobody = router(std::sync::Arc::clone(&api.platform), RelaySecrets::default());
    assert_eq!(nobody.oneshot(unsigned).await.expect("a reply").status(), 404);
}
