//! A network between a program and an AWS that refuses, loses and repeats: what the SDK meets on a bad day, and a local AWS never shows.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Result;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::ministack::MiniStack;

/// The largest request and answer: DynamoDB's are 16 MB.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// AWS refuses: too many requests.
    Throttled,
    /// DynamoDB refuses: another transaction has the item.
    Conflict,
    /// It never arrives.
    RequestLost,
    /// It is carried out, and nobody is told: a time-out after the commit.
    AnswerLost,
    /// The answer holds everything twice: records of a stream, messages of a queue.
    Doubled,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Throttled, Self::Conflict, Self::RequestLost, Self::AnswerLost, Self::Doubled];

    /// Whether it can happen to an operation.
    fn concerns(self, operation: &str) -> bool {
        let reads_many = matches!(operation, "GetRecords" | "ReceiveMessage");
        match self {
            Self::Throttled | Self::RequestLost | Self::AnswerLost => true,
            Self::Conflict => {
                matches!(operation, "TransactWriteItems" | "PutItem" | "UpdateItem" | "DeleteItem")
            }
            Self::Doubled => reads_many,
        }
    }
}

/// The network. It ends when it is dropped, and its AWS with it.
#[derive(Debug)]
pub struct FaultyNetwork {
    url: String,
    line: Arc<Line>,
    server: JoinHandle<()>,
    _aws: Arc<MiniStack>,
}

#[derive(Debug)]
struct Line {
    aws: String,
    http: reqwest::Client,
    per_mille: u64,
    fails: AtomicBool,
    chance: Mutex<Xoshiro256PlusPlus>,
    met: Mutex<BTreeMap<Fault, u64>>,
}

impl FaultyNetwork {
    /// Before a local AWS, on a free port; calm until it is told to fail. So many of a thousand requests go wrong then, which and how by a seed.
    ///
    /// # Errors
    /// There is no free port.
    pub(super) async fn before(aws: Arc<MiniStack>, seed: u64, per_mille: u64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let line = Arc::new(Line {
            aws: aws.url().to_owned(),
            http: reqwest::Client::new(),
            per_mille,
            fails: AtomicBool::new(false),
            chance: Mutex::new(Xoshiro256PlusPlus::seed_from_u64(seed)),
            met: Mutex::default(),
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&line));
        let server = tokio::spawn(async move {
            // It serves until the test drops it.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, line, server, _aws: aws })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Begins or ceases to fail.
    pub fn fail(&self, fails: bool) {
        self.line.fails.store(fails, Ordering::SeqCst);
    }

    /// How often each fault has happened.
    pub fn met(&self) -> BTreeMap<Fault, u64> {
        self.line.met.lock().expect("no holder of the lock panics").clone()
    }
}

impl Drop for FaultyNetwork {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Line {
    fn draw(&self, operation: &str) -> Option<Fault> {
        if !self.fails.load(Ordering::SeqCst) {
            return None;
        }
        let mut chance = self.chance.lock().expect("no holder of the lock panics");
        // Few answers hold anything that can be doubled: every other is.
        if Fault::Doubled.concerns(operation) && chance.random_range(0..2) == 0 {
            return Some(Fault::Doubled);
        }
        if chance.random_range(0..1_000) >= self.per_mille {
            return None;
        }
        let refusals = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Doubled);
        let possible: Vec<Fault> = refusals.filter(|fault| fault.concerns(operation)).collect();
        let fault = possible[chance.random_range(0..possible.len())];
        drop(chance);
        self.meet(fault);
        Some(fault)
    }

    fn meet(&self, fault: Fault) {
        *self.met.lock().expect("no holder of the lock panics").entry(fault).or_default() += 1;
    }

    async fn carry_out(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>)> {
        let request = self.http.request(method, format!("{}{path}", self.aws)).headers(headers).body(body);
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok((status, headers, answer.bytes().await?.to_vec()))
    }
}

async fn pass(State(line): State<Arc<Line>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BYTES).await else { return broken() };
    let target =
        parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let fault = line.draw(&operation);
    match fault {
        Some(Fault::Throttled) if operation.is_empty() => return slow_down(),
        Some(Fault::Throttled) => return refusal("ThrottlingException", json!({})),
        Some(Fault::Conflict) => return conflict(&operation, &body),
        Some(Fault::RequestLost) => return broken(),
        Some(Fault::AnswerLost | Fault::Doubled) | None => {}
    }
    let mut headers = parts.headers;
    // A link into S3 is signed with the host that it names.
    if !operation.is_empty() {
        headers.remove(header::HOST);
    }
    headers.remove(header::CONTENT_LENGTH);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Ok((status, mut headers, mut body)) =
        line.carry_out(parts.method, path, headers, body.to_vec()).await
    else {
        return broken();
    };
    match fault {
        Some(Fault::AnswerLost) => return broken(),
        Some(Fault::Doubled) => {
            if let Some(twice) = doubled(&body) {
                line.meet(Fault::Doubled);
                body = twice;
            }
        }
        _ => {}
    }
    for name in ["content-length", "transfer-encoding", "connection", "x-amz-crc32"] {
        headers.remove(name);
    }
    (status, headers, body).into_response()
}

/// A connection that ends in the middle of the answer.
fn broken() -> Response {
    let cut = stream::iter([Ok("{"), Err(io::Error::other("the line is cut"))]);
    Body::from_stream(cut).into_response()
}

/// As S3 refuses, whose requests name no operation.
fn slow_down() -> Response {
    let body = "<Error><Code>SlowDown</Code><Message>a bad day</Message></Error>";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

fn refusal(code: &str, more: Value) -> Response {
    let mut body =
        json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "a bad day"});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    let content_type = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
    (StatusCode::BAD_REQUEST, content_type, body.to_string()).into_response()
}

fn conflict(operation: &str, request: &[u8]) -> Response {
    if operation != "TransactWriteItems" {
        return refusal("TransactionConflictException", json!({}));
    }
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let items = request["TransactItems"].as_array().map_or(1, Vec::len);
    // One item is in conflict; of the others nothing is said.
    let reasons: Vec<Value> = (0..items)
        .map(|item| if item == 0 { json!({"Code": "TransactionConflict"}) } else { json!({"Code": "None"}) })
        .collect();
    refusal("TransactionCanceledException", json!({"CancellationReasons": reasons}))
}

/// Each entry of an answer twice in a row, and the first once more at the end; none where there is no entry.
fn doubled(answer: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Value = serde_json::from_slice(answer).ok()?;
    let list = ["Records", "Messages"].into_iter().find(|list| answer[*list].is_array())?;
    let entries = answer[list].as_array_mut()?;
    let again = entries.first().cloned()?;
    *entries = entries.iter().flat_map(|entry| [entry.clone(), entry.clone()]).chain([again]).collect();
    Some(answer.to_string().into_bytes())
}
