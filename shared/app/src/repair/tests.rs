use std::sync::Arc;

use ringfall_domain::{
    call::{Fact, KeyPress, LegEnd, LegFact, Stamp, event::EndCause},
    money::Money,
    pnl::{Dimension, Row, Tally},
};
use ringfall_store::{
    port::{Feed, Position, Table, Write},
    protocols::record::record,
    records::{
        self,
        account::{self, Account},
        tally,
    },
};

use super::{
    sums::{Difference, rebuild},
    *,
};
use crate::{
    fixtures::{self, World},
    rollup::{checkpoint, consume},
    sweep::sweep,
};

async fn world() -> World {
    let world = World::new(3).await;
    let opened = Account { name: "Agency".to_owned().try_into().expect("a name"), created_at: world.now() };
    for key in [account::key(fixtures::account()), account::listed_key(fixtures::account())] {
        let put = Write::Put { key, item: account::encode(&opened), condition: None };
        world.store.write(vec![put]).await.expect("a write");
    }
    world
}

fn hour(world: &World) -> Timestamp {
    hour_of(world.now())
}

/// A call that is charged, as far as its facts go.
async fn charged(world: &World, name: &str) {
    world.qualified(name).await;
    let at = world.now();
    let end = LegEnd {
        stamp: Stamp { arrived_at: at, occurred_at: None },
        cause: EndCause::Completed,
        duration_seconds: Some(95),
    };
    let pressed = KeyPress { asked_at: None, key: Some('1'), at };
    let facts = [LegFact::Screened(pressed), LegFact::Ended(end)].map(|fact| Fact::Leg(1, fact));
    record(&world.store, fixtures::account(), World::call_id(name), &facts).await.expect("the store works");
}

async fn consume_all(world: &World) {
    let mut position = checkpoint(&world.platform).await.expect("a read");
    loop {
        let reached = consume(&world.platform, &position).await.expect("the store works");
        if reached == position {
            return;
        }
        position = reached;
    }
}

#[tokio::test]
async fn a_change_that_cannot_be_read_holds_up_no_others() {
    let world = world().await;
    charged(&world, "CA1").await;
    let key = records::call::key(fixtures::account(), World::call_id("CA2"));
    let damaged = world.store.get(&records::call::key(fixtures::account(), World::call_id("CA1"))).await;
    let mut item = Arc::unwrap_or_clone(damaged.expect("a read").expect("the call is there"));
    item.remove("number");
    let put = Write::Put { key, item, condition: None };
    world.store.write(vec![put]).await.expect("a write");
    charged(&world, "CA3").await;
    consume_all(&world).await;
    assert_eq!(world.platform.metrics.feed_unreadable.get(), 1);
    assert_eq!(world.tally(Dimension::Hour).await, earned(2), "both others are summed");
}

/// The feed forgets all that it has, as it does when nobody came for a day.
async fn forget_all(world: &World) {
    let mut position = Position::default();
    loop {
        let reading = world.store.read(&position, 1_000, |_| true).await.expect("a read");
        if reading.reached == position {
            break;
        }
        position = reading.reached;
    }
    world.store.forget(&position).await.expect("it forgets");
}

async fn repair_all(world: &World) {
    for _ in 0..10 {
        if repair(&world.platform).await.expect("the store works") == Repaired::Nothing {
            return;
        }
        consume_all(world).await;
    }
    panic!("repairs come to an end");
}

fn earned(calls: i64) -> Tally {
    let amount = |cents| Money::from_cents(cents * calls);
    Tally {
        calls,
        wanted: calls,
        connected: calls,
        converted: calls,
        handled: calls,
        revenue: amount(4_500),
        payout: amount(2_000),
        ..Tally::default()
    }
}

#[tokio::test]
async fn calls_that_the_feed_forgot_are_listed_settled_and_summed() {
    let world = world().await;
    charged(&world, "CA1").await;
    consume_all(&world).await;
    world.pass(10);
    charged(&world, "CA2").await;
    forget_all(&world).await;
    consume_all(&world).await;
    assert_eq!(world.tally(Dimension::Hour).await, earned(1), "the second call is lost");
    assert_eq!(world.platform.metrics.feed_gaps.get(), 1, "it is told once");
    repair_all(&world).await;
    for dimension in [Dimension::Hour, Dimension::Campaign, Dimension::Number, Dimension::Publisher] {
        assert_eq!(world.tally(dimension).await, earned(2), "{dimension:?}");
    }
    assert_eq!(repair(&world.platform).await, Ok(Repaired::Nothing));
    // And the feed goes on as if nothing had been.
    charged(&world, "CA3").await;
    consume_all(&world).await;
    assert_eq!(world.tally(Dimension::Hour).await, earned(3));
}

#[tokio::test]
async fn a_consumer_takes_up_what_concerns_the_sums_and_nothing_that_it_wrote_itself() {
    let world = world().await;
    charged(&world, "CA1").await;
    let of_calls = world.store.read(&Position::default(), 1_000, |key| key.sort == "CALL").await;
    let of_calls = of_calls.expect("a read").changes.len() as u64;
    consume_all(&world).await;
    let of_journal = 1;
    assert_eq!(world.platform.metrics.feed_changes.get(), of_calls + of_journal);
}

#[tokio::test]
async fn a_call_that_began_before_the_gap_is_summed_to_what_it_came_to() {
    let world = world().await;
    world.qualified("CA1").await;
    consume_all(&world).await;
    charged(&world, "CA1").await;
    forget_all(&world).await;
    consume_all(&world).await;
    repair_all(&world).await;
    assert_eq!(world.tally(Dimension::Hour).await, earned(1));
}

#[tokio::test]
async fn a_consumer_that_never_came_finds_all_calls_since_the_account_was_opened() {
    let world = world().await;
    charged(&world, "CA1").await;
    forget_all(&world).await;
    world.pass(100 * 3_600);
    consume_all(&world).await;
    repair_all(&world).await;
    assert_eq!(world.tally(Dimension::Hour).await, earned(1));
}

#[tokio::test]
async fn what_consumers_still_have_to_add_is_not_added_twice() {
    let world = world().await;
    charged(&world, "CA1").await;
    consume_all(&world).await;
    charged(&world, "CA2").await;
    let (from, to) = (hour(&world), hour(&world) + HOUR);
    walk_everything(&world).await;
    let rebuilt = rebuild(&world.platform, fixtures::account(), from, to).await.expect("the store works");
    assert_eq!(rebuilt.differences, []);
    assert_eq!(rebuilt.hours_left.into_iter().collect::<Vec<_>>(), [from]);
    consume_all(&world).await;
    assert_eq!(world.tally(Dimension::Hour).await, earned(2));
    let rebuilt = rebuild(&world.platform, fixtures::account(), from, to).await.expect("the store works");
    assert_eq!(rebuilt, sums::Rebuilt::default());
}

/// Lists calls that the consumer has not come to.
async fn walk_everything(world: &World) {
    let (from, to) = (hour(world), hour(world) + HOUR);
    request(&world.store, from, to, Why::Gap).await.expect("the store works");
    while repair(&world.platform).await.expect("the store works") == Repaired::More {}
}

#[tokio::test]
async fn rows_that_are_wrong_are_told_and_corrected() {
    let world = world().await;
    charged(&world, "CA1").await;
    consume_all(&world).await;
    let from = hour(&world);
    let row = |key: &str| Row { dimension: Dimension::Campaign, hour: from, key: key.to_owned() };
    let (known, unknown) = (row(&fixtures::campaign().to_string()), row("nobody"));
    for (row, wrong) in [(&known, earned(7)), (&unknown, earned(1))] {
        let key = tally::key(fixtures::account(), row);
        let item = world.store.get(&key).await.expect("a read");
        let held = item.map(|item| tally::decode(&item).expect("a row").1).unwrap_or_default();
        let put = Write::Put { key, item: tally::encode(&wrong, &held), condition: None };
        world.store.write(vec![put]).await.expect("a write");
    }
    consume_all(&world).await;
    let rebuilt = rebuild(&world.platform, fixtures::account(), from, from + HOUR).await.expect("a store");
    let expected = [
        Difference { row: known, was: earned(7), is: earned(1) },
        Difference { row: unknown, was: earned(1), is: Tally::default() },
    ];
    assert_eq!(rebuilt.differences, expected);
    assert_eq!(world.tally(Dimension::Campaign).await, earned(1));
}

#[tokio::test]
async fn the_sweep_asks_for_a_comparison_once_a_day() {
    let world = world().await;
    charged(&world, "CA1").await;
    consume_all(&world).await;
    let row = Row { dimension: Dimension::Hour, hour: hour(&world), key: hour(&world).to_string() };
    world.pass(2 * 3_600);
    for is_asked in [true, false] {
        sweep(&world.platform).await.expect("the store works");
        assert_eq!(read(&world.store).await.expect("a read").hours.is_some(), is_asked);
        assert_eq!(repair(&world.platform).await, Ok(Repaired::Nothing));
    }
    let lost = Write::Delete { key: tally::key(fixtures::account(), &row), condition: None };
    world.store.write(vec![lost]).await.expect("a write");
    world.pass(25 * 3_600);
    sweep(&world.platform).await.expect("the store works");
    assert_eq!(repair(&world.platform).await, Ok(Repaired::Later), "what was corrected is looked at again");
    assert_eq!(repair(&world.platform).await, Ok(Repaired::Nothing));
    assert_eq!(world.tally(Dimension::Hour).await, earned(1));
    assert_eq!(world.platform.metrics.sums_corrected.get(), 1);
}
