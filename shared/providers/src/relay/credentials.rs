//! What a relay's connection signs and verifies with, and where the relay takes commands.

use jiff::Timestamp;
use ringfall_control::text::Secret;

use crate::credentials::{InvalidCredentials, api_base_url};

/// One connection of a relay.
#[derive(Debug, Clone)]
pub struct RelayCredentials {
    secret: Secret,
    /// The secret before it, and until when it is good.
    previous: Option<(Secret, Timestamp)>,
    api_base_url: Option<String>,
}

impl RelayCredentials {
    /// What to require of a secret.
    pub const SECRET: &'static str = "16 to 256 printable characters without spaces";

    /// Credentials of a connection whose relay's address is not known.
    ///
    /// # Errors
    /// Names `secret`.
    pub fn new(secret: &str) -> Result<Self, InvalidCredentials> {
        let invalid = InvalidCredentials { field: "secret", expected: Self::SECRET };
        Ok(Self { secret: secret.parse().map_err(|_| invalid)?, previous: None, api_base_url: None })
    }

    /// The same with the secret before it, which is good until then.
    ///
    /// # Errors
    /// Names `previous`.
    pub fn with_previous(self, secret: &str, until: Timestamp) -> Result<Self, InvalidCredentials> {
        let invalid = InvalidCredentials { field: "previous", expected: Self::SECRET };
        Ok(Self { previous: Some((secret.parse().map_err(|_| invalid)?, until)), ..self })
    }

    /// The same with the address at which the relay takes commands.
    ///
    /// # Errors
    /// Names `api_base_url`.
    pub fn with_api_base_url(self, text: &str) -> Result<Self, InvalidCredentials> {
        Ok(Self { api_base_url: Some(api_base_url(text)?), ..self })
    }

    /// The address at which the relay takes commands, without a closing slash.
    pub fn api_base_url(&self) -> Option<&str> {
        self.api_base_url.as_deref()
    }

    /// Those that are good at a time, the newest first.
    pub(super) fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let previous = self.previous.iter().filter(move |(_, until)| now < *until).map(|(secret, _)| secret);
        [&self.secret].into_iter().chain(previous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef";

    #[test]
    fn each_refusal_names_its_field() {
        let valid = || RelayCredentials::new(SECRET).expect("valid");
        for (outcome, field) in [
            (RelayCredentials::new(""), "secret"),
            (RelayCredentials::new("0123456789abcde"), "secret"),
            (RelayCredentials::new("0123456789 abcdef"), "secret"),
            (RelayCredentials::new(&"s".repeat(257)), "secret"),
            (valid().with_api_base_url("ftp://relay.example.com"), "api_base_url"),
            (valid().with_api_base_url("http://user:word@relay.example.com"), "api_base_url"),
            (valid().with_api_base_url("http://relay.example.com/?a=b"), "api_base_url"),
            (valid().with_api_base_url("relay.example.com"), "api_base_url"),
        ] {
            assert_eq!(outcome.map_err(|error| error.field).err(), Some(field));
        }
    }

    #[test]
    fn an_address_is_taken_without_its_closing_slash_and_the_secret_is_hidden() {
        let credentials = RelayCredentials::new(SECRET).expect("valid");
        assert_eq!(credentials.api_base_url(), None);
        let credentials = credentials.with_api_base_url("http://127.0.0.1:8090/").expect("valid");
        assert_eq!(credentials.api_base_url(), Some("http://127.0.0.1:8090"));
        assert!(!format!("{credentials:?}").contains(SECRET));
    }
}
