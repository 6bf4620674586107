//! Our own media relay: signed JSON notices in, orders out, its HTTP commands. A provider like any other.
//!
//! What both sides say to each other is `ringfall_control`'s; here it is mapped to the domain's words, and nothing is decided.

mod client;
mod credentials;
mod parse;
mod render;
mod status;
mod verify;

pub use ringfall_control::{limits, network, order, read, recording, signature, text, trunk, write};

use ringfall_domain::{call::instructions::Instruction, ids::CallId};

pub use self::{client::RelayCarrier, credentials::RelayCredentials};
use crate::{
    callback::Callbacks,
    webhook::{ParseError, Provider, Rendered, SignatureRefused, Webhook, WebhookRequest},
};

/// The inbound half of a relay's connection.
#[derive(Debug, Clone)]
pub struct Relay {
    credentials: RelayCredentials,
}

impl Relay {
    /// The inbound half for one connection.
    pub const fn new(credentials: RelayCredentials) -> Self {
        Self { credentials }
    }
}

impl Provider for Relay {
    fn verify(&self, request: &WebhookRequest<'_>) -> Result<(), SignatureRefused> {
        verify::verify(self.credentials.secrets(request.arrived_at), request)
    }

    fn parse(&self, request: &WebhookRequest<'_>, callbacks: &Callbacks) -> Result<Webhook, ParseError> {
        parse::parse(request, callbacks)
    }

    fn render(&self, instructions: &[Instruction], call: CallId, callbacks: &Callbacks) -> Rendered {
        Rendered {
            content_type: "application/json",
            body: write(&render::orders(instructions, call, callbacks)),
        }
    }
}
