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

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
    use jiff::Timestamp;
    use ringfall_domain::{call::event::EventKind, ids::ConnectionId};
    use url::Url;

    use super::*;
    use crate::callback::WebhookEvent;

    #[test]
    fn a_signed_call_comes_in_and_a_document_goes_out() {
        let credentials = TwilioCredentials::new("AC123", "open-sesame").expect("valid");
        let twilio = Twilio::new(credentials);
        let public_url = Url::parse("https://calls.example.com").expect("a URL");
        let callbacks = Callbacks::new(&public_url, ConnectionId::from_parts(1, 1));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert("X-Twilio-Signature", HeaderValue::from_static("2ujVlhviQpnXolUFrUlngtu6Xew="));
        let request = WebhookRequest {
            event: WebhookEvent::Voice,
            method: &Method::POST,
            url: &callbacks.entry(WebhookEvent::Voice),
            headers: &headers,
            body: b"CallSid=CA1&From=%2B12145550123&To=%2B18005550111&CallStatus=ringing",
            arrived_at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(twilio.verify(&request), Ok(()));
        let webhook = twilio.parse(&request, &callbacks).expect("a webhook");
        assert!(matches!(webhook.event, EventKind::Arrived(_)), "{webhook:?}");
        let document = twilio.render(&[Instruction::Hangup], webhook.call, &callbacks);
        assert_eq!(document.content_type, "text/xml; charset=utf-8");
        assert!(document.body.ends_with("<Response><Hangup/></Response>"), "{document:?}");
    }
}
