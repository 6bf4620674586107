//! The relay's HTTP commands (`ringfall_control::command`).

mod leg;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use http::{Method, StatusCode};
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use ringfall_control::{
    calls::CallState,
    command::{CALLS_PATH, ModifyCall, PlaceCall, Placed, Refusal, call_path},
    limits::{MOST_BODY_BYTES, MOST_GREETING_SECONDS, MOST_RING_SECONDS},
    order,
    signature::{CONNECTION_HEADER, SIGNATURE_HEADER, Signed, sign_by_each},
    text::{HttpUrl, Id},
    write,
};
use ringfall_domain::{
    call::{
        MOST_CALL_SECONDS,
        instructions::{Continuation, Instruction},
    },
    ids::{CallId, ConnectionId},
};
use serde::de::DeserializeOwned;

use super::{credentials::RelayCredentials, render::orders};
use crate::{
    callback::Callbacks,
    carrier::{Carrier, CarrierError, LegOnProvider, LegQuery, NewCall},
    rest::{Answer, Repeat, RestClient},
};

/// For what lies between a reservation and its call, and for clocks that differ.
const MARGIN_SECONDS: i64 = 15 * 60;

/// The outbound half of a relay's connection.
#[derive(Debug, Clone)]
pub struct RelayCarrier {
    rest: RestClient,
    credentials: RelayCredentials,
    connection: ConnectionId,
}

impl RelayCarrier {
    /// The outbound half for one connection.
    pub const fn new(rest: RestClient, credentials: RelayCredentials, connection: ConnectionId) -> Self {
        Self { rest, credentials, connection }
    }

    /// Sends a command. The path that is signed is the relay's own: a proxy before it may put one in front.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: String,
        repeat: Repeat,
    ) -> Result<Answer, CarrierError> {
        let Some(base) = self.credentials.api_base_url() else {
            let reason = "the connection names no `credentials.api_base_url`, and no relay runs here";
            return Err(CarrierError::Unavailable(reason.to_owned()));
        };
        let signed = Signed::Request { method: method.as_str(), path, body: body.as_bytes() };
        let now = Timestamp::now();
        let signature = sign_by_each(self.credentials.secrets(now), signed, now.as_second());
        let request = self.rest.http()?.request(method, format!("{base}{path}"));
        let request = request
            .header(SIGNATURE_HEADER, signature)
            .header(CONNECTION_HEADER, self.connection.to_string());
        let request = if body.is_empty() {
            request
        } else {
            request.header(CONTENT_TYPE, "application/json").body(body)
        };
        self.rest.send(request, repeat).await
    }

    /// The caller's call tells of all its legs, those that are over too.
    async fn look_for(&self, query: &LegQuery) -> Result<LegOnProvider, CarrierError> {
        let Ok(id) = query.provider_call_id.parse::<Id>() else { return Ok(LegOnProvider::NoSuchLeg) };
        let answer = self.ask(Method::GET, &call_path(&id), String::new(), Repeat::Freely).await?;
        match answer.status {
            StatusCode::OK => {
                let call: CallState = read(&answer)?;
                Ok(leg::find(&call, query).map_or(LegOnProvider::NoSuchLeg, LegOnProvider::Known))
            }
            StatusCode::NOT_FOUND => Ok(LegOnProvider::NoSuchLeg),
            _ => Err(refusal(&answer)),
        }
    }

    /// Changes a live call. False if it is over or unknown, as every call is whose id the relay would never give out.
    async fn change(
        &self,
        provider_call_id: &str,
        change: &ModifyCall,
        repeat: Repeat,
    ) -> Result<bool, CarrierError> {
        let Ok(id) = provider_call_id.parse::<Id>() else { return Ok(false) };
        let body = write(change);
        if body.len() > MOST_BODY_BYTES {
            return Err(CarrierError::Refused(format!(
                "the instructions take more than {MOST_BODY_BYTES} bytes"
            )));
        }
        let answer = self.ask(Method::POST, &call_path(&id), body, repeat).await?;
        match answer.status {
            status if status.is_success() => Ok(true),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(false),
            _ => Err(refusal(&answer)),
        }
    }
}

#[async_trait]
impl Carrier for RelayCarrier {
    /// A leg of which no relay tells is over once it has had all its time. A relay keeps to that by itself, whether it can be asked or not, and one that
    /// is gone, or has lost its data, holds nobody's slot for ever.
    async fn fetch_leg(&self, query: &LegQuery) -> Result<LegOnProvider, CarrierError> {
        match self.look_for(query).await {
            Err(error) if is_long_over(query.reserved_at, Timestamp::now()) => {
                tracing::warn!(call = query.provider_call_id, %error, "a leg has had all its time: it is over");
                Ok(LegOnProvider::NoSuchLeg)
            }
            found => found,
        }
    }

    async fn end_call(&self, provider_id: &str) -> Result<(), CarrierError> {
        let Ok(id) = provider_id.parse::<Id>() else { return Ok(()) };
        let answer = self.ask(Method::DELETE, &call_path(&id), String::new(), Repeat::Freely).await?;
        match answer.status {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(()),
            _ => Err(refusal(&answer)),
        }
    }

    /// Orders that dial are not sent again after a time-out: the relay may have begun, and a second dial would cut off the first.
    async fn modify_call(
        &self,
        provider_call_id: &str,
        instructions: &[Instruction],
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<bool, CarrierError> {
        let dials = instructions.iter().any(|instruction| matches!(instruction, Instruction::Connect(_)));
        let repeat = if dials { Repeat::OnlyIfNotTaken } else { Repeat::Freely };
        let change = ModifyCall::Instructions(orders(instructions, call, callbacks).instructions);
        self.change(provider_call_id, &change, repeat).await
    }

    async fn redirect(
        &self,
        provider_call_id: &str,
        then: &Continuation,
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<bool, CarrierError> {
        let change = ModifyCall::Continue(url(callbacks, call, then)?);
        self.change(provider_call_id, &change, Repeat::OnlyIfNotTaken).await
    }

    async fn place_call(
        &self,
        new: &NewCall,
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<String, CarrierError> {
        let place = place(new, call, callbacks)?;
        let answer = self.ask(Method::POST, CALLS_PATH, write(&place), Repeat::OnlyIfNotTaken).await?;
        if !answer.status.is_success() {
            return Err(refusal(&answer));
        }
        let Placed { call_id } = read(&answer)?;
        Ok(call_id.to_string())
    }
}

fn place(new: &NewCall, call: CallId, callbacks: &Callbacks) -> Result<PlaceCall, CarrierError> {
    let number = |text: &str| {
        text.parse().map_err(|_| CarrierError::Refused(format!("{text} is no number that the relay dials")))
    };
    Ok(PlaceCall {
        to: order::Destination::PhoneNumber(number(new.to.as_str())?),
        from: number(new.from.as_str())?,
        ring_timeout_seconds: new.ring_timeout_seconds.clamp(1, MOST_RING_SECONDS),
        most_seconds: None,
        answered: url(callbacks, call, &new.answered)?,
        progress: url(callbacks, call, &new.progress)?,
    })
}

fn url(callbacks: &Callbacks, call: CallId, then: &Continuation) -> Result<HttpUrl, CarrierError> {
    let too_long = |_| CarrierError::Refused("the public base URL is too long for the relay".to_owned());
    callbacks.url(call, then).parse().map_err(too_long)
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, CarrierError> {
    ringfall_control::read(&answer.body, usize::MAX)
        .map_err(|error| CarrierError::Unavailable(format!("the answer cannot be read: {error}")))
}

/// Whether a leg that was to be rung then must be over, whatever became of its relay: the order that dials says how long it may ring and then talk,
/// and the relay keeps to that, and to its own limit of what lies between, whatever its trunk allows.
fn is_long_over(reserved_at: Timestamp, now: Timestamp) -> bool {
    let longest = MOST_RING_SECONDS + MOST_GREETING_SECONDS + MOST_CALL_SECONDS;
    now.duration_since(reserved_at).as_secs() > i64::from(longest) + MARGIN_SECONDS
}

/// With what the relay says of it, as far as that is short. Another relay than the one that has the call knows nothing of it.
fn refusal(answer: &Answer) -> CarrierError {
    let told = ringfall_control::read::<Refusal>(&answer.body, MOST_BODY_BYTES).ok();
    let detail = told.map_or_else(String::new, |refusal| {
        format!(": {}", refusal.detail.chars().take(256).collect::<String>())
    });
    let reason = format!("status {}{detail}", answer.status);
    match answer.status {
        StatusCode::MISDIRECTED_REQUEST => CarrierError::Unavailable(reason),
        _ => CarrierError::Refused(reason),
    }
}
