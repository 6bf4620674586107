//! Batches as SQS brings them.

use std::{collections::HashMap, time::Duration};

use aws_config::{BehaviorVersion, Region};
use ringfall_app::{
    clock::{SystemClock, SystemRandomness},
    connection::RealProviders,
    message::{Message, ServeWaiters},
    platform::{Ports, Settings},
    seal::{KeyRing, KeysAtHand},
};
use ringfall_domain::ids::{AccountId, BuyerId};
use ringfall_store::engines::{
    dynamodb::{Places, Unmetered},
    memory::MemoryStore,
};

use super::*;

/// A platform on the store in memory.
fn platform() -> Platform {
    let store = std::sync::Arc::new(MemoryStore::new());
    let ports = Ports { table: store.clone(), messages: store.clone(), feed: store.clone(), survey: store };
    let settings = Settings {
        public_url: "https://calls.example.com".parse().expect("a URL"),
        cache_time: Duration::from_secs(5),
        private_addresses_allowed: false,
    };
    let keys = KeysAtHand::new(KeyRing::read(&"0a".repeat(32)).expect("a key"));
    let providers = RealProviders::new(false).expect("a client");
    Platform::new(
        ports,
        std::sync::Arc::new(SystemClock),
        std::sync::Arc::new(SystemRandomness),
        std::sync::Arc::new(providers),
        std::sync::Arc::new(keys),
        settings,
    )
}

/// A queue that nobody answers for: only messages that are not due yet are sent on.
async fn queue() -> DynamoStore {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url("http://127.0.0.1:9")
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .load()
        .await;
    let places = Places {
        table: "calls".to_owned(),
        stream_arn: "arn:aws:dynamodb:us-east-1:123456789012:table/calls/stream/1".to_owned(),
        queue_url: "http://127.0.0.1:9/123456789012/messages".to_owned(),
    };
    DynamoStore::at(&config, places, std::sync::Arc::new(Unmetered)).expect("a region")
}

fn message(id: &str, body: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some(id.to_owned());
    message.receipt_handle = Some(format!("receipt of {id}"));
    message.body = Some(body.to_owned());
    message.attributes = HashMap::from([("ApproximateReceiveCount".to_owned(), "1".to_owned())]);
    message
}

fn plain() -> String {
    let account = AccountId::from_parts(1, 1);
    Message::ServeWaiters(ServeWaiters { account, buyers: vec![BuyerId::from_parts(1, 1)] }).to_body()
}

async fn failures(messages: Vec<SqsMessage>) -> Vec<String> {
    let mut batch = SqsEvent::default();
    batch.records = messages;
    let response = work_on(&platform(), &queue().await, batch).await.expect("an answer");
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

#[tokio::test]
async fn one_poison_among_ten_comes_again_alone() {
    for poison in 0..10 {
        let bodies = (0..10).map(|n| if n == poison { "{\"kind\": \"poison\"}".to_owned() } else { plain() });
        let messages = bodies.enumerate().map(|(n, body)| message(&n.to_string(), &body)).collect();
        assert_eq!(failures(messages).await, [poison.to_string()]);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_on_comes_again_alone() {
    let mut early = message("early", &plain());
    let mut due_at = aws_lambda_events::sqs::SqsMessageAttribute::default();
    due_at.string_value = Some("2999-01-01T00:00:00Z".to_owned());
    early.message_attributes = HashMap::from([(DynamoStore::DUE_AT.to_owned(), due_at)]);
    let messages = vec![message("a", &plain()), early, message("b", &plain())];
    assert_eq!(failures(messages).await, ["early"]);
    assert_eq!(failures(vec![message("a", &plain())]).await, [""; 0]);
}
