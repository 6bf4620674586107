use std::{collections::BTreeSet, sync::Arc};

use ringfall_domain::{
    call::{Call, Leg, LegEnd, LegFact, Stamp, event::EndCause},
    capacity::{Full, Scope},
    config::Caps,
};

use super::*;
use crate::{
    engines::memory::MemoryStore,
    fixtures::{account, at, buyer, call, capacity, leg, put, store},
    port::{Table, Update, Write},
    protocols::{
        arrive::arrive,
        release::{extend, release},
        reserve::{Request, Reserved, reserve},
    },
    records::{
        self,
        capacity::{Place, encode_limits, names},
    },
};

fn concurrency(limit: u32) -> Caps {
    Caps { concurrency: Some(limit), ..Caps::default() }
}

/// A buyer's cap and its target's, and a capacity that holds so many leases itself.
async fn holding(cap: u32, of_target: u32, within: u32) -> Arc<MemoryStore> {
    let table = store(concurrency(cap), concurrency(of_target), None).await;
    set(&*table, vec![Update::Set(names::WITHIN.into(), within.into())]).await;
    table
}

async fn set(table: &dyn Table, updates: Vec<Update>) {
    let key = records::capacity::key(account(), buyer());
    put(table, Write::Update { key, updates, condition: None }).await;
}

/// As a save of the buyer does it.
async fn set_cap(table: &dyn Table, cap: u32) {
    let limits = encode_limits(&concurrency(cap).into());
    let count_up = Update::Add(names::REVISION.into(), 1.into());
    set(table, vec![Update::Set(Place::Buyer.path([names::LIMITS]), limits), count_up]).await;
}

async fn came(table: &dyn Table, n: u128) -> Call {
    arrive(table, &call(n)).await.expect("a call")
}

async fn reserve_by(table: &dyn Table, call: &Call, known: &CapacityRecord) -> Reserved {
    let leg = leg(1);
    let request = Request {
        call,
        is_stored: true,
        leg: &leg,
        expires_at: at(60),
        known,
        rulings: &[],
        caller: None,
        takes_out: None,
    };
    reserve(table, &request).await.expect("the store works")
}

async fn try_reserve(table: &dyn Table, n: u128) -> Reserved {
    let call = came(table, n).await;
    reserve_by(table, &call, &capacity(table).await).await
}

fn over() -> Leg {
    let mut leg = leg(1);
    let stamp = Stamp { arrived_at: at(9), occurred_at: None };
    leg.learn(LegFact::Ended(LegEnd { stamp, cause: EndCause::NoAnswer, duration_seconds: None }));
    leg
}

async fn give_back(table: &dyn Table, n: u128) {
    for _copy in 0..2 {
        release(table, &call(n), &over(), at(9)).await.expect("the store works");
    }
}

async fn leases(table: &dyn Table) -> BTreeSet<LegId> {
    let record = capacity(table).await;
    let leases = read_leases(table, account(), buyer(), &record).await.expect("the store works");
    leases.into_keys().collect()
}

fn id(n: u128) -> LegId {
    LegId { call: call(n).id, attempt: 1 }
}

#[tokio::test]
async fn exactly_the_cap_is_held_wherever_leases_stand_and_all_of_it_is_given_back_once() {
    for within in [0, 1, 3, 9, 10, 64] {
        let table = holding(10, 100, within).await;
        let mut held = Vec::new();
        for n in 0..16 {
            match try_reserve(&*table, n).await {
                Reserved::Held => held.push(n),
                Reserved::Full(full) => {
                    assert_eq!(full, Full::Concurrency { scope: Scope::Buyer, live: 10, limit: 10 });
                }
                other => panic!("{other:?}"),
            }
        }
        let record = capacity(&*table).await;
        let inside = usize::try_from(within.min(10)).expect("a few");
        for scope in [&record.buyer, &record.targets[&leg(1).target]] {
            assert_eq!((scope.live.len(), scope.legs()), (inside, 10), "{within}");
        }
        assert_eq!(leases(&*table).await, held.iter().map(|n| id(*n)).collect());
        for n in held.into_iter().rev() {
            give_back(&*table, n).await;
            give_back(&*table, n).await;
        }
        let record = capacity(&*table).await;
        assert_eq!((record.buyer.legs(), leases(&*table).await.len()), (0, 0));
        assert!(record.buyer.counted.values().all(|count| *count == 0), "{record:?}");
        assert_eq!(record.next_lease() == records::capacity::LeasePlace::Within, within > 0);
    }
}

#[tokio::test]
async fn of_64_simultaneous_callers_for_a_cap_of_5_exactly_5_are_held_beyond_what_stands_within() {
    for (cap, of_target) in [(5, 100), (100, 5)] {
        let table = holding(cap, of_target, 2).await;
        let callers: Vec<_> = (0..64)
            .map(|n| {
                let table = Arc::clone(&table);
                tokio::spawn(async move { try_reserve(&*table, n).await })
            })
            .collect();
        let mut held = 0;
        for caller in callers {
            held += u32::from(caller.await.expect("no panic") == Reserved::Held);
        }
        assert_eq!((held, capacity(&*table).await.buyer.legs()), (5, 5));
    }
}

#[tokio::test]
async fn a_lease_that_stands_elsewhere_is_extended_and_none_that_is_gone() {
    let table = holding(10, 10, 1).await;
    for n in 0..3 {
        assert_eq!(try_reserve(&*table, n).await, Reserved::Held);
    }
    for n in 0..3 {
        extend(&*table, &call(n), &leg(1), at(600)).await.expect("the store works");
        let record = capacity(&*table).await;
        let leases = read_leases(&*table, account(), buyer(), &record).await.expect("the store works");
        assert_eq!(leases[&id(n)].expires_at, at(600), "{n}");
    }
    give_back(&*table, 2).await;
    extend(&*table, &call(2), &leg(1), at(900)).await.expect("the store works");
    assert_eq!(leases(&*table).await, [id(0), id(1)].into());
}

#[tokio::test]
async fn a_lowered_cap_holds_at_once_and_a_raised_one_too() {
    let table = holding(8, 100, 3).await;
    let stale = capacity(&*table).await;
    for n in 0..8 {
        assert_eq!(try_reserve(&*table, n).await, Reserved::Held);
    }
    set_cap(&*table, 5).await;
    let full = |live| Reserved::Full(Full::Concurrency { scope: Scope::Buyer, live, limit: 5 });
    for n in 0..3 {
        let late = came(&*table, 100 + n).await;
        assert_eq!(reserve_by(&*table, &late, &stale).await, full(8 - u32::try_from(n).expect("a few")));
        give_back(&*table, n).await;
    }
    assert_eq!(try_reserve(&*table, 20).await, full(5));
    give_back(&*table, 7).await;
    assert_eq!(try_reserve(&*table, 20).await, Reserved::Held);
    set_cap(&*table, 6).await;
    assert_eq!(try_reserve(&*table, 21).await, Reserved::Held);
    assert!(matches!(try_reserve(&*table, 22).await, Reserved::Full(_)));
}

/// Draws that are the same for the same seed (Numerical Recipes' generator).
struct Draws(u64);

impl Draws {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % most
    }
}

/// Reservations by what was read long ago, releases of anybody, caps that move: a list on paper says who is held.
#[tokio::test]
async fn whatever_was_known_nobody_is_held_beyond_the_cap_or_refused_below_it() {
    for seed in 0..24 {
        let mut draws = Draws(seed);
        let table = holding(6, 100, u32::try_from(draws.below(8)).expect("a few")).await;
        let (mut cap, mut live, mut next) = (6, Vec::new(), 0);
        let mut readings = vec![capacity(&*table).await];
        for _ in 0..150 {
            match draws.below(8) {
                0 => {
                    cap = draws.below(12);
                    set_cap(&*table, u32::try_from(cap).expect("a few")).await;
                }
                1..=3 if !live.is_empty() => {
                    let gone: u128 = live.swap_remove(draws.below(live.len()));
                    give_back(&*table, gone).await;
                }
                _ => {
                    next += 1;
                    let call = came(&*table, next).await;
                    let known = &readings[readings.len() - 1 - draws.below(readings.len().min(6))];
                    let reserved = reserve_by(&*table, &call, known).await;
                    assert_eq!(reserved == Reserved::Held, live.len() < cap, "seed {seed}: {reserved:?}");
                    live.extend((reserved == Reserved::Held).then_some(next));
                }
            }
            readings.push(capacity(&*table).await);
            assert_eq!(leases(&*table).await, live.iter().map(|n| id(*n)).collect(), "seed {seed}");
            let record = capacity(&*table).await;
            assert_eq!(record.buyer.legs() as usize, live.len(), "seed {seed}");
        }
    }
}
