//! The platform's commands, and the relay's end.

use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use ringfall_control::{
    calls::{CallList, CallState},
    command::Placed,
    notice::{Cause, Status},
    read,
    signature::{CONNECTION_HEADER, SIGNATURE_HEADER, Signed, sign},
};

use crate::{
    phone::Phone,
    platform::{PATIENCE, SECRET},
    stack::{NUMBER, Stack, connecting},
};

impl Stack {
    /// A command as the platform signs it.
    pub(crate) async fn command(&self, method: &str, path: &str, body: &str) -> (StatusCode, String) {
        let secret = SECRET.parse().expect("a secret");
        let signed = Signed::Request { method, path, body: body.as_bytes() };
        let signature = sign(&secret, signed, Timestamp::now().as_second());
        self.send(method, path, body, &signature).await
    }

    async fn send(&self, method: &str, path: &str, body: &str, signature: &str) -> (StatusCode, String) {
        let url = format!("http://{}{path}", self.relay.http_address());
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client.request(method.parse().expect("a method"), url);
        let request = request.header(SIGNATURE_HEADER, signature).header(CONNECTION_HEADER, "con_1");
        let response = request.body(body.to_owned()).send().await.expect("an answer");
        (response.status(), response.text().await.expect("a text"))
    }

    /// What is there for everybody.
    pub(crate) async fn fetch(&self, path: &str) -> String {
        self.send("GET", path, "", "").await.1
    }
}

#[tokio::test]
async fn calls_are_listed_told_of_and_ended_by_command() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let stack = connecting(buyer.address()).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.answer(rung).await;
    caller.answered().await;
    let (status, list) = stack.command("GET", "/v1/calls", "").await;
    assert_eq!(status, StatusCode::OK);
    let list: CallList = read(list.as_bytes(), 65_536).expect("a list");
    let call = &list.calls[0];
    assert_eq!((call.progress.status, call.legs[0].bridged), (Status::Answered, true));
    let path = format!("/v1/calls/{}", call.call_id);
    assert_eq!(stack.command("DELETE", &path, "").await.0, StatusCode::NO_CONTENT);
    assert_eq!(buyer.ended().await, "RemoteBye");
    assert_eq!(caller.ended().await, "RemoteBye");
    let (_, state) = stack.command("GET", &path, "").await;
    let state: CallState = read(state.as_bytes(), 65_536).expect("a call that is over");
    assert_eq!((state.progress.status, state.progress.cause), (Status::Ended, Some(Cause::Completed)));
    assert_eq!(stack.command("DELETE", &path, "").await.0, StatusCode::NO_CONTENT, "it is over");
    let modify = r#"{"instructions":["hangup"]}"#;
    assert_eq!(stack.command("POST", &path, modify).await.0, StatusCode::CONFLICT);
    assert_eq!(stack.command("GET", "/v1/calls/0123", "").await.0, StatusCode::NOT_FOUND);
    let anothers = "/v1/calls/00000000000000aa_0123456789abcdef0123456789abcdef-1";
    for (method, body) in [("GET", ""), ("DELETE", ""), ("POST", modify)] {
        let status = stack.command(method, anothers, body).await.0;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{method}");
    }
}

#[tokio::test]
async fn a_call_is_placed_and_does_what_it_is_told() {
    let mut called = Phone::at("127.0.0.4").await;
    let stack = connecting(called.address()).await;
    let place = |to: &str| {
        format!(
            r#"{{"to":{{"phone_number":"{to}"}},"from":"{NUMBER}","ring_timeout_seconds":20,"answered":"{}","progress":"{}"}}"#,
            stack.url("/answered"),
            stack.url("/over")
        )
    };
    let (status, placed) = stack.command("POST", "/v1/calls", &place("+12145550100")).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    let placed: Placed = read(placed.as_bytes(), 65_536).expect("a call");
    let rung = called.rings().await;
    called.answer(rung).await;
    let answered = stack.platform.hears("/answered", |_| true);
    let (notice, ()) = tokio::join!(answered, called.go_on(Duration::from_millis(300)));
    assert_eq!(notice.call_id, placed.call_id);
    // The platform's orders are none: the call ends.
    assert_eq!(called.ended().await, "RemoteBye");
    let over = stack.platform.hears("/over", |_| true).await.call.expect("a call");
    assert_eq!(over.cause, Some(Cause::Completed));
    let (status, refusal) = stack.command("POST", "/v1/calls", &place("+882160001234")).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{refusal}");
}

#[tokio::test]
async fn commands_without_a_right_signature_are_refused_before_they_are_read() {
    let phone = Phone::at("127.0.0.4").await;
    let stack = connecting(phone.address()).await;
    let other = "another-secret-of-16".parse().expect("a secret");
    let signed = Signed::Request { method: "POST", path: "/v1/calls", body: b"{" };
    let wrong = sign(&other, signed, Timestamp::now().as_second());
    let old = sign(&SECRET.parse().expect("a secret"), signed, Timestamp::now().as_second() - 301);
    for signature in ["", "t=1,v1=00", &wrong, &old] {
        assert_eq!(stack.send("POST", "/v1/calls", "{", signature).await.0, StatusCode::UNAUTHORIZED);
    }
    let (status, refusal) = stack.command("POST", "/v1/calls", "{").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refusal}");
}

#[tokio::test]
async fn a_relay_that_is_drained_takes_no_more_calls_and_lets_the_last_one_end() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let stack = connecting(buyer.address()).await;
    let call = caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.answer(rung).await;
    caller.answered().await;
    stack.relay.drain(PATIENCE);
    let mut late = Phone::at("127.0.0.6").await;
    late.dial(stack.relay.sip_address(), NUMBER).await;
    assert!(late.ended().await.contains("503"));
    assert!(late.heard.iter().any(|message| message.contains("Retry-After: 5")));
    assert_eq!(stack.fetch("/healthz").await, "draining\n");
    caller.hang_up(call).await;
    let over = async {
        assert_eq!(buyer.ended().await, "RemoteBye");
        assert_eq!(caller.ended().await, "LocalBye");
    };
    over.await;
    tokio::time::timeout(PATIENCE, stack.relay.stopped()).await.expect("it stops by itself");
}
