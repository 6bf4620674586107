//! Every engine, held to the contract of the ports.

use std::sync::Arc;

use ringfall_store::{
    engines::{memory::MemoryStore, sqlite::SqliteStore},
    port::{Feed, Messages, Table},
};
use ringfall_tests::contract::{Engine, GivenTime, Patience, hold_to_contract};

/// An engine that takes the time from its caller and is never late.
fn engine<S: Table + Messages + Feed + Clone>(store: S, kept: impl Send + Sync + 'static) -> Engine {
    Engine {
        table: Arc::new(store.clone()),
        messages: Arc::new(store.clone()),
        feed: Arc::new(store),
        time: Arc::new(GivenTime::default()),
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
