pub(in crate::protocols) mod kit;
mod races;

use ringfall_domain::{
    call::{CallEnd, Fact, Finish, FinishKind, Stamp},
    config::Caps,
    queue::{OverflowReason, Overflowed, Waiter, WaiterKind},
};

use self::kit::{
    NO_CAPS, calls_standing, came, decline, hang_up, learn, now, overflowed, serve, slots, spill, standing,
    wait, waiting,
};
use super::{Entered, Entry, Left, Line, come_in, leave, line, line_behind, line_up_to};
use crate::{
    fixtures::{account, at, call, leg, put, queued, store, waiter},
    port::{Table, Write},
    protocols::{record::record, reserve::Reserved},
    records::waiter as waiter_record,
};

async fn leave_behind(table: &dyn Table, waiter: &Waiter) {
    leave(table, account(), &waiter.queue, waiter.place, waiter.call).await.expect("the store works");
}

#[tokio::test]
async fn whoever_waits_stands_in_line_and_the_call_knows_it() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let (call, waiter) = waiting(&*table, 1).await;
    assert_eq!(call.queued, Some(queued(4_500, 2)));
    assert!(call.is_waiting() && call.routed);
    assert_eq!(standing(&*table).await, [waiter]);
}

#[tokio::test]
async fn who_is_worth_more_or_came_first_stands_before() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    for (n, cents, seconds) in
        [(1, 2_000, 0), (2, 18_000, 300), (3, 18_000, 299), (4, 2_000, 0), (5, 18_000, 400)]
    {
        let call = came(&*table, n).await;
        wait(&*table, &call, cents, seconds).await;
    }
    let expected = [3, 2, 1, 4, 5].map(|n| call(n).id);
    assert_eq!(calls_standing(&*table).await, expected);
    let queue = queued(0, 0).queue;
    for limit in 1..=6 {
        let Line { waiters, more } = line(&*table, account(), &queue, limit).await.expect("the store works");
        assert_eq!((waiters.len(), more), (limit.min(5), limit < 5));
        let rest = line_behind(&*table, account(), &queue, waiters.last(), 5).await.expect("the store works");
        let all = waiters.iter().chain(&rest.waiters).map(|waiter| waiter.call);
        assert_eq!(all.collect::<Vec<_>>(), expected, "{limit} and the rest");
    }
    let third = standing(&*table).await.swap_remove(2);
    let up_to = |limit| line_up_to(&*table, account(), &queue, (third.place, third.call), limit);
    for (limit, more) in [(2, true), (3, false), (5, false)] {
        let read = up_to(limit).await.expect("the store works");
        let calls: Vec<_> = read.waiters.iter().map(|waiter| waiter.call).collect();
        assert_eq!((&calls[..], read.more), (&expected[..limit.min(3)], more), "{limit} up to the third");
    }
}

#[tokio::test]
async fn a_call_that_is_not_written_comes_in_with_its_place_or_not_at_all() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let (new, own) = (call(1), queued(4_500, 2));
    let waiter = waiter(&new, &own);
    let entry = Entry { call: &new, waiter: &waiter, queued: &own, rulings: &[], at: at(2) };
    assert_eq!(come_in(&*table, &entry).await, Ok(Entered::Waiting(Box::new(own.clone()))));
    let waits = now(&*table, 1).await;
    assert_eq!((waits.queued.as_ref(), waits.routed), (Some(&own), true));
    assert_eq!(standing(&*table).await, std::slice::from_ref(&waiter));
    let later = queued(9_000, 7);
    let copy = Entry { queued: &later, at: at(7), ..entry };
    assert_eq!(come_in(&*table, &copy).await, Ok(Entered::Overtaken(Box::new(waits))), "the place stands");
    assert_eq!(standing(&*table).await, [waiter]);
}

#[tokio::test]
async fn a_call_whose_end_comes_before_it_stands_nowhere() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let stamp = Stamp { arrived_at: at(1), occurred_at: None };
    let end = Fact::Ended(CallEnd { stamp, duration_seconds: None });
    assert_eq!(record(&*table, account(), call(1).id, &[end]).await, Ok(None));
    let (new, own) = (call(1), queued(4_500, 2));
    let waiter = waiter(&new, &own);
    let entry = Entry { call: &new, waiter: &waiter, queued: &own, rulings: &[], at: at(2) };
    assert_eq!(come_in(&*table, &entry).await, Ok(Entered::EndedBefore));
    assert_eq!(standing(&*table).await, []);
}

#[tokio::test]
async fn who_was_offered_and_not_taken_comes_back_to_the_same_place() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let (call, waiter) = waiting(&*table, 1).await;
    assert_eq!(serve(&*table, &call, Some(&waiter)).await, Reserved::Held);
    assert_eq!(standing(&*table).await, [], "they are offered");
    let offered = now(&*table, 1).await;
    assert_eq!(offered.legs, [ringfall_domain::call::Leg { is_fetched: true, ..leg(1) }]);
    assert!(matches!(wait(&*table, &offered, 4_500, 31).await, Entered::Overtaken(_)), "and are not in line");
    let declined = decline(&*table, 1).await;
    assert_eq!(wait(&*table, &declined, 9_000, 31).await, Entered::Waiting(Box::new(queued(4_500, 2))));
    assert_eq!(standing(&*table).await, [waiter]);
}

#[tokio::test]
async fn nobody_is_in_line_whose_call_is_over_turned_away_or_overflowed() {
    let finish = |kind| Fact::Finished(Finish { node: leg(1).node, kind });
    for (fact, waits) in [
        (finish(FinishKind::NoTarget), false),
        (finish(FinishKind::Message), false),
        (finish(FinishKind::Callback), false),
        (finish(FinishKind::Forwarded), true),
        (Fact::Overflowed(overflowed()), false),
        (Fact::MessageUrl("https://example.com/m.wav".to_owned()), true),
    ] {
        let table = store(NO_CAPS, NO_CAPS, None).await;
        came(&*table, 1).await;
        let call = learn(&*table, 1, fact.clone()).await;
        match wait(&*table, &call, 0, 5).await {
            Entered::Waiting(_) => assert!(waits && now(&*table, 1).await.is_waiting(), "{fact:?}"),
            Entered::Overtaken(found) => assert!(!waits && *found == call, "{fact:?}"),
            Entered::EndedBefore => panic!("it is written"),
        }
        assert_eq!(standing(&*table).await.len(), usize::from(waits), "{fact:?}");
    }
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let seen = came(&*table, 1).await;
    let over = hang_up(&*table, 1).await;
    assert_eq!(wait(&*table, &seen, 0, 41).await, Entered::Overtaken(Box::new(over)));
}

#[tokio::test]
async fn every_reason_to_overflow_reads_back_as_it_was_written() {
    for (n, reason) in [
        OverflowReason::Full { size: 100, limit: 100 },
        OverflowReason::WaitedTooLong { waited_seconds: 301, limit_seconds: 300 },
        OverflowReason::WouldWaitTooLong { estimated_seconds: 600, limit_seconds: 300 },
        OverflowReason::NobodyComes { opens_at: None },
        OverflowReason::NobodyComes { opens_at: Some(at(3_600)) },
    ]
    .into_iter()
    .enumerate()
    {
        let table = store(NO_CAPS, NO_CAPS, None).await;
        let overflowed = Overflowed { reason, ..overflowed() };
        let call = came(&*table, n as u128).await;
        let message = [Fact::MessageUrl("u".to_owned())];
        let done = super::overflow(&*table, &call, &overflowed, Some(&[]), &message).await;
        assert_eq!(done, Ok(Left::Out));
        let call = now(&*table, n as u128).await;
        assert_eq!(call.overflowed, Some(overflowed));
        assert_eq!((call.message_url.as_deref(), call.routed), (Some("u"), true));
    }
}

#[tokio::test]
async fn who_overflows_stands_in_line_no_more_and_the_first_reason_stands() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let (call, waiter) = waiting(&*table, 1).await;
    assert_eq!(spill(&*table, &call).await, Left::Out);
    assert_eq!(standing(&*table).await, []);
    let later = Overflowed { at: at(400), ..overflowed() };
    assert_eq!(super::overflow(&*table, &call, &later, None, &[]).await, Ok(Left::Out));
    let out = now(&*table, 1).await;
    assert_eq!(out.overflowed, Some(overflowed()));
    assert!(matches!(wait(&*table, &call, 4_500, 400).await, Entered::Overtaken(_)));
    assert_eq!(serve(&*table, &call, Some(&waiter)).await, Reserved::NotWaiting(Box::new(out.clone())));
    assert_eq!(serve(&*table, &out, None).await, Reserved::Held, "a tier that nobody waits for");
}

#[tokio::test]
async fn who_is_offered_or_gone_does_not_overflow() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let (call, waiter) = waiting(&*table, 1).await;
    serve(&*table, &call, Some(&waiter)).await;
    let offered = now(&*table, 1).await;
    for seen in [&call, &offered] {
        assert_eq!(spill(&*table, seen).await, Left::Overtaken(Box::new(offered.clone())));
    }
    let (call, _) = waiting(&*table, 2).await;
    let over = hang_up(&*table, 2).await;
    assert_eq!(spill(&*table, &call).await, Left::Overtaken(Box::new(over)));
    let call = came(&*table, 3).await;
    wait(&*table, &call, 0, 5).await;
    assert!(matches!(spill(&*table, &call).await, Left::Overtaken(_)), "it has come into a queue since");
}

#[tokio::test]
async fn a_caller_who_has_left_the_line_takes_no_slot() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let (call, waiter) = waiting(&*table, 1).await;
    leave_behind(&*table, &waiter).await;
    leave_behind(&*table, &waiter).await;
    let full = Caps { concurrency: Some(0), ..NO_CAPS };
    for table in [table, store(full, NO_CAPS, None).await] {
        let call = crate::protocols::arrive::arrive(&*table, &call).await.expect("a call");
        let refused = serve(&*table, &call, Some(&waiter)).await;
        assert_eq!(refused, Reserved::NotWaiting(Box::new(call)), "whatever else stands against it");
        assert_eq!(slots(&*table).await, 0);
    }
}

#[tokio::test]
async fn who_is_to_be_called_back_is_neither_served_nor_left_behind() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let (call, live) = waiting(&*table, 1).await;
    let waiter = Waiter { kind: WaiterKind::Callback, ..live };
    let key = waiter_record::key_of(account(), &waiter);
    put(&*table, Write::Put { key, item: waiter_record::encode(&waiter), condition: None }).await;
    leave_behind(&*table, &waiter).await;
    assert!(matches!(serve(&*table, &call, Some(&waiter)).await, Reserved::NotWaiting(_)));
    assert_eq!(standing(&*table).await, [waiter]);
}

/// A copy of the webhook that brought them into the queue was faster.
#[tokio::test]
async fn who_has_come_into_a_queue_unseen_is_not_offered_past_it() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let seen = came(&*table, 1).await;
    let (call, _) = waiting(&*table, 1).await;
    assert_eq!(serve(&*table, &seen, None).await, Reserved::Overtaken(Box::new(call.clone())));
    assert_eq!(slots(&*table).await, 0);
    assert_eq!(serve(&*table, &call, None).await, Reserved::Held);
    assert_eq!(standing(&*table).await, [], "a slot is taken with the caller, whoever asked for it");
    let other = crate::fixtures::call(2);
    let stranger = waiter(&other, &queued(0, 3));
    leave_behind(&*table, &stranger).await;
}
