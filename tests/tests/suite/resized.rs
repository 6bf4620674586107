//! Every engine, with hundreds of live legs of one buyer whose cap is moved.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use ringfall_store::engines::{
    dynamodb::{DynamoStore, Missing, Settings, Unmetered},
    memory::MemoryStore,
    sqlite::SqliteStore,
};
use ringfall_tests::{aws::Aws, resized::holds_under_load};

#[tokio::test(flavor = "multi_thread")]
async fn memory_holds_a_moving_cap_beyond_one_item() -> Result<()> {
    let seen = holds_under_load(Arc::new(MemoryStore::new()), 200, 20, Duration::from_millis(5)).await?;
    assert!(seen.held > 200, "{seen:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_holds_a_moving_cap_beyond_one_item() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("store"))?;
    let seen = holds_under_load(Arc::new(store), 200, 8, Duration::from_millis(20)).await?;
    assert!(seen.held > 200, "{seen:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_holds_a_moving_cap_beyond_one_item() -> Result<()> {
    let aws = Aws::start().await?;
    let names = aws.names();
    let (table, queue) = (names.as_str().to_owned(), names.as_str().to_owned());
    let settings = Settings { table, queue, missing: Missing::Create };
    let store = DynamoStore::open_with(&aws.config().await, settings, Arc::new(Unmetered)).await?;
    // A local one answers some hundred requests a second: who is held stays until all have come.
    let seen = holds_under_load(Arc::new(store), 120, 2, Duration::from_secs(6)).await?;
    assert!(seen.held > 80, "{seen:?}");
    Ok(())
}
