//! The worker: delayed messages, taken up at least once each.

use std::sync::Arc;

use jiff::SignedDuration;
use ringfall_domain::ids::ConnectionId;
use ringfall_store::port::{Delivery, StoreError};

use crate::{
    calls::{
        callback::ring::ring,
        queue::serve::{end_wait, serve},
        watch::{Watched, watch},
    },
    connection::Connected,
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
    match take_up(platform, message).await? {
        Watched::Done => platform.messages.acknowledge(&delivery.receipt).await,
        Watched::Again(due_at) => platform.messages.postpone(&delivery.receipt, due_at).await,
    }
}

async fn take_up(platform: &Platform, message: Message) -> Result<Watched, StoreError> {
    match message {
        Message::WatchLeg(message) => match connected(platform, message.connection).await? {
            Some(connected) => watch(platform, &connected, &message).await,
            None => Ok(Watched::Done),
        },
        Message::ServeWaiters(message) => {
            serve(platform, message.account, &message.buyers, None).await?;
            Ok(Watched::Done)
        }
        Message::RingCallback(message) => match connected(platform, message.connection).await? {
            Some(connected) => ring(platform, &connected, &message).await,
            None => Ok(Watched::Done),
        },
        Message::EndWait(message) => match connected(platform, message.connection).await? {
            Some(connected) => {
                let again = end_wait(platform, &connected, message.call).await?;
                Ok(again.map_or(Watched::Done, Watched::Again))
            }
            None => Ok(Watched::Done),
        },
    }
}

async fn connected(platform: &Platform, id: ConnectionId) -> Result<Option<Arc<Connected>>, StoreError> {
    let connected = platform.connection(id).await?;
    if connected.is_none() {
        tracing::error!(connection = %id, "the connection of a message is gone");
    }
    Ok(connected)
}
