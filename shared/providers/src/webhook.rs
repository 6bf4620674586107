//! What every provider does with a webhook.

use http::{HeaderMap, Method};
use jiff::Timestamp;
use ringfall_domain::{
    call::{event::EventKind, instructions::Instruction},
    ids::CallId,
};

use crate::callback::{Callbacks, WebhookEvent};

/// A webhook as it arrived, before anything in it is believed.
#[derive(Debug, Clone, Copy)]
pub struct WebhookRequest<'a> {
    /// Which of a connection's webhooks was called (from the path).
    pub event: WebhookEvent,
    /// `GET` or `POST`.
    pub method: &'a Method,
    /// The whole URL as the provider was given it: public base URL, path and query.
    pub url: &'a str,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The raw body, within the router's limit.
    pub body: &'a [u8],
    /// When it arrived.
    pub arrived_at: Timestamp,
}

/// A verified and parsed webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The call it is about: named by our own callback URL, else derived from the provider's id of the call.
    pub call: CallId,
    /// What happened.
    pub event: EventKind,
}

/// A signature that does not prove the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefused {
    /// No signature header.
    #[error("the webhook carries no signature")]
    Missing,
    /// Not the signature of this request under the connection's secret.
    #[error("the signature does not match")]
    Mismatch,
    /// Signed too long ago, where the scheme carries a time.
    #[error("the signature is too old")]
    Expired,
}

/// A verified webhook that does not say what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The body is not in the provider's format.
    #[error("the body is not {expected}")]
    Malformed {
        /// The format.
        expected: &'static str,
    },
    /// A field is missing or unreadable.
    #[error("field {field}: expected {expected}")]
    Field {
        /// The provider's name of the field.
        field: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// The body does not read as the provider's document.
    #[error("the body does not read: {0}")]
    Document(String),
}

/// A reply in the provider's format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Of the body.
    pub content_type: &'static str,
    /// The document.
    pub body: String,
}

/// The inbound half of a provider, made for one connection's credentials. Pure: no I/O, no clock.
pub trait Provider: Send + Sync + 'static {
    /// Checks that the provider itself sent this, on the raw bytes.
    ///
    /// # Errors
    /// The webhook must be answered with 403 and nothing in it believed.
    fn verify(&self, request: &WebhookRequest<'_>) -> Result<(), SignatureRefused>;

    /// Reads a verified webhook. Unknown fields are ignored.
    ///
    /// # Errors
    /// A field without which the webhook means nothing is missing or unreadable.
    fn parse(&self, request: &WebhookRequest<'_>, callbacks: &Callbacks) -> Result<Webhook, ParseError>;

    /// Writes instructions in the provider's format. No instructions: an empty document.
    fn render(&self, instructions: &[Instruction], call: CallId, callbacks: &Callbacks) -> Rendered;
}
