//! Twilio: signed form webhooks in, TwiML out, the 2010-04-01 REST API.
//!
//! Sources: Twilio's "Webhooks security", "TwiML for Programmable Voice" and "Call resource". Nothing here decides anything: a
//! webhook becomes an event, instructions become a document, a question about a leg becomes a request.

mod client;
mod credentials;
mod parse;
mod render;
mod status;
mod verify;

pub use self::{client::TwilioCarrier, credentials::TwilioCredentials};

use ringfall_domain::{call::instructions::Instruction, ids::CallId};

use crate::{
    callback::Callbacks,
    webhook::{ParseError, Provider, Rendered, SignatureRefused, Webhook, WebhookRequest},
};

/// The inbound half of a Twilio connection.
#[derive(Debug, Clone)]
pub struct Twilio {
    credentials: TwilioCredentials,
}

impl Twilio {
    /// The inbound half for one account.
    pub const fn new(credentials: TwilioCredentials) -> Self {
        Self { credentials }
    }
}

impl Provider for Twilio {
    fn verify(&self, request: &WebhookRequest<'_>) -> Result<(), SignatureRefused> {
        verify::verify(&self.credentials, request)
    }

    fn parse(&self, request: &WebhookRequest<'_>, callbacks: &Callbacks) -> Result<Webhook, ParseError> {
        parse::parse(request, callbacks)
    }

    fn render(&self, instructions: &[Instruction], call: CallId, callbacks: &Callbacks) -> Rendered {
        Rendered {
            content_type: "text/xml; charset=utf-8",
            body: render::twiml(instructions, call, callbacks),
        }
    }
}
