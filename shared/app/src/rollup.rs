//! The consumer of the change feed: settles calls, keeps the timelines, sums the profit and loss. Each change may come more than
//! once; whatever is done with it can be done again.

mod turn;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use ringfall_domain::{
    call::Call,
    ids::AccountId,
    ledger::{Entry, entries_of},
    pnl::{Additions, change_of_call, change_of_entries},
};
use ringfall_store::{
    port::{Change, Item, Key, Mark, Position, Reading, StoreError, Value, Write, WriteError},
    protocols::{
        rollup::{Batch, add},
        settle::settle,
    },
    records::{
        self,
        attributes::{Attributes, Reader},
        timeline::Listed,
    },
};

pub use self::turn::{CaughtUp, catch_up};
use crate::{platform::Platform, repair::request_after_gap};

/// Changes taken at once.
const BATCH: usize = 500;
/// Writes under way at once.
const AT_ONCE: usize = 32;
const POSITION: &str = "position";
const KEPT_AT: &str = "kept_at";

/// Where the consumer's place in the feed is kept.
fn checkpoint_key() -> Key {
    Key::new("S#rollup", "CHECKPOINT")
}

/// The place up to which the feed was consumed when this last was kept.
pub async fn checkpoint(platform: &Platform) -> Result<Position, StoreError> {
    let item = platform.table.get(&checkpoint_key()).await?;
    item.map_or(Ok(Position::default()), |item| Reader(&item).parsed(POSITION))
}

/// When it was last kept; none if it never was.
async fn last_kept_at(platform: &Platform) -> Result<Option<Timestamp>, StoreError> {
    let item = platform.table.get(&checkpoint_key()).await?;
    item.map_or(Ok(None), |item| Reader(&item).optional_parsed(KEPT_AT))
}

/// Consumes what the feed holds behind a place.
///
/// # Returns
/// The new place; the same if there was nothing.
///
/// # Errors
/// The store failed: some changes may be consumed; go on from the old place.
pub async fn consume(platform: &Platform, after: &Position) -> Result<Position, StoreError> {
    let Reading { changes, reached, has_gap } = platform.feed.read(after, BATCH, concerns_the_sums).await?;
    if has_gap {
        tracing::error!(%after, "the change feed has lost changes: the sums that lack them are rebuilt");
        platform.metrics.feed_gaps.inc();
        request_after_gap(platform, last_kept_at(platform).await?).await?;
    }
    let news: Vec<_> = changes.iter().filter_map(|change| readable(platform, change)).collect();
    let mut batch = Batch::default();
    for (mark, news) in &news {
        batch.push(news.account(), mark.clone(), news.additions());
    }
    // Each is safe to repeat and none depends on another, so they share the store's commits.
    // Collected first: through a borrowing iterator the compiler cannot see that the whole is `Send`.
    let taken_up: Vec<_> = news.iter().map(|(_, news)| news.take_up(platform)).collect();
    stream::iter(taken_up).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    add(&*platform.table, &batch).await?;
    // Our own writes come back through the feed: a place that only passes them is not worth another write.
    if has_gap || !news.is_empty() {
        keep(platform, &reached).await?;
        platform.feed.forget(&reached).await?;
    }
    platform.metrics.feed_changes.inc_by(changes.len() as u64);
    Ok(reached)
}

/// What a change tells. One that cannot be read holds up no others: the repair of the sums finds what it should have added, once its
/// item is mended.
fn readable(platform: &Platform, change: &Change) -> Option<(Mark, News)> {
    News::of(change).unwrap_or_else(|error| {
        tracing::error!(key = %change.key, %error, "a change of the feed cannot be read and is passed over");
        platform.metrics.feed_unreadable.inc();
        None
    })
}

async fn keep(platform: &Platform, position: &Position) -> Result<(), StoreError> {
    let item = Attributes::new().with_text(POSITION, position).with_text(KEPT_AT, platform.now()).into_map();
    put(platform, checkpoint_key(), item).await
}

async fn put(platform: &Platform, key: Key, item: Item) -> Result<(), StoreError> {
    match platform.table.write(vec![Write::Put { key, item, condition: None }]).await {
        Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
        Err(WriteError::Store(error)) => Err(error),
    }
}

/// Calls and the journal: the only items whose changes anybody wants. What else changes, our own rows among it, is passed over.
pub fn concerns_the_sums(key: &Key) -> bool {
    key.sort == records::call::SORT || records::journal::is_journal(key)
}

/// A change that concerns the sums.
pub(crate) enum News {
    /// A call came in or went on.
    Call { before: Option<Box<Call>>, after: Box<Call> },
    /// Entries were made.
    Entries { account: AccountId, entries: Vec<Entry> },
}

impl News {
    /// Reads a change; none if it is of anything else.
    pub(crate) fn of(change: &Change) -> Result<Option<(Mark, Self)>, StoreError> {
        let Some(new) = &change.new else { return Ok(None) };
        let news = if change.key.sort == records::call::SORT {
            if !records::call::has_arrived(new) {
                return Ok(None);
            }
            let old = change.old.as_deref().filter(|old| records::call::has_arrived(old));
            let decode = |item| records::call::decode(&change.key, item).map(Box::new);
            Self::Call { before: old.map(decode).transpose()?, after: decode(new)? }
        } else if records::journal::is_journal(&change.key) && change.old.is_none() {
            let account = records::timeline::account_of(&change.key)?;
            Self::Entries { account, entries: records::journal::decode(new)? }
        } else {
            return Ok(None);
        };
        Ok(Some((change.mark.clone(), news)))
    }

    pub(crate) fn account(&self) -> AccountId {
        match self {
            Self::Call { after, .. } => after.account,
            Self::Entries { account, .. } => *account,
        }
    }

    pub(crate) fn additions(&self) -> Additions {
        match self {
            Self::Call { before, after } => change_of_call(before.as_deref(), after),
            Self::Entries { entries, .. } => change_of_entries(entries),
        }
    }

    async fn take_up(&self, platform: &Platform) -> Result<(), StoreError> {
        match self {
            Self::Call { before, after } => call_changed(platform, before.as_deref(), after).await,
            Self::Entries { .. } => Ok(()),
        }
    }
}

async fn call_changed(platform: &Platform, before: Option<&Call>, after: &Call) -> Result<(), StoreError> {
    if before.is_none() {
        list_call(platform, after).await?;
    }
    let known = before.map(entries_of).unwrap_or_default();
    let new: Vec<Entry> = entries_of(after).into_iter().filter(|entry| !known.contains(entry)).collect();
    settle(&*platform.table, after.account, &new).await?;
    let waited = |call: &Call| call.waited_seconds().is_some();
    if waited(after) && !before.is_some_and(waited) {
        platform.metrics.wait_ended(after);
        log_wait(after);
    }
    if is_over(after) && !before.is_some_and(is_over) {
        platform.metrics.calls_ended.inc();
        log_call(after);
    }
    Ok(())
}

/// A call is told of once both its end and that of its last leg are known: then it is known what it came to.
fn is_over(call: &Call) -> bool {
    call.ended.is_some() && call.live_leg().is_none()
}

/// Lists a call by its arrival.
pub(crate) async fn list_call(platform: &Platform, call: &Call) -> Result<(), StoreError> {
    let id = call.id.to_string();
    let key = records::timeline::key(call.account, Listed::Calls, call.origin.arrived_at, &id);
    put(platform, key, Item::from([("call".to_owned(), Value::Text(id))])).await
}

/// One line for each caller who was held: what they were told on entry that it would take at most, and how long they have waited.
fn log_wait(call: &Call) {
    let queued = call.queued.as_ref();
    tracing::info!(
        call = %call.id,
        account = %call.account,
        campaign = %call.origin.campaign,
        queue = queued.map(|queued| tracing::field::display(&queued.queue)),
        announced_seconds = queued.and_then(|queued| queued.announced_seconds),
        waited_seconds = call.waited_seconds(),
        is_served = call.served_from_queue().is_some(),
        "wait ended"
    );
}

/// One line per call. A caller's number is personal and stays out of logs.
fn log_call(call: &Call) {
    let connected = call.connected_leg();
    tracing::info!(
        call = %call.id,
        account = %call.account,
        campaign = %call.origin.campaign,
        publisher = %call.origin.publisher,
        disposition = call.disposition().as_str(),
        attempts = call.legs.len(),
        target = connected.map(|leg| tracing::field::display(leg.target)),
        connected_seconds = connected.and_then(ringfall_domain::call::Leg::connected_seconds),
        revenue = connected.map(|leg| tracing::field::display(leg.revenue())),
        payout = connected.map(|leg| tracing::field::display(leg.payout())),
        "call ended"
    );
}
