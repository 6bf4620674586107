//! Answers of AWS to tests: the SDK is given them instead of a network.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::test_util::infallible_client_fn;
use serde_json::{Value as Json, json};

/// The answers still to be given, and what was sent.
#[derive(Debug, Clone)]
pub(super) struct Script {
    answers: Arc<Mutex<VecDeque<(u16, Json)>>>,
    sent: Arc<Mutex<Vec<Json>>>,
}

impl Script {
    /// The last answer is given again and again.
    pub(super) fn of<const N: usize>(answers: [(u16, Json); N]) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into())), sent: Arc::default() }
    }

    fn answer(&self, body: &[u8]) -> http::Response<String> {
        let body = serde_json::from_slice(body).expect("requests are JSON");
        self.sent.lock().expect("no holder panics").push(body);
        let mut answers = self.answers.lock().expect("no holder panics");
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let (status, body) = next.expect("a script has an answer");
        let answer = http::Response::builder().status(status);
        answer.body(body.to_string()).expect("a status and a body")
    }

    /// What the SDK is to send its requests by.
    pub(super) fn http(&self) -> SharedHttpClient {
        let script = self.clone();
        infallible_client_fn(move |request| {
            script.answer(request.body().bytes().expect("requests are not streamed"))
        })
    }

    /// The requests so far.
    pub(super) fn sent(&self) -> Vec<Json> {
        self.sent.lock().expect("no holder panics").clone()
    }
}

/// A refusal, in DynamoDB's words and its streams'.
pub(super) fn fails(code: &str) -> (u16, Json) {
    (400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "so it is"}))
}
