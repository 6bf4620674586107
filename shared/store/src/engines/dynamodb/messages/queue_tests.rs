//! Delays beyond 15 minutes, on a queue that keeps SQS' rules in a time that passes as the test says. No local SQS has one.

use std::{
    cell::Cell,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use aws_sdk_sqs::{
    Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use aws_smithy_http_client::test_util::infallible_client_fn;
use serde_json::{Value as Json, json};

use super::*;

const HIDDEN_SECONDS: u32 = 60;
const MINUTE: i64 = 60;

thread_local! {
    /// The time of a test: each has a thread of its own.
    static SECONDS: Cell<i64> = const { Cell::new(1_780_000_000) };
}

fn now() -> Timestamp {
    Timestamp::from_second(SECONDS.get()).expect("a time in 2026")
}

fn pass(seconds: i64) {
    SECONDS.set(SECONDS.get() + seconds);
}

/// A queue by SQS' rules (API reference: `SendMessage`, `ReceiveMessage`, `DeleteMessage`).
#[derive(Debug, Default)]
struct Queue {
    messages: BTreeMap<u64, Kept>,
    last: u64,
    sent: usize,
    /// How many of the next deletions fail.
    failing_deletions: usize,
}

#[derive(Debug)]
struct Kept {
    body: String,
    attributes: Json,
    visible_at: i64,
    receives: u32,
}

#[derive(Debug, Clone, Default)]
struct Sqs(Arc<Mutex<Queue>>);

impl Sqs {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().expect("no holder panics")
    }

    fn messages(&self) -> SqsMessages {
        let sqs = self.clone();
        let http = infallible_client_fn(move |request| {
            let target = request.headers()["x-amz-target"].to_str().expect("a name").to_owned();
            let body = request.body().bytes().expect("requests are not streamed");
            let body: Json = serde_json::from_slice(body).expect("requests are JSON");
            let (status, answer) = sqs.queue().answer(&target, &body);
            let answer = http::Response::builder().status(status).body(answer.to_string());
            answer.expect("a status and a body")
        });
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
            .retry_config(RetryConfig::disabled())
            .http_client(http);
        let client = Client::from_conf(config.build());
        SqsMessages { now, ..SqsMessages::of(client, "http://127.0.0.1/queue".to_owned()) }
    }
}

impl Queue {
    fn answer(&mut self, target: &str, asked: &Json) -> (u16, Json) {
        match target {
            "AmazonSQS.SendMessage" => self.send(asked),
            "AmazonSQS.ReceiveMessage" => (200, self.receive(asked)),
            "AmazonSQS.DeleteMessage" => self.delete(asked),
            other => (400, json!({"__type": "com.amazonaws.sqs#UnsupportedOperation", "message": other})),
        }
    }

    fn send(&mut self, asked: &Json) -> (u16, Json) {
        let delay = asked["DelaySeconds"].as_i64().unwrap_or(0);
        if !(0..=900).contains(&delay) {
            return (
                400,
                json!({"__type": "com.amazonaws.sqs#InvalidParameterValue", "message": "DelaySeconds"}),
            );
        }
        self.last += 1;
        self.sent += 1;
        let kept = Kept {
            body: asked["MessageBody"].as_str().expect("a text").to_owned(),
            attributes: asked["MessageAttributes"].clone(),
            visible_at: SECONDS.get() + delay,
            receives: 0,
        };
        self.messages.insert(self.last, kept);
        (200, json!({"MessageId": self.last.to_string()}))
    }

    fn receive(&mut self, asked: &Json) -> Json {
        let now = SECONDS.get();
        let hidden = asked["VisibilityTimeout"].as_i64().expect("a number");
        let visible = self.messages.iter_mut().filter(|(_, kept)| kept.visible_at <= now);
        let messages: Vec<Json> = visible
            .take(10)
            .map(|(number, kept)| {
                kept.visible_at = now + hidden;
                kept.receives += 1;
                let mut message = json!({"MessageId": number.to_string(), "ReceiptHandle": number.to_string(),
                    "Body": kept.body, "Attributes": {"ApproximateReceiveCount": kept.receives.to_string()}});
                if kept.attributes.is_object() {
                    message["MessageAttributes"] = kept.attributes.clone();
                }
                message
            })
            .collect();
        json!({"Messages": messages})
    }

    fn delete(&mut self, asked: &Json) -> (u16, Json) {
        if self.failing_deletions > 0 {
            self.failing_deletions -= 1;
            return (500, json!({"__type": "com.amazonaws.sqs#InternalError", "message": "lost"}));
        }
        let receipt = asked["ReceiptHandle"].as_str().and_then(|receipt| receipt.parse().ok());
        receipt.and_then(|number: u64| self.messages.remove(&number));
        (200, json!({}))
    }
}

/// Looks every minute, as a worker that is always there, and gives what came at which minute.
async fn look(messages: &SqsMessages, minutes: i64) -> Vec<(i64, Delivery)> {
    let mut found = Vec::new();
    for minute in 0..=minutes {
        // A receive that fails on the way is made again: what it took shows itself again.
        for delivery in messages.receive(now(), HIDDEN_SECONDS, 10).await.unwrap_or_default() {
            messages.acknowledge(&delivery.receipt).await.expect("the queue works");
            found.push((minute, delivery));
        }
        pass(MINUTE);
    }
    found
}

fn after(minutes: i64) -> Timestamp {
    Timestamp::from_second(SECONDS.get() + minutes * MINUTE).expect("a time in 2026")
}

#[tokio::test]
async fn a_message_is_sent_on_until_it_is_due_and_comes_then_once() {
    for (minutes, sends) in [(0, 1), (14, 1), (15, 1), (16, 2), (31, 3), (40, 3), (24 * 60, 96)] {
        let sqs = Sqs::default();
        let messages = sqs.messages();
        messages.send("m".to_owned(), after(minutes)).await.expect("the queue works");
        let found = look(&messages, minutes + 30).await;
        let [(minute, delivery)] = &found[..] else { panic!("once: {found:?}") };
        assert_eq!((*minute, delivery.body.as_str(), delivery.deliveries), (minutes, "m", 1));
        let queue = sqs.queue();
        assert_eq!((queue.sent, queue.messages.len()), (sends, 0), "due in {minutes} minutes");
    }
}

#[tokio::test]
async fn a_message_that_nobody_looks_for_waits_and_is_not_early() {
    let messages = Sqs::default().messages();
    messages.send("m".to_owned(), after(120)).await.expect("the queue works");
    pass(100 * MINUTE);
    // Then it is sent on for the rest: a quarter of an hour at a time.
    let minutes: Vec<i64> = look(&messages, 60).await.into_iter().map(|(minute, _)| minute).collect();
    assert_eq!(minutes, [20]);
}

#[tokio::test]
async fn a_death_between_sending_on_and_deleting_doubles_a_message_but_never_loses_it_or_brings_it_early() {
    let sqs = Sqs::default();
    let messages = sqs.messages();
    messages.send("m".to_owned(), after(40)).await.expect("the queue works");
    sqs.queue().failing_deletions = 1;
    let found = look(&messages, 90).await;
    assert!(found.len() > 1, "the copy stayed: {found:?}");
    assert!(found.iter().all(|(minute, delivery)| *minute >= 40 && delivery.body == "m"), "{found:?}");
    assert_eq!(sqs.queue().messages.len(), 0);
}
