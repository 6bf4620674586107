use std::sync::Arc;

use futures::future::join_all;
use ringfall_domain::{
    call::{Call, Disposition, FinishKind, event::EndCause},
    phone::PhoneNumber,
    queue::{Queued, WaiterKind},
};

use super::{
    super::queue::{
        Entered, Entry,
        tests::kit::{
            NO_CAPS, calls_standing, came, decline, hang_up, now, serve, slots, spill, standing, wait,
            waiting,
        },
    },
    *,
};
use crate::{
    fixtures::{account, at, call, queued, store, waiter},
    port::Table,
    protocols::{queue::leave, reserve::Reserved},
    records::callback::{Callback, CallbackState},
};

fn number() -> PhoneNumber {
    "+12145550177".parse().expect("a number")
}

async fn keep(table: &dyn Table, call: &Call) -> Kept {
    let queued = call.queued.clone().unwrap_or_else(|| queued(4_500, 50));
    let keep = Keep {
        call,
        waiter: &waiter(call, &queued),
        phone_number: &number(),
        node: &queued.node,
        at: at(60),
        expires_at: at(3_600),
        rings_from: None,
    };
    keep_place(table, &keep).await.expect("the store works")
}

/// A caller whose place is kept.
async fn kept(table: &dyn Table, n: u128) -> Callback {
    let (call, _) = waiting(table, n).await;
    match keep(table, &call).await {
        Kept::Kept(callback) => *callback,
        Kept::Overtaken(call) => unreachable!("{call:?}"),
    }
}

async fn ringing(table: &dyn Table, n: u128) -> Callback {
    match begin_attempt(table, &kept(table, n).await, at(100)).await {
        Ok(Began::Begun(callback)) => *callback,
        other => unreachable!("{other:?}"),
    }
}

async fn found(table: &dyn Table, n: u128) -> Callback {
    find(table, account(), call(n).id).await.expect("the store works").expect("a callback")
}

async fn found_by_number(table: &dyn Table, number: &PhoneNumber) -> Option<Callback> {
    find_by_number(table, account(), number, &queued(0, 0).queue).await.expect("the store works")
}

async fn ended(table: &dyn Table, callback: &Callback, attempt: u8, then: AfterAttempt) -> Callback {
    let ended = attempt_ended(table, callback, attempt, EndCause::NoAnswer, at(130), then);
    ended.await.expect("the store works")
}

async fn reached(table: &dyn Table, callback: &Callback, attempt: u8, by: u128) -> Taken {
    reach(table, callback, attempt, &call(by), at(120)).await.expect("the store works")
}

#[tokio::test]
async fn a_place_is_kept_at_which_nobody_holds_the_line() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let (waited, waiter) = waiting(&*table, 1).await;
    let callback = kept(&*table, 1).await;
    assert_eq!((callback.state, callback.place), (CallbackState::Waiting, waiter.place));
    assert_eq!(found(&*table, 1).await, callback);
    let call = now(&*table, 1).await;
    assert_eq!(call.finished.as_ref().map(|finish| finish.kind), Some(FinishKind::Callback));
    assert_eq!(call.disposition(), Disposition::Callback);
    let kept = ringfall_domain::queue::Waiter { kind: WaiterKind::Callback, ..waiter.clone() };
    assert_eq!(standing(&*table).await, std::slice::from_ref(&kept));
    // They hang up, and copies of everything come late.
    hang_up(&*table, 1).await;
    leave(&*table, account(), &waiter.queue, waiter.place, waiter.call).await.expect("the store works");
    assert!(matches!(wait(&*table, &waited, 4_500, 61).await, Entered::Overtaken(_)));
    assert!(matches!(spill(&*table, &waited).await, super::super::queue::Left::Overtaken(_)));
    assert!(matches!(serve(&*table, &waited, Some(&waiter)).await, Reserved::Overtaken(_)));
    assert_eq!(keep(&*table, &waited).await, Kept::Kept(Box::new(callback.clone())));
    assert_eq!(standing(&*table).await, [kept]);
    let caller = call.origin.caller.known().expect("a number").clone();
    for number in [number(), caller] {
        assert_eq!(found_by_number(&*table, &number).await, Some(callback.clone()), "{number}");
    }
    let queue = queued(0, 0).queue;
    assert_eq!(list(&*table, account(), &queue, 10).await, Ok(vec![callback]));
}

#[tokio::test]
async fn who_overflowed_or_hung_up_may_still_keep_a_place_and_who_is_offered_may_not() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let (call, waiter) = waiting(&*table, 1).await;
    spill(&*table, &call).await;
    hang_up(&*table, 1).await;
    assert!(matches!(keep(&*table, &call).await, Kept::Kept(_)));
    assert_eq!(standing(&*table).await[0].place, waiter.place);
    let never_held = came(&*table, 2).await;
    spill(&*table, &never_held).await;
    assert!(matches!(keep(&*table, &never_held).await, Kept::Kept(_)));
    assert_eq!(calls_standing(&*table).await, [1, 2].map(|n| self::call(n).id));
    let (call, waiter) = waiting(&*table, 3).await;
    assert_eq!(serve(&*table, &call, Some(&waiter)).await, Reserved::Held);
    assert!(matches!(keep(&*table, &call).await, Kept::Overtaken(_)));
    let declined = decline(&*table, 3).await;
    assert!(matches!(keep(&*table, &call).await, Kept::Overtaken(_)), "an attempt was made since");
    assert!(matches!(keep(&*table, &declined).await, Kept::Kept(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_attempt_is_begun_once_whatever_is_retried() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let mut callback = kept(&*table, 1).await;
    for attempt in 1..=3_u8 {
        let begins = (0..8).map(|_| {
            let (table, callback) = (Arc::clone(&table), callback.clone());
            tokio::spawn(async move { begin_attempt(&*table, &callback, at(100)).await })
        });
        let begun = join_all(begins).await.into_iter().filter_map(|began| match began.expect("no panic") {
            Ok(Began::Begun(callback)) => Some(callback),
            Ok(Began::NotNow(_)) => None,
            Err(error) => unreachable!("{error}"),
        });
        let begun: Vec<_> = begun.collect();
        assert_eq!(begun.len(), 1, "attempt {attempt}");
        assert_eq!((begun[0].state, begun[0].attempts.len()), (CallbackState::Ringing, usize::from(attempt)));
        let late = begin_attempt(&*table, &callback, at(101)).await;
        assert_eq!(late, Ok(Began::NotNow(begun[0].clone())), "one is being rung");
        let id = format!("CA9{attempt}");
        for id in [&id, "CAlate"] {
            let placed = attempt_placed(&*table, account(), callback.call, attempt, id).await;
            assert!(placed.expect("the store works").is_some());
        }
        callback = ended(&*table, &begun[0], attempt, AfterAttempt::Again { from: at(400) }).await;
        assert_eq!((callback.state, callback.rings_from), (CallbackState::Waiting, Some(at(400))));
        let made = &callback.attempts[usize::from(attempt) - 1];
        assert_eq!(
            (made.provider_call_id.as_ref(), made.ended),
            (Some(&id), Some((at(130), EndCause::NoAnswer)))
        );
        let again = ended(&*table, &callback, attempt, AfterAttempt::GiveUp).await;
        assert_eq!(again, callback, "it is told twice, and ends once");
    }
    assert_eq!(attempt_placed(&*table, account(), callback.call, 4, "CA").await, Ok(None));
    assert_eq!(ended(&*table, &callback, 1, AfterAttempt::GiveUp).await, callback, "it is told late");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_reached_waits_at_the_place_that_was_kept_once() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let callback = ringing(&*table, 1).await;
    let copies = (0..8).map(|_| {
        let (table, callback) = (Arc::clone(&table), callback.clone());
        tokio::spawn(async move { reached(&*table, &callback, 1, 2).await })
    });
    let copies: Vec<_> = join_all(copies).await.into_iter().map(|taken| taken.expect("no panic")).collect();
    let waits = Queued {
        entered_at: at(120),
        announced_seconds: None,
        answered_within_seconds: None,
        ..queued(4_500, 2)
    };
    let new = now(&*table, 2).await;
    assert_eq!((new.callback_of, new.queued.as_ref()), (Some(callback.call), Some(&waits)));
    let first = copies.iter().filter(|taken| **taken == Taken::Waiting(Box::new(waits.clone()))).count();
    let others = copies.iter().filter(|taken| **taken == Taken::Overtaken(Box::new(new.clone()))).count();
    assert_eq!((first, others), (1, 7), "{copies:?}");
    let caller = waiter(&new, &waits);
    assert_eq!(standing(&*table).await, std::slice::from_ref(&caller));
    let over = found(&*table, 1).await;
    assert_eq!(
        (over.state, over.taken_by, over.over_at),
        (CallbackState::Reached, Some(new.id), Some(at(120)))
    );
    assert_eq!(found_by_number(&*table, &number()).await, None);
    // What comes late changes nothing.
    assert_eq!(ended(&*table, &callback, 1, AfterAttempt::GiveUp).await, over);
    assert_eq!(cancel(&*table, &callback, at(140)).await, Ok(Closed::TooLate(Box::new(over.clone()))));
    assert_eq!(reached(&*table, &callback, 1, 3).await, Taken::Gone(Box::new(over)));
    assert_eq!(serve(&*table, &new, Some(&caller)).await, Reserved::Held);
    assert_eq!((standing(&*table).await, slots(&*table).await), (Vec::new(), 1));
}

#[tokio::test]
async fn only_the_attempt_that_rings_reaches_anybody() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let first = ringing(&*table, 1).await;
    let waiting = ended(&*table, &first, 1, AfterAttempt::Again { from: at(400) }).await;
    assert_eq!(reached(&*table, &first, 1, 2).await, Taken::Gone(Box::new(waiting.clone())));
    begin_attempt(&*table, &waiting, at(400)).await.expect("the store works");
    let second = found(&*table, 1).await;
    assert_eq!(reached(&*table, &first, 1, 2).await, Taken::Gone(Box::new(second.clone())));
    assert!(matches!(reached(&*table, &second, 2, 3).await, Taken::Waiting(_)));
}

#[tokio::test]
async fn a_callback_that_is_called_off_or_given_up_keeps_no_place() {
    let table = store(NO_CAPS, NO_CAPS, None).await;
    let cancelled = ringing(&*table, 1).await;
    for _copy in 0..2 {
        let closed = cancel(&*table, &cancelled, at(110)).await;
        assert!(matches!(closed, Ok(Closed::Closed(_))), "{closed:?}");
    }
    let rung = ringing(&*table, 2).await;
    assert!(matches!(give_up(&*table, &rung, at(110)).await, Ok(Closed::TooLate(_))), "they are being rung");
    ended(&*table, &rung, 1, AfterAttempt::GiveUp).await;
    let expired = kept(&*table, 3).await;
    assert!(matches!(give_up(&*table, &expired, at(3_600)).await, Ok(Closed::Closed(_))));
    assert_eq!(standing(&*table).await, []);
    for (n, state) in
        [(1, CallbackState::Cancelled), (2, CallbackState::GivenUp), (3, CallbackState::GivenUp)]
    {
        let callback = found(&*table, n).await;
        assert_eq!(callback.state, state);
        assert_eq!(reached(&*table, &callback, 1, 10 + n).await, Taken::Gone(Box::new(callback.clone())));
        let began = begin_attempt(&*table, &callback, at(200)).await;
        assert_eq!(began, Ok(Began::NotNow(Box::new(callback))));
    }
    assert_eq!(list(&*table, account(), &queued(0, 0).queue, 10).await, Ok(Vec::new()));
}

#[tokio::test]
async fn who_calls_in_again_takes_the_place_and_is_not_rung() {
    for is_rung in [false, true] {
        let table = store(NO_CAPS, NO_CAPS, None).await;
        let callback = if is_rung { ringing(&*table, 1).await } else { kept(&*table, 1).await };
        let new = came(&*table, 2).await;
        let own = queued(2_000, 150);
        let entry =
            Entry { call: &new, waiter: &waiter(&new, &own), queued: &own, rulings: &[], at: at(150) };
        let kept = Queued { place: callback.place, ..own.clone() };
        let taken = call_in(&*table, &callback, &entry).await;
        assert_eq!(taken, Ok(Taken::Waiting(Box::new(kept.clone()))));
        let waits = now(&*table, 2).await;
        assert_eq!(waits.queued.as_ref(), Some(&kept));
        assert_eq!(standing(&*table).await, [waiter(&new, &kept)]);
        let copy = call_in(&*table, &callback, &entry).await;
        assert_eq!(copy, Ok(Taken::Overtaken(Box::new(waits))));
        let over = found(&*table, 1).await;
        assert_eq!((over.state, over.taken_by), (CallbackState::CalledIn, Some(new.id)));
        assert!(matches!(begin_attempt(&*table, &callback, at(160)).await, Ok(Began::NotNow(_))));
        assert_eq!(reached(&*table, &callback, 1, 3).await, Taken::Gone(Box::new(over)));
    }
}

/// They answer in the moment in which they, or somebody else, call it off or they call in.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_gets_the_place() {
    for n in 0..40_u128 {
        let table = store(NO_CAPS, NO_CAPS, None).await;
        let callback = ringing(&*table, 1).await;
        let new = came(&*table, 3).await;
        let own = queued(2_000, 150);
        let (waits, reaches, cancels) = (
            async {
                let entry = Entry {
                    call: &new,
                    waiter: &waiter(&new, &own),
                    queued: &own,
                    rulings: &[],
                    at: at(150),
                };
                matches!(call_in(&*table, &callback, &entry).await, Ok(Taken::Waiting(_)))
            },
            async { matches!(reached(&*table, &callback, 1, 2).await, Taken::Waiting(_)) },
            async { matches!(cancel(&*table, &callback, at(150)).await, Ok(Closed::Closed(_))) },
        );
        let (waits, reaches, cancels) = match n % 3 {
            0 => futures::join!(waits, reaches, cancels),
            1 => {
                let (reaches, cancels, waits) = futures::join!(reaches, cancels, waits);
                (waits, reaches, cancels)
            }
            _ => {
                let (cancels, waits, reaches) = futures::join!(cancels, waits, reaches);
                (waits, reaches, cancels)
            }
        };
        let won: Vec<_> = [waits, reaches, cancels].into_iter().filter(|won| *won).collect();
        assert_eq!(won.len(), 1, "{waits} {reaches} {cancels}");
        assert_eq!(standing(&*table).await.len(), usize::from(!cancels));
    }
}
