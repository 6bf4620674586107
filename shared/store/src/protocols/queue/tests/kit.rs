//! Callers who come, wait and are served, in short words.

use ringfall_domain::{
    call::{Call, CallEnd, Fact, Leg, LegEnd, LegFact, Stamp, event::EndCause},
    config::Caps,
    ids::CallId,
    queue::{OverflowReason, Overflowed, Waiter},
};

use super::super::{Entered, Entry, Left, enter, head, overflow};
use crate::{
    fixtures::{account, at, call, capacity, leg, queued, waiter},
    port::Table,
    protocols::{
        arrive::arrive,
        find::find,
        record::record,
        reserve::{Request, Reserved, reserve},
    },
};

pub(in crate::protocols) const NO_CAPS: Caps =
    Caps { concurrency: None, hourly: None, daily: None, monthly: None, total: None };

pub(in crate::protocols) async fn came(table: &dyn Table, n: u128) -> Call {
    arrive(table, &call(n)).await.expect("a call")
}

/// Has the caller of a call as last read wait, worth so many cents, since so many seconds.
pub(in crate::protocols) async fn wait(table: &dyn Table, call: &Call, cents: i64, seconds: i64) -> Entered {
    let queued = queued(cents, seconds);
    let waiter = waiter(call, &queued);
    let entry = Entry { call, waiter: &waiter, queued: &queued, rulings: &[], at: at(seconds) };
    enter(table, &entry).await.expect("the store works")
}

/// A call that waits, and its caller.
pub(in crate::protocols) async fn waiting(table: &dyn Table, n: u128) -> (Call, Waiter) {
    let call = came(table, n).await;
    assert!(matches!(wait(table, &call, 4_500, 2).await, Entered::Waiting(_)));
    let call = now(table, n).await;
    let waiter = waiter(&call, call.queued.as_ref().expect("it waits"));
    (call, waiter)
}

pub(in crate::protocols) async fn now(table: &dyn Table, n: u128) -> Call {
    find(table, account(), call(n).id).await.expect("the store works").expect("a call")
}

/// Serves a caller with the next attempt of the call as given.
pub(in crate::protocols) async fn serve(
    table: &dyn Table,
    call: &Call,
    takes_out: Option<&Waiter>,
) -> Reserved {
    let attempt = u8::try_from(call.legs.len() + 1).expect("few attempts");
    let leg = Leg { is_fetched: takes_out.is_some(), ..leg(attempt) };
    let known = capacity(table).await;
    let request = Request {
        call,
        is_stored: true,
        leg: &leg,
        expires_at: at(60),
        known: &known,
        rulings: &[],
        caller: None,
        takes_out,
    };
    reserve(table, &request).await.expect("the store works")
}

pub(in crate::protocols) async fn spill(table: &dyn Table, call: &Call) -> Left {
    overflow(table, call, &overflowed(), None, &[]).await.expect("the store works")
}

pub(in crate::protocols) fn overflowed() -> Overflowed {
    let reason = OverflowReason::WaitedTooLong { waited_seconds: 301, limit_seconds: 300 };
    Overflowed { at: at(303), node: leg(1).node, reason }
}

/// Nobody takes the latest attempt of a call.
pub(in crate::protocols) async fn decline(table: &dyn Table, n: u128) -> Call {
    let attempt = u8::try_from(now(table, n).await.legs.len()).expect("few attempts");
    let stamp = Stamp { arrived_at: at(30), occurred_at: None };
    let end = LegFact::Ended(LegEnd { stamp, cause: EndCause::NoAnswer, duration_seconds: None });
    learn(table, n, Fact::Leg(attempt, end)).await
}

pub(in crate::protocols) async fn hang_up(table: &dyn Table, n: u128) -> Call {
    let stamp = Stamp { arrived_at: at(40), occurred_at: None };
    learn(table, n, Fact::Ended(CallEnd { stamp, duration_seconds: Some(40) })).await
}

pub(in crate::protocols) async fn learn(table: &dyn Table, n: u128, fact: Fact) -> Call {
    record(table, account(), call(n).id, &[fact]).await.expect("the store works").expect("a call")
}

/// Who stands in the queue, in order.
pub(in crate::protocols) async fn standing(table: &dyn Table) -> Vec<Waiter> {
    head(table, account(), &queued(0, 0).queue, 1_000).await.expect("the store works")
}

pub(in crate::protocols) async fn calls_standing(table: &dyn Table) -> Vec<CallId> {
    standing(table).await.into_iter().map(|waiter| waiter.call).collect()
}

/// How many slots the buyer has given.
pub(in crate::protocols) async fn slots(table: &dyn Table) -> usize {
    capacity(table).await.buyer.live.len()
}
