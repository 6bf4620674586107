//! What is heard.

use std::time::Duration;

use axum::http::StatusCode;

use crate::{
    phone::Phone,
    platform::PATIENCE,
    stack::{NUMBER, Stack, connecting},
};

/// What one says until the other hears it: the first packets teach the relay who speaks.
pub(crate) async fn reaches(one: &Phone, other: &Phone, byte: u8) -> bool {
    for sequence in 0..200 {
        one.say(sequence, byte).await;
        while let Some((audio, from)) = other.hears(Duration::from_millis(15)).await {
            assert_eq!(from.ip(), other.audio_of_relay().ip(), "audio comes from the relay alone");
            if audio == [byte; 160] {
                return true;
            }
        }
    }
    false
}

#[tokio::test]
async fn both_hear_each_other_through_the_relay() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let stack = connecting(buyer.address()).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.answer(rung).await;
    caller.answered().await;
    buyer.go_on(Duration::from_millis(200)).await;
    assert!(reaches(&caller, &buyer, 0x11).await, "the buyer hears the caller");
    assert!(reaches(&buyer, &caller, 0x22).await, "the caller hears the buyer");
    assert_ne!(caller.audio_of_relay(), buyer.audio_of_relay());
}

#[tokio::test]
async fn who_waits_hears_music() {
    let mut caller = Phone::at("127.0.0.3").await;
    let hold = r#"{"instructions":[{"hold":{"sound":{"own_music":{"seconds":20}},"then":"http://127.0.0.1:1/held"}}]}"#;
    let allow = r#","allow":["127.0.0.0/8"]"#;
    let stack = Stack::start(caller.address(), allow, move |_, _| (StatusCode::OK, hold.to_owned())).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    caller.answered().await;
    let mut distinct = std::collections::BTreeSet::new();
    let began = std::time::Instant::now();
    while distinct.len() < 10 && began.elapsed() < PATIENCE {
        if let Some((audio, _)) = caller.hears(Duration::from_millis(100)).await {
            distinct.insert(audio);
        }
    }
    assert!(distinct.len() >= 10, "ten packets that differ are no silence");
}
