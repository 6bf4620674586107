//! What is heard before the answer.

use std::time::Duration;

use axum::http::StatusCode;
use ringfall_sip::agent::Event;

use crate::{
    audio::reaches,
    phone::Phone,
    stack::{NUMBER, Stack, connecting},
};

async fn has_progress(caller: &mut Phone) {
    caller.until("progress", |event| matches!(event, Event::Progress { .. }).then_some(())).await;
}

#[tokio::test]
async fn a_callers_own_early_audio_is_the_buyers_and_goes_one_way_until_the_answer() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let stack = connecting(buyer.address()).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.speak_early(rung).await;
    has_progress(&mut caller).await;
    assert!(caller.heard.iter().any(|message| message.starts_with("SIP/2.0 183")), "{:?}", caller.heard);
    // PRACK and its answer.
    buyer.go_on(Duration::from_millis(200)).await;
    caller.go_on(Duration::from_millis(200)).await;
    assert!(reaches(&buyer, &caller, 0x22).await, "the caller hears the buyer's side");
    for sequence in 0..20 {
        caller.say(sequence, 0x11).await;
    }
    assert!(
        buyer.hears(Duration::from_millis(300)).await.is_none(),
        "who would hear the caller has to answer"
    );
    buyer.answer(rung).await;
    caller.answered().await;
    buyer.go_on(Duration::from_millis(200)).await;
    assert!(reaches(&caller, &buyer, 0x33).await, "the buyer hears the caller");
    assert!(reaches(&buyer, &caller, 0x44).await, "the caller hears the buyer");
}

#[tokio::test]
async fn an_answered_caller_hears_ringing_until_the_buyers_side_speaks() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let orders = r#"{"instructions":["answer",{"connect":{"targets":[{"destination":{"phone_number":"+12145550100"}}],"ring_timeout_seconds":20,"most_seconds":600}}]}"#;
    let allow = r#","allow":["127.0.0.0/8"]"#;
    let stack = Stack::start(buyer.address(), allow, move |_, _| (StatusCode::OK, orders.to_owned())).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    caller.answered().await;
    let rung = buyer.rings().await;
    buyer.speak_early(rung).await;
    buyer.go_on(Duration::from_millis(200)).await;
    let heard = caller.hears(Duration::from_secs(5)).await;
    assert!(heard.is_some_and(|(audio, _)| audio != [0x22; 160]), "our own ringing");
    assert!(reaches(&buyer, &caller, 0x22).await, "the caller hears the buyer's side");
    caller.go_on(Duration::from_millis(100)).await;
}
