//! The order that rings somebody.

use ringfall_control::{
    Order,
    limits::MOST_RING_SECONDS,
    order::{self, Connect, Progress, RingOrder, Target},
    text::HttpUrl,
};
use ringfall_domain::{
    call::{
        MOST_CALL_SECONDS,
        instructions::{Continuation, Dial, DialPurpose, Greeting},
    },
    target::Destination,
};

use super::{Writer, say};

impl Writer<'_> {
    /// Without a caller id the relay shows the caller's own number. The caller hears ringing until the bridge.
    pub(super) fn connect(&self, dial: &Dial) -> Option<Order> {
        let then = match end(&dial.purpose) {
            Some(then) => Some(self.url(&then)?),
            None => None,
        };
        Some(Order::Connect(Connect {
            targets: vec![self.target(dial)?],
            order: RingOrder::Parallel,
            ring_timeout_seconds: dial.ring_timeout_seconds.clamp(1, MOST_RING_SECONDS),
            caller_id: dial.caller_id.as_ref().and_then(|number| number.as_str().parse().ok()),
            record: dial.record,
            recording_notice: dial.recording_notice.as_ref().and_then(say),
            // The watchdog counts on it: see `RelayCarrier::fetch_leg`.
            most_seconds: dial.most_seconds.clamp(1, MOST_CALL_SECONDS),
            then,
        }))
    }

    fn target(&self, dial: &Dial) -> Option<Target> {
        let destination = destination(&dial.destination)?;
        let (leg_answered, progress) = match &dial.purpose {
            DialPurpose::Attempt { attempt, greeting } => {
                let (greeted, progress) = self.reports(*attempt, *greeting)?;
                (greeted, Some(progress))
            }
            DialPurpose::Forward(_) | DialPurpose::Overflow { .. } | DialPurpose::Fallback => (None, None),
        };
        Some(Target { destination, leg_answered, progress })
    }

    /// Each notice costs a write. The answer is told by the key where one is asked for.
    fn reports(&self, attempt: u8, greeting: Greeting) -> Option<(Option<HttpUrl>, Progress)> {
        let answered = self.url(&Continuation::LegAnswered { attempt })?;
        let url = self.url(&Continuation::LegProgress { attempt })?;
        let greeted = (greeting != Greeting::None).then_some(answered);
        Some((greeted, Progress { url, answered: greeting != Greeting::Screening }))
    }
}

/// What the end of a dial is told for; nothing for the last resort.
fn end(purpose: &DialPurpose) -> Option<Continuation> {
    match purpose {
        DialPurpose::Attempt { attempt, .. } => Some(Continuation::DialEnded { attempt: *attempt }),
        DialPurpose::Forward(node) => Some(Continuation::ForwardEnded { node: node.clone() }),
        DialPurpose::Overflow { node, index } => {
            Some(Continuation::OverflowForwardEnded { node: node.clone(), index: *index })
        }
        DialPurpose::Fallback => None,
    }
}

/// Both sides write numbers and URIs in the same form.
pub(in crate::relay) fn destination(destination: &Destination) -> Option<order::Destination> {
    match destination {
        Destination::PhoneNumber(number) => number.as_str().parse().ok().map(order::Destination::PhoneNumber),
        Destination::SipUri(uri) => uri.as_str().parse().ok().map(order::Destination::SipUri),
    }
}
