//! The delayed messages.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use ringfall_store::port::{Receipt, StoreError};

use super::{Engine, cases, requests::HIDDEN_SECONDS};

cases![
    a_message_that_is_due_is_delivered,
    a_message_is_not_delivered_before_it_is_due,
    a_message_that_is_due_beyond_any_one_delay_is_neither_early_nor_lost,
    a_received_message_is_hidden_and_comes_again,
    an_acknowledged_message_does_not_come_again,
    a_postponed_message_comes_when_it_is_due_again,
    a_message_that_came_again_is_acknowledged_by_its_last_receipt,
    receipts_that_name_nothing_are_no_failure,
    every_message_comes_and_none_beyond_the_limit,
    messages_may_be_as_large_as_64_kib_and_no_larger,
    wrong_receives_are_invalid,
];

impl Engine {
    async fn send(&self, body: &str, in_seconds: i64) {
        self.messages.send(body.to_owned(), self.in_seconds(in_seconds)).await.expect("it can be sent");
    }

    fn in_seconds(&self, seconds: i64) -> Timestamp {
        self.time.now().checked_add(SignedDuration::from_secs(seconds)).expect("no case is centuries long")
    }
}

async fn a_message_that_is_due_is_delivered(engine: Engine) {
    assert_eq!(engine.receive(10).await, []);
    engine.send("watchdog \u{1f4de} {\"leg\":\"call#1\"}", 0).await;
    let delivery = engine.delivery().await;
    assert_eq!((delivery.body.as_str(), delivery.deliveries), ("watchdog \u{1f4de} {\"leg\":\"call#1\"}", 1));
    engine.send("long due", -60).await;
    assert_eq!(engine.delivery().await.body, "long due");
}

async fn a_message_is_not_delivered_before_it_is_due(engine: Engine) {
    engine.send("later", 4).await;
    engine.send("now", 0).await;
    assert_eq!(engine.delivery().await.body, "now");
    assert_eq!(engine.receive(10).await, []);
    engine.time.pass(5).await;
    assert!(engine.deliveries(2).await.iter().any(|delivery| delivery.body == "later"));
}

async fn a_message_that_is_due_beyond_any_one_delay_is_neither_early_nor_lost(engine: Engine) {
    let delay = engine.beyond_one_delay_seconds;
    let due_at = engine.in_seconds(i64::from(delay));
    engine.messages.send("much later".to_owned(), due_at).await.expect("it can be sent");
    // Looked for all the while, as a worker does: what is sent on, is sent on by those who look.
    let mut found = Vec::new();
    for _ in 0..engine.patience.attempts.max(100) {
        found = engine.receive(10).await;
        if !found.is_empty() {
            break;
        }
        engine.time.pass(delay.div_ceil(20)).await;
    }
    assert!(engine.time.now() >= due_at, "it came at {} and was due at {due_at}", engine.time.now());
    let bodies: Vec<&str> = found.iter().map(|delivery| delivery.body.as_str()).collect();
    assert_eq!(bodies, ["much later"]);
    engine.messages.acknowledge(&found[0].receipt).await.expect("it can be acknowledged");
    engine.time.pass(HIDDEN_SECONDS + 1).await;
    assert_eq!(engine.receive(10).await, [], "it came once");
}

async fn a_received_message_is_hidden_and_comes_again(engine: Engine) {
    engine.send("m", 0).await;
    assert_eq!(engine.delivery().await.deliveries, 1);
    assert_eq!(engine.receive(10).await, []);
    engine.time.pass(HIDDEN_SECONDS + 1).await;
    let again = engine.delivery().await;
    assert_eq!((again.body.as_str(), again.deliveries), ("m", 2));
}

async fn an_acknowledged_message_does_not_come_again(engine: Engine) {
    engine.send("m", 0).await;
    let delivery = engine.delivery().await;
    engine.messages.acknowledge(&delivery.receipt).await.expect("it can be acknowledged");
    engine.time.pass(HIDDEN_SECONDS + 1).await;
    assert_eq!(engine.receive(10).await, []);
    engine.messages.acknowledge(&delivery.receipt).await.expect("twice is no failure");
}

async fn a_postponed_message_comes_when_it_is_due_again(engine: Engine) {
    engine.send("m", 0).await;
    let delivery = engine.delivery().await;
    let later = i64::from(HIDDEN_SECONDS) + 5;
    engine.messages.postpone(&delivery.receipt, engine.in_seconds(later)).await.expect("it can be postponed");
    engine.time.pass(HIDDEN_SECONDS + 1).await;
    assert_eq!(engine.receive(10).await, []);
    engine.time.pass(5).await;
    let again = engine.delivery().await;
    assert_eq!((again.body.as_str(), again.deliveries), ("m", 2));
    engine.messages.postpone(&again.receipt, engine.in_seconds(0)).await.expect("it can be postponed to now");
    assert_eq!(engine.delivery().await.deliveries, 3);
}

async fn a_message_that_came_again_is_acknowledged_by_its_last_receipt(engine: Engine) {
    engine.send("m", 0).await;
    let first = engine.delivery().await;
    engine.time.pass(HIDDEN_SECONDS + 1).await;
    let second = engine.delivery().await;
    assert_ne!(first.receipt, second.receipt);
    engine.messages.acknowledge(&first.receipt).await.expect("an old receipt is no failure");
    engine.messages.acknowledge(&second.receipt).await.expect("it can be acknowledged");
    engine.time.pass(HIDDEN_SECONDS + 1).await;
    assert_eq!(engine.receive(10).await, []);
}

async fn receipts_that_name_nothing_are_no_failure(engine: Engine) {
    engine.send("m", 0).await;
    for receipt in ["", "unknown", "1.99", "999.1", "\u{e9}"].map(|text| Receipt(text.to_owned())) {
        assert_eq!(engine.messages.acknowledge(&receipt).await, Ok(()), "{receipt:?}");
        assert_eq!(engine.messages.postpone(&receipt, engine.in_seconds(60)).await, Ok(()), "{receipt:?}");
    }
    assert_eq!(engine.delivery().await.body, "m");
}

async fn every_message_comes_and_none_beyond_the_limit(engine: Engine) {
    let bodies: BTreeSet<String> = (0..25).map(|place| format!("m{place}")).collect();
    for body in &bodies {
        engine.send(body, 0).await;
    }
    assert!(engine.receive(10).await.len() <= 10);
    engine.time.pass(HIDDEN_SECONDS + 1).await;
    let found: BTreeSet<String> =
        engine.deliveries(25).await.into_iter().map(|delivery| delivery.body).collect();
    assert_eq!(found, bodies);
}

async fn messages_may_be_as_large_as_64_kib_and_no_larger(engine: Engine) {
    engine.send(&"x".repeat(65_536), 0).await;
    assert_eq!(engine.delivery().await.body.len(), 65_536);
    for body in [String::new(), "x".repeat(65_537), "\u{e9}".repeat(32_769)] {
        let found = engine.messages.send(body, engine.time.now()).await;
        assert!(matches!(found, Err(StoreError::Invalid(_))), "{found:?}");
    }
}

async fn wrong_receives_are_invalid(engine: Engine) {
    for (hidden_seconds, limit) in [(5, 0), (43_201, 1)] {
        let found = engine.messages.receive(engine.time.now(), hidden_seconds, limit).await;
        assert!(matches!(found, Err(StoreError::Invalid(_))), "{hidden_seconds} {limit}: {found:?}");
    }
}
