//! Codecs that only pass through, and what becomes of them where something of ours is to be heard or recorded.

use std::time::Duration;

use crate::{
    audio::reaches,
    phone::Phone,
    stack::{NUMBER, Stack, connecting},
};

/// A caller and a buyer who talk in Opus.
async fn talking() -> (Phone, Phone, Stack) {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    (caller.speaks_opus, buyer.speaks_opus) = (true, true);
    let stack = connecting(buyer.address()).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.answer(rung).await;
    caller.answered().await;
    buyer.go_on(Duration::from_millis(200)).await;
    assert!(caller.heard.iter().any(|message| message.contains("opus")), "{:?}", caller.heard);
    assert!(reaches(&caller, &buyer, 0x11).await, "the buyer hears the caller");
    (caller, buyer, stack)
}

impl Stack {
    /// Tells the only call what to do instead.
    async fn modify(&self, instructions: &str) {
        let notice = self.platform.hears("/voice", |_| true).await;
        let body = format!(r#"{{"instructions":{instructions}}}"#);
        let path = format!("/v1/calls/{}", notice.call_id);
        assert_eq!(self.command("POST", &path, &body).await.0, 204);
    }

    fn recording(&self) -> String {
        let connect = format!(
            r#"[{{"connect":{{"targets":[{{"destination":{{"phone_number":"+12145550100"}}}}],"ring_timeout_seconds":20,
            "most_seconds":600,"record":true,"then":"{}"}}}}]"#,
            self.url("/recorded")
        );
        connect
    }
}

#[tokio::test]
async fn a_caller_who_is_to_hear_or_leave_something_goes_back_to_g711_first() {
    let (mut caller, mut buyer, stack) = talking().await;
    let record = format!(r#"[{{"record":{{"most_seconds":60,"then":"{}"}}}}]"#, stack.url("/left"));
    stack.modify(&record).await;
    assert_eq!(buyer.ended().await, "RemoteBye");
    caller.goes_back_to_g711().await;
    let beep = caller.hears(Duration::from_secs(5)).await.expect("the tone before a message");
    assert_eq!(beep.0.len(), 160, "G.711 of 20 ms");
    // The message begins after the tone; `#` ends it.
    for sequence in 0..100 {
        caller.say(sequence, 0x33).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let session = caller.session.expect("a call");
    caller.press_by_info(session, '#').await;
    let left = stack.platform.hears("/left", |_| true).await;
    assert!(left.recording_url.is_some(), "{left:?}");
    assert!(left.problems.is_empty(), "{left:?}");
}

#[tokio::test]
async fn what_is_recorded_is_g711_on_both_legs_even_if_the_buyer_is_faster_than_the_change() {
    let (mut caller, mut buyer, stack) = talking().await;
    stack.modify(&stack.recording()).await;
    assert_eq!(buyer.ended().await, "RemoteBye");
    buyer.heard.clear();
    let rung = buyer.rings().await;
    assert!(!buyer.heard.iter().any(|message| message.contains("opus")), "{:?}", buyer.heard);
    buyer.speaks_opus = false;
    buyer.answer(rung).await;
    buyer.go_on(Duration::from_millis(300)).await;
    caller.goes_back_to_g711().await;
    assert!(reaches(&caller, &buyer, 0x44).await, "the buyer hears the caller");
    for sequence in 200..300 {
        caller.say(sequence, 0x44).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    buyer.hang_up(rung).await;
    let told = stack.platform.hears("/recorded", |_| true).await;
    assert!(told.recording_url.is_some() && told.problems.is_empty(), "{told:?}");
}

#[tokio::test]
async fn a_phone_that_does_not_go_back_is_told_of_as_a_problem_and_the_call_goes_on() {
    let (mut caller, mut buyer, stack) = talking().await;
    let say = format!(
        r#"[{{"hold":{{"sound":{{"own_music":{{"seconds":20}}}},"then":"{}"}}}}]"#,
        stack.url("/held")
    );
    stack.modify(&say).await;
    assert_eq!(buyer.ended().await, "RemoteBye");
    caller.stays_as_it_is().await;
    let held = stack.platform.hears("/held", |_| true).await;
    assert!(held.problems.iter().any(|problem| problem.detail.contains("G.711")), "{held:?}");
}

#[tokio::test]
async fn a_call_that_is_to_be_recorded_from_the_start_is_never_offered_another_codec() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    (caller.speaks_opus, buyer.speaks_opus) = (true, true);
    let orders = r#"{"instructions":[{"connect":{"targets":[{"destination":{"phone_number":"+12145550100"}}],"ring_timeout_seconds":20,"most_seconds":600,"record":true}}]}"#;
    let allow = r#","allow":["127.0.0.0/8"]"#;
    let stack =
        Stack::start(buyer.address(), allow, move |_, _| (axum::http::StatusCode::OK, orders.to_owned()))
            .await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    assert!(!buyer.heard[0].contains("opus"), "{}", buyer.heard[0]);
    buyer.speaks_opus = false;
    buyer.answer(rung).await;
    caller.answered().await;
    let answer = caller.heard.iter().find(|message| message.starts_with("SIP/2.0 200")).expect("an answer");
    assert!(!answer.contains("opus"), "{answer}");
}
