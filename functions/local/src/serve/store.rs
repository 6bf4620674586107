//! What keeps the data.

use std::sync::Arc;

use anyhow::Context;
use ringfall_app::{metrics::StoreUnits, platform::Ports, rollup::concerns_the_sums};
use ringfall_store::{
    engines::{dynamodb::DynamoStore, sqlite::SqliteStore},
    port::{Feed, Messages, Survey, Table},
};

use super::{folder, settings::Engine};

/// The file in the data folder.
const DATABASE: &str = "ringfall.db";

/// An open store.
#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(SqliteStore),
    DynamoDb { store: DynamoStore, units: StoreUnits },
}

impl Store {
    /// Opens it.
    ///
    /// # Errors
    /// The folder is in use or not usable; the table or the queue is missing, or AWS cannot be asked.
    pub(crate) async fn open(engine: &Engine) -> anyhow::Result<Self> {
        match engine {
            Engine::Sqlite { data_dir } => {
                folder::prepare(data_dir)
                    .with_context(|| format!("cannot make the data folder {}", data_dir.display()))?;
                Ok(Self::Sqlite(SqliteStore::open_feeding(data_dir.join(DATABASE), concerns_the_sums)?))
            }
            Engine::DynamoDb(settings) => {
                let units = StoreUnits::default();
                let opened = DynamoStore::open(settings.clone(), Arc::new(units.clone())).await;
                let store = opened.context(
                    "cannot open the store; --create-tables (RINGFALL_CREATE_TABLES) makes what is missing",
                )?;
                Ok(Self::DynamoDb { store, units })
            }
        }
    }

    /// What the platform stands on.
    pub(super) fn ports(&self) -> Ports {
        match self {
            Self::Sqlite(store) => ports(store),
            Self::DynamoDb { store, .. } => ports(store),
        }
    }

    /// The capacity units that it uses, if it is charged by them.
    pub(super) const fn units(&self) -> Option<&StoreUnits> {
        match self {
            Self::Sqlite(_) => None,
            Self::DynamoDb { units, .. } => Some(units),
        }
    }

    /// Closes it.
    ///
    /// # Errors
    /// The writer of the file has died.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(store) => store.close().await.context("the store was not closed in order"),
            Self::DynamoDb { .. } => Ok(()),
        }
    }
}

fn ports<S: Table + Messages + Feed + Survey + Clone>(store: &S) -> Ports {
    Ports {
        table: Arc::new(store.clone()),
        messages: Arc::new(store.clone()),
        feed: Arc::new(store.clone()),
        survey: Arc::new(store.clone()),
    }
}
