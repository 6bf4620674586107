//! Reading one shard. An iterator is kept from one read to the next: asking for one costs as much as reading.

use std::collections::HashMap;

use aws_sdk_dynamodbstreams::{
    operation::{get_records::GetRecordsError, get_shard_iterator::GetShardIteratorError},
    types::{Record, ShardIteratorType},
};
use tokio::sync::Mutex;

use super::{Stream, Stretch, change, failure};
use crate::port::{Lane, Place, Progress, StoreError};

/// For each shard, how far it was read and the iterator that goes on there.
#[derive(Debug, Default)]
pub(super) struct Iterators(Mutex<HashMap<Lane, (Option<Place>, String)>>);

/// Where a read of a shard begins.
struct Start {
    iterator: String,
    /// Whether what stands before it may have been forgotten unread.
    has_gap: bool,
}

/// Records, and the iterator behind them; none at the end of the shard.
type Records = (Vec<Record>, Option<String>);

impl Iterators {
    /// Reads a shard behind a place, or from its beginning.
    pub(super) async fn read(
        &self,
        stream: &Stream,
        lane: &Lane,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Stretch, StoreError> {
        let start = match self.kept(lane, after).await {
            Some(iterator) => Some(Start { iterator, has_gap: false }),
            None => start(stream, lane, after).await?,
        };
        let mut stretch = Stretch { lane: lane.clone(), changes: Vec::new(), progress: None, has_gap: false };
        let Some(Start { iterator, has_gap }) = start else { return Ok(stretch) };
        let Some((records, next)) = records(stream, &iterator, limit).await? else { return Ok(stretch) };
        stretch.changes =
            records.into_iter().map(|record| change::read(lane, record)).collect::<Result<_, _>>()?;
        let reached = stretch.changes.last().map(|change| change.mark.place.clone());
        stretch.has_gap = has_gap;
        stretch.progress = match next {
            None => Some(Progress::Finished),
            Some(next) => {
                self.keep(lane, reached.clone().or(after.cloned()), next).await;
                reached.map(Progress::Through)
            }
        };
        Ok(stretch)
    }

    async fn kept(&self, lane: &Lane, after: Option<&Place>) -> Option<String> {
        let kept = self.0.lock().await.remove(lane);
        kept.filter(|(place, _)| place.as_ref() == after).map(|(_, iterator)| iterator)
    }

    async fn keep(&self, lane: &Lane, after: Option<Place>, iterator: String) {
        self.0.lock().await.insert(lane.clone(), (after, iterator));
    }
}

/// Where to begin; none if there is no such shard any more.
async fn start(stream: &Stream, lane: &Lane, after: Option<&Place>) -> Result<Option<Start>, StoreError> {
    let behind = match after {
        Some(place) => iterator(stream, lane, Some(place)).await?,
        None => None,
    };
    if let Some(iterator) = behind {
        return Ok(Some(Start { iterator, has_gap: false }));
    }
    let first = iterator(stream, lane, None).await?;
    Ok(first.map(|iterator| Start { iterator, has_gap: after.is_some() }))
}

/// An iterator behind a place or at the oldest record; none if that is forgotten.
async fn iterator(stream: &Stream, lane: &Lane, after: Option<&Place>) -> Result<Option<String>, StoreError> {
    let kind = match after {
        Some(_) => ShardIteratorType::AfterSequenceNumber,
        None => ShardIteratorType::TrimHorizon,
    };
    let request = stream
        .client
        .get_shard_iterator()
        .stream_arn(&stream.arn)
        .shard_id(lane.as_str())
        .shard_iterator_type(kind)
        .set_sequence_number(after.map(|place| place.as_str().to_owned()));
    match request.send().await {
        Ok(answer) => Ok(answer.shard_iterator),
        Err(error) => match error.as_service_error() {
            Some(
                GetShardIteratorError::TrimmedDataAccessException(_)
                | GetShardIteratorError::ResourceNotFoundException(_),
            ) => Ok(None),
            _ => Err(failure(&error)),
        },
    }
}

/// What comes at an iterator; none if it is too old: the next read begins with a new one.
async fn records(stream: &Stream, iterator: &str, limit: usize) -> Result<Option<Records>, StoreError> {
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    match stream.client.get_records().shard_iterator(iterator).limit(limit).send().await {
        Ok(answer) => Ok(Some((answer.records.unwrap_or_default(), answer.next_shard_iterator))),
        Err(error) => match error.as_service_error() {
            Some(
                GetRecordsError::ExpiredIteratorException(_)
                | GetRecordsError::TrimmedDataAccessException(_)
                | GetRecordsError::ResourceNotFoundException(_),
            ) => Ok(None),
            _ => Err(failure(&error)),
        },
    }
}
