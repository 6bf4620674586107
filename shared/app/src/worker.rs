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
/// How soon a message is taken up again whose work failed for the first time; it doubles with each delivery.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(10);
/// The longest such pause: with the twenty deliveries after which a queue gives up, more than an hour passes.
const LONGEST_RETRY: SignedDuration = SignedDuration::from_secs(300);
/// Messages taken at once.
const BATCH: usize = 10;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// It is done with, or another message was sent in its place.
    Done,
    /// Its work failed. It comes again, by itself: what is wrong may pass.
    Failed,
    /// It is none of ours, or of another release. It comes again at once, for as long as its queue lets it.
    Unreadable,
}

/// Works off the messages that are due.
///
/// # Returns
/// How many there were.
pub async fn work_off(platform: &Platform) -> Result<usize, StoreError> {
    let deliveries = platform.messages.receive(platform.now(), HIDDEN_SECONDS, BATCH).await?;
    futures::future::try_join_all(deliveries.iter().map(|delivery| work_and_acknowledge(platform, delivery)))
        .await?;
    Ok(deliveries.len())
}

async fn work_and_acknowledge(platform: &Platform, delivery: &Delivery) -> Result<(), StoreError> {
    match work(platform, delivery).await? {
        Worked::Done => platform.messages.acknowledge(&delivery.receipt).await,
        Worked::Failed => Ok(()),
        // A queue that nobody looks after must not fill up with it.
        Worked::Unreadable => platform.messages.acknowledge(&delivery.receipt).await,
    }
}

/// Works on one delivery. Whoever took it from the queue acknowledges what is done, and leaves the rest alone.
///
/// # Errors
/// The work failed, and so did saying when it is to be taken up again: it comes when it is no longer hidden.
pub async fn work(platform: &Platform, delivery: &Delivery) -> Result<Worked, StoreError> {
    let message = match serde_json::from_str(&delivery.body) {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(%error, deliveries = delivery.deliveries, "a message cannot be read");
            platform.messages.postpone(&delivery.receipt, platform.now()).await?;
            return Ok(Worked::Unreadable);
        }
    };
    let worked = match take_up(platform, message).await {
        Ok(Watched::Done) => Ok(()),
        // A new one: a queue counts deliveries, and gives up on what comes too often.
        Ok(Watched::Again(due_at)) => platform.messages.send(delivery.body.clone(), due_at).await,
        Err(error) => Err(error),
    };
    let Err(error) = worked else { return Ok(Worked::Done) };
    tracing::warn!(%error, deliveries = delivery.deliveries, "a message is taken up again later");
    let due_at = platform.now() + pause_after(delivery.deliveries);
    platform.messages.postpone(&delivery.receipt, due_at).await?;
    Ok(Worked::Failed)
}

fn pause_after(deliveries: u32) -> SignedDuration {
    let doubled = 1_i32.checked_shl(deliveries.saturating_sub(1).min(16)).unwrap_or(i32::MAX);
    FIRST_RETRY.checked_mul(doubled).unwrap_or(LONGEST_RETRY).min(LONGEST_RETRY)
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

#[cfg(test)]
mod tests {
    use ringfall_domain::call::event::{LegReport, LegStatus};
    use ringfall_providers::LegOnProvider;
    use ringfall_store::port::Messages;

    use super::*;
    use crate::fixtures;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let seconds = [0, 1, 2, 3, 5, 6, 20, u32::MAX].map(|deliveries| pause_after(deliveries).as_secs());
        assert_eq!(seconds, [10, 10, 20, 40, 160, 300, 300, 300]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_and_comes_again_at_once() {
        let world = fixtures::World::new(1).await;
        world.store.send("{}".to_owned(), world.now()).await.expect("a write");
        for deliveries in 1..=2 {
            let due = world.store.receive(world.now(), 60, 10).await.expect("a read");
            let [delivery] = &due[..] else { panic!("one message: {due:?}") };
            assert_eq!(delivery.deliveries, deliveries);
            assert_eq!(work(&world.platform, delivery).await, Ok(Worked::Unreadable));
        }
        assert_eq!(work_off(&world.platform).await, Ok(1));
        assert_eq!(work_off(&world.platform).await, Ok(0), "the worker of one process drops it");
    }

    #[tokio::test]
    async fn what_is_to_be_looked_at_again_is_a_new_message() {
        let world = fixtures::World::new(1).await;
        world.qualified("CA1").await;
        world.tell(Ok(LegOnProvider::Known(LegReport {
            status: Some(LegStatus::Answered),
            ..LegReport::default()
        })));
        for _ in 0..3 {
            world.pass(3_600);
            let due = world.store.receive(world.now(), 0, 10).await.expect("a read");
            let deliveries: Vec<u32> = due.iter().map(|delivery| delivery.deliveries).collect();
            assert_eq!(deliveries, [1], "a queue with an end to its patience would lose the watchdog");
            assert_eq!(work_off(&world.platform).await, Ok(1));
        }
        assert_eq!(world.capacity(1).await.buyer.live.len(), 1);
    }
}
