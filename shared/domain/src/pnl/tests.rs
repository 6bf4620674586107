use proptest::prelude::*;

use super::*;
use crate::{
    call::{CallEnd, Finish, KeyPress, LegEnd, LegFact, Stamp, TelephonyRates, event::EndCause},
    config::QueueOrder,
    fixtures::{call, later, leg, node},
    ledger::entries_of,
    money::Money,
    queue::{OverflowReason, Overflowed, Place, QueueId, Queued},
};

fn stamp(seconds: i64) -> Stamp {
    Stamp { arrived_at: later(seconds), occurred_at: None }
}

fn queued(seconds: i64) -> Queued {
    Queued {
        queue: QueueId::Campaign(CampaignId::from_parts(1, 1)),
        place: Place::of(&QueueOrder::default(), Money::ZERO, later(seconds)),
        value: Money::ZERO,
        entered_at: later(seconds),
        node: node("buyers"),
        announced_seconds: None,
        answered_within_seconds: Some(20),
    }
}

fn leg_end(seconds: i64, cause: EndCause, duration_seconds: Option<u32>) -> LegFact {
    LegFact::Ended(LegEnd { stamp: stamp(seconds), cause, duration_seconds })
}

fn accepted(seconds: i64) -> LegFact {
    LegFact::Screened(KeyPress { asked_at: None, key: Some('1'), at: later(seconds) })
}

fn ended(call: &mut Call, seconds: i64) {
    call.ended = Some(CallEnd { stamp: stamp(seconds), duration_seconds: Some(190) });
}

/// The stages of a call: in, offered, not answered, waiting, offered again, taken, over.
fn stages() -> Vec<Call> {
    let mut call = call();
    call.origin.rates = TelephonyRates {
        inbound_per_minute: Money::from_cents(2),
        outbound_per_minute: Money::from_cents(3),
    };
    let mut stages = vec![call.clone()];
    call.legs.push(leg(1, 1));
    stages.push(call.clone());
    call.legs[0].learn(leg_end(99, EndCause::NoAnswer, None));
    stages.push(call.clone());
    call.queued = Some(queued(100));
    stages.push(call.clone());
    call.legs.push(Leg { reserved_at: later(115), ..leg(2, 2) });
    stages.push(call.clone());
    call.legs[1].learn(accepted(120));
    stages.push(call.clone());
    call.legs[1].learn(leg_end(245, EndCause::Completed, Some(125)));
    stages.push(call.clone());
    ended(&mut call, 250);
    stages.push(call);
    stages
}

fn sum(changes: impl IntoIterator<Item = Additions>) -> Additions {
    let mut sums = Additions::new();
    for (row, tally) in changes.into_iter().flatten() {
        *sums.entry(row).or_default() += tally;
    }
    sums.retain(|_, tally| !tally.is_nothing());
    sums
}

proptest! {
    #[test]
    fn the_steps_of_a_call_add_up_to_what_it_came_to(seen in prop::collection::btree_set(0..8_usize, 1..8)) {
        let stages = stages();
        let seen: Vec<_> = seen.into_iter().map(|index| &stages[index]).collect();
        let steps = (0..seen.len()).map(|n| change_of_call(n.checked_sub(1).map(|n| seen[n]), seen[n]));
        let last = seen[seen.len() - 1];
        prop_assert_eq!(sum(steps), change_of_call(None, last));
    }
}

#[test]
fn profit_is_revenue_less_payout_less_telephony() {
    let stages = stages();
    let last = &stages[stages.len() - 1];
    let sums = sum(entries_of(last).iter().map(change_of_entry).chain([change_of_call(None, last)]));
    for (dimension, calls, telephony, profit) in
        // 4 minutes in at 0.02, 3 minutes out at 0.03; the first attempt was not answered.
        [
            (Dimension::Campaign, 1, 17, 2_483),
            (Dimension::Hour, 1, 17, 2_483),
            (Dimension::Buyer, 1, 9, 2_491),
        ]
    {
        let (row, tally) = sums.iter().rfind(|(row, _)| row.dimension == dimension).expect("a row");
        assert_eq!(
            (tally.calls, tally.connected, tally.converted, tally.abandoned),
            (calls, 1, 1, 0),
            "{row:?}"
        );
        assert_eq!((tally.revenue, tally.payout), (Money::from_cents(4_500), Money::from_cents(2_000)));
        assert_eq!(tally.telephony_cost, Money::from_cents(telephony), "{row:?}");
        assert_eq!(tally.profit(), Money::from_cents(profit), "{row:?}");
    }
}

#[test]
fn every_entry_balances() {
    let entries: Vec<_> = stages().iter().flat_map(entries_of).collect();
    assert!(!entries.is_empty());
    for entry in entries {
        assert_eq!(
            entry.postings.iter().map(|posting| posting.amount).sum::<Money>(),
            Money::ZERO,
            "{entry:?}"
        );
        assert_eq!(entry.postings[0].amount, entry.amount);
    }
}

/// What a call's campaign, and each of its buyers, has of its waiting.
fn waiting_of(call: &Call) -> (Waiting, Vec<Waiting>) {
    let sums = change_of_call(None, call);
    let of = |dimension| {
        let rows = sums.iter().filter(move |(row, _)| row.dimension == dimension);
        rows.map(|(_, tally)| tally.waiting).collect::<Vec<_>>()
    };
    for dimension in [Dimension::Publisher, Dimension::Number, Dimension::Hour] {
        assert_eq!(of(dimension), of(Dimension::Campaign), "{dimension:?}");
    }
    (of(Dimension::Campaign)[0], of(Dimension::Buyer))
}

fn waited(seconds: i64) -> Waiting {
    Waiting {
        queued: 1,
        waited: 1,
        waited_seconds: seconds,
        longest_wait_seconds: seconds,
        aimed: 1,
        ..Waiting::default()
    }
}

#[test]
fn who_is_taken_has_waited_until_the_attempt_that_reached_somebody() {
    let stages = stages();
    let waits = Waiting { queued: 1, ..Waiting::default() };
    assert_eq!(waiting_of(&stages[2]), (Waiting::default(), vec![Waiting::default()]));
    assert_eq!(waiting_of(&stages[3]).0, waits, "still waiting");
    assert_eq!(waiting_of(&stages[4]).0, waits, "an attempt is under way: nobody knows yet what comes of it");
    let taken = Waiting { answered_in_time: 1, ..waited(15) };
    assert_eq!(waiting_of(&stages[7]), (taken, vec![Waiting::default(), taken]), "one buyer had the caller");
    let mut late = stages[7].clone();
    late.legs[1].reserved_at = later(121);
    assert_eq!(waiting_of(&late).0, waited(21));
    let mut before = stages[7].clone();
    before.queued = Some(queued(116));
    assert_eq!(
        waiting_of(&before).0,
        waited(134),
        "an attempt from before ends no waiting; the call's end does"
    );
}

#[test]
fn who_is_not_taken_has_waited_until_they_hung_up_or_were_sent_elsewhere() {
    let mut call = call();
    call.queued = Some(queued(0));
    call.legs.push(Leg { reserved_at: later(10), ..leg(1, 1) });
    call.legs[0].learn(leg_end(40, EndCause::NoAnswer, None));
    let mut gone = call.clone();
    ended(&mut gone, 70);
    assert_eq!(waiting_of(&gone).0, Waiting { abandoned: 1, ..waited(70) });
    let reason = OverflowReason::WaitedTooLong { waited_seconds: 60, limit_seconds: 60 };
    call.overflowed = Some(Overflowed { at: later(60), node: node("buyers"), reason });
    ended(&mut call, 90);
    assert_eq!(waiting_of(&call).0, Waiting { overflowed: 1, ..waited(60) });
    let mut never_held = Call { queued: None, ..call.clone() };
    assert_eq!(waiting_of(&never_held).0, Waiting { overflowed: 1, ..Waiting::default() });
    never_held.legs.push(Leg { reserved_at: later(65), ..leg(2, 2) });
    never_held.legs[1].learn(accepted(70));
    assert_eq!(waiting_of(&never_held).1, vec![Waiting::default(); 2], "the queue did not serve them");
}

#[test]
fn a_callback_counts_as_wanted_where_the_caller_is_called_back() {
    let mut asked = call();
    asked.queued = Some(queued(0));
    asked.finished = Some(Finish { node: node("buyers"), kind: FinishKind::Callback });
    ended(&mut asked, 30);
    let wanted = |call: &Call| change_of_call(None, call).values().map(|tally| tally.wanted).max();
    assert_eq!(waiting_of(&asked).0, Waiting { callbacks: 1, ..waited(30) });
    assert_eq!(wanted(&asked), Some(0));
    assert_eq!(wanted(&Call { finished: None, ..asked }), Some(1));
    assert_eq!(wanted(&call()), Some(0), "no target was sought yet");
}

#[test]
fn what_was_told_on_entry_is_compared_with_the_wait_of_those_who_are_taken() {
    let mut taken = stages().swap_remove(7);
    for (announced, told, wrong) in [(Some(60), 1, 45), (Some(10), 1, 5), (Some(15), 1, 0), (None, 0, 0)] {
        taken.queued = Some(Queued { announced_seconds: announced, ..queued(100) });
        let waiting = waiting_of(&taken).0;
        assert_eq!((waiting.told, waiting.told_wrong_seconds), (told, wrong), "{announced:?}");
        assert_eq!(taken.waited_seconds(), Some(15));
    }
    let mut gone = call();
    gone.queued = Some(Queued { announced_seconds: Some(60), ..queued(0) });
    assert_eq!(gone.waited_seconds(), None, "they wait");
    ended(&mut gone, 70);
    assert_eq!(
        (gone.waited_seconds(), waiting_of(&gone).0.told),
        (Some(70), 0),
        "nobody knows when their turn was"
    );
}

#[test]
fn the_longest_wait_of_several_calls_is_their_maximum() {
    let call_of = |seconds| {
        let mut call = call();
        call.queued = Some(queued(0));
        ended(&mut call, seconds);
        call
    };
    let sums = sum([50, 70, 60].map(|seconds| change_of_call(None, &call_of(seconds))));
    for tally in sums.values() {
        assert_eq!((tally.waiting.waited_seconds, tally.waiting.longest_wait_seconds), (180, 70));
    }
}
