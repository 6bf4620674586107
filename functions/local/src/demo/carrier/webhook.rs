//! The carrier's side of a webhook: the form, its signature, the answer.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use sha1::Sha1;

use super::twiml::Document;

/// A form, its fields in the order in which they are signed.
pub(super) type Fields = BTreeMap<&'static str, String>;

/// Posts webhooks, each signed with the account's token.
#[derive(Debug, Clone)]
pub(super) struct Webhooks {
    http: reqwest::Client,
    auth_token: &'static str,
}

impl Webhooks {
    /// Webhooks of the account with that token.
    pub(super) const fn new(http: reqwest::Client, auth_token: &'static str) -> Self {
        Self { http, auth_token }
    }

    /// Posts a form.
    ///
    /// # Errors
    /// No answer.
    pub(super) async fn post(&self, url: &str, fields: &Fields) -> anyhow::Result<(StatusCode, String)> {
        let request =
            self.http.post(url).header("X-Twilio-Signature", signature(self.auth_token, url, fields));
        let answer = request.form(fields).send().await.with_context(|| format!("no answer from {url}"))?;
        let status = answer.status();
        Ok((status, answer.text().await.context("an answer that broke off")?))
    }

    /// Posts a form and reads the document that is answered.
    ///
    /// # Errors
    /// No answer, a refusal, or no document that can be followed.
    pub(super) async fn ask(&self, url: &str, fields: &Fields) -> anyhow::Result<Document> {
        let (status, text) = self.post(url, fields).await?;
        ensure!(status == StatusCode::OK, "{url} answered {status}: {text}");
        Document::read(&text)
    }
}

/// An HMAC-SHA1 over the URL and the fields, names and values in turn (Twilio, "Webhooks security").
fn signature(auth_token: &str, url: &str, fields: &Fields) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes())
        .expect("HMAC takes a key of any length (RFC 2104 §2)");
    mac.update(url.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    BASE64.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Twilio's own library.
    #[test]
    fn the_signature_is_twilios() {
        let fields = Fields::from(
            [
                ("To", "+18005551212"),
                ("CallSid", "CA1234567890ABCDE"),
                ("Digits", "1234"),
                ("From", "+14158675309"),
                ("Caller", "+14158675309"),
            ]
            .map(|(name, value)| (name, value.to_owned())),
        );
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(signature("12345", url, &fields), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }
}
