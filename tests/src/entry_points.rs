//! Where strangers' bytes come in, each as one function of bytes: for the fuzzer (`tests/fuzz`) and for the suite, which tries some
//! on a stable compiler. A function panics if what it feeds does, or if a promise about it is broken.

#[path = "entry_points/media.rs"]
mod media;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use jiff::Timestamp;
use ringfall_domain::{
    call::{
        event::{EventKind, Input},
        fact::facts_of,
        instructions::Continuation,
    },
    filter::{Fact, Facts, Field, Filter},
    flow::{Answer, Flow, Node, Stop},
    ids::ConnectionId,
    queue::Told,
};
use ringfall_providers::{
    Callbacks, Position, Provider, WebhookEvent, WebhookRequest,
    twilio::{Twilio, TwilioCredentials},
};
use ringfall_sip::message::{Frame, Framer, MOST_MESSAGE_BYTES, Malformed, Message};
use url::Url;

pub use media::{audio, dtmf_info, rtcp, rtp, sdp};

/// A way in.
#[derive(Debug, Clone, Copy)]
pub struct EntryPoint {
    /// What it is called: its fuzz target and its folder of seeds too.
    pub name: &'static str,
    /// Feeds it.
    pub feed: fn(&[u8]),
}

/// All ways in.
pub const ENTRY_POINTS: [EntryPoint; 11] = [
    EntryPoint { name: "webhook", feed: webhook },
    EntryPoint { name: "filter", feed: filter },
    EntryPoint { name: "flow", feed: flow },
    EntryPoint { name: "callback_url", feed: callback_url },
    EntryPoint { name: "sdp", feed: sdp },
    EntryPoint { name: "rtp", feed: rtp },
    EntryPoint { name: "rtcp", feed: rtcp },
    EntryPoint { name: "dtmf_info", feed: dtmf_info },
    EntryPoint { name: "audio", feed: audio },
    EntryPoint { name: "sip_message", feed: sip_message },
    EntryPoint { name: "sip_stream", feed: sip_stream },
];

/// The longest URL that the router lets through.
const MOST_URL_BYTES: usize = 4 * 1024;

/// Twilio's webhooks. The first byte chooses which one, and whether it is a `GET`; the rest of the first line is the URL's query, the
/// second line the signature, all else the body.
pub fn webhook(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (first, signature, body) = (part(), part(), part());
    let (choice, query) = first.split_first().unwrap_or((&0, &[]));
    let callbacks = callbacks();
    let event = WebhookEvent::ALL[usize::from(*choice) % WebhookEvent::ALL.len()];
    let url = format!("{}?{}", callbacks.entry(event), String::from_utf8_lossy(query));
    if url.len() > MOST_URL_BYTES {
        return;
    }
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    if let Ok(signature) = HeaderValue::from_bytes(signature) {
        headers.insert("x-twilio-signature", signature);
    }
    let method = if *choice < 128 { Method::POST } else { Method::GET };
    let request = WebhookRequest {
        event,
        method: &method,
        url: &url,
        headers: &headers,
        body,
        arrived_at: Timestamp::UNIX_EPOCH,
    };
    let credentials = TwilioCredentials::new("AC123", "a-token-that-nobody-guesses").expect("credentials");
    let twilio = Twilio::new(credentials);
    assert!(twilio.verify(&request).is_err(), "what nobody signed was taken for Twilio's");
    if let Ok(webhook) = twilio.parse(&request, &callbacks) {
        assert!(is_bounded(&webhook.event), "{:?}", webhook.event);
        facts_of(None, &webhook.event, request.arrived_at);
    }
}

/// Whether what was entered is no longer than the domain is promised.
fn is_bounded(event: &EventKind) -> bool {
    match event {
        EventKind::Gathered { input, .. }
        | EventKind::Screened { input, .. }
        | EventKind::Held { input, .. }
        | EventKind::CallbackAsked { input, .. }
        | EventKind::CallbackAccepted { input, .. } => match input {
            Input::Digits(digits) => digits.len() <= 32,
            Input::Speech(speech) => speech.chars().count() <= 512,
            Input::Nothing => true,
        },
        EventKind::Arrived(_)
        | EventKind::Said { .. }
        | EventKind::LegAnswered { .. }
        | EventKind::LegProgress { .. }
        | EventKind::DialEnded { .. }
        | EventKind::ForwardEnded { .. }
        | EventKind::Offered { .. }
        | EventKind::OverflowForwardEnded { .. }
        | EventKind::MessageLeft { .. }
        | EventKind::CallbackAnswered { .. }
        | EventKind::CallbackProgress { .. }
        | EventKind::CallProgress(_) => true,
    }
}

/// What is known of a caller, by the names of the fields; of all others, the same.
#[derive(Default)]
struct Known {
    known: BTreeMap<String, String>,
    otherwise: &'static [&'static str],
}

impl Facts for Known {
    fn fact(&self, field: &Field) -> Fact<'_> {
        match self.known.get(&field.to_string()) {
            Some(known) => Fact::Known(known),
            None => Fact::from(self.otherwise),
        }
    }
}

/// A filter's JSON: what is read is written as it was, and judges every caller.
pub fn filter(bytes: &[u8]) {
    let Ok(filter) = serde_json::from_slice::<Filter>(bytes) else { return };
    reads_back(&filter);
    for otherwise in [&[][..], &[""], &["yes"], &["75201"], &["-1.5", "É"]] {
        let _ = filter.evaluate(&Known { otherwise, ..Known::default() });
    }
}

fn reads_back<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(document: &T) {
    let written = serde_json::to_string(document).expect("a document can be written");
    assert_eq!(*document, serde_json::from_str(&written).expect("what was written can be read"), "{written}");
}

/// A flow's JSON: what is read is written as it was, and a flow without a fault brings every call to its end.
pub fn flow(bytes: &[u8]) {
    let Ok(flow) = serde_json::from_slice::<Flow>(bytes) else { return };
    reads_back(&flow);
    let is_sound = flow.check().is_empty();
    for seed in 0..4 {
        let comes_to_an_end = comes_to_an_end(&flow, |step| input(bytes, seed, step));
        assert!(!is_sound || comes_to_an_end, "a flow without a fault goes on for ever");
    }
}

/// What the caller enters at a step: made of the document, so that the keys that it names come up.
fn input(bytes: &[u8], seed: usize, step: usize) -> Input {
    let byte = bytes.get((step * 7 + seed * 31) % bytes.len().max(1)).copied().unwrap_or_default();
    match (byte, seed) {
        (_, 0) => Input::Nothing,
        (b'0'..=b'9' | b'*' | b'#', _) => Input::Digits(char::from(byte).to_string()),
        (_, 1) => Input::Digits("75201".to_owned()),
        (_, _) => Input::Speech(char::from(byte).to_string()),
    }
}

/// Takes a call through a flow.
fn comes_to_an_end(flow: &Flow, input: impl Fn(usize) -> Input) -> bool {
    let (mut node, mut visit, mut facts) = (flow.start.clone(), 1, Known::default());
    for step in 0..flow.nodes.len() * usize::from(u8::MAX) {
        let next = match flow.walk(&node, &facts, Timestamp::UNIX_EPOCH).stop {
            Stop::Hangup { .. } => return true,
            Stop::Lost { .. } => return false,
            Stop::Ask { node: asking } => {
                let question = flow.question(&asking, &facts);
                assert!(question.is_some(), "a node that asks has no question");
                match flow.answer(&asking, visit, &input(step)) {
                    Answer::Again { visit: again } => {
                        (node, visit) = (asking, again);
                        continue;
                    }
                    Answer::Next { node, tag } => {
                        let tag =
                            tag.map(|(name, value)| (format!("tags.{name}"), value.as_str().to_owned()));
                        facts.known.extend(tag);
                        Some(node)
                    }
                    Answer::Lost => return false,
                }
            }
            Stop::Route { node } | Stop::Forward { node } => match flow.nodes.get(&node) {
                Some(Node::Route(route)) => Some(route.otherwise.clone()),
                Some(Node::Forward(forward)) => forward.otherwise.clone(),
                _ => return false,
            },
        };
        match next {
            Some(next) => (node, visit) = (next, 1),
            None => return true,
        }
    }
    false
}

/// Our callback URLs: the position that one carries is carried by the URL that we would write for it.
pub fn callback_url(bytes: &[u8]) {
    let url = String::from_utf8_lossy(bytes);
    let position = Callbacks::position(&url);
    let _ = url.rsplit('/').next().map(str::parse::<WebhookEvent>);
    let (Some(call), Some(node)) = (position.call, position.node) else { return };
    let none = Position { call: Some(call), ..Position::default() };
    let at_node = || Position { node: Some(node.clone()), ..none.clone() };
    let (continuation, expected) = match (position.visit, position.attempt, position.asked_at) {
        (Some(visit), _, _) => (
            Continuation::Gathered { node: node.clone(), visit },
            Position { visit: Some(visit), ..at_node() },
        ),
        (None, Some(attempt), Some(asked_at)) => (
            Continuation::Screened { attempt, asked_at },
            Position { attempt: Some(attempt), asked_at: Some(asked_at), ..none },
        ),
        (None, Some(attempt), None) => {
            (Continuation::DialEnded { attempt }, Position { attempt: Some(attempt), ..none })
        }
        (None, None, _) if position.told != Told::default() => {
            let expected = Position { told: position.told.clone(), ..at_node() };
            (Continuation::Held { node: node.clone(), told: position.told }, expected)
        }
        (None, None, _) => (Continuation::Said { node: node.clone() }, at_node()),
    };
    assert_eq!(Callbacks::position(&callbacks().url(call, &continuation)), expected);
}

/// A datagram of SIP: what is taken is written as it was understood, and an answer is one itself.
pub fn sip_message(bytes: &[u8]) {
    let reads = |bytes: Bytes| Message::parse(&bytes);
    match reads(Bytes::copy_from_slice(bytes)) {
        Ok(message) => {
            let written = message.to_bytes();
            // What was folded or left out may be longer when it is written in full.
            if written.len() <= MOST_MESSAGE_BYTES {
                assert_eq!(reads(written.clone()), Ok(message), "{}", String::from_utf8_lossy(&written));
            }
        }
        Err(Malformed { answer: Some(answer), .. }) => assert!(answer.starts_with(b"SIP/2.0 ")),
        Err(Malformed { answer: None, .. }) => {}
    }
}

/// A stream of SIP: it holds the same messages however it is cut. The first byte chooses how.
pub fn sip_stream(bytes: &[u8]) {
    let (cut, stream) = bytes.split_first().unwrap_or((&0, &[]));
    let frames = |step: usize| {
        let (mut framer, mut messages) = (Framer::default(), Vec::new());
        for chunk in stream.chunks(step) {
            framer.push(chunk);
            loop {
                match framer.next_frame() {
                    Ok(Some(Frame::Message(message))) => messages.push(message),
                    Ok(Some(Frame::Ping)) => {}
                    Ok(None) => break,
                    Err(_) => return messages,
                }
            }
        }
        messages
    };
    assert_eq!(frames(usize::from(*cut).max(1)), frames(stream.len().max(1)), "cut every {cut} bytes");
}

fn callbacks() -> Callbacks {
    let public_url = Url::parse("https://calls.example.com").expect("a URL");
    Callbacks::new(&public_url, ConnectionId::from_parts(1, 1))
}
