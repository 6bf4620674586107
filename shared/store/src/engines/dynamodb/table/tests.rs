//! What no local DynamoDB does: conflicts, throttling, lost answers, answers in part. The SDK is given answers to what it
//! sends.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    engines::dynamodb::{
        Units, Unmetered,
        script::{Script, fails},
    },
    port::{Condition, Item, Refusal, Update, Value},
};

fn table(script: &Script) -> DynamoTable {
    metered(script, Arc::new(Unmetered))
}

fn metered(script: &Script, meter: Arc<dyn Meter>) -> DynamoTable {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(script.http());
    DynamoTable { client: Client::from_conf(config.build()), name: "t".to_owned(), meter }
}

/// The answer is lost: nobody knows what happened.
fn lost() -> (u16, Json) {
    (500, json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "lost"}))
}

fn cancelled(reasons: &Json) -> (u16, Json) {
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    (400, json!({"__type": kind, "Message": "cancelled", "CancellationReasons": reasons}))
}

fn done() -> (u16, Json) {
    (200, json!({}))
}

fn key(sort: &str) -> Key {
    Key::new("p", sort)
}

fn attributes(sort: &str) -> Json {
    json!({"pk": {"S": "p"}, "sk": {"S": sort}, "n": {"N": "1"}})
}

fn item() -> Item {
    Item::from([("n".to_owned(), Value::from(1_u32))])
}

fn add(sort: &str) -> Write {
    let updates = vec![Update::Add("n".into(), 1.into())];
    Write::Update { key: key(sort), updates, condition: Some(Condition::Exists("n".into())) }
}

fn is_unavailable<T>(answer: &Result<T, WriteError>) -> bool {
    matches!(answer, Err(WriteError::Store(StoreError::Unavailable(_))))
}

#[tokio::test(start_paused = true)]
async fn what_was_throttled_is_tried_again() {
    let throttled = ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"];
    for code in throttled.into_iter().chain(["TransactionConflictException"]) {
        let script = Script::of([fails(code), fails(code), (200, json!({"Attributes": attributes("1")}))]);
        assert_eq!(table(&script).write(vec![add("1")]).await, Ok(vec![Written::Now(Some(item().into()))]));
        assert_eq!(script.sent().len(), 3, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn patience_with_a_table_that_throttles_for_ever_ends() {
    let script = Script::of([fails("ThrottlingException")]);
    assert!(is_unavailable(&table(&script).write(vec![add("1")]).await));
    assert!(script.sent().len() > 2);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_not_repeated() {
    let script = Script::of([lost(), done()]);
    let put = Write::Put { key: key("1"), item: item(), condition: None };
    for write in [add("1"), put, Write::Delete { key: key("1"), condition: None }] {
        let script = Script::of([lost(), done()]);
        assert!(is_unavailable(&table(&script).write(vec![write]).await));
        assert_eq!(script.sent().len(), 1);
    }
    assert_eq!(table(&script).get(&key("1")).await, Ok(None), "reads are");
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_repeated_under_one_token_whatever_became_of_it() {
    let conflict = cancelled(&json!([{"Code": "None"}, {"Code": "TransactionConflict", "Message": "held"}]));
    let script = Script::of([conflict, lost(), fails("TransactionInProgressException"), done()]);
    let written = table(&script).write(vec![add("1"), add("2")]).await;
    assert_eq!(written, Ok(vec![Written::Unknown, Written::Unknown]));
    let tokens: Vec<Json> = script.sent().iter().map(|sent| sent["ClientRequestToken"].clone()).collect();
    assert_eq!(tokens.len(), 4);
    assert!(tokens.iter().all(|token| token.is_string() && *token == tokens[0]), "{tokens:?}");
    table(&script).write(vec![add("1"), add("2")]).await.expect("nothing is in the way");
    assert_ne!(script.sent()[4]["ClientRequestToken"], tokens[0], "another transaction, another token");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_beside_a_conflict_is_judged_again_and_then_told_in_its_place() {
    let refused = json!({"Code": "ConditionalCheckFailed", "Message": "no", "Item": attributes("2")});
    let mixed = cancelled(&json!([{"Code": "TransactionConflict"}, refused, {"Code": "None"}]));
    let settled = cancelled(&json!([{"Code": "None"}, refused, {"Code": "ConditionalCheckFailed"}]));
    let script = Script::of([mixed, settled]);
    let answer = table(&script).write(vec![add("1"), add("2"), add("3")]).await;
    let told = [None, Some(Refusal { item: Some(item().into()) }), Some(Refusal { item: None })];
    assert_eq!(answer, Err(WriteError::Refused(told.to_vec())));
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_will_never_happen_is_not_repeated() {
    let wrong = json!([{"Code": "None"}, {"Code": "ValidationError", "Message": "no map"}]);
    for (answer, is_invalid) in [
        (cancelled(&wrong), true),
        (fails("ValidationException"), true),
        (fails("ResourceNotFoundException"), false),
        (fails("AccessDeniedException"), false),
    ] {
        let script = Script::of([answer]);
        let found = table(&script).write(vec![add("1"), add("2")]).await;
        assert_eq!(matches!(found, Err(WriteError::Store(StoreError::Invalid(_)))), is_invalid, "{found:?}");
        assert_eq!(script.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_were_left_unread_are_read_again_until_patience_ends() {
    let part = |found: &[&str], left: &[&str]| {
        let found: Vec<Json> = found.iter().map(|sort| attributes(sort)).collect();
        let left: Vec<Json> = left.iter().map(|sort| json!({"pk": {"S": "p"}, "sk": {"S": sort}})).collect();
        let left = if left.is_empty() { json!({}) } else { json!({"t": {"Keys": left}}) };
        (200, json!({"Responses": {"t": found}, "UnprocessedKeys": left}))
    };
    let keys = ["1", "2", "3"].map(key);
    let script = Script::of([part(&["3"], &["1", "2"]), part(&[], &["1", "2"]), part(&["1"], &[])]);
    assert_eq!(
        table(&script).get_many(&keys).await,
        Ok(vec![Some(item().into()), None, Some(item().into())])
    );
    let sent = script.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|sent| sent["RequestItems"]["t"]["ConsistentRead"] == true), "{sent:?}");
    let script = Script::of([part(&[], &["1"])]);
    assert!(matches!(table(&script).get_many(&keys).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test(start_paused = true)]
async fn a_page_without_items_is_not_the_end() {
    let next = json!({"pk": {"S": "p"}, "sk": {"S": "1"}});
    let script = Script::of([
        (200, json!({"Items": [], "LastEvaluatedKey": next})),
        (200, json!({"Items": [attributes("2")]})),
    ]);
    let page = table(&script).query("p", &Range::default(), Direction::Ascending, 5).await.expect("a page");
    assert_eq!(page, Page { items: vec![(key("2"), item().into())], more: false });
    assert_eq!(script.sent()[1]["ExclusiveStartKey"], next);
}

#[derive(Debug, Default)]
struct Told(Mutex<Vec<(Operation, Units)>>);

impl Meter for Told {
    fn consumed(&self, operation: Operation, units: Units) {
        self.0.lock().expect("no holder panics").push((operation, units));
    }
}

#[tokio::test]
async fn the_meter_is_told_what_each_answer_reports() {
    let told = Arc::new(Told::default());
    let reads = Script::of([(200, json!({"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 1.5}}))]);
    metered(&reads, told.clone()).get(&key("1")).await.expect("a read");
    let capacity = json!([{"TableName": "t", "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}]);
    let writes = Script::of([(200, json!({"ConsumedCapacity": capacity}))]);
    metered(&writes, told.clone()).write(vec![add("1"), add("2")]).await.expect("a write");
    let expected = [
        (Operation::GetItem, Units { read: 1.5, written: 0.0 }),
        (Operation::TransactWriteItems, Units { read: 0.0, written: 4.0 }),
    ];
    assert_eq!(*told.0.lock().expect("no holder panics"), expected);
    for sent in reads.sent().into_iter().chain(writes.sent()) {
        assert_eq!(sent["ReturnConsumedCapacity"], "TOTAL");
    }
}
