//! Credentials, as a request carries them.

use super::{Algorithm, Digested, Login, fields::Fields};
use crate::message::scan::is_token;

/// Why credentials are not even looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credentials are no whole digest with qop=auth")]
pub struct InvalidCredentials;

/// The answer to one of our challenges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub username: String,
    /// The realm that they are for.
    pub realm: String,
    pub(super) nonce: String,
    pub(super) uri: String,
    pub(super) algorithm: Algorithm,
    pub(super) count: u32,
    count_text: String,
    cnonce: String,
    response: String,
}

impl Credentials {
    /// Reads the value of Authorization or Proxy-Authorization. We always offer `qop=auth`: an answer without it is refused, since it could
    /// be used twice.
    ///
    /// # Errors
    /// Something is missing.
    pub fn parse(text: &str) -> Result<Self, InvalidCredentials> {
        let fields = Fields::parse(text).ok_or(InvalidCredentials)?;
        let field = |name| fields.get(name).map(str::to_owned).ok_or(InvalidCredentials);
        if !field("qop")?.eq_ignore_ascii_case("auth") {
            return Err(InvalidCredentials);
        }
        let count_text = field("nc")?;
        let is_count = count_text.len() == 8 && is_token(&count_text) && !count_text.contains(['+', '-']);
        let count =
            u32::from_str_radix(&count_text, 16).ok().filter(|_| is_count).ok_or(InvalidCredentials)?;
        Ok(Self {
            username: field("username")?,
            realm: field("realm")?,
            nonce: field("nonce")?,
            uri: field("uri")?,
            algorithm: Algorithm::from_name(fields.get("algorithm")).ok_or(InvalidCredentials)?,
            count,
            count_text,
            cnonce: field("cnonce")?,
            response: field("response")?.to_ascii_lowercase(),
        })
    }

    /// Whether they were made with that login's password, for a request of that method.
    pub(super) fn is_made_by(&self, login: &Login, method: &str) -> bool {
        let digested = Digested {
            algorithm: self.algorithm,
            realm: &self.realm,
            nonce: &self.nonce,
            method,
            uri: &self.uri,
            counted: Some((&self.count_text, &self.cnonce)),
        };
        let expected = digested.response(login);
        subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), self.response.as_bytes()).into()
    }
}
