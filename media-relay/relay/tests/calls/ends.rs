//! How calls come to their ends.

use std::time::Duration;

use axum::http::StatusCode as Http;
use ringfall_control::notice::{Cause, Status};
use ringfall_sip::{auth::Login, message::StatusCode};

use crate::{
    phone::Phone,
    stack::{NUMBER, Stack, connecting, connecting_with},
};

#[tokio::test]
async fn a_caller_reaches_a_buyer_and_the_platform_hears_of_all_of_it() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let stack = connecting(buyer.address()).await;
    let call = caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.ring(rung).await;
    caller
        .until("ringing", |event| matches!(event, ringfall_sip::agent::Event::Progress { .. }).then_some(()))
        .await;
    buyer.answer(rung).await;
    caller.answered().await;
    let arrival =
        stack.platform.hears("/voice", |notice| notice.arrival.is_some()).await.arrival.expect("one");
    assert_eq!((arrival.from.as_str(), arrival.to.as_str()), ("+12145550123", NUMBER));
    buyer.go_on(Duration::from_millis(200)).await;
    caller.hang_up(call).await;
    assert_eq!(buyer.ended().await, "RemoteBye");
    assert_eq!(caller.ended().await, "LocalBye");
    let leg = stack
        .platform
        .hears("/leg", |notice| notice.leg.as_ref().is_some_and(|leg| leg.status == Status::Ended));
    let leg = leg.await.leg.expect("a leg");
    assert_eq!((leg.cause, leg.bridged), (Some(Cause::Completed), true));
    let end = stack.platform.hears("/status", |_| true).await.call.expect("a call");
    assert_eq!((end.status, end.cause), (Status::Ended, Some(Cause::Completed)));
    stack.platform.hears("/done", |notice| notice.call.is_some()).await;
}

#[tokio::test]
async fn nothing_of_the_callers_side_is_shown_to_the_buyers() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let stack = connecting(buyer.address()).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.answer(rung).await;
    caller.answered().await;
    let asked = caller.heard.first().expect("100 or more").clone();
    let call_id = asked.lines().find(|line| line.starts_with("Call-ID: ")).expect("a Call-ID").to_owned();
    let all = buyer.heard.join("\n");
    assert!(all.contains("+12145550123"), "the caller's number is shown: {all}");
    for hidden in ["127.0.0.3", &caller.address().port().to_string(), call_id.trim_start_matches("Call-ID: ")]
    {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
}

#[tokio::test]
async fn a_caller_who_gives_up_lets_the_buyers_phone_fall_silent() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let stack = connecting(buyer.address()).await;
    let call = caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.ring(rung).await;
    caller
        .until("ringing", |event| matches!(event, ringfall_sip::agent::Event::Progress { .. }).then_some(()))
        .await;
    caller.hang_up(call).await;
    assert_eq!(buyer.ended().await, "RemoteCancel");
    assert_eq!(caller.ended().await, "LocalCancel");
    let end = stack.platform.hears("/status", |_| true).await.call.expect("a call");
    assert_eq!((end.cause, end.duration_seconds), (Some(Cause::Canceled), None));
}

#[tokio::test]
async fn a_busy_buyer_is_told_to_the_platform_which_ends_the_call() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let stack = connecting(buyer.address()).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.refuse(rung, StatusCode::BUSY_HERE).await;
    let leg = stack.platform.hears("/done", |_| true).await.leg.expect("a leg");
    assert_eq!((leg.cause, leg.sip_status, leg.bridged), (Some(Cause::Busy), Some(486), false));
    assert!(caller.ended().await.contains("480"), "the orders end without anything to hear");
}

#[tokio::test]
async fn a_platform_that_does_not_answer_is_done_without() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let fallback = r#","allow":["127.0.0.0/8"],"fallback":{"phone_number":"+12145550199"}"#;
    let stack =
        Stack::start(buyer.address(), fallback, |_, _| (Http::INTERNAL_SERVER_ERROR, String::new())).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    assert!(buyer.heard[0].starts_with("INVITE sip:+12145550199@"), "{}", buyer.heard[0]);
    buyer.answer(rung).await;
    caller.answered().await;
}

#[tokio::test]
async fn a_trunk_with_a_password_takes_who_knows_it() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let digest = r#","allow":["127.0.0.0/8"],"digest":{"username":"trunk","password":"open-sesame"}"#;
    let stack = connecting_with(buyer.address(), digest).await;
    caller.login = Some(Login { username: "trunk".to_owned(), password: "wrong".to_owned() });
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    assert!(caller.ended().await.contains("403"));
    caller.login = Some(Login { username: "trunk".to_owned(), password: "open-sesame".to_owned() });
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    // The challenge is answered.
    caller.go_on(Duration::from_secs(2)).await;
    let rung = buyer.rings().await;
    buyer.answer(rung).await;
    caller.answered().await;
}
