use std::sync::Arc;

use jiff::SignedDuration;
use ringfall_domain::{
    call::{
        Bridging, Call, CallEnd, Fact, Finish, FinishKind, KeyPress, Leg, LegEnd, LegFact, Stamp,
        event::EndCause,
    },
    capacity::{Full, Period, Scope},
    config::Caps,
    money::Money,
    pnl::{Dimension, Row, Tally, change_of_call, hour_of},
};

use super::{
    arrive::arrive,
    find::find,
    record::record,
    release::{Released, extend, release},
    reserve::{Request, Reserved, reserve},
    rollup::{Batch, add, correct, rows},
    settle::settle,
};
use crate::{
    engines::memory::MemoryStore,
    fixtures::{account, at, call, capacity, leg, store},
    port::{Lane, Mark, Position, Range, Table},
    records::{self, tally},
};

const NO_CAPS: Caps = Caps { concurrency: None, hourly: None, daily: None, monthly: None, total: None };

fn concurrency(limit: u32) -> Caps {
    Caps { concurrency: Some(limit), ..NO_CAPS }
}

async fn try_reserve(table: &dyn Table, call: &Call, leg: &Leg) -> Reserved {
    let known = capacity(table).await;
    let request = Request {
        call,
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

async fn learn(table: &dyn Table, call: &Call, attempt: u8, facts: &[LegFact]) -> Call {
    let facts: Vec<_> = facts.iter().map(|fact| Fact::Leg(attempt, fact.clone())).collect();
    record(table, account(), call.id, &facts).await.expect("the store works").expect("the attempt is there")
}

fn over(seconds: u32) -> LegFact {
    let stamp = Stamp { arrived_at: at(200), occurred_at: None };
    LegFact::Ended(LegEnd { stamp, cause: EndCause::Completed, duration_seconds: Some(seconds) })
}

fn pressed(key: char, seconds: i64) -> LegFact {
    LegFact::Screened(KeyPress { asked_at: Some(at(5)), key: Some(key), at: at(seconds) })
}

fn taken() -> LegFact {
    pressed('1', 9)
}

fn declined() -> LegFact {
    pressed('2', 9)
}

#[tokio::test]
async fn a_call_and_its_facts_read_back_as_they_were_written() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let new = arrive(&*table, &call(1)).await.expect("a call");
    assert_eq!(new, call(1));
    assert_eq!(try_reserve(&*table, &new, &leg(1)).await, Reserved::Held);
    let stamp = Stamp { arrived_at: at(5), occurred_at: Some(at(4)) };
    let facts = [
        LegFact::ProviderLegId("CA2".to_owned()),
        LegFact::Answered(stamp),
        taken(),
        LegFact::Bridged(Bridging { joined: true, at: at(10) }),
        LegFact::RecordingUrl("https://example.com/r.wav".to_owned()),
        over(95),
    ];
    let mut expected = leg(1);
    for fact in facts.clone() {
        expected.learn(fact);
    }
    assert_eq!(learn(&*table, &new, 1, &facts).await.legs, [expected.clone()]);
    let ended = Fact::Ended(CallEnd { stamp, duration_seconds: Some(130) });
    let whole = record(&*table, account(), new.id, &[ended]).await.expect("the store works").expect("a call");
    assert_eq!(whole.legs, [expected]);
    assert_eq!(whole.ended, Some(CallEnd { stamp, duration_seconds: Some(130) }));
    assert_eq!(find(&*table, account(), new.id).await, Ok(Some(whole)));
}

#[tokio::test]
async fn the_first_report_stands_and_an_attempt_that_was_never_made_takes_none() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let call = arrive(&*table, &call(1)).await.expect("a call");
    assert_eq!(record(&*table, account(), call.id, &[Fact::Leg(1, over(95))]).await, Ok(None));
    try_reserve(&*table, &call, &leg(1)).await;
    learn(&*table, &call, 1, &[over(95)]).await;
    let again = learn(&*table, &call, 1, &[over(7)]).await;
    assert_eq!(again.legs[0].ended.and_then(|end| end.duration_seconds), Some(95));
}

#[tokio::test]
async fn of_64_simultaneous_callers_for_a_cap_of_3_exactly_3_are_held() {
    for caps in
        [(concurrency(3), NO_CAPS), (NO_CAPS, concurrency(3)), (Caps { daily: Some(3), ..NO_CAPS }, NO_CAPS)]
    {
        let table = store(caps.0, caps.1, None).await;
        let callers = (0..64).map(|n| {
            let table = Arc::clone(&table);
            tokio::spawn(async move {
                let call = arrive(&*table, &call(n)).await.expect("a call");
                try_reserve(&*table, &call, &leg(1)).await
            })
        });
        let mut held = 0;
        for caller in callers.collect::<Vec<_>>() {
            match caller.await.expect("no panic") {
                Reserved::Held => held += 1,
                Reserved::Full(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(held, 3, "{caps:?}");
    }
}

#[tokio::test]
async fn each_cap_refuses_with_its_figures() {
    let one = |period| match period {
        Period::Hour => Caps { hourly: Some(1), ..NO_CAPS },
        Period::Day => Caps { daily: Some(1), ..NO_CAPS },
        Period::Month => Caps { monthly: Some(1), ..NO_CAPS },
        Period::Total => Caps { total: Some(1), ..NO_CAPS },
    };
    for scope in [Scope::Buyer, Scope::Target] {
        let of_scope = |caps: Caps| if scope == Scope::Buyer { (caps, NO_CAPS) } else { (NO_CAPS, caps) };
        let mut cases = vec![(of_scope(concurrency(1)), Full::Concurrency { scope, live: 1, limit: 1 })];
        cases.extend(
            Period::ALL
                .map(|period| (of_scope(one(period)), Full::Window { scope, period, counted: 1, limit: 1 })),
        );
        for ((buyer, target), full) in cases {
            let table = store(buyer, target, None).await;
            let calls = [
                arrive(&*table, &call(1)).await.expect("a call"),
                arrive(&*table, &call(2)).await.expect("a call"),
            ];
            assert_eq!(try_reserve(&*table, &calls[0], &leg(1)).await, Reserved::Held);
            assert_eq!(try_reserve(&*table, &calls[1], &leg(1)).await, Reserved::Full(full));
            assert_eq!(
                find(&*table, account(), calls[1].id).await,
                Ok(Some(calls[1].clone())),
                "nothing is written"
            );
        }
    }
    let table = store(concurrency(0), NO_CAPS, None).await;
    let first = arrive(&*table, &call(1)).await.expect("a call");
    assert!(
        matches!(try_reserve(&*table, &first, &leg(1)).await, Reserved::Full(_)),
        "a cap of nothing takes nothing"
    );
}

#[tokio::test]
async fn a_doubled_webhook_holds_one_slot_and_is_told_of_the_attempt_that_is_there() {
    let table = store(concurrency(5), NO_CAPS, None).await;
    let call = arrive(&*table, &call(1)).await.expect("a call");
    assert_eq!(try_reserve(&*table, &call, &leg(1)).await, Reserved::Held);
    let Reserved::Overtaken(newer) = try_reserve(&*table, &call, &leg(1)).await else {
        panic!("not overtaken")
    };
    assert_eq!(newer.legs, [leg(1)]);
    assert_eq!(capacity(&*table).await.buyer.live.len(), 1);
    let skipping = try_reserve(&*table, &newer, &leg(2)).await;
    assert!(matches!(skipping, Reserved::Overtaken(_)), "attempt 1 is not over: {skipping:?}");
}

#[tokio::test]
async fn a_caller_who_has_hung_up_is_given_no_slot() {
    let table = store(concurrency(5), NO_CAPS, None).await;
    let call = arrive(&*table, &call(1)).await.expect("a call");
    let end = CallEnd { stamp: Stamp { arrived_at: at(2), occurred_at: None }, duration_seconds: None };
    record(&*table, account(), call.id, &[Fact::Ended(end)]).await.expect("the store works");
    assert!(matches!(try_reserve(&*table, &call, &leg(1)).await, Reserved::Overtaken(_)));
    assert_eq!(capacity(&*table).await.buyer.live, []);
}

#[tokio::test]
async fn a_caller_who_was_turned_away_is_given_no_slot_and_one_who_was_forwarded_may_be() {
    for (kind, is_held) in
        [(FinishKind::NoTarget, false), (FinishKind::Unqualified, false), (FinishKind::Forwarded, true)]
    {
        let table = store(concurrency(5), NO_CAPS, None).await;
        let call = arrive(&*table, &call(1)).await.expect("a call");
        let finish = Fact::Finished(Finish { node: leg(1).node, kind });
        record(&*table, account(), call.id, &[finish]).await.expect("the store works");
        let reserved = try_reserve(&*table, &call, &leg(1)).await;
        assert_eq!(reserved == Reserved::Held, is_held, "{kind:?}: {reserved:?}");
    }
}

#[tokio::test]
async fn a_late_hang_up_of_one_attempt_does_not_free_the_next() {
    let table = store(concurrency(1), NO_CAPS, None).await;
    let call = arrive(&*table, &call(1)).await.expect("a call");
    try_reserve(&*table, &call, &leg(1)).await;
    let call = learn(&*table, &call, 1, &[taken(), over(3)]).await;
    assert_eq!(release(&*table, &call, &call.legs[0], at(201)).await, Ok(Released::Settled));
    assert_eq!(try_reserve(&*table, &call, &leg(2)).await, Reserved::Held);
    assert_eq!(release(&*table, &call, &call.legs[0], at(201)).await, Ok(Released::Settled));
    let held = capacity(&*table).await;
    assert_eq!(held.buyer.live.iter().map(|leg| leg.attempt).collect::<Vec<_>>(), [2]);
    assert_eq!(held.leases.len(), 1);
}

#[tokio::test]
async fn a_conversion_keeps_its_count_and_its_money_and_anything_else_gives_both_back() {
    for (facts, counted, available) in [
        (vec![taken(), over(95)], 1, 500),
        (vec![declined(), over(95)], 0, 5_000),
        (vec![taken(), over(89)], 0, 5_000),
    ] {
        let table = store(NO_CAPS, NO_CAPS, Some(Money::from_cents(5_000))).await;
        let call = arrive(&*table, &call(1)).await.expect("a call");
        assert_eq!(try_reserve(&*table, &call, &leg(1)).await, Reserved::Held);
        assert_eq!(capacity(&*table).await.available, Some(Money::from_cents(500)));
        let call = learn(&*table, &call, 1, &facts).await;
        for _copy in 0..3 {
            let released = release(&*table, &call, &call.legs[0], at(201)).await;
            assert_eq!(released, Ok(Released::Settled));
        }
        let after = capacity(&*table).await;
        assert_eq!(after.available, Some(Money::from_cents(available)));
        for scope in [&after.buyer, &after.targets[&leg(1).target]] {
            assert!(scope.counted.values().all(|n| *n == counted), "{scope:?}");
            assert_eq!(scope.live, []);
        }
        extend(&*table, &call, &call.legs[0], at(900)).await.expect("the store works");
        assert_eq!(capacity(&*table).await.leases.len(), 0, "what was released is not extended");
    }
}

/// The report of the key is overtaken by that of the end: the slot is free at once, the rest waits.
#[tokio::test]
async fn what_is_undecided_holds_its_count_and_its_money_until_it_is_decided() {
    let (soon, late) = (at(201), at(276));
    for (news, now, released, counted, available) in [
        (vec![], soon, Released::Undecided { until: at(275) }, 1, 500),
        (vec![], late, Released::Settled, 0, 5_000),
        (vec![pressed('1', 202)], soon, Released::Settled, 1, 500),
        (vec![pressed('2', 202)], soon, Released::Settled, 0, 5_000),
    ] {
        let table = store(NO_CAPS, NO_CAPS, Some(Money::from_cents(5_000))).await;
        let call = arrive(&*table, &call(1)).await.expect("a call");
        try_reserve(&*table, &call, &leg(1)).await;
        let call = learn(&*table, &call, 1, &[over(95)]).await;
        let undecided = Ok(Released::Undecided { until: at(275) });
        assert_eq!(release(&*table, &call, &call.legs[0], soon).await, undecided);
        assert_eq!(capacity(&*table).await.buyer.live, []);
        let call = learn(&*table, &call, 1, &news).await;
        for _copy in 0..3 {
            assert_eq!(release(&*table, &call, &call.legs[0], now).await, Ok(released));
        }
        let after = capacity(&*table).await;
        assert_eq!(after.available, Some(Money::from_cents(available)), "{news:?}");
        assert!(after.buyer.counted.values().all(|n| *n == counted), "{news:?} {after:?}");
        assert_eq!(after.undecided.is_empty(), released == Released::Settled);
    }
}

#[tokio::test]
async fn an_end_that_is_reported_before_the_call_has_come_in_is_kept() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let end = CallEnd { stamp: Stamp { arrived_at: at(2), occurred_at: None }, duration_seconds: Some(3) };
    let (call, facts) = (call(1), [Fact::Ended(end)]);
    assert_eq!(record(&*table, account(), call.id, &facts).await, Ok(None));
    assert_eq!(find(&*table, account(), call.id).await, Ok(None));
    let expected = Call { ended: Some(end), ..call.clone() };
    assert_eq!(arrive(&*table, &call).await, Ok(expected.clone()));
    assert_eq!(arrive(&*table, &call).await, Ok(expected));
}

#[tokio::test]
async fn a_budget_is_never_overdrawn() {
    let table = store(NO_CAPS, NO_CAPS, Some(Money::from_cents(8_999))).await;
    let mut came = Vec::new();
    for n in 0..3 {
        let call = arrive(&*table, &call(n)).await.expect("a call");
        came.push(try_reserve(&*table, &call, &leg(1)).await);
    }
    let full = Full::Budget { available: Money::from_cents(4_499), price: Money::from_cents(4_500) };
    assert_eq!(came, [Reserved::Held, Reserved::Full(full), Reserved::Full(full)]);
}

#[tokio::test]
async fn past_windows_are_cleared_away_by_the_next_reservation() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let first = arrive(&*table, &call(1)).await.expect("a call");
    try_reserve(&*table, &first, &leg(1)).await;
    let later = at(90 * 86_400);
    let leg = Leg {
        reserved_at: later,
        counted_in: ringfall_domain::capacity::Window::all_at(later, &jiff::tz::TimeZone::UTC),
        ..leg(1)
    };
    let second = arrive(&*table, &call(2)).await.expect("a call");
    assert_eq!(try_reserve(&*table, &second, &leg).await, Reserved::Held);
    let windows: Vec<_> = capacity(&*table).await.buyer.counted.into_iter().collect();
    assert_eq!(windows.len(), 4, "{windows:?}");
    assert_eq!(windows.iter().map(|(_, n)| n).sum::<u32>(), 5, "the total counts both calls: {windows:?}");
}

#[tokio::test]
async fn a_call_is_journalled_once_however_often_it_is_settled() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let call = arrive(&*table, &call(1)).await.expect("a call");
    try_reserve(&*table, &call, &leg(1)).await;
    let call = learn(&*table, &call, 1, &[taken(), over(95)]).await;
    let expected = ringfall_domain::ledger::entries_of(&call);
    assert_eq!(settle(&*table, account(), &expected).await, Ok(2));
    assert_eq!(settle(&*table, account(), &expected).await, Ok(0));
    let (partition, range) = records::journal::of_call(account(), call.id, call.origin.arrived_at);
    let page = table.query(&partition, &range, crate::port::Direction::Ascending, 10).await.expect("a read");
    let entries: Vec<_> =
        page.items.iter().flat_map(|(_, item)| records::journal::decode(item).expect("entries")).collect();
    assert_eq!(entries, expected);
    assert!(page.items.iter().all(|(key, _)| records::journal::is_journal(key)));
}

fn mark(lane: &str, place: u64) -> Mark {
    Mark { lane: Lane::new(lane).expect("a name"), place: place.into() }
}

/// A call more at each of some places of the feed.
fn batch(lane: &str, places: std::ops::RangeInclusive<u64>) -> Batch {
    let additions = change_of_call(None, &call(1));
    let mut batch = Batch::default();
    for place in places {
        batch.push(account(), mark(lane, place), additions.clone());
    }
    batch
}

#[tokio::test]
async fn a_corrected_row_takes_up_what_comes_later_and_nothing_that_came_before() {
    let table = MemoryStore::new();
    add(&table, &batch("a", 1..=2)).await.expect("the store works");
    let hour = hour_of(call(1).origin.arrived_at);
    let all = async || rows(&table, account(), hour, hour + SignedDuration::from_hours(1)).await;
    let found = all().await.expect("the store works");
    let truth = Tally { calls: 5, ..Tally::default() };
    let consumed = "a@4 b@7".parse().expect("a position");
    for (row, (_, held)) in &found {
        let corrected = correct(&table, (account(), row), Some(held), &truth, &consumed).await;
        assert_eq!(corrected, Ok(true));
        // Whoever has read the row before must not put its old sums back, though no change has come since.
        let late = correct(&table, (account(), row), Some(held), &truth, &Position::default()).await;
        assert_eq!(late, Ok(false));
    }
    for (lane, places, calls) in [("a", 1..=4, 5), ("b", 7..=7, 5), ("a", 4..=6, 7), ("b", 8..=8, 8)] {
        add(&table, &batch(lane, places)).await.expect("the store works");
        let found = all().await.expect("the store works");
        assert!(!found.is_empty() && found.values().all(|(sums, _)| sums.calls == calls), "{found:?}");
    }
}

#[tokio::test]
async fn a_row_that_was_not_there_is_made_right_once() {
    let table = MemoryStore::new();
    let hour = hour_of(call(1).origin.arrived_at);
    let row = Row { dimension: Dimension::Hour, hour, key: hour.to_string() };
    let truth = Tally { calls: 1, ..Tally::default() };
    for is_corrected in [true, false] {
        let corrected = correct(&table, (account(), &row), None, &truth, &Position::default()).await;
        assert_eq!(corrected, Ok(is_corrected));
    }
}

#[tokio::test]
async fn a_replayed_feed_in_other_batches_counts_nothing_twice() {
    let table = MemoryStore::new();
    // A lane that comes later may begin at lower places: each counts for itself.
    let batches =
        [("a", 1..=3), ("a", 1..=2), ("b", 1..=2), ("a", 2..=5), ("b", 2..=2), ("a", 1..=6), ("a", 6..=6)];
    for (lane, places) in batches {
        add(&table, &batch(lane, places)).await.expect("the store works");
    }
    let partition = tally::partition(account(), Dimension::Campaign);
    let page = table
        .query(&partition, &Range::default(), crate::port::Direction::Ascending, 10)
        .await
        .expect("a read");
    let [(_, item)] = &page.items[..] else { panic!("one row: {page:?}") };
    let marks = [mark("a", 6), mark("b", 2)].map(|mark| (mark.lane, mark.place));
    assert_eq!(tally::decode(item).map(|(tally, held)| (tally.calls, held.marks)), Ok((8, marks.into())));
}
