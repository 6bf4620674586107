//! The worker: delayed messages, taken up at least once each.

use jiff::SignedDuration;
use ringfall_store::port::{Delivery, StoreError};

use crate::{
    calls::watch::{Watched, watch},
    message::Message,
    platform::Platform,
};

/// How long a message is hidden from others while it is worked on; longer than any work takes.
const HIDDEN_SECONDS: u32 = 60;
/// How soon a message is taken up again whose work failed.
const RETRY: SignedDuration = SignedDuration::from_secs(10);
/// Messages taken at once.
const BATCH: usize = 10;

/// Works off the messages that are due.
///
/// # Returns
/// How many there were.
pub async fn work_off(platform: &Platform) -> Result<usize, StoreError> {
    let deliveries = platform.messages.receive(platform.now(), HIDDEN_SECONDS, BATCH).await?;
    futures::future::try_join_all(deliveries.iter().map(|delivery| work_or_postpone(platform, delivery)))
        .await?;
    Ok(deliveries.len())
}

async fn work_or_postpone(platform: &Platform, delivery: &Delivery) -> Result<(), StoreError> {
    let Err(error) = work(platform, delivery).await else { return Ok(()) };
    tracing::warn!(%error, deliveries = delivery.deliveries, "a message is taken up again later");
    platform.messages.postpone(&delivery.receipt, platform.now() + RETRY).await
}

async fn work(platform: &Platform, delivery: &Delivery) -> Result<(), StoreError> {
    let message = match serde_json::from_str(&delivery.body) {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(%error, "a message that cannot be read is dropped");
            return platform.messages.acknowledge(&delivery.receipt).await;
        }
    };
    match message {
        Message::WatchLeg(watch_leg) => {
            let Some(connected) = platform.connection(watch_leg.connection).await? else {
                tracing::error!(connection = %watch_leg.connection, "a watched leg's connection is gone");
                return platform.messages.acknowledge(&delivery.receipt).await;
            };
            match watch(platform, &connected, &watch_leg).await? {
                Watched::Done => platform.messages.acknowledge(&delivery.receipt).await,
                Watched::Again(due_at) => platform.messages.postpone(&delivery.receipt, due_at).await,
            }
        }
    }
}
