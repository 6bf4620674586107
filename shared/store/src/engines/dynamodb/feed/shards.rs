//! Which shards a stream has, and which of them are to be read.

use std::{collections::BTreeMap, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use super::{Stream, failure};
use crate::port::{Lane, Position, Progress, StoreError};

/// Each shard with its parent, where it has one.
pub(super) type Family = BTreeMap<Lane, Option<Lane>>;

/// How long a list of shards is good: new ones follow only when one closes.
const GOOD_FOR: Duration = Duration::from_secs(60);
/// How long it is good after a shard was finished whose children are not in it: they may come late.
const GOOD_FOR_ORPHANS: Duration = Duration::from_secs(1);

/// The last list, and when it was made.
#[derive(Debug, Default)]
pub(super) struct Shards(Mutex<Option<(Instant, Family)>>);

impl Shards {
    /// The shards; freshly asked for where it matters to whoever is at this position.
    pub(super) async fn list(&self, stream: &Stream, at: &Position) -> Result<Family, StoreError> {
        let mut last = self.0.lock().await;
        if let Some((made, shards)) = &*last {
            let good_for = if awaits_children(shards, at) { GOOD_FOR_ORPHANS } else { GOOD_FOR };
            if made.elapsed() < good_for {
                return Ok(shards.clone());
            }
        }
        let shards = describe(stream).await?;
        *last = Some((Instant::now(), shards.clone()));
        Ok(shards)
    }
}

async fn describe(stream: &Stream) -> Result<Family, StoreError> {
    let mut shards = Family::new();
    let mut from = None;
    loop {
        let request =
            stream.client.describe_stream().stream_arn(&stream.arn).set_exclusive_start_shard_id(from);
        let answer = request.send().await.map_err(|error| failure(&error))?;
        let Some(description) = answer.stream_description else { return Ok(shards) };
        for shard in description.shards.unwrap_or_default() {
            let lane = lane(shard.shard_id.as_deref().unwrap_or_default())?;
            let parent = shard.parent_shard_id.as_deref().map(self::lane).transpose()?;
            shards.insert(lane, parent);
        }
        from = description.last_evaluated_shard_id;
        if from.is_none() {
            return Ok(shards);
        }
    }
}

fn lane(shard: &str) -> Result<Lane, StoreError> {
    Lane::new(shard).ok_or_else(|| StoreError::Damaged(format!("a shard is called {shard:?}")))
}

fn is_finished(at: &Position, lane: &Lane) -> bool {
    at.progress(lane) == Some(&Progress::Finished)
}

/// The shards that are to be read: not finished themselves, their parents finished or no more.
pub(super) fn readable(shards: &Family, at: &Position) -> Vec<Lane> {
    let may_be_read = |parent: &Option<Lane>| {
        parent.as_ref().is_none_or(|parent| !shards.contains_key(parent) || is_finished(at, parent))
    };
    let readable = shards.iter().filter(|(lane, parent)| !is_finished(at, lane) && may_be_read(parent));
    readable.map(|(lane, _)| lane.clone()).collect()
}

/// Shards that are no more (they are dropped a day after they closed) and that were not finished at this position: those that
/// were begun, and the parents of those that were not.
pub(super) fn dropped_unread<'a>(shards: &'a Family, at: &'a Position) -> impl Iterator<Item = &'a Lane> {
    let begun = at.lanes().map(|(lane, _)| lane);
    let not_begun = shards.iter().filter(|(lane, _)| at.progress(lane).is_none());
    let known = begun.chain(not_begun.filter_map(|(_, parent)| parent.as_ref()));
    known.filter(|lane| !shards.contains_key(*lane) && !is_finished(at, lane))
}

/// Whether a position must go on telling of a shard: it is there, or its children are, which may not have been begun.
pub(super) fn is_of_use(shards: &Family, lane: &Lane) -> bool {
    shards.contains_key(lane) || shards.values().flatten().any(|parent| parent == lane)
}

/// Whether a finished shard has no children yet.
fn awaits_children(shards: &Family, at: &Position) -> bool {
    let has_children = |lane: &Lane| shards.values().flatten().any(|parent| parent == lane);
    shards.keys().any(|lane| is_finished(at, lane) && !has_children(lane))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(name: &str) -> Lane {
        Lane::new(name).expect("a name")
    }

    /// Written as `child<parent`.
    fn family(shards: &str) -> Family {
        let shards = shards.split(' ').map(|shard| match shard.split_once('<') {
            Some((child, parent)) => (lane(child), Some(lane(parent))),
            None => (lane(shard), None),
        });
        shards.collect()
    }

    #[test]
    fn a_shard_is_read_when_its_parent_is_finished_or_gone() {
        for (shards, at, expected) in [
            ("a", "", "a"),
            ("a b", "a@5", "a b"),
            ("a b<a c<a", "a@5", "a"),
            ("a b<a c<a", "a@end", "b c"),
            ("a b<a c<b", "a@end b@end", "c"),
            ("b<a c<b", "", "b"),
            ("a", "a@end", ""),
        ] {
            let readable = readable(&family(shards), &at.parse().expect("a position"));
            let names: Vec<&str> = readable.iter().map(Lane::as_str).collect();
            assert_eq!(names.join(" "), expected, "{shards} at {at:?}");
        }
    }

    #[test]
    fn shards_that_were_dropped_before_they_were_finished_are_known() {
        for (shards, at, expected) in [
            ("a", "", ""),
            ("a", "a@5", ""),
            ("b<a", "a@5", "a a"),
            ("b<a", "a@end", ""),
            ("b<a", "b@1", ""),
            ("b<a", "", "a"),
            ("c<b", "a@end", "b"),
            ("c<b d<c", "b@end", ""),
            ("x", "a@5", "a"),
        ] {
            let (shards, at) = (family(shards), at.parse().expect("a position"));
            let names: Vec<&str> = dropped_unread(&shards, &at).map(Lane::as_str).collect();
            assert_eq!(names.join(" "), expected, "{shards:?} at {at}");
        }
    }

    #[test]
    fn children_are_awaited_of_the_finished_alone() {
        for (shards, at, expected) in
            [("a", "", false), ("a", "a@5", false), ("a", "a@end", true), ("a b<a", "a@end", false)]
        {
            let awaited = awaits_children(&family(shards), &at.parse().expect("a position"));
            assert_eq!(awaited, expected, "{shards} at {at:?}");
        }
    }
}
