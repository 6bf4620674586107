//! Writing several items: all or none.

use std::sync::Arc;

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{BuildError, SdkError},
    operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
    types::{
        CancellationReason, ConditionCheck, Delete, Put, ReturnConsumedCapacity,
        ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    },
};

use super::{
    DynamoTable,
    expression::Placeholders,
    value::{encode, encode_key},
    write::{Judged, refusal, unless_refused},
};
use crate::{
    engines::dynamodb::{
        attempts::{Failure, Repeatable, persist},
        meter::Operation,
    },
    port::{Condition, Item, Key, StoreError, Write, WriteError, Written},
};

/// How DynamoDB calls a condition that does not hold, among the reasons of a cancelled transaction.
const REFUSED: &str = "ConditionalCheckFailed";
/// How it calls a write that nothing stands against.
const UNOPPOSED: &str = "None";

impl DynamoTable {
    /// One token for all attempts: DynamoDB carries out the transaction once, however often it is sent (within ten
    /// minutes, which is longer than anybody's patience).
    pub(super) async fn transact(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        let items = writes.iter().map(|write| self.item_of(write)).collect::<Result<_, StoreError>>()?;
        let request = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items))
            .client_request_token(token()?)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let send = || {
            let attempt = request.clone().send();
            async { judged(attempt.await, writes.len()) }
        };
        let answer = unless_refused(persist(Repeatable::Yes, send).await?)?;
        self.meter(Operation::TransactWriteItems, answer.consumed_capacity());
        Ok(writes.into_iter().map(written).collect())
    }

    fn item_of(&self, write: &Write) -> Result<TransactWriteItem, StoreError> {
        let item = TransactWriteItem::builder();
        let item = match write {
            Write::Put { key, item: attributes, condition } => {
                item.put(self.put_of(key, attributes, condition.as_ref())?)
            }
            Write::Update { key, updates, condition } => {
                item.update(self.update_of(key, updates, condition.as_ref())?)
            }
            Write::Delete { key, condition } => item.delete(self.delete_of(key, condition.as_ref())?),
            Write::Check { key, condition } => item.condition_check(self.check_of(key, condition)?),
        };
        Ok(item.build())
    }

    fn put_of(&self, key: &Key, item: &Item, condition: Option<&Condition>) -> Result<Put, StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = placeholders.optional_condition(condition)?;
        let (names, values) = placeholders.meanings();
        Put::builder()
            .table_name(&self.name)
            .set_item(Some(encode(key, item)))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| unbuilt(&error))
    }

    fn update_of(
        &self,
        key: &Key,
        updates: &[crate::port::Update],
        condition: Option<&Condition>,
    ) -> Result<Update, StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = placeholders.optional_condition(condition)?;
        let updates = placeholders.updates(updates)?;
        let (names, values) = placeholders.meanings();
        Update::builder()
            .table_name(&self.name)
            .set_key(Some(encode_key(key)))
            .update_expression(updates)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| unbuilt(&error))
    }

    fn delete_of(&self, key: &Key, condition: Option<&Condition>) -> Result<Delete, StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = placeholders.optional_condition(condition)?;
        let (names, values) = placeholders.meanings();
        Delete::builder()
            .table_name(&self.name)
            .set_key(Some(encode_key(key)))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| unbuilt(&error))
    }

    fn check_of(&self, key: &Key, condition: &Condition) -> Result<ConditionCheck, StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = match placeholders.optional_condition(Some(condition))? {
            Some(condition) => condition,
            None => placeholders.always(),
        };
        let (names, values) = placeholders.meanings();
        ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(encode_key(key)))
            .condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| unbuilt(&error))
    }
}

/// What is known of an item without reading it again.
fn written(write: Write) -> Written {
    match write {
        Write::Put { item, .. } => Written::Now(Some(Arc::new(item))),
        Write::Delete { .. } => Written::Now(None),
        Write::Update { .. } | Write::Check { .. } => Written::Unknown,
    }
}

fn judged(
    answer: Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError, HttpResponse>>,
    writes: usize,
) -> Result<Judged<TransactWriteItemsOutput>, Failure> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) => match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                cancellation(cancelled.cancellation_reasons(), writes).map(Err)
            }
            _ => Err(Failure::of(&error)),
        },
    }
}

/// Why a transaction was cancelled. While one write is in conflict nobody knows whether the condition of another would
/// hold after it, so conflicts come first; then refusals, whatever else is wrong.
fn cancellation(
    reasons: &[CancellationReason],
    writes: usize,
) -> Result<Vec<Option<crate::port::Refusal>>, Failure> {
    let mut refusals = Vec::with_capacity(writes);
    let mut failures = Vec::new();
    for reason in reasons {
        refusals.push(match reason.code().unwrap_or(UNOPPOSED) {
            UNOPPOSED => None,
            REFUSED => Some(refusal(reason.item.clone())?),
            code => {
                failures.push(Failure::of_code(code, reason.message().unwrap_or_default()));
                None
            }
        });
    }
    let is_final = |failure: &Failure| matches!(failure, Failure::Final(_));
    if let Some(place) = failures.iter().position(|failure| !is_final(failure)) {
        return Err(failures.swap_remove(place));
    }
    if refusals.len() == writes && refusals.iter().any(Option::is_some) {
        return Ok(refusals);
    }
    Err(failures.pop().unwrap_or_else(|| {
        Failure::NotDone("DynamoDB: a transaction was cancelled without a reason".to_owned())
    }))
}

/// 128 random bits.
fn token() -> Result<String, StoreError> {
    let mut bits = [0; 16];
    let drawn = getrandom::fill(&mut bits);
    drawn.map_err(|error| {
        StoreError::Unavailable(format!("no randomness for a transaction's token: {error}"))
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}

fn unbuilt(error: &BuildError) -> StoreError {
    StoreError::Invalid(error.to_string())
}
