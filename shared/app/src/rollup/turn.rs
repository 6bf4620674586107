//! Consuming the feed when called: by the feed itself on AWS, which calls one function per shard, and by the clock.

use jiff::{SignedDuration, Timestamp};
use ringfall_store::{
    port::{Position, StoreError},
    protocols::turn::{Left, Taken, give_up, leave, take},
};

use super::{checkpoint, consume, keep, last_kept_at};
use crate::platform::Platform;

/// How often a place is written down that only passes over what is not summed: a feed forgets after a day, and who would go on from a place that
/// it has forgotten takes that for a loss.
const KEPT_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaughtUp {
    /// All was consumed that was there when it was called, by this one or by another.
    Yes,
    /// There was no time for all of it: call again.
    NotYet,
}

/// Consumes the feed from where it was last consumed to its end, unless another does so already: then that one goes on until it
/// has seen what was there now. No turn begins after `until`.
///
/// # Errors
/// The store failed: call again.
pub async fn catch_up(platform: &Platform, until: Timestamp) -> Result<CaughtUp, StoreError> {
    let holder = platform.randomness.bits();
    if take(&*platform.table, holder, platform.now(), until).await? == Taken::Others {
        return Ok(CaughtUp::Yes);
    }
    let caught_up = consume_all(platform, holder, until).await;
    if caught_up != Ok(CaughtUp::Yes) {
        give_up(&*platform.table, holder).await?;
    }
    caught_up
}

async fn consume_all(platform: &Platform, holder: u128, until: Timestamp) -> Result<CaughtUp, StoreError> {
    let began = checkpoint(platform).await?;
    let mut position = began.clone();
    while platform.now() < until {
        let reached = consume(platform, &position).await?;
        if reached == position {
            keep_now_and_then(platform, &began, &reached).await?;
            if leave(&*platform.table, holder).await? == Left::Over {
                return Ok(CaughtUp::Yes);
            }
        }
        position = reached;
    }
    Ok(CaughtUp::NotYet)
}

async fn keep_now_and_then(
    platform: &Platform,
    began: &Position,
    reached: &Position,
) -> Result<(), StoreError> {
    let is_due = |at: Timestamp| platform.now().duration_since(at) >= KEPT_EVERY;
    if reached != began && last_kept_at(platform).await?.is_none_or(is_due) {
        keep(platform, reached).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ringfall_store::protocols::turn;

    use super::*;
    use crate::fixtures::World;

    const MINUTE: SignedDuration = SignedDuration::from_secs(60);

    #[tokio::test]
    async fn whoever_is_called_consumes_what_is_there() {
        let world = World::new(1).await;
        world.qualified("CA1").await;
        assert_eq!(catch_up(&world.platform, world.now() + MINUTE).await, Ok(CaughtUp::Yes));
        let changes = world.platform.metrics.feed_changes.get();
        assert!(changes > 0);
        let consumed = checkpoint(&world.platform).await.expect("a read");
        consume(&world.platform, &consumed).await.expect("the store works");
        assert_eq!(world.platform.metrics.feed_changes.get(), changes, "nothing is left");
    }

    #[tokio::test]
    async fn a_place_behind_what_is_not_summed_is_kept_once_an_hour() {
        let world = World::new(1).await;
        world.qualified("CA1").await;
        let mut kept = Vec::new();
        // Each turn is itself a change that nobody sums.
        for seconds in [0, 1_800, 1_799, 1, 3_600] {
            world.pass(seconds);
            assert_eq!(catch_up(&world.platform, world.now() + MINUTE).await, Ok(CaughtUp::Yes));
            kept.push(checkpoint(&world.platform).await.expect("a read"));
        }
        kept.dedup();
        assert_eq!(kept.len(), 3, "{kept:?}");
    }

    #[tokio::test]
    async fn one_goes_and_leaves_it_to_another_who_is_at_it() {
        let world = World::new(1).await;
        world.qualified("CA1").await;
        let until = world.now() + MINUTE;
        assert_eq!(take(&world.store, 7, world.now(), until).await, Ok(Taken::Ours));
        assert_eq!(catch_up(&world.platform, until).await, Ok(CaughtUp::Yes));
        assert_eq!(world.platform.metrics.feed_changes.get(), 0, "the other does it");
        assert_eq!(turn::leave(&world.store, 7).await, Ok(Left::MoreCame));
    }

    #[tokio::test]
    async fn a_turn_without_time_is_given_up_to_the_next() {
        let world = World::new(1).await;
        world.qualified("CA1").await;
        assert_eq!(catch_up(&world.platform, world.now()).await, Ok(CaughtUp::NotYet));
        assert_eq!(catch_up(&world.platform, world.now() + MINUTE).await, Ok(CaughtUp::Yes));
    }
}
