//! Calls that come back.

use std::sync::{Arc, OnceLock};

use axum::http::StatusCode;

use crate::{
    phone::Phone,
    stack::{NUMBER, Stack},
};

const ALLOW: &str = r#","allow":["127.0.0.0/8"]"#;

#[tokio::test]
async fn a_call_of_the_relays_own_that_comes_back_is_refused_as_a_loop() {
    let mut caller = Phone::at("127.0.0.3").await;
    let itself = Arc::new(OnceLock::<String>::new());
    let known = itself.clone();
    let stack = Stack::start(caller.address(), ALLOW, move |path, _| {
        let itself = known.get().cloned().unwrap_or_default();
        let orders = format!(
            r#"{{"instructions":[{{"connect":{{"targets":[{{"destination":{{"sip_uri":"{itself}"}}}}],"ring_timeout_seconds":20,
            "most_seconds":600,"then":"http://127.0.0.1:1/done"}}}}]}}"#
        );
        (StatusCode::OK, if path == "/voice" { orders } else { r#"{"instructions":[]}"#.to_owned() })
    })
    .await;
    itself.get_or_init(|| format!("sip:{NUMBER}@{}", stack.relay.sip_address()));
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    caller.ended().await;
    let heard = stack.platform.heard();
    let calls = heard.iter().filter(|(path, _)| path == "/voice").count();
    assert_eq!(calls, 1, "{heard:#?}");
}

#[tokio::test]
async fn calls_that_a_carrier_brings_back_as_new_ones_do_not_go_round_for_ever() {
    let mut carrier = Phone::at("127.0.0.4").await;
    let orders = r#"{"instructions":[{"connect":{"targets":[{"destination":{"phone_number":"+12145550100"}}],"ring_timeout_seconds":20,"most_seconds":600}}]}"#;
    let stack = Stack::start(carrier.address(), ALLOW, move |_, _| (StatusCode::OK, orders.to_owned())).await;
    // Each call that the relay makes comes back to it as another one.
    for _ in 0..5 {
        carrier.dial(stack.relay.sip_address(), NUMBER).await;
        carrier.rings().await;
    }
    carrier.dial(stack.relay.sip_address(), NUMBER).await;
    assert!(carrier.ended().await.contains("482"));
}
