//! Twilio's REST API for calls (`/2010-04-01/Accounts/{AC}/Calls`).

mod leg;
mod placing;
mod resource;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use http::StatusCode;
use reqwest::RequestBuilder;
use ringfall_domain::{
    call::instructions::{Continuation, Instruction},
    ids::CallId,
};
use serde::de::DeserializeOwned;

use self::{
    placing::form_of,
    resource::{ApiError, CallPage, CallResource, Placed},
};
use super::{credentials::TwilioCredentials, render::twiml, status::is_sid};
use crate::{
    callback::Callbacks,
    carrier::{Carrier, CarrierError, LegOnProvider, LegQuery, NewCall},
    rest::{Answer, Repeat, RestClient},
};

/// Twilio's limit on a document that is sent instead of fetched.
const MOST_TWIML_CHARACTERS: usize = 4000;
/// Children of one call that are asked for at once: more than a call has attempts, and few enough for one answer.
const LEGS_PER_PAGE: u8 = 100;

/// The outbound half of a Twilio connection.
#[derive(Debug, Clone)]
pub struct TwilioCarrier {
    rest: RestClient,
    credentials: TwilioCredentials,
}

/// What became of an order to change a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Made,
    CallIsOverOrUnknown,
}

impl TwilioCarrier {
    /// The outbound half for one account.
    pub const fn new(rest: RestClient, credentials: TwilioCredentials) -> Self {
        Self { rest, credentials }
    }

    fn calls_url(&self) -> String {
        let (base, account) = (self.credentials.api_base_url(), self.credentials.account_sid());
        format!("{base}/2010-04-01/Accounts/{account}/Calls")
    }

    async fn ask(&self, request: RequestBuilder, repeat: Repeat) -> Result<Answer, CarrierError> {
        let (account, token) = (self.credentials.account_sid(), self.credentials.auth_token());
        self.rest.send(request.basic_auth(account, Some(token.expose())), repeat).await
    }

    async fn leg_by_id(&self, provider_leg_id: &str) -> Result<LegOnProvider, CarrierError> {
        let url = format!("{}/{provider_leg_id}.json", self.calls_url());
        let answer = self.ask(self.rest.http()?.get(url), Repeat::Freely).await?;
        match answer.status {
            StatusCode::OK => read::<CallResource>(&answer)?.into_leg().map(LegOnProvider::Known),
            StatusCode::NOT_FOUND => Ok(LegOnProvider::NoSuchLeg),
            _ => Err(refusal(&answer)),
        }
    }

    async fn leg_among_children(&self, query: &LegQuery) -> Result<LegOnProvider, CarrierError> {
        let parameters =
            [("ParentCallSid", query.provider_call_id.as_str()), ("PageSize", &LEGS_PER_PAGE.to_string())];
        let url = url::Url::parse_with_params(&format!("{}.json", self.calls_url()), parameters)
            .map_err(|error| CarrierError::Refused(format!("the API's address: {error}")))?;
        let answer = self.ask(self.rest.http()?.get(url), Repeat::Freely).await?;
        if answer.status != StatusCode::OK {
            return Err(refusal(&answer));
        }
        let page: CallPage = read(&answer)?;
        let more_are_to_come = page.has_more();
        match leg::closest(page.calls, query) {
            Some(call) => call.into_leg().map(LegOnProvider::Known),
            None if more_are_to_come => {
                Err(CarrierError::Unavailable(format!("the call has more than {LEGS_PER_PAGE} legs")))
            }
            None => Ok(LegOnProvider::NoSuchLeg),
        }
    }

    /// Posts to a call. An id that Twilio would never give out belongs to no call.
    async fn change(
        &self,
        provider_id: &str,
        order: &[(&str, &str)],
        repeat: Repeat,
    ) -> Result<Change, CarrierError> {
        if !is_sid(provider_id) {
            return Ok(Change::CallIsOverOrUnknown);
        }
        let url = format!("{}/{provider_id}.json", self.calls_url());
        let answer = self.ask(self.rest.http()?.post(url).form(order), repeat).await?;
        match answer.status {
            status if status.is_success() => Ok(Change::Made),
            StatusCode::NOT_FOUND => Ok(Change::CallIsOverOrUnknown),
            _ if ApiError::of(&answer).says_the_call_is_over() => Ok(Change::CallIsOverOrUnknown),
            _ => Err(refusal(&answer)),
        }
    }
}

#[async_trait]
impl Carrier for TwilioCarrier {
    async fn fetch_leg(&self, query: &LegQuery) -> Result<LegOnProvider, CarrierError> {
        match &query.provider_leg_id {
            Some(provider_leg_id) if is_sid(provider_leg_id) => self.leg_by_id(provider_leg_id).await,
            Some(_) => Ok(LegOnProvider::NoSuchLeg),
            None => self.leg_among_children(query).await,
        }
    }

    async fn end_call(&self, provider_id: &str) -> Result<(), CarrierError> {
        self.change(provider_id, &[("Status", "completed")], Repeat::Freely).await.map(|_| ())
    }

    /// A document that dials is not sent again after a time-out: Twilio may have begun it, and a second dial would cut off the first
    /// and ring a target whose leg counts as ended.
    async fn modify_call(
        &self,
        provider_call_id: &str,
        instructions: &[Instruction],
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<bool, CarrierError> {
        let document = twiml(instructions, call, callbacks);
        if document.chars().count() > MOST_TWIML_CHARACTERS {
            return Err(CarrierError::Refused(format!(
                "the instructions take more than {MOST_TWIML_CHARACTERS} characters"
            )));
        }
        let dials = instructions.iter().any(|instruction| matches!(instruction, Instruction::Connect(_)));
        let repeat = if dials { Repeat::OnlyIfNotTaken } else { Repeat::Freely };
        let change = self.change(provider_call_id, &[("Twiml", &document)], repeat).await?;
        Ok(change == Change::Made)
    }

    async fn redirect(
        &self,
        provider_call_id: &str,
        then: &Continuation,
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<bool, CarrierError> {
        let url = callbacks.url(call, then);
        let order = [("Url", url.as_str()), ("Method", "POST")];
        let change = self.change(provider_call_id, &order, Repeat::OnlyIfNotTaken).await?;
        Ok(change == Change::Made)
    }

    /// Twilio has no idempotency key for new calls.
    async fn place_call(
        &self,
        new: &NewCall,
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<String, CarrierError> {
        let request = self.rest.http()?.post(format!("{}.json", self.calls_url()));
        let request = request.form(&form_of(new, call, callbacks));
        let answer = self.ask(request, Repeat::OnlyIfNotTaken).await?;
        if !answer.status.is_success() {
            return Err(refusal(&answer));
        }
        let Placed { sid } = read(&answer)?;
        Some(sid)
            .filter(|sid| is_sid(sid))
            .ok_or_else(|| CarrierError::Unavailable("the new call has no id that can be used".to_owned()))
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, CarrierError> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| CarrierError::Unavailable(format!("the answer cannot be read: {error}")))
}

fn refusal(answer: &Answer) -> CarrierError {
    let code = ApiError::of(answer).code;
    let code = code.map_or_else(String::new, |code| format!(", Twilio's code {code}"));
    CarrierError::Refused(format!("status {}{code}", answer.status))
}
