//! One way to ask any provider's REST API: time-outs, few retries, small answers, no redirects.

#[cfg(test)]
pub(crate) mod kit;
mod late;
mod reach;
mod retry;
#[cfg(test)]
pub(crate) mod server;

use std::time::Duration;

use reqwest::{
    Client, Request, RequestBuilder, Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
    redirect::Policy,
};

pub(crate) use self::late::LateClient;
pub use self::reach::Reach;
use self::retry::Failure;
pub(crate) use self::retry::{Patience, Repeat};
use crate::carrier::CarrierError;

/// The largest answer that is read.
const MOST_ANSWER_BYTES: usize = 256 * 1024;

/// The HTTP client for all providers' REST APIs, with one pool of connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RestClient {
    /// Straight to the address.
    direct: LateClient,
    /// Through the system's proxy, where there is one.
    proxied: LateClient,
    reach: Reach,
    patience: Patience,
}

/// What a provider answered. Never a 5xx or a 429: those are failures.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The body, at most 256 KiB.
    pub(crate) body: Vec<u8>,
}

impl RestClient {
    /// A client that gives up connecting after 2 s and a try after 5 s, and tries three times.
    pub fn new(reach: Reach) -> Self {
        Self::with_patience(reach, Patience::default())
    }

    /// A client with other time-outs.
    pub(crate) fn with_patience(reach: Reach, patience: Patience) -> Self {
        // By HTTP/2 all requests to a provider would go over one connection, and wait with it where it is dead and nobody says so.
        let settings = move || {
            Client::builder()
                .http1_only()
                .connect_timeout(patience.connect_timeout)
                .timeout(patience.try_timeout)
                .redirect(Policy::none())
        };
        let direct = LateClient::new(move || reach.direct(settings()));
        Self { direct, proxied: LateClient::new(settings), reach, patience }
    }

    /// Makes what is otherwise made when it is first needed.
    ///
    /// # Errors
    /// The machine's TLS settings cannot be read.
    pub fn prepare(&self) -> Result<(), CarrierError> {
        self.direct.get().and(self.proxied.get()).map(drop)
    }

    /// The client to build requests with. [`Self::send`] chooses the one that sends them.
    pub(crate) fn http(&self) -> Result<&Client, CarrierError> {
        self.direct.get()
    }

    /// Sends a request, again where that helps and cannot harm.
    ///
    /// # Errors
    /// `Unavailable` once the tries are used up, `Refused` if the request itself cannot be made.
    pub(crate) async fn send(&self, request: RequestBuilder, repeat: Repeat) -> Result<Answer, CarrierError> {
        let request = request.build().map_err(unsendable)?;
        if self.reach.refuses(request.url()) {
            let reason = "the API's address is not on the public internet".to_owned();
            return Err(CarrierError::Refused(reason));
        }
        let http = if self.reach.may_use_proxy(request.url()) { &self.proxied } else { &self.direct };
        let http = http.get()?;
        let mut tries = 1;
        loop {
            let once = request.try_clone().expect("the body is in memory, so it can be copied");
            let failure = match try_once(http, once).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if tries >= self.patience.most_tries || !repeat.allows(&failure) {
                return Err(CarrierError::Unavailable(failure.into_reason()));
            }
            let pause = self.patience.pause(tries, &failure, request.url().as_str());
            tracing::debug!(%failure, tries, ?pause, "a provider's API failed, trying again");
            tokio::time::sleep(pause).await;
            tries += 1;
        }
    }
}

async fn try_once(http: &Client, request: Request) -> Result<Answer, Failure> {
    let response = http.execute(request).await.map_err(failure_of)?;
    let status = response.status();
    let retry_after = retry_after(response.headers());
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            Err(Failure::NotTaken { reason: format!("status {status}"), retry_after })
        }
        _ if status.is_server_error() => {
            Err(Failure::Uncertain { reason: format!("status {status}"), retry_after })
        }
        _ => Ok(Answer { status, body: read_bounded(response).await? }),
    }
}

async fn read_bounded(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure_of)? {
        if body.len() + chunk.len() > MOST_ANSWER_BYTES {
            return Err(Failure::Lasting {
                reason: format!("an answer of more than {MOST_ANSWER_BYTES} bytes"),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Only seconds are understood: the other form is a date, and its sender's clock is unknown.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn failure_of(error: reqwest::Error) -> Failure {
    let connected = !error.is_connect();
    let reason = if error.is_timeout() { "time-out".to_owned() } else { error.without_url().to_string() };
    if connected {
        Failure::Uncertain { reason, retry_after: None }
    } else {
        Failure::NotTaken { reason, retry_after: None }
    }
}

fn unsendable(error: reqwest::Error) -> CarrierError {
    CarrierError::Refused(format!("the request cannot be sent: {}", error.without_url()))
}
