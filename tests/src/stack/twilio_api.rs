//! A stand-in for Twilio's REST API on loopback: it knows the legs that the test has told it of.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use anyhow::Result;
use axum::{
    Form, Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::get,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// The stand-in; it ends when it is dropped.
#[derive(Debug)]
pub struct TwilioApi {
    url: String,
    calls: Calls,
    orders: Orders,
    placed: Orders,
    server: JoinHandle<()>,
}

type Calls = Arc<Mutex<BTreeMap<String, Value>>>;
type Orders = Arc<Mutex<Vec<(String, Fields)>>>;
type Fields = BTreeMap<String, String>;

impl TwilioApi {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// There is none.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (calls, orders, placed) = (Calls::default(), Orders::default(), Orders::default());
        let router = Router::new()
            .route("/2010-04-01/Accounts/{account}/Calls.json", get(children).post(place))
            .route("/2010-04-01/Accounts/{account}/Calls/{file}", get(call).post(order))
            .with_state((Arc::clone(&calls), Arc::clone(&orders), Arc::clone(&placed)));
        let server = tokio::spawn(async move {
            // It serves until the test drops it.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, calls, orders, placed, server })
    }

    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a call known, or changes what is known of it: a resource with `sid` and `parent_call_sid`.
    pub fn know(&self, resource: Value) {
        let sid = resource["sid"].as_str().unwrap_or_default().to_owned();
        self.calls.lock().expect("no holder of the lock panics").insert(sid, resource);
    }

    /// What was ordered of calls so far: whose, and the form.
    pub fn orders(&self) -> Vec<(String, Fields)> {
        self.orders.lock().expect("no holder of the lock panics").clone()
    }

    /// The calls that were placed so far: their ids, and the form.
    pub fn placed(&self) -> Vec<(String, Fields)> {
        self.placed.lock().expect("no holder of the lock panics").clone()
    }
}

impl Drop for TwilioApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Known = State<(Calls, Orders, Orders)>;

async fn call(
    State((calls, _, _)): Known,
    Path((_, file)): Path<(String, String)>,
) -> (StatusCode, Json<Value>) {
    let calls = calls.lock().expect("no holder of the lock panics");
    match calls.get(file.trim_end_matches(".json")) {
        Some(resource) => (StatusCode::OK, Json(resource.clone())),
        None => (StatusCode::NOT_FOUND, Json(json!({"code": 20404, "status": 404}))),
    }
}

async fn children(State((calls, _, _)): Known, Query(query): Query<Fields>) -> Json<Value> {
    let calls = calls.lock().expect("no holder of the lock panics");
    let parent = query.get("ParentCallSid").map(String::as_str);
    let children: Vec<&Value> =
        calls.values().filter(|resource| resource["parent_call_sid"].as_str() == parent).collect();
    Json(json!({"calls": children, "next_page_uri": null}))
}

async fn place(State((_, _, placed)): Known, Form(form): Form<Fields>) -> (StatusCode, Json<Value>) {
    let mut placed = placed.lock().expect("no holder of the lock panics");
    // No call that comes in has such an id: those count from zero.
    let sid = format!("CA{:032x}", u128::MAX - placed.len() as u128);
    placed.push((sid.clone(), form));
    (StatusCode::CREATED, Json(json!({"sid": sid, "status": "queued"})))
}

async fn order(
    State((_, orders, _)): Known,
    Path((_, file)): Path<(String, String)>,
    Form(form): Form<Fields>,
) -> Json<Value> {
    let sid = file.trim_end_matches(".json").to_owned();
    orders.lock().expect("no holder of the lock panics").push((sid.clone(), form));
    Json(json!({"sid": sid, "status": "completed"}))
}
