//! One behaviour each, in a network that does what the test says.

mod calls;
mod changes;
mod edges;

use std::time::Duration;

use bytes::Bytes;

use super::{
    Body, SessionId,
    world::{CALLEE, CALLER, World},
};
use crate::{
    message::{Headers, Message, Name, Request, Response, StatusCode},
    transport::{Peer, Transport},
};

const MOMENT: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

fn none() -> Headers {
    Headers::default()
}

fn sdp(text: &'static str) -> Body {
    Body::sdp(text)
}

/// The last request of that method that one side sent.
fn last_request(world: &World, who: usize, method: &str) -> Request {
    let found = world.seen.iter().rev().find(|seen| seen.from == who && seen.starts_with(method));
    match found.map(|seen| &seen.message) {
        Some(Message::Request(request)) => request.clone(),
        other => unreachable!("no {method}: {other:?}"),
    }
}

fn last_response(world: &World, who: usize) -> Response {
    let responses = world.seen.iter().rev().filter(|seen| seen.from == who);
    let found = responses.filter_map(|seen| match &seen.message {
        Message::Response(response) => Some(response.clone()),
        Message::Request(_) => None,
    });
    found.into_iter().next().expect("a response")
}

/// Gives the caller a response that the test has made.
fn respond(world: &mut World, response: Response) {
    let (now, from) = (world.now, nobody());
    let _ = world.agents[CALLER].handle_message(now, from, Message::Response(response));
    world.drain();
}

/// An address where no agent is: what goes there is seen, and that is all.
fn nobody() -> Peer {
    Peer::new(Transport::Udp, "192.0.2.77:5060".parse().expect("an address"))
}

/// A call to nobody, whose responses the test makes.
fn call_to_nobody(world: &mut World, offer: Option<&'static str>) -> SessionId {
    world.call_with(offer, |invite| invite.peers = vec![nobody()])
}

fn success(invite: &Request, tag: &str) -> Response {
    let mut response = invite.reply(StatusCode::OK, tag);
    response.headers.push(Name::Contact, format!("<sip:{tag}@192.0.2.77:5060>"));
    response
}

fn status(code: u16) -> StatusCode {
    StatusCode::new(code).expect("a status")
}

/// Gives the callee a request that the test has made.
fn request(world: &mut World, text: &str) -> Option<Response> {
    let before = world.seen.len();
    let message = Message::parse(&Bytes::copy_from_slice(text.as_bytes())).expect("sound");
    let (now, from) = (world.now, nobody());
    let _ = world.agents[CALLEE].handle_message(now, from, message);
    world.drain();
    (world.seen.len() > before).then(|| last_response(world, CALLEE))
}

fn text(method: &str, number: u32, more: &str, body: &str) -> String {
    format!(
        "{method} sip:callee@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.77:5060;rport;branch=z9hG4bK{method}{number}\r\n\
         From: <sip:a@192.0.2.77>;tag=hand\r\nTo: <sip:callee@192.0.2.2>\r\nCall-ID: hand@192.0.2.77\r\nCSeq: {number} {method}\r\n\
         Contact: <sip:a@192.0.2.77:5060>\r\nMax-Forwards: 70\r\n{more}\r\n{body}"
    )
}

/// A message's method or status.
fn start(message: &Message) -> String {
    match message {
        Message::Request(request) => request.method.to_string(),
        Message::Response(response) => response.status.to_string(),
    }
}
