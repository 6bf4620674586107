//! Claims on callers: raced for, settled, and no longer in the way when they came to nothing.

use std::sync::Arc;

use ringfall_domain::{
    call::{Call, KeyPress, Leg, LegEnd, LegFact, Stamp, event::EndCause},
    caller::ClaimState,
    config::{Counting, DuplicateWindow},
    phone::CallerNumber,
};

use crate::{
    engines::memory::MemoryStore,
    fixtures::{account, at, call, capacity, leg, store},
    protocols::{
        arrive::arrive,
        caller::read_caller,
        find::find,
        release::release,
        reserve::{Request, Reserved, reserve},
    },
    records::caller::CallerRecord,
};

const WINDOW: DuplicateWindow = DuplicateWindow { within_days: 30, counts: Counting::Connected };

async fn known(table: &MemoryStore, call: &Call) -> CallerRecord {
    let number = call.origin.caller.known().expect("a number");
    read_caller(table, account(), number).await.expect("the store works")
}

fn claiming(attempt: u8) -> Leg {
    Leg { claims_caller: true, ..leg(attempt) }
}

/// Reserves an attempt, judged by what was read.
async fn claim(table: &MemoryStore, call: &Call, leg: &Leg, read: &CallerRecord) -> Reserved {
    let known = capacity(table).await;
    let caller = Some(read);
    let request = Request {
        call,
        is_stored: true,
        leg,
        expires_at: at(60),
        known: &known,
        rulings: &[],
        caller,
        takes_out: None,
    };
    reserve(table, &request).await.expect("the store works")
}

/// Sells a call unless its caller was sold before, as the application does.
async fn sell(table: Arc<MemoryStore>, n: u128) -> bool {
    let call = arrive(&*table, &call(n)).await.expect("a call");
    for _ in 0..100 {
        let read = known(&table, &call).await;
        tokio::task::yield_now().await;
        if read.past.counted(WINDOW, call.id, at(1)).next().is_some() {
            return false;
        }
        match claim(&table, &call, &claiming(1), &read).await {
            Reserved::Held => return true,
            Reserved::CallerClaimed => {}
            other => panic!("{other:?}"),
        }
    }
    panic!("overtaken a hundred times");
}

fn ended(mut leg: Leg, cause: EndCause, key: Option<char>, seconds: u32) -> Leg {
    let stamp = Stamp { arrived_at: at(200), occurred_at: None };
    leg.learn(LegFact::Screened(KeyPress { asked_at: Some(at(5)), key, at: at(9) }));
    leg.learn(LegFact::Ended(LegEnd { stamp, cause, duration_seconds: Some(seconds) }));
    leg
}

#[tokio::test]
async fn of_64_simultaneous_calls_of_one_caller_exactly_one_is_sold() {
    let table = store(Default::default(), Default::default(), None).await;
    let calls: Vec<_> = (0..64).map(|n| tokio::spawn(sell(Arc::clone(&table), n))).collect();
    let mut sold = 0;
    for call in calls {
        sold += u32::from(call.await.expect("no panic"));
    }
    assert_eq!(sold, 1);
    assert_eq!(capacity(&*table).await.leases.len(), 1, "whoever was refused holds nothing");
}

#[tokio::test]
async fn whoever_is_overtaken_holds_nothing_and_is_judged_again() {
    let table = store(Default::default(), Default::default(), None).await;
    let calls =
        [arrive(&*table, &call(1)).await.expect("a call"), arrive(&*table, &call(2)).await.expect("a call")];
    let read = known(&table, &calls[0]).await;
    assert_eq!(claim(&table, &calls[0], &claiming(1), &read).await, Reserved::Held);
    assert_eq!(claim(&table, &calls[1], &claiming(1), &read).await, Reserved::CallerClaimed);
    let second = find(&*table, account(), calls[1].id).await.expect("a read").expect("a call");
    assert_eq!((second.legs.len(), capacity(&*table).await.leases.len()), (0, 1));
    let read = known(&table, &calls[1]).await;
    assert_eq!(claim(&table, &calls[1], &claiming(1), &read).await, Reserved::Held);
    assert_eq!(known(&table, &calls[1]).await.past.claims.len(), 2);
}

#[tokio::test]
async fn a_copy_of_the_same_webhook_finds_the_attempt_and_not_itself_as_another_call() {
    let table = store(Default::default(), Default::default(), None).await;
    let call = arrive(&*table, &call(1)).await.expect("a call");
    let read = known(&table, &call).await;
    assert_eq!(claim(&table, &call, &claiming(1), &read).await, Reserved::Held);
    assert!(matches!(claim(&table, &call, &claiming(1), &read).await, Reserved::Overtaken(_)));
}

#[tokio::test]
async fn a_claim_becomes_what_the_attempt_came_to_and_stays_so() {
    for (cause, key, seconds, state) in [
        (EndCause::Completed, Some('1'), 120, Some(ClaimState::Converted)),
        (EndCause::Completed, Some('1'), 30, Some(ClaimState::Connected)),
        (EndCause::Completed, Some('2'), 30, None),
        (EndCause::NoAnswer, None, 0, None),
        (EndCause::Canceled, None, 0, None),
    ] {
        let table = store(Default::default(), Default::default(), None).await;
        let call = arrive(&*table, &call(1)).await.expect("a call");
        let leg = claiming(1);
        let read = known(&table, &call).await;
        assert_eq!(claim(&table, &call, &leg, &read).await, Reserved::Held);
        release(&*table, &call, &leg, at(100)).await.expect("the store works");
        assert_eq!(known(&table, &call).await.past.claims[0].state, ClaimState::Held, "it is live");
        let over = ended(leg, cause, key, seconds);
        for _copy in 0..2 {
            release(&*table, &call, &over, at(400)).await.expect("the store works");
            let claims = known(&table, &call).await.past.claims;
            assert_eq!(claims.first().map(|claim| claim.state), state, "{cause:?} {key:?}");
        }
    }
}

#[tokio::test]
async fn a_late_end_of_one_attempt_leaves_the_claim_of_the_next() {
    let table = store(Default::default(), Default::default(), None).await;
    let call = arrive(&*table, &call(1)).await.expect("a call");
    let first = claiming(1);
    assert_eq!(claim(&table, &call, &first, &CallerRecord::default()).await, Reserved::Held);
    let over = ended(first, EndCause::NoAnswer, None, 0);
    let end = over.ended.expect("it is over");
    let facts = [ringfall_domain::call::Fact::Leg(1, LegFact::Ended(end))];
    let call = crate::protocols::record::record(&*table, account(), call.id, &facts).await;
    let call = call.expect("the store works").expect("a call");
    let read = known(&table, &call).await;
    assert_eq!(claim(&table, &call, &claiming(2), &read).await, Reserved::Held);
    release(&*table, &call, &over, at(400)).await.expect("the store works");
    let claims = known(&table, &call).await.past.claims;
    assert_eq!(claims.iter().map(|claim| claim.leg.attempt).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_record_keeps_the_newest_claims_only() {
    let table = store(Default::default(), Default::default(), None).await;
    for n in 0..80 {
        let call = arrive(&*table, &call(n)).await.expect("a call");
        let leg = Leg { reserved_at: at(i64::try_from(n).expect("a small number")), ..claiming(1) };
        let read = known(&table, &call).await;
        assert_eq!(claim(&table, &call, &leg, &read).await, Reserved::Held);
    }
    let kept = known(&table, &call(1)).await.past.claims;
    assert_eq!(kept.len(), ringfall_domain::caller::CallerPast::MOST_CLAIMS);
    assert!(kept.iter().any(|claim| claim.leg.call == call(79).id));
}

#[tokio::test]
async fn who_shows_no_number_is_no_ones_duplicate() {
    let table = store(Default::default(), Default::default(), None).await;
    let mut anonymous = call(1);
    anonymous.origin.caller = CallerNumber::Withheld;
    let call = arrive(&*table, &anonymous).await.expect("a call");
    assert_eq!(claim(&table, &call, &claiming(1), &CallerRecord::default()).await, Reserved::Held);
    let over = ended(claiming(1), EndCause::NoAnswer, None, 0);
    release(&*table, &call, &over, at(400)).await.expect("the store works");
    assert_eq!(capacity(&*table).await.leases.len(), 0);
}
