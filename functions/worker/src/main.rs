//! The function that works off delayed messages, in batches that SQS brings. What fails stays in the queue, alone; what fails again and again
//! ends in the queue of dead letters.

use std::{panic::AssertUnwindSafe, process::ExitCode};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::{FutureExt, future::join_all};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ringfall_app::{
    platform::Platform,
    worker::{Worked, work},
};
use ringfall_lambda::Function;
use ringfall_store::{
    engines::dynamodb::DynamoStore,
    port::{Delivery, Receipt, StoreError},
};

fn main() -> ExitCode {
    ringfall_lambda::run(serve)
}

async fn serve(function: Function) -> Result<(), Error> {
    let (platform, store) = (function.platform()?, &function.store);
    let platform = &*platform;
    let answer = |event: LambdaEvent<SqsEvent>| work_on(platform, store, event.payload);
    lambda_runtime::run(service_fn(answer)).await
}

/// Tells which messages are to come again.
async fn work_on(
    platform: &Platform,
    store: &DynamoStore,
    batch: SqsEvent,
) -> Result<SqsBatchResponse, Error> {
    let ids: Vec<_> = batch.records.iter().map(|message| message.message_id.clone()).collect();
    // One that panics must not take the others with it.
    let each = batch
        .records
        .into_iter()
        .map(|message| AssertUnwindSafe(one(platform, store, message)).catch_unwind());
    let mut response = SqsBatchResponse::default();
    for (id, worked) in ids.into_iter().zip(join_all(each).await) {
        match worked {
            Ok(Ok(Worked::Done)) => continue,
            Ok(Ok(Worked::Failed | Worked::Unreadable)) | Err(_) => {}
            Ok(Err(error)) => tracing::error!(%error, "a message could not even be postponed"),
        }
        response.add_failure(id.unwrap_or_default());
    }
    Ok(response)
}

async fn one(platform: &Platform, store: &DynamoStore, message: SqsMessage) -> Result<Worked, StoreError> {
    let due_at = message.message_attributes.get(DynamoStore::DUE_AT);
    let due_at = due_at.and_then(|attribute| attribute.string_value.as_deref());
    let deliveries = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    let delivery = Delivery {
        receipt: Receipt(message.receipt_handle.unwrap_or_default()),
        body: message.body.unwrap_or_default(),
        deliveries: deliveries.unwrap_or(1),
    };
    if store.is_sent_on(&delivery.body, due_at).await? {
        return Ok(Worked::Done);
    }
    work(platform, &delivery).await
}

#[cfg(test)]
mod tests;
