//! A function's program with Lambda's runtime API beside it, which brings one event after the other.

use std::{
    fs::{self, File},
    path::Path,
    process::{Child, Command},
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp};
use tempfile::NamedTempFile;
use tokio::{
    net::TcpListener,
    sync::{Mutex as Turn, mpsc, oneshot},
    task::JoinHandle,
};

/// How long one event may take.
const ALLOWED: SignedDuration = SignedDuration::from_secs(600);
const INVOCATION: &str = "/2018-06-01/runtime/invocation";

/// A function that waits for events; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Running {
    process: Child,
    server: JoinHandle<()>,
    events: mpsc::Sender<Event>,
    log: NamedTempFile,
}

type Answer = Result<Vec<u8>, String>;

/// An event, and whom its answer is told.
struct Event(String, oneshot::Sender<Answer>);

impl Running {
    /// Starts what `command` makes of the runtime API's address.
    pub(super) async fn start(command: impl FnOnce(std::net::SocketAddr) -> Command) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut command = command(listener.local_addr()?);
        let (events, receiver) = mpsc::channel(1);
        let runtime = Arc::new(Runtime { events: Turn::new(receiver), asks: Mutex::new(None) });
        let router = Router::new()
            .route(&format!("{INVOCATION}/next"), get(next))
            .route(&format!("{INVOCATION}/{{id}}/response"), post(done))
            .route(&format!("{INVOCATION}/{{id}}/error"), post(failed))
            .with_state(runtime);
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("an accepting server never ends");
        });
        let log = NamedTempFile::new()?;
        let process = command.stderr(File::create(log.path())?).spawn().context("the function starts")?;
        Ok(Self { process, server, events, log })
    }

    /// What the function answers to an event.
    ///
    /// # Errors
    /// It has failed, or is gone.
    pub(super) async fn invoke(&self, event: String) -> Result<Vec<u8>> {
        let (sender, answer) = oneshot::channel();
        self.events.send(Event(event, sender)).await.context("the runtime API is gone")?;
        let patience = ALLOWED.unsigned_abs();
        let answer = tokio::time::timeout(patience, answer).await.context("no answer comes")??;
        answer.map_err(|reason| anyhow!("the function failed: {reason}"))
    }

    /// How long it has had a processor. It has one thread.
    pub(super) fn computed(&self) -> Result<Duration> {
        let path = Path::new("/proc").join(self.process.id().to_string()).join("schedstat");
        let text = fs::read_to_string(path)?;
        let nanoseconds = text.split(' ').next().context("it begins with the time that it ran")?;
        Ok(Duration::from_nanos(nanoseconds.parse()?))
    }

    /// How many bytes it has logged.
    pub(super) fn logged_bytes(&self) -> Result<u64> {
        Ok(self.log.as_file().metadata()?.len())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
        // A process that is gone already is as it should be.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

struct Runtime {
    events: Turn<mpsc::Receiver<Event>>,
    asks: Mutex<Option<oneshot::Sender<Answer>>>,
}

impl Runtime {
    fn answered(&self, answer: Answer) -> StatusCode {
        let asks = self.asks.lock().expect("no holder of the lock panics").take();
        // Whoever asked may have lost patience.
        let _told = asks.map(|asks| asks.send(answer));
        StatusCode::ACCEPTED
    }
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let event = runtime.events.lock().await.recv().await;
    let Some(Event(event, asks)) = event else { return StatusCode::GONE.into_response() };
    *runtime.asks.lock().expect("no holder of the lock panics") = Some(asks);
    let deadline = (Timestamp::now() + ALLOWED).as_millisecond();
    let headers = [
        ("lambda-runtime-aws-request-id", "8f507cfc-xmpl-4697-b07a-ac58fc914c95".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
        ),
    ];
    (headers, event).into_response()
}

async fn done(State(runtime): State<Arc<Runtime>>, answer: Bytes) -> StatusCode {
    runtime.answered(Ok(answer.to_vec()))
}

async fn failed(State(runtime): State<Arc<Runtime>>, reason: Bytes) -> StatusCode {
    runtime.answered(Err(String::from_utf8_lossy(&reason).into_owned()))
}
