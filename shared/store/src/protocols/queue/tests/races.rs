//! Several do something with one caller at once.

use std::sync::Arc;

use ringfall_domain::{call::Call, queue::Waiter};
use tokio::task::JoinSet;

use super::{
    super::Entered,
    kit::{NO_CAPS, came, hang_up, now, serve, slots, spill, standing, wait, waiting},
    leave_behind,
};
use crate::{
    engines::memory::MemoryStore,
    fixtures::{capacity, leg, store},
    protocols::{queue::Left, release::release, reserve::Reserved},
};

/// Has so many do the same at once.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    many: i64,
    each: impl Fn(i64) -> F,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for n in 0..many {
        let task = each(n);
        tasks.spawn(async move {
            // Not in the order in which they were begun.
            for _turn in 0..(n * 7) % 5 {
                tokio::task::yield_now().await;
            }
            task.await
        });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_of_a_webhook_get_one_place() {
    for n in 0..20 {
        let table = store(NO_CAPS, NO_CAPS, None).await;
        let call = came(&*table, n).await;
        let entered = at_once(8, |copy| {
            let (table, call) = (Arc::clone(&table), call.clone());
            async move { wait(&*table, &call, 4_500 + 100 * copy, 2 + copy).await }
        });
        let entered = entered.await;
        let queued = now(&*table, n).await.queued.expect("it waits");
        assert_eq!(entered, vec![Entered::Waiting(Box::new(queued.clone())); 8]);
        let standing = standing(&*table).await;
        assert_eq!(standing.iter().map(|waiter| waiter.place).collect::<Vec<_>>(), [queued.place]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_serve_one_caller_one_takes_a_slot() {
    for n in 0..20 {
        let table = store(NO_CAPS, NO_CAPS, None).await;
        let (call, waiter) = waiting(&*table, n).await;
        let served = at_once(8, |_| {
            let (table, call, waiter) = (Arc::clone(&table), call.clone(), waiter.clone());
            async move { serve(&*table, &call, Some(&waiter)).await }
        });
        let served = served.await;
        let held = served.iter().filter(|reserved| **reserved == Reserved::Held).count();
        let overtaken = served.iter().filter(|reserved| matches!(reserved, Reserved::Overtaken(_))).count();
        assert_eq!((held, overtaken, slots(&*table).await), (1, 7, 1), "{served:?}");
        assert_eq!(standing(&*table).await, []);
    }
}

/// What a handler of a hang-up does.
async fn leaves(table: &MemoryStore, n: u128, waiter: &Waiter) {
    let call = hang_up(table, n).await;
    leave_behind(table, waiter).await;
    // The attempt's own end is reported, too.
    if call.live_leg().is_some() {
        let call = super::decline(table, n).await;
        release(table, &call, &call.legs[0], crate::fixtures::at(500)).await.expect("the store works");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_while_being_served_leaves_nothing_behind() {
    let (mut served, mut gone) = (0, 0);
    for n in 0..60 {
        let table = store(NO_CAPS, NO_CAPS, None).await;
        let (call, waiter) = waiting(&*table, n).await;
        let answers = at_once(2, |who| {
            let (table, call, waiter) = (Arc::clone(&table), call.clone(), waiter.clone());
            // By turns, so that either comes first.
            let hangs_up = (who == 0) == (n % 2 == 0);
            async move {
                match hangs_up {
                    true => {
                        leaves(&table, n, &waiter).await;
                        None
                    }
                    false => Some(serve(&*table, &call, Some(&waiter)).await),
                }
            }
        });
        match answers.await.into_iter().flatten().next() {
            Some(Reserved::Held) => served += 1,
            Some(Reserved::Overtaken(call)) if call.ended.is_some() => gone += 1,
            other => unreachable!("{other:?}"),
        }
        assert_eq!(standing(&*table).await, []);
        assert_eq!(slots(&*table).await, 0, "a slot is held for nobody");
        assert_eq!(capacity(&*table).await.buyer.calls_in(leg(1).counted_in[0]), 0);
    }
    assert!(served > 0 && gone > 0, "{served} were served first, {gone} were gone first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_served_or_overflows_but_not_both() {
    let (mut served, mut spilt) = (0, 0);
    for n in 0..60 {
        let table = store(NO_CAPS, NO_CAPS, None).await;
        let (call, waiter) = waiting(&*table, n).await;
        let did = at_once(2, |who| {
            let (table, call, waiter) = (Arc::clone(&table), call.clone(), waiter.clone());
            let serves = (who == 0) == (n % 2 == 0);
            async move {
                match serves {
                    true => serve(&*table, &call, Some(&waiter)).await == Reserved::Held,
                    false => spill(&*table, &call).await == Left::Out,
                }
            }
        });
        assert_eq!(did.await.into_iter().filter(|did| *did).count(), 1);
        let Call { legs, overflowed, .. } = now(&*table, n).await;
        assert_ne!(legs.is_empty(), overflowed.is_none());
        assert_eq!((standing(&*table).await, slots(&*table).await), (Vec::new(), legs.len()));
        if legs.is_empty() { spilt += 1 } else { served += 1 }
    }
    assert!(served > 0 && spilt > 0, "{served} were served, {spilt} overflowed");
}
