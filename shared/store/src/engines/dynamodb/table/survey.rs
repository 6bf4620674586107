//! Surveys as segmented scans. Each costs the read units of everything that it passes.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;

use super::{
    DynamoTable,
    value::{decode, decode_key, encode_key},
};
use crate::{
    engines::{
        dynamodb::{
            attempts::{Failure, Repeatable, persist},
            meter::Operation,
        },
        interpreter::validate,
    },
    port::{Key, Segment, SharedItem, Sheet, StoreError, Survey, Wanted},
};

/// The most items of one sheet: all that fit into DynamoDB's page of 1 MB, if they are not tiny.
const SHEET_ITEMS: usize = 10_000;

#[async_trait]
impl Survey for DynamoTable {
    async fn survey(
        &self,
        segment: Segment,
        after: Option<&Key>,
        limit: usize,
        wanted: Wanted,
    ) -> Result<Sheet, StoreError> {
        validate::survey(after, limit)?;
        let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let request = self
            .client
            .scan()
            .table_name(&self.name)
            .segment(number(segment.number()))
            .total_segments(number(segment.of()))
            .limit(i32::try_from(limit.min(SHEET_ITEMS)).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.map(encode_key))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let send = || {
            let attempt = request.clone().send();
            async { attempt.await.map_err(|error| Failure::of(&error)) }
        };
        let answer = persist(Repeatable::Yes, send).await?;
        self.meter(Operation::Scan, &answer.consumed_capacity);
        let mut items: Vec<(Key, SharedItem)> = Vec::new();
        for attributes in answer.items.unwrap_or_default() {
            if wanted(&decode_key(&attributes)?) {
                items.push(decode(attributes)?);
            }
        }
        let next = answer.last_evaluated_key.map(|last| decode_key(&last)).transpose()?;
        Ok(Sheet { items, next })
    }
}
