//! Consuming the feed when called: by the feed itself on AWS, which calls one function per shard, and by the clock.

use jiff::Timestamp;
use ringfall_store::{
    port::StoreError,
    protocols::turn::{Left, Taken, give_up, leave, take},
};

use super::{checkpoint, consume};
use crate::platform::Platform;

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
    let mut position = checkpoint(platform).await?;
    while platform.now() < until {
        let reached = consume(platform, &position).await?;
        if reached == position && leave(&*platform.table, holder).await? == Left::Over {
            return Ok(CaughtUp::Yes);
        }
        position = reached;
    }
    Ok(CaughtUp::NotYet)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
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
