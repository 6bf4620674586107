//! What a Twilio connection signs in and verifies with.

use crate::{
    credentials::{InvalidCredentials, api_base_url},
    secret::Secret,
};

/// Twilio's REST API in its home region.
const DEFAULT_API_BASE_URL: &str = "https://api.twilio.com";

/// One Twilio account (or subaccount, which has a SID and a token of its own).
#[derive(Debug, Clone)]
pub struct TwilioCredentials {
    account_sid: String,
    auth_token: Secret,
    api_base_url: String,
    signature_key: Option<Secret>,
}

impl TwilioCredentials {
    /// Credentials for Twilio's own API address.
    ///
    /// # Errors
    /// Names `account_sid` or `auth_token`.
    pub fn new(account_sid: &str, auth_token: &str) -> Result<Self, InvalidCredentials> {
        Ok(Self {
            account_sid: checked_account_sid(account_sid)?,
            auth_token: secret("auth_token", auth_token)?,
            api_base_url: DEFAULT_API_BASE_URL.to_owned(),
            signature_key: None,
        })
    }

    /// The same with another address of the REST API.
    ///
    /// # Errors
    /// Names `api_base_url`.
    pub fn with_api_base_url(self, text: &str) -> Result<Self, InvalidCredentials> {
        Ok(Self { api_base_url: api_base_url(text)?, ..self })
    }

    /// The same with the secret of a shared key, with which Twilio signs webhooks by HMAC-SHA256 where the account is set up so.
    ///
    /// # Errors
    /// Names `signature_key`.
    pub fn with_signature_key(self, key: &str) -> Result<Self, InvalidCredentials> {
        Ok(Self { signature_key: Some(secret("signature_key", key)?), ..self })
    }

    /// The account's SID.
    pub fn account_sid(&self) -> &str {
        &self.account_sid
    }

    /// The REST API's address, without a closing slash.
    pub fn api_base_url(&self) -> &str {
        &self.api_base_url
    }

    pub(super) const fn auth_token(&self) -> &Secret {
        &self.auth_token
    }

    pub(super) const fn signature_key(&self) -> Option<&Secret> {
        self.signature_key.as_ref()
    }
}

/// Twilio's are `AC` and 32 hexadecimal digits; test accounts elsewhere are shorter.
fn checked_account_sid(text: &str) -> Result<String, InvalidCredentials> {
    let rest = text.strip_prefix("AC").filter(|rest| {
        (1..=62).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    rest.map(|_| text.to_owned()).ok_or(InvalidCredentials {
        field: "account_sid",
        expected: "an account SID: AC followed by 32 hexadecimal digits",
    })
}

fn secret(field: &'static str, text: &str) -> Result<Secret, InvalidCredentials> {
    Secret::new(text)
        .ok_or(InvalidCredentials { field, expected: "1 to 256 printable characters without spaces" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_names_its_field() {
        let valid = || TwilioCredentials::new("AC123", "12345").expect("valid");
        let long = format!("AC{}", "a".repeat(63));
        for (outcome, field) in [
            (TwilioCredentials::new("", "12345"), "account_sid"),
            (TwilioCredentials::new("AC", "12345"), "account_sid"),
            (TwilioCredentials::new("SK123", "12345"), "account_sid"),
            (TwilioCredentials::new("AC12/../x", "12345"), "account_sid"),
            (TwilioCredentials::new(&long, "12345"), "account_sid"),
            (TwilioCredentials::new("AC123", ""), "auth_token"),
            (TwilioCredentials::new("AC123", "a b"), "auth_token"),
            (valid().with_api_base_url("ftp://example.com"), "api_base_url"),
            (valid().with_signature_key("\n"), "signature_key"),
        ] {
            assert_eq!(outcome.map(|_| ()).map_err(|error| error.field), Err(field));
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let credentials = TwilioCredentials::new("AC123", "open-sesame")
            .and_then(|credentials| credentials.with_signature_key("shut-sesame"))
            .expect("valid");
        let shown = format!("{credentials:?}");
        assert!(shown.contains("AC123") && !shown.contains("sesame"), "{shown}");
    }

    #[test]
    fn the_api_is_twilios_own_unless_told_otherwise() {
        let credentials = TwilioCredentials::new("AC123", "12345").expect("valid");
        assert_eq!(credentials.api_base_url(), "https://api.twilio.com");
        let elsewhere = credentials.with_api_base_url("http://127.0.0.1:9999/").expect("valid");
        assert_eq!(elsewhere.api_base_url(), "http://127.0.0.1:9999");
    }
}
