//! Every engine, and a list on paper: they agree on who waits where, whatever is done.

use std::sync::Arc;

use ringfall_store::{
    engines::{
        dynamodb::{DynamoStore, Missing, Settings, Unmetered},
        memory::MemoryStore,
        sqlite::SqliteStore,
    },
    port::Table,
};
use ringfall_tests::{aws::Aws, waiting::agrees_with_the_list};

#[tokio::test(flavor = "multi_thread")]
async fn memory_agrees_with_the_list() {
    let table: Arc<dyn Table> = Arc::new(MemoryStore::new());
    agrees_with_the_list(&table, 256);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_agrees_with_the_list() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let store = SqliteStore::open(folder.path().join("store")).expect("the folder is new");
    let table: Arc<dyn Table> = Arc::new(store);
    agrees_with_the_list(&table, 48);
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_agrees_with_the_list() {
    let aws = Aws::start().await.expect("DynamoDB to test against");
    let names = aws.names();
    let (table, queue) = (names.as_str().to_owned(), names.as_str().to_owned());
    let settings = Settings { table, queue, missing: Missing::Create };
    let store = DynamoStore::open_with(&aws.config().await, settings, Arc::new(Unmetered)).await;
    let table: Arc<dyn Table> = Arc::new(store.expect("the table is made"));
    agrees_with_the_list(&table, 6);
}
