//! Every engine, held to the contract of the ports.

use std::sync::Arc;

use ringfall_store::{
    engines::{
        dynamodb::{DynamoStore, Missing, Settings, Unmetered},
        memory::MemoryStore,
        sqlite::SqliteStore,
    },
    port::{Feed, Messages, Survey, Table},
};
use ringfall_tests::{
    aws::Aws,
    contract::{Engine, GivenTime, Patience, RealTime, hold_to_contract, hold_to_contract_but_for},
};

/// An engine that takes the time from its caller and is never late.
fn engine<S: Table + Messages + Feed + Survey + Clone>(store: S, kept: impl Send + Sync + 'static) -> Engine {
    Engine {
        table: Arc::new(store.clone()),
        messages: Arc::new(store.clone()),
        feed: Arc::new(store.clone()),
        survey: Arc::new(store),
        time: Arc::new(GivenTime::default()),
        beyond_one_delay_seconds: 40 * 60,
        patience: Patience::NONE_NEEDED,
        kept: Arc::new(kept),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_holds_to_the_contract() {
    hold_to_contract(async || engine(MemoryStore::new(), ())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_holds_to_the_contract() {
    hold_to_contract(async || {
        let folder = tempfile::tempdir().expect("a folder for the test");
        engine(SqliteStore::open(folder.path().join("store")).expect("the folder is new"), folder)
    })
    .await;
}

/// Where MiniStack is not as DynamoDB: it adds to a text and does nothing, it rounds a sum beyond its digits, and it takes
/// the removal of a nested place that has no map above it.
const MINISTACK_ERRS: [&str; 3] =
    ["only_numbers_are_added_to", "sums_that_cannot_be_exact_are_invalid", "a_nested_removal_needs_its_map"];

/// Instead of SQS' 15 minutes, since its time is the real one. Other cases send messages that are due within less, and one that is due
/// within more.
const LONGEST_DELAY_SECONDS: u16 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_holds_to_the_contract() {
    let aws = Aws::start().await.expect("DynamoDB to test against");
    let config = aws.config().await;
    let known: &[&str] = match &aws {
        Aws::Local(_) | Aws::Behind(_) => &MINISTACK_ERRS,
        Aws::Named => &[],
    };
    hold_to_contract_but_for(known, async || {
        let names = aws.names();
        let (table, queue) = (names.as_str().to_owned(), names.as_str().to_owned());
        let settings = Settings { table, queue, missing: Missing::Create };
        let store = DynamoStore::open_with(&config, settings, Arc::new(Unmetered)).await;
        let store = store.expect("the table is made").delaying_at_most(LONGEST_DELAY_SECONDS);
        let (time, patience) = (Arc::new(RealTime), Patience::FOR_A_NETWORK);
        let beyond_one_delay_seconds = 2 * u32::from(LONGEST_DELAY_SECONDS) + 1;
        Engine { time, patience, beyond_one_delay_seconds, ..engine(store, names) }
    })
    .await;
}
