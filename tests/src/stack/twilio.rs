//! Calls as Twilio brings them: signed webhooks, in Twilio's words.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use anyhow::{Context, Result};
use reqwest::{Client, StatusCode, header};

use super::{Agency, Dial, Element, Oracle, Signer};

/// The account that the tests call with.
pub const ACCOUNT_SID: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Its auth token.
pub const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A Twilio account.
#[derive(Clone)]
pub struct Twilio {
    http: Client,
    sign: Arc<Sign>,
    /// What URLs begin with, and where requests for them go instead.
    through: Option<(String, String)>,
}

type Sign = dyn Fn(&str, &[(String, String)]) -> Result<String> + Send + Sync;

impl Twilio {
    /// An account whose signatures are computed here.
    pub fn quick() -> Self {
        let signer = Signer::new(AUTH_TOKEN);
        Self {
            http: Client::new(),
            sign: Arc::new(move |url, fields| Ok(signer.sign(url, fields))),
            through: None,
        }
    }

    /// An account whose signatures the official package computes.
    pub fn official(oracle: &Arc<Mutex<Oracle>>) -> Self {
        let oracle = Arc::clone(oracle);
        let sign = move |url: &str, fields: &[(String, String)]| {
            oracle.lock().map_err(|_| anyhow::anyhow!("the oracle broke"))?.sign(AUTH_TOKEN, url, fields)
        };
        Self { http: Client::new(), sign: Arc::new(sign), through: None }
    }

    /// The same account, whose requests for URLs that begin with `base` go to another address, signed as before.
    #[must_use]
    pub fn through(self, base: &str, address: &str) -> Self {
        Self { through: Some((base.to_owned(), address.to_owned())), ..self }
    }

    /// A call from one number to another. Calls of different indexes are different calls.
    pub fn call(&self, index: usize, from: &str, to: &str) -> InboundCall {
        InboundCall {
            twilio: self.clone(),
            sid: format!("CA{index:032x}"),
            from: from.to_owned(),
            to: to.to_owned(),
            direction: "inbound",
        }
    }

    /// A call that was placed through the REST API.
    pub fn placed(&self, sid: &str, from: &str, to: &str) -> InboundCall {
        InboundCall {
            twilio: self.clone(),
            sid: sid.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            direction: "outbound-api",
        }
    }

    /// Sends a webhook as it stands. It may be sent again.
    ///
    /// # Errors
    /// No whole answer came.
    pub async fn send(&self, webhook: &Webhook) -> Result<Reply> {
        let signature = (self.sign)(&webhook.url, &webhook.fields)?;
        self.send_signed(webhook, &signature).await
    }

    /// Sends a webhook with a signature of any kind.
    ///
    /// # Errors
    /// No whole answer came.
    pub async fn send_signed(&self, webhook: &Webhook, signature: &str) -> Result<Reply> {
        let elsewhere = self.through.as_ref().and_then(|(base, address)| {
            webhook.url.strip_prefix(base).map(|rest| format!("{address}{rest}"))
        });
        let url = elsewhere.as_deref().unwrap_or(&webhook.url);
        let request = self.http.post(url).form(&webhook.fields);
        let answer = request.header("x-twilio-signature", signature).send().await?;
        let content_type = answer.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Reply { status: answer.status(), content_type, body: answer.text().await? })
    }
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio").finish_non_exhaustive()
    }
}

/// A webhook, not yet signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The whole URL.
    pub url: String,
    /// The form.
    pub fields: Vec<(String, String)>,
}

/// What was answered to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Of the body.
    pub content_type: String,
    /// The document, or why there is none.
    pub body: String,
}

impl Reply {
    /// The document of a webhook that was taken.
    ///
    /// # Errors
    /// It was not, or the document is none.
    pub fn document(&self) -> Result<Element> {
        anyhow::ensure!(self.status == StatusCode::OK, "{} {}", self.status, self.body);
        Element::read(&self.body).with_context(|| self.body.clone())
    }
}

/// A caller's call on one of the account's numbers, or to a caller who is called back.
#[derive(Debug, Clone)]
pub struct InboundCall {
    twilio: Twilio,
    /// Twilio's id of the call.
    pub sid: String,
    from: String,
    to: String,
    direction: &'static str,
}

impl InboundCall {
    /// A webhook about the caller's leg: what Twilio sends with all of them, and what this one is about.
    pub fn webhook(&self, url: &str, status: &str, about: &[(&str, &str)]) -> Webhook {
        let place = [("City", "DALLAS"), ("State", "TX"), ("Zip", "75201"), ("Country", "US")];
        let always = [
            ("CallSid", self.sid.as_str()),
            ("AccountSid", ACCOUNT_SID),
            ("ApiVersion", "2010-04-01"),
            ("CallStatus", status),
            ("Direction", self.direction),
            ("From", &self.from),
            ("Caller", &self.from),
            ("To", &self.to),
            ("Called", &self.to),
            ("StirVerstat", "TN-Validation-Passed-A"),
        ];
        let places = place.into_iter().flat_map(|(what, value)| {
            ["From", "Caller"].map(|whose| (format!("{whose}{what}"), value.to_owned()))
        });
        Webhook { url: url.to_owned(), fields: owned(&always).chain(places).chain(owned(about)).collect() }
    }

    /// A webhook about the leg of an attempt.
    pub fn leg_webhook(&self, url: &str, attempt: u8, status: &str, about: &[(&str, &str)]) -> Webhook {
        let sid = self.leg_sid(attempt);
        let always = [
            ("CallSid", sid.as_str()),
            ("ParentCallSid", &self.sid),
            ("AccountSid", ACCOUNT_SID),
            ("ApiVersion", "2010-04-01"),
            ("CallStatus", status),
            ("Direction", "outbound-dial"),
            ("From", &self.from),
        ];
        Webhook { url: url.to_owned(), fields: owned(&always).chain(owned(about)).collect() }
    }

    /// The webhook that a new call begins with.
    pub fn arrival(&self, agency: &Agency) -> Webhook {
        self.webhook(&agency.voice_url, "ringing", &[])
    }

    /// The webhook at the end of an attempt's dial: somebody talked for so many seconds, or nobody did, and why.
    ///
    /// # Errors
    /// Nobody wants to know of the dial's end.
    pub fn dial_end(&self, dial: &Dial, attempt: u8, outcome: Result<u32, &str>) -> Result<Webhook> {
        let action = dial.action.as_ref().context("the dial has no action")?;
        let (leg, seconds) = (self.leg_sid(attempt), outcome.map(|seconds| seconds.to_string()));
        let mut about = vec![("DialCallSid", leg.as_str())];
        match &seconds {
            Ok(seconds) => about.extend([
                ("DialCallStatus", "completed"),
                ("DialCallDuration", seconds),
                ("DialBridged", "true"),
            ]),
            Err(status) => about.extend([("DialCallStatus", *status), ("DialBridged", "false")]),
        }
        Ok(self.webhook(action, "in-progress", &about))
    }

    /// The webhook at the end of the call.
    pub fn end(&self, agency: &Agency, seconds: u32) -> Webhook {
        self.webhook(&agency.status_url, "completed", &[("CallDuration", &seconds.to_string())])
    }

    /// Twilio's id of the leg of an attempt.
    pub fn leg_sid(&self, attempt: u8) -> String {
        format!("CA{attempt:02x}{}", &self.sid[4..])
    }

    /// Sends a webhook.
    ///
    /// # Errors
    /// No whole answer came.
    pub async fn send(&self, webhook: &Webhook) -> Result<Reply> {
        self.twilio.send(webhook).await
    }
}

fn owned<'a>(fields: &'a [(&str, &str)]) -> impl Iterator<Item = (String, String)> + 'a {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
}
