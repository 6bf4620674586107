//! The form in which webhooks reach the platform's router and instructions come back: a number that stands for either. So
//! the router itself is part of the run, its deadline and its last resort, and no provider's format is.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use ringfall_app::connection::{Connection, Connector, Halves, InvalidConnection};
use ringfall_domain::{
    call::{
        event::{EventKind, Input},
        instructions::{Instruction, Instructions},
    },
    config::AudioUrl,
    ids::{CallId, ConnectionId},
};
use ringfall_providers::{
    AudioFault, Callbacks, ParseError, Provider, Rendered, SignatureRefused, Webhook, WebhookRequest,
};

use super::{super::defects::Defect, Carrier, api::Api, held};

/// A webhook's content.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) provider_call_id: String,
    pub(super) kind: EventKind,
}

/// Instructions, with the URLs under which the carrier goes on.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) instructions: Instructions,
    pub(super) call: CallId,
    pub(super) callbacks: Callbacks,
}

/// What is under way between the carrier and the platform.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    last: AtomicU64,
    letters: Mutex<BTreeMap<u64, Letter>>,
    documents: Mutex<BTreeMap<u64, Document>>,
}

impl Exchange {
    /// Gives a webhook's content its number.
    pub(super) fn post(&self, letter: Letter) -> u64 {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        held(&self.letters).insert(number, letter);
        number
    }

    /// The webhook of that number is over.
    pub(super) fn forget(&self, number: u64) {
        held(&self.letters).remove(&number);
    }

    /// The instructions of that number.
    pub(super) fn fetch(&self, number: u64) -> Option<Document> {
        held(&self.documents).remove(&number)
    }

    fn read(&self, number: u64) -> Option<Letter> {
        held(&self.letters).get(&number).cloned()
    }

    fn write(&self, document: Document) -> u64 {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        held(&self.documents).insert(number, document);
        number
    }
}

/// Makes the two halves of the simulated provider for whichever connection is asked for.
pub struct SimulatedConnector(Weak<Carrier>);

impl SimulatedConnector {
    /// To a carrier. It does not keep the carrier alive, which itself knows the platform.
    pub fn to(carrier: &Arc<Carrier>) -> Self {
        Self(Arc::downgrade(carrier))
    }
}

#[async_trait]
impl Connector for SimulatedConnector {
    fn connect(&self, _id: ConnectionId, connection: &Connection) -> Result<Halves, InvalidConnection> {
        let unknown = || InvalidConnection {
            field: "credentials.account_sid".to_owned(),
            expected: "an account of the simulated carrier".to_owned(),
        };
        let Connection::Twilio { credentials, .. } = connection else { return Err(unknown()) };
        let carrier = self.0.upgrade().ok_or_else(unknown)?;
        let mut agencies = carrier.world.agencies.iter();
        let agency =
            agencies.position(|agency| agency.account_sid == credentials.account_sid).ok_or_else(unknown)?;
        let api = Api { carrier: Weak::clone(&self.0), agency };
        Ok(Halves { provider: Arc::new(Wire(Weak::clone(&self.0))), carrier: Arc::new(api) })
    }

    /// Agencies here name no sounds of their own.
    async fn fetch_audio(&self, _url: &AudioUrl) -> Result<(), AudioFault> {
        Ok(())
    }

    fn has_own_relay(&self) -> bool {
        false
    }
}

struct Wire(Weak<Carrier>);

impl Provider for Wire {
    fn verify(&self, _request: &WebhookRequest<'_>) -> Result<(), SignatureRefused> {
        Ok(())
    }

    fn parse(&self, request: &WebhookRequest<'_>, callbacks: &Callbacks) -> Result<Webhook, ParseError> {
        let number = std::str::from_utf8(request.body).ok().and_then(|text| text.parse().ok());
        let letter = number.and_then(|number| self.0.upgrade()?.exchange.read(number));
        let mut letter = letter.ok_or(ParseError::Malformed { expected: "the number of a webhook" })?;
        let takes_all =
            self.0.upgrade().is_some_and(|carrier| carrier.defect == Some(Defect::VoicemailTaken));
        if let (true, EventKind::CallbackAccepted { input, .. }) = (takes_all, &mut letter.kind) {
            *input = Input::Digits("1".to_owned());
        }
        let begins = matches!(
            letter.kind,
            EventKind::CallbackAnswered { .. }
                | EventKind::CallbackAccepted { .. }
                | EventKind::CallbackProgress { .. }
        );
        let call = Callbacks::position(request.url).call.filter(|_| !begins);
        let derived = || CallId::of_provider_call(callbacks.connection(), &letter.provider_call_id);
        Ok(Webhook { call: call.unwrap_or_else(derived), event: letter.kind })
    }

    fn render(&self, instructions: &[Instruction], call: CallId, callbacks: &Callbacks) -> Rendered {
        let document = Document { instructions: instructions.to_vec(), call, callbacks: callbacks.clone() };
        let number = self.0.upgrade().map(|carrier| carrier.exchange.write(document));
        Rendered {
            content_type: "text/plain",
            body: number.map_or_else(String::new, |number| number.to_string()),
        }
    }
}
