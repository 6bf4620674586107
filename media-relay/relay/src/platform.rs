//! The platform as the relay sees it: asked what to do, and told what happened.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::{Client, StatusCode, redirect::Policy};
use ringfall_control::{
    Notice, Order, Orders, Trunk,
    limits::MOST_BODY_BYTES,
    read,
    signature::{SIGNATURE_HEADER, Signed, sign_by_each},
    text::HttpUrl,
    write,
};
use tokio::{
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use crate::{call::Unanswered, metrics::Metrics, trunks::Trunks};

/// How many notices wait to be heard; one more is lost.
const MOST_TOLD: usize = 20_000;

/// How many are told at once.
const MOST_AT_ONCE: usize = 64;

/// How long one attempt at telling may take.
const TELLING: Duration = Duration::from_secs(10);

/// Until when a notice is repeated.
const TOLD_FOR: Duration = Duration::from_secs(3_600);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The pause before a question is asked once more, if the platform was not there at all.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// The platform.
#[derive(Debug, Clone)]
pub(crate) struct Platform(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    deadline: Duration,
    metrics: Metrics,
    trunks: watch::Receiver<Arc<Trunks>>,
    places: Semaphore,
    waiting: AtomicUsize,
}

impl Platform {
    /// Questions are answered within `deadline`, or not at all. `trunks`: those that are known now.
    pub(crate) fn new(
        deadline: Duration,
        metrics: Metrics,
        trunks: watch::Receiver<Arc<Trunks>>,
    ) -> Result<Self, reqwest::Error> {
        // By HTTP/2 all questions would go over one connection, and wait with it where it is dead and nobody says so.
        let client = Client::builder()
            .http1_only()
            .redirect(Policy::none())
            .connect_timeout(deadline)
            .pool_idle_timeout(Duration::from_secs(55))
            .tcp_nodelay(true)
            .build()?;
        let places = Semaphore::new(MOST_AT_ONCE);
        Ok(Self(Arc::new(Inner { client, deadline, metrics, trunks, places, waiting: AtomicUsize::new(0) })))
    }

    /// Asks what to do. A platform that is not there, or starts just now, is asked again until the deadline.
    pub(crate) async fn ask(
        &self,
        trunk: &Trunk,
        url: &HttpUrl,
        notice: &Notice,
    ) -> Result<Vec<Order>, Unanswered> {
        let (body, began) = (write(notice), Instant::now());
        let asking = async {
            loop {
                match self.post(trunk, url, body.clone()).await {
                    Posted::Answered(answer) => return Ok(answer),
                    Posted::NotThere => sleep(ASK_AGAIN).await,
                    Posted::Refused(reason) => return Err(reason),
                }
            }
        };
        let answered = match timeout(self.0.deadline, asking).await {
            Ok(Ok(answer)) if answer.is_empty() => Ok(Vec::new()),
            Ok(Ok(answer)) => read::<Orders>(&answer, MOST_BODY_BYTES)
                .map(|orders| orders.instructions)
                .map_err(|error| error.to_string()),
            Ok(Err(reason)) => Err(reason),
            Err(_) => Err("no answer in time".to_owned()),
        };
        self.0.metrics.webhook(began.elapsed().as_secs_f64(), answered.is_ok());
        answered.map_err(|reason| {
            tracing::warn!(call = %notice.call_id, %url, reason, "the platform does not answer");
            Unanswered
        })
    }

    /// Tells until it is heard, for an hour at the most.
    pub(crate) async fn tell(&self, trunk: &Trunk, url: &HttpUrl, notice: &Notice) {
        if self.0.waiting.fetch_add(1, Ordering::Relaxed) < MOST_TOLD {
            self.tell_until_heard(trunk, url, notice).await;
        } else {
            self.lose(url, notice, "too many notices wait");
        }
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    async fn tell_until_heard(&self, trunk: &Trunk, url: &HttpUrl, notice: &Notice) {
        let (body, began, mut pause) = (write(notice), Instant::now(), Duration::from_secs(1));
        loop {
            let posted = {
                let Ok(_place) = self.0.places.acquire().await else { return };
                timeout(TELLING, self.post(trunk, url, body.clone())).await
            };
            match posted {
                Ok(Posted::Answered(_)) => return,
                Ok(Posted::Refused(reason)) if is_for_good(&reason) => {
                    return self.lose(url, notice, &reason);
                }
                _ if began.elapsed() > TOLD_FOR => return self.lose(url, notice, "nobody heard it"),
                _ => {}
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// How many notices wait to be heard.
    pub(crate) fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    fn lose(&self, url: &HttpUrl, notice: &Notice, reason: &str) {
        tracing::error!(call = %notice.call_id, %url, reason, "a notice is lost");
        self.0.metrics.notice_lost();
    }

    async fn post(&self, trunk: &Trunk, url: &HttpUrl, body: String) -> Posted {
        let signed = Signed::Notice { body: body.as_bytes() };
        // A call keeps its trunk as it was when the call came, but what it signs with may have been changed since.
        let known = self.0.trunks.borrow().of(&trunk.connection).cloned();
        let secrets = known.as_deref().unwrap_or(trunk).secrets();
        let signature = sign_by_each(secrets, signed, Timestamp::now().as_second());
        let request = self.0.client.post(url.as_str()).header(SIGNATURE_HEADER, signature);
        let sent = request.header("content-type", "application/json").body(body).send().await;
        let mut response = match sent {
            Ok(response) => response,
            Err(_) => return Posted::NotThere,
        };
        match response.status() {
            StatusCode::OK | StatusCode::NO_CONTENT | StatusCode::ACCEPTED => {}
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                return Posted::NotThere;
            }
            other => return Posted::Refused(format!("it answers {}", other.as_u16())),
        }
        let mut answer = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if answer.len() + chunk.len() <= MOST_BODY_BYTES => {
                    answer.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => return Posted::Refused("its answer is too large".to_owned()),
                Ok(None) => return Posted::Answered(answer),
                Err(_) => return Posted::NotThere,
            }
        }
    }
}

/// What came of one attempt.
#[derive(Debug)]
enum Posted {
    /// The body, empty where there is none.
    Answered(Vec<u8>),
    /// It could not be reached, or something before it could not reach it.
    NotThere,
    /// It does not want this.
    Refused(String),
}

/// Whether no repetition will help: what is told is not what the platform takes.
fn is_for_good(reason: &str) -> bool {
    ["400", "404", "405", "410", "413", "422"].iter().any(|status| reason.ends_with(status))
}

#[cfg(test)]
mod tests;
