//! The `<Dial>` verb, with the number or SIP URI in it.

use ringfall_domain::{
    call::instructions::{Continuation, Dial, DialPurpose, Greeting},
    phone::PhoneNumber,
    target::Destination,
};

use super::Twiml;
use crate::xml::Element;

/// Twilio's bounds on a dial's `timeout`.
const RING_TIMEOUT_SECONDS: (u32, u32) = (5, 600);
/// Twilio's longest call.
const MOST_CALL_SECONDS: u32 = 24 * 60 * 60;
/// The events of a number or SIP URI that are worth a webhook: each costs a write. The answer is told by the key where one is
/// asked for. The end is told by the dial's `action` as well; whichever comes first frees the slot.
const fn events(greeting: Greeting) -> &'static str {
    match greeting {
        Greeting::Screening => "completed",
        Greeting::None | Greeting::Whisper => "answered completed",
    }
}

impl Twiml<'_> {
    /// Without a caller id Twilio shows the caller's own number. The caller hears ringing until the bridge, so that a call which nobody
    /// takes costs them nothing.
    pub(super) fn dial(&self, dial: &Dial) -> Element {
        let (least, most) = RING_TIMEOUT_SECONDS;
        let action = self.action(&dial.purpose);
        Element::new("Dial")
            .attribute_if_some("method", action.as_ref().map(|_| "POST"))
            .attribute_if_some("action", action)
            .attribute("timeout", dial.ring_timeout_seconds.clamp(least, most).to_string())
            .attribute("timeLimit", dial.most_seconds.clamp(1, MOST_CALL_SECONDS).to_string())
            .attribute_if_some("callerId", dial.caller_id.as_ref().map(PhoneNumber::as_str))
            .attribute_if_some("record", dial.record.then_some("record-from-answer-dual"))
            .attribute("answerOnBridge", "true")
            .children([self.destination(dial)])
    }

    fn action(&self, purpose: &DialPurpose) -> Option<String> {
        match purpose {
            DialPurpose::Attempt { attempt, .. } => {
                Some(self.url(&Continuation::DialEnded { attempt: *attempt }))
            }
            DialPurpose::Forward(node) => Some(self.url(&Continuation::ForwardEnded { node: node.clone() })),
            DialPurpose::Overflow { node, index } => {
                Some(self.url(&Continuation::OverflowForwardEnded { node: node.clone(), index: *index }))
            }
            DialPurpose::Fallback => None,
        }
    }

    fn destination(&self, dial: &Dial) -> Element {
        let (element, address) = match &dial.destination {
            Destination::PhoneNumber(number) => (Element::new("Number"), number.as_str()),
            Destination::SipUri(uri) => (Element::new("Sip"), uri.as_str()),
        };
        let element = element.text(address);
        match &dial.purpose {
            DialPurpose::Attempt { attempt, greeting } => self.reported(element, *attempt, *greeting),
            DialPurpose::Forward(_) | DialPurpose::Overflow { .. } | DialPurpose::Fallback => element,
        }
    }

    /// The destination of an attempt: its progress is reported, and who answers may be greeted before the bridge.
    fn reported(&self, element: Element, attempt: u8, greeting: Greeting) -> Element {
        let greeted = greeting != Greeting::None;
        let url = greeted.then(|| self.url(&Continuation::LegAnswered { attempt }));
        element
            .attribute_if_some("method", url.as_ref().map(|_| "POST"))
            .attribute_if_some("url", url)
            .attribute("statusCallback", self.url(&Continuation::LegProgress { attempt }))
            .attribute("statusCallbackEvent", events(greeting))
            .attribute("statusCallbackMethod", "POST")
    }
}
