//! Writing one item, with the operation for it.

use std::{error::Error, sync::Arc};

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError},
    types::{
        ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
        error::ConditionalCheckFailedException,
    },
};

use super::{
    DynamoTable,
    expression::Placeholders,
    value::{Attributes, decode, encode, encode_key},
};
use crate::{
    engines::{
        dynamodb::{
            attempts::{Failure, Repeatable, persist},
            meter::Operation,
        },
        interpreter,
    },
    port::{Condition, Item, Key, Refusal, StoreError, Update, Value, Write, WriteError, Written},
};

/// What became of a write that DynamoDB has judged: its answer, or the refusals.
pub(super) type Judged<T> = Result<T, Vec<Option<Refusal>>>;

/// Looks at the sizes and the depth of what a write brings: DynamoDB would refuse them, but tell less.
pub(super) fn measure(write: &Write) -> Result<(), StoreError> {
    let brought = |update: &Update| match update {
        Update::Set(path, value) | Update::SetIfAbsent(path, value) => {
            let (first, inner) = path.0.split_first()?;
            let nested = inner
                .iter()
                .rev()
                .fold(value.clone(), |value, name| Value::Map(Item::from([(name.clone(), value)])));
            Some(Item::from([(first.clone(), nested)]))
        }
        Update::Add(..) | Update::Remove(_) => None,
    };
    match write {
        Write::Put { key, item, .. } => interpreter::measure(key, item).map(drop),
        Write::Update { key, updates, .. } => {
            updates.iter().filter_map(brought).try_for_each(|item| interpreter::measure(key, &item).map(drop))
        }
        Write::Delete { .. } | Write::Check { .. } => Ok(()),
    }
}

impl DynamoTable {
    pub(super) async fn put(
        &self,
        key: &Key,
        item: Item,
        condition: Option<Condition>,
    ) -> Result<Written, WriteError> {
        let mut placeholders = Placeholders::default();
        let condition = placeholders.optional_condition(condition.as_ref())?;
        let (names, values) = placeholders.meanings();
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(encode(key, &item)))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let refused = |error: &PutItemError| match error {
            PutItemError::ConditionalCheckFailedException(refused) => Some(refused.clone()),
            _ => None,
        };
        let send = || {
            let attempt = request.clone().send();
            async { judged(attempt.await, refused) }
        };
        let answer = unless_refused(persist(Repeatable::No, send).await?)?;
        self.meter(Operation::PutItem, &answer.consumed_capacity);
        Ok(Written::Now(Some(Arc::new(item))))
    }

    pub(super) async fn update(
        &self,
        key: &Key,
        updates: &[Update],
        condition: Option<Condition>,
    ) -> Result<Written, WriteError> {
        let mut placeholders = Placeholders::default();
        let condition = placeholders.optional_condition(condition.as_ref())?;
        let updates = placeholders.updates(updates)?;
        let (names, values) = placeholders.meanings();
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(encode_key(key)))
            .update_expression(updates)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let refused = |error: &UpdateItemError| match error {
            UpdateItemError::ConditionalCheckFailedException(refused) => Some(refused.clone()),
            _ => None,
        };
        let send = || {
            let attempt = request.clone().send();
            async { judged(attempt.await, refused) }
        };
        let answer = unless_refused(persist(Repeatable::No, send).await?)?;
        self.meter(Operation::UpdateItem, &answer.consumed_capacity);
        Ok(answer.attributes.map_or(Ok(Written::Unknown), now)?)
    }

    pub(super) async fn delete(
        &self,
        key: &Key,
        condition: Option<Condition>,
    ) -> Result<Written, WriteError> {
        let mut placeholders = Placeholders::default();
        let condition = placeholders.optional_condition(condition.as_ref())?;
        let (names, values) = placeholders.meanings();
        let request = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(encode_key(key)))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let refused = |error: &DeleteItemError| match error {
            DeleteItemError::ConditionalCheckFailedException(refused) => Some(refused.clone()),
            _ => None,
        };
        let send = || {
            let attempt = request.clone().send();
            async { judged(attempt.await, refused) }
        };
        let answer = unless_refused(persist(Repeatable::No, send).await?)?;
        self.meter(Operation::DeleteItem, &answer.consumed_capacity);
        Ok(Written::Now(None))
    }
}

fn now(attributes: Attributes) -> Result<Written, StoreError> {
    Ok(Written::Now(Some(decode(attributes)?.1)))
}

/// What an answer about one item means; `refused` finds the condition that did not hold.
fn judged<T, E>(
    answer: Result<T, SdkError<E, HttpResponse>>,
    refused: impl Fn(&E) -> Option<ConditionalCheckFailedException>,
) -> Result<Judged<T>, Failure>
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) => match error.as_service_error().and_then(refused) {
            Some(refused) => Ok(Err(vec![Some(refusal(refused.item)?)])),
            None => Err(Failure::of(&error)),
        },
    }
}

/// A refusal, with the item as it stood.
pub(super) fn refusal(item: Option<Attributes>) -> Result<Refusal, Failure> {
    let item = item.map(|item| Ok(decode(item)?.1)).transpose().map_err(Failure::Final)?;
    Ok(Refusal { item })
}

/// The answer, unless conditions did not hold.
pub(super) fn unless_refused<T>(judged: Judged<T>) -> Result<T, WriteError> {
    judged.map_err(WriteError::Refused)
}
