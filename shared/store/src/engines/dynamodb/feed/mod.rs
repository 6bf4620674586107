//! The change feed as DynamoDB Streams: its shards are the lanes.
//!
//! A shard closes after some hours, or when its partition of the table is split; its children follow. A child is read
//! only once its parent is finished, so that the changes of an item come in their order.

mod change;
mod iterators;
mod shards;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_dynamodbstreams::{
    Client,
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};
use futures::future::try_join_all;

use self::{
    iterators::Iterators,
    shards::{Shards, dropped_unread, is_of_use, readable},
};
use crate::{
    engines::interpreter::validate,
    port::{Change, Feed, Lane, Position, Progress, Reading, StoreError, Wanted},
};

/// The most changes of one answer about one shard.
const SHARD_CHANGES: usize = 1_000;
/// How long a consumer waits before it looks again: a shard may be asked five times a second, by all together.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// One stream.
#[derive(Debug, Clone)]
pub(super) struct StreamFeed {
    stream: Stream,
    shards: Arc<Shards>,
    iterators: Arc<Iterators>,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) client: Client,
    pub(super) arn: String,
}

/// What came of one shard.
#[derive(Debug)]
struct Stretch {
    lane: Lane,
    changes: Vec<Change>,
    progress: Option<Progress>,
    has_gap: bool,
}

impl StreamFeed {
    pub(super) fn of(stream: Stream) -> Self {
        Self { stream, shards: Arc::default(), iterators: Arc::default() }
    }

    async fn read_shards(
        &self,
        lanes: &[Lane],
        after: &Position,
        limit: usize,
    ) -> Result<Vec<Stretch>, StoreError> {
        let share = (limit / lanes.len().max(1)).clamp(1, SHARD_CHANGES);
        let stretches = lanes.iter().map(|lane| {
            let place = match after.progress(lane) {
                Some(Progress::Through(place)) => Some(place),
                None | Some(Progress::Finished) => None,
            };
            self.iterators.read(&self.stream, lane, place, share)
        });
        try_join_all(stretches).await
    }
}

#[async_trait]
impl Feed for StreamFeed {
    async fn read(&self, after: &Position, limit: usize, wanted: Wanted) -> Result<Reading, StoreError> {
        validate::read(limit)?;
        let shards = self.shards.list(&self.stream, after).await?;
        let mut reading = Reading { changes: Vec::new(), reached: after.clone(), has_gap: false };
        for lane in dropped_unread(&shards, after) {
            reading.has_gap = true;
            // What is lost is told once.
            reading.reached.set(lane.clone(), Progress::Finished);
        }
        reading.reached.retain(|lane| is_of_use(&shards, lane));
        // Usually all shards are read at once; if there are more than changes wanted, some at a time.
        for lanes in readable(&shards, after).chunks(limit) {
            for stretch in self.read_shards(lanes, after, limit).await? {
                reading.has_gap |= stretch.has_gap;
                reading.changes.extend(stretch.changes.into_iter().filter(|change| wanted(&change.key)));
                if let Some(progress) = stretch.progress {
                    reading.reached.set(stretch.lane, progress);
                }
            }
            if !reading.changes.is_empty() {
                break;
            }
        }
        Ok(reading)
    }

    /// DynamoDB forgets by itself, after 24 hours.
    async fn forget(&self, _through: &Position) -> Result<(), StoreError> {
        Ok(())
    }

    async fn wait(&self, _after: &Position) {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Everything about a stream may be asked again, and the SDK has done so by now.
fn failure<E>(error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    StoreError::Unavailable(format!("DynamoDB Streams: {}", DisplayErrorContext(error)))
}
