//! An API with one account, and the documents of the contract's example.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use ringfall_domain::ids::AccountId;
use ringfall_store::{engines::memory::MemoryStore, protocols::accounts::first_account};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    api::{ensure_first_account, router},
    clock::Clock,
    connection::RealProviders,
    fixtures::{Counting, keys},
    platform::{Platform, Ports, Settings},
};

pub(super) const ADMIN_KEY: &str = "an admin key of more than 32 characters";

/// A clock that stands until it is moved. It begins on a Friday at 10 in Chicago.
pub(super) struct Standing(AtomicI64);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("a time")
    }
}

pub(super) struct Api {
    pub(super) router: Router,
    pub(super) platform: Arc<Platform>,
    pub(super) store: MemoryStore,
    pub(super) key: String,
    clock: Arc<Standing>,
}

/// A reply that was seen to be in order.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Api {
    pub(super) async fn new() -> Self {
        Self::with_private_addresses(true).await
    }

    pub(super) async fn with_private_addresses(allowed: bool) -> Self {
        let relay = "http://127.0.0.1:1".parse().expect("a URL");
        let providers = RealProviders::new(allowed).expect("a client");
        Self::with(providers.with_own_relay(&relay).expect("a client"), allowed).await
    }

    /// One beside which no relay runs.
    pub(super) async fn without_a_relay() -> Self {
        Self::with(RealProviders::new(true).expect("a client"), true).await
    }

    async fn with(providers: RealProviders, allowed: bool) -> Self {
        let store = MemoryStore::new();
        let shared = Arc::new(store.clone());
        let start: Timestamp = "2026-11-20T16:00:00Z".parse().expect("a time");
        let clock = Arc::new(Standing(AtomicI64::new(start.as_second())));
        let platform = Arc::new(Platform::new(
            Ports {
                table: Arc::clone(&shared) as _,
                messages: Arc::clone(&shared) as _,
                feed: Arc::clone(&shared) as _,
                survey: shared,
            },
            Arc::clone(&clock) as _,
            Arc::new(Counting::default()),
            Arc::new(providers),
            keys(),
            Settings {
                public_url: "http://127.0.0.1:8080".parse().expect("a URL"),
                cache_time: Duration::from_secs(3_600),
                private_addresses_allowed: allowed,
            },
        ));
        ensure_first_account(&platform, Some(ADMIN_KEY)).await.expect("a first account");
        Self { router: router(Arc::clone(&platform)), platform, store, key: ADMIN_KEY.to_owned(), clock }
    }

    /// The same API, asked with another key.
    pub(super) fn signed_in_with(&self, key: &str) -> Self {
        Self {
            router: self.router.clone(),
            platform: Arc::clone(&self.platform),
            store: self.store.clone(),
            key: key.to_owned(),
            clock: Arc::clone(&self.clock),
        }
    }

    /// Another account of the same platform.
    pub(super) async fn other_account(&self) -> Self {
        let opened = self.post("/v1/accounts", json!({"name": "Second agency"})).await.expect_status(201);
        self.signed_in_with(text(&opened["key"]["secret"]))
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) async fn account(&self) -> AccountId {
        first_account(&self.store).await.expect("a read").expect("a first account").account
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        let asked = format!("{} {}", request.method(), request.uri());
        let response = self.router.clone().oneshot(request).await.expect("a router never fails");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let is_json = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.to_str().is_ok_and(|value| value.ends_with("json")));
        let body = match is_json {
            true => serde_json::from_slice(&bytes).expect("JSON"),
            false => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        let reply = Reply { status: parts.status.as_u16(), headers: parts.headers, body };
        reply.check(&asked);
        reply
    }

    pub(super) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
    }

    pub(super) async fn with_body(&self, method: &str, path: &str, bytes: impl Into<Body>) -> Reply {
        let request = self.request(method, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.header(header::IF_MATCH, "*").body(bytes.into()).expect("a request")).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path).body(Body::empty()).expect("a request")).await
    }

    pub(super) async fn post(&self, path: &str, document: Value) -> Reply {
        self.with_body("POST", path, document.to_string()).await
    }

    pub(super) async fn put(&self, path: &str, document: Value) -> Reply {
        self.with_body("PUT", path, document.to_string()).await
    }

    pub(super) async fn patch(&self, path: &str, patch: Value) -> Reply {
        self.with_body("PATCH", path, patch.to_string()).await
    }

    pub(super) async fn delete(&self, path: &str) -> Reply {
        self.send(self.request("DELETE", path).body(Body::empty()).expect("a request")).await
    }

    /// Creates something, and returns its id.
    pub(super) async fn create(&self, kind: &str, document: Value) -> String {
        let created = self.post(&format!("/v1/{kind}"), document).await.expect_status(201);
        text(&created["id"]).to_owned()
    }
}

impl Reply {
    /// What holds of every reply: it has its id, it is no fault of ours, and every refusal has its one form.
    fn check(&self, asked: &str) {
        let request_id = self.headers.get("x-request-id").map(|id| id.to_str().expect("a text"));
        if asked.contains("/v1") {
            assert!(request_id.is_some_and(|id| id.starts_with("req_")), "{asked}: {self:?}");
        }
        assert!(self.status < 500, "{asked}: {self:?}");
        if self.status >= 400 {
            let content_type = &self.headers[header::CONTENT_TYPE];
            assert_eq!(content_type, "application/problem+json", "{asked}: {self:?}");
            assert_eq!(self.body["status"], self.status, "{asked}");
            assert_eq!(self.body["request_id"].as_str(), request_id, "{asked}");
            for member in ["type", "title", "detail"] {
                assert!(self.body[member].is_string(), "{asked}: {self:?}");
            }
        }
    }

    pub(super) fn expect_status(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The fields that a refusal names.
    pub(super) fn fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| text(&error["field"])).collect()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a text"))
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// An agency that is set up by the contract's example, word for word.
pub(super) struct Agency {
    pub(super) connection: String,
    pub(super) publisher: String,
    pub(super) buyer: String,
    pub(super) target: String,
    pub(super) campaign: String,
    pub(super) number: String,
}

impl Agency {
    pub(super) async fn set_up(api: &Api) -> Self {
        let connection = api.create("connections", connection()).await;
        let publisher = api.create("publishers", json!({"name": "Radio One"})).await;
        let buyer = api.create("buyers", buyer()).await;
        let target = api.create("targets", target(&buyer)).await;
        let campaign = api.create("campaigns", campaign(&target)).await;
        let number = api.create("numbers", number(&connection, &campaign, &publisher)).await;
        Self { connection, publisher, buyer, target, campaign, number }
    }

    /// The documents of everything, with where they can be replaced.
    pub(super) fn documents(&self) -> Vec<(String, Value)> {
        vec![
            (format!("/v1/connections/{}", self.connection), connection()),
            (format!("/v1/publishers/{}", self.publisher), json!({"name": "Radio One"})),
            (format!("/v1/buyers/{}", self.buyer), buyer()),
            (format!("/v1/targets/{}", self.target), target(&self.buyer)),
            (format!("/v1/campaigns/{}", self.campaign), campaign(&self.target)),
            (
                format!("/v1/numbers/{}", self.number),
                number(&self.connection, &self.campaign, &self.publisher),
            ),
        ]
    }
}

pub(super) fn connection() -> Value {
    json!({"provider": "twilio", "credentials": {"account_sid": "AC0123", "auth_token": "open-sesame",
           "api_base_url": "http://127.0.0.1:9999"}})
}

pub(super) fn buyer() -> Value {
    json!({"name": "Lone Star Law", "time_zone": "America/Chicago", "caps": {"concurrency": 3, "daily": 50},
           "budget": "5000.00"})
}

pub(super) fn target(buyer: &str) -> Value {
    json!({"buyer_id": buyer, "name": "Intake desk", "destination": {"phone_number": "+12145550100"},
           "price": "45.00", "caps": {"concurrency": 2}, "ring_timeout_seconds": 20, "screening": {"press": "1"},
           "hours": {"time_zone": "America/Chicago",
                     "open": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}],
                     "closed_dates": ["2026-12-25"]},
           "filter": {"all": [{"field": "caller.state", "op": "in", "value": ["TX", "OK"]},
                              {"field": "tags.injured", "op": "eq", "value": "yes"}]}})
}

pub(super) fn campaign(target: &str) -> Value {
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
           "routing": {"tiers": [{"method": "waterfall",
                                  "targets": [{"target_id": target, "priority": 1, "weight": 1}]}]},
           "conversion": {"minimum_seconds": 90}, "payout": {"kind": "fixed", "amount": "20.00"},
           "duplicates": {"within_days": 30, "action": "reject"}, "fallback_number": "+12145550199"})
}

pub(super) fn number(connection: &str, campaign: &str, publisher: &str) -> Value {
    json!({"phone_number": "+18005550111", "connection_id": connection, "campaign_id": campaign,
           "publisher_id": publisher})
}
