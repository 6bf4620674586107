//! The table port on DynamoDB.

mod expression;
mod read;
mod survey;
mod transact;
pub(super) mod value;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::{Client, types::ConsumedCapacity};

use super::meter::{Meter, Operation, units};
use crate::{
    engines::interpreter::validate,
    port::{Direction, Key, Page, Range, SharedItem, StoreError, Table, Write, WriteError, Written},
};

/// One table.
#[derive(Debug, Clone)]
pub(super) struct DynamoTable {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) meter: Arc<dyn Meter>,
}

impl DynamoTable {
    /// Tells the meter what an answer reports.
    fn meter<'a>(&self, operation: Operation, reported: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.meter.consumed(operation, units(operation, reported));
    }
}

#[async_trait]
impl Table for DynamoTable {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        validate::key(key)?;
        self.get_item(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        validate::keys(keys)?;
        match keys {
            [] => Ok(Vec::new()),
            [key] => Ok(vec![self.get_item(key).await?]),
            keys => self.batch_get_item(keys).await,
        }
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        validate::query(partition, range, limit)?;
        self.query_items(partition, range, direction, limit).await
    }

    async fn write(&self, mut writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        validate::writes(&writes)?;
        writes.iter().try_for_each(write::measure)?;
        match (writes.pop(), writes.is_empty()) {
            (Some(Write::Put { key, item, condition }), true) => {
                Ok(vec![self.put(&key, item, condition).await?])
            }
            (Some(Write::Update { key, updates, condition }), true) => {
                Ok(vec![self.update(&key, &updates, condition).await?])
            }
            (Some(Write::Delete { key, condition }), true) => Ok(vec![self.delete(&key, condition).await?]),
            // DynamoDB checks an item only within a transaction.
            (last, _) => {
                writes.extend(last);
                self.transact(writes).await
            }
        }
    }
}
