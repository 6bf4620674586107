//! Money, pace and groups; caps on calls are tested with the other protocols.

use std::sync::Arc;

use ringfall_domain::{
    call::{Call, Leg, LegEnd, LegFact, Stamp, event::EndCause},
    capacity::{Full, Period, Scope, Window},
    config::{Buyer, Caps, Limits, MoneyCaps},
    money::Money,
};
use serde_json::{Value, json};

use super::{Request, Reserved, reserve};
use crate::{
    engines::{interpreter::item_bytes, memory::MemoryStore},
    fixtures::{at, call, capacity, leg, store_of},
    port::{Table, Update, Write},
    protocols::{arrive::arrive, release::release},
    records::{
        self,
        capacity::{Place, encode_limits, encode_new_scope, names},
    },
};

fn buyer(more: &Value) -> Buyer {
    let mut document = json!({"name": "B", "time_zone": "UTC", "groups": [{"name": "Night desk"}]});
    document.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    serde_json::from_value(document).expect("a buyer")
}

fn grouped(limits: Value) -> Buyer {
    let mut group = limits;
    group["name"] = "Night desk".into();
    buyer(&json!({"groups": [group]}))
}

fn in_group() -> Leg {
    Leg { group: Some("Night desk".parse().expect("a name")), ..leg(1) }
}

async fn came(table: &MemoryStore, n: u128) -> Call {
    arrive(table, &call(n)).await.expect("a call")
}

async fn try_reserve(table: &MemoryStore, n: u128, leg: &Leg) -> Reserved {
    let (call, known) = (came(table, n).await, capacity(table).await);
    let request = Request {
        call: &call,
        is_stored: true,
        leg,
        expires_at: at(60),
        known: &known,
        rulings: &[],
        caller: None,
        takes_out: None,
    };
    reserve(table, &request).await.expect("the store works")
}

async fn give_back(table: &MemoryStore, n: u128, leg: &Leg) {
    let mut leg = leg.clone();
    let stamp = Stamp { arrived_at: at(9), occurred_at: None };
    leg.learn(LegFact::Ended(LegEnd { stamp, cause: EndCause::NoAnswer, duration_seconds: None }));
    for _copy in 0..2 {
        release(table, &call(n), &leg, at(9)).await.expect("the store works");
    }
}

/// A buyer whose scope of that kind has these limits, and its target's limits.
fn limited(scope: Scope, limits: &Value) -> (Buyer, Limits) {
    match scope {
        Scope::Buyer => (buyer(limits), Limits::default()),
        Scope::Group => (grouped(limits.clone()), Limits::default()),
        Scope::Target => {
            let like = buyer(limits);
            (buyer(&json!({})), like.limits())
        }
    }
}

const SCOPES: [Scope; 3] = [Scope::Buyer, Scope::Group, Scope::Target];

#[tokio::test]
async fn each_cap_in_money_refuses_with_its_figures_and_is_whole_once_the_money_is_back() {
    let (committed, price) = (Money::from_cents(9_000), Money::from_cents(4_500));
    let limit = Money::from_cents(13_499);
    for scope in SCOPES {
        for (period, name) in Period::ALL.into_iter().zip(["hourly", "daily", "monthly", "total"]) {
            let (owner, of_target) = limited(scope, &json!({"money_caps": {name: "134.99"}}));
            let table = store_of(&owner, &of_target).await;
            assert_eq!(try_reserve(&table, 1, &in_group()).await, Reserved::Held);
            assert_eq!(try_reserve(&table, 2, &in_group()).await, Reserved::Held);
            let full = Full::Money { scope, period, committed, price, limit };
            assert_eq!(try_reserve(&table, 3, &in_group()).await, Reserved::Full(full));
            give_back(&table, 2, &in_group()).await;
            assert_eq!(try_reserve(&table, 4, &in_group()).await, Reserved::Held);
        }
    }
}

#[tokio::test]
async fn a_cap_in_money_below_the_price_takes_no_first_call() {
    let (owner, of_target) = limited(Scope::Group, &json!({"money_caps": {"daily": "44.99"}}));
    let table = store_of(&owner, &of_target).await;
    assert!(matches!(try_reserve(&table, 1, &in_group()).await, Reserved::Full(Full::Money { .. })));
    let free =
        Leg { terms: ringfall_domain::call::Terms { price: Money::ZERO, ..leg(1).terms }, ..in_group() };
    assert_eq!(try_reserve(&table, 2, &free).await, Reserved::Held);
}

#[tokio::test]
async fn a_call_that_follows_too_soon_is_refused_although_the_one_before_was_not_taken() {
    for scope in SCOPES {
        let (owner, of_target) = limited(scope, &json!({"minimum_seconds_between_calls": 30}));
        let table = store_of(&owner, &of_target).await;
        let after = |seconds: i64| Leg { reserved_at: at(1 + seconds), ..in_group() };
        assert_eq!(try_reserve(&table, 1, &after(0)).await, Reserved::Held);
        give_back(&table, 1, &after(0)).await;
        let full = Full::TooSoon { scope, since_seconds: 29, minimum_seconds: 30 };
        assert_eq!(try_reserve(&table, 2, &after(29)).await, Reserved::Full(full));
        assert_eq!(try_reserve(&table, 3, &after(30)).await, Reserved::Held);
        let full = Full::TooSoon { scope, since_seconds: 10, minimum_seconds: 30 };
        assert_eq!(try_reserve(&table, 4, &after(40)).await, Reserved::Full(full));
    }
}

#[tokio::test]
async fn targets_outside_a_group_do_not_count_in_it() {
    let table = store_of(&grouped(json!({"caps": {"concurrency": 1}})), &Limits::default()).await;
    assert_eq!(try_reserve(&table, 1, &in_group()).await, Reserved::Held);
    assert_eq!(try_reserve(&table, 2, &leg(1)).await, Reserved::Held);
    let full = Full::Concurrency { scope: Scope::Group, live: 1, limit: 1 };
    assert_eq!(try_reserve(&table, 3, &in_group()).await, Reserved::Full(full));
    give_back(&table, 1, &in_group()).await;
    let held = capacity(&*table).await;
    let group = &held.groups["Night desk"];
    assert_eq!((group.live.len(), held.buyer.live.len()), (0, 1));
    assert!(group.counted.values().all(|n| *n == 0), "{group:?}");
    assert!(group.committed.values().all(|sum| *sum == Money::ZERO), "{group:?}");
    let elsewhere = Leg { group: Some("Day desk".parse().expect("a name")), ..leg(1) };
    assert_eq!(try_reserve(&table, 4, &elsewhere).await, Reserved::CapacityGone);
}

/// What has been read is old by the time it is gone by: each change of limits counts, none is gone by that was taken back.
#[tokio::test]
async fn limits_that_were_saved_since_they_were_read_are_gone_by() {
    let caps = |cap: Option<&str>| {
        let daily = cap.map(|cap| cap.parse::<Money>().expect("an amount"));
        Limits { money_caps: MoneyCaps { daily, ..MoneyCaps::default() }, ..Limits::default() }
    };
    let none = Limits::from(Caps { concurrency: Some(0), ..Caps::default() });
    for (before, after, held) in [
        (caps(None), caps(Some("44.99")), false),
        (caps(None), none, false),
        (caps(Some("45.00")), caps(Some("44.99")), false),
        (caps(Some("44.99")), caps(Some("45.00")), true),
        (caps(Some("44.99")), caps(None), true),
        (none, caps(None), true),
    ] {
        let table = store_of(&buyer(&json!({})), &before).await;
        let (call, known) = (came(&table, 1).await, capacity(&*table).await);
        let limits = Update::Set(Place::Target(leg(1).target).path([names::LIMITS]), encode_limits(&after));
        let key = records::capacity::key(call.account, leg(1).buyer);
        let updates = vec![limits, Update::Add(names::REVISION.into(), 1.into())];
        table.write(vec![Write::Update { key, updates, condition: None }]).await.expect("a write");
        let leg = leg(1);
        let request = Request {
            call: &call,
            is_stored: true,
            leg: &leg,
            expires_at: at(60),
            known: &known,
            rulings: &[],
            caller: None,
            takes_out: None,
        };
        let reserved = reserve(&*table, &request).await.expect("the store works");
        assert_eq!(reserved == Reserved::Held, held, "{before:?} {after:?}: {reserved:?}");
    }
}

#[tokio::test]
async fn of_64_simultaneous_callers_as_many_are_held_as_the_money_pays_for() {
    for scope in SCOPES {
        let (owner, of_target) = limited(scope, &json!({"money_caps": {"daily": "179.99"}}));
        let table = store_of(&owner, &of_target).await;
        let callers = (0..64).map(|n| {
            let table = Arc::clone(&table);
            tokio::spawn(async move { try_reserve(&table, n, &in_group()).await })
        });
        let mut held = 0;
        for caller in callers.collect::<Vec<_>>() {
            held += usize::from(caller.await.expect("no panic") == Reserved::Held);
        }
        assert_eq!(held, 3, "{scope:?}");
    }
}

#[tokio::test]
async fn money_goes_back_to_the_windows_that_it_was_counted_in() {
    let table = store_of(&buyer(&json!({})), &Limits::default()).await;
    let next_hour = at(3_601);
    let later = Leg {
        reserved_at: next_hour,
        counted_in: Window::all_at(next_hour, &jiff::tz::TimeZone::UTC),
        ..leg(1)
    };
    assert_eq!(try_reserve(&table, 1, &leg(1)).await, Reserved::Held);
    assert_eq!(try_reserve(&table, 2, &later).await, Reserved::Held);
    give_back(&table, 1, &leg(1)).await;
    let held = capacity(&*table).await.buyer;
    assert_eq!(
        leg(1).counted_in.map(|window| held.money_in(window).to_string()),
        ["0.00", "45.00", "45.00", "45.00"]
    );
    assert_eq!(later.counted_in.map(|window| held.money_in(window).to_string()), ["45.00"; 4]);
}

/// Each call writes this item twice: its bytes are its price.
#[tokio::test]
async fn a_busy_buyer_with_five_targets_stays_small() {
    let table = store_of(&grouped(json!({"caps": {"concurrency": 9}})), &Limits::default()).await;
    let owner = records::capacity::key(call(1).account, leg(1).buyer);
    let ids: Vec<_> = (1..=5).map(|n| ringfall_domain::ids::TargetId::from_parts(1, n)).collect();
    for id in &ids[1..] {
        let scope = encode_new_scope(&Limits::from(Caps { daily: Some(50), ..Caps::default() }));
        let updates = vec![Update::Set(Place::Target(*id).path([]), scope)];
        table
            .write(vec![Write::Update { key: owner.clone(), updates, condition: None }])
            .await
            .expect("a write");
    }
    for (n, id) in (1..).zip(&ids) {
        let leg = Leg { target: *id, ..in_group() };
        assert_eq!(try_reserve(&table, n, &leg).await, Reserved::Held);
    }
    let item = table.get(&owner).await.expect("a read").expect("an item");
    let bytes = item_bytes(&owner, &item);
    assert!(bytes <= 2_400, "with five calls live it has {bytes} bytes");
}
