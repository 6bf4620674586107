use serde_json::json;

use super::*;
use crate::{
    call::{Call, KeyPress, KnownCaller, LegEnd, LegFact, Stamp, event::EndCause},
    caller::CallerPast,
    capacity::{Full, Scope},
    fixtures::{call, later, leg, noon, plan},
    plan::Plan,
    queue::{Prospects, Queued},
    routing::{Candidate, CapacitySnapshot, HoursOf, Judgement, Reason, judge},
};

const TARGETS: [&str; 2] = [
    r#"{"price": "45.00"}"#,
    r#"{"price": "60.00", "hours": {"time_zone": "UTC", "open": [{"days": ["sat"], "from": "09:00", "to": "17:10"}]}}"#,
];

/// Noon in New York is 17:00 in UTC: the second target closes ten minutes later.
fn held(more: &serde_json::Value) -> Plan {
    let mut document = json!({"max_size": 2, "max_wait_seconds": 300});
    document.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Plan { queue: Some(serde_json::from_value(document).expect("a policy")), ..plan(&TARGETS, None) }
}

fn passed_over(reasons: &[(usize, Reason)]) -> Judgement {
    let candidate = |target| Candidate { target, tier: 1, priority: 1, weight: 1 };
    let passed_over = reasons.iter().map(|(target, reason)| (candidate(*target), reason.clone()));
    Judgement { passed_over: passed_over.collect(), ..Judgement::default() }
}

fn busy() -> Reason {
    Reason::Full(Full::Concurrency { scope: Scope::Buyer, live: 3, limit: 3 })
}

fn outset(entered: i64, size: Option<u32>, estimated_seconds: u32) -> Outset {
    Outset { entered_at: later(entered), size, estimated_seconds, at: noon() }
}

fn judged(plan: &Plan, reasons: &[(usize, Reason)], outset: &Outset) -> Result<(), OverflowReason> {
    let prospects = Prospects::of(plan, &call(), &passed_over(reasons), &[], noon());
    judge_wait(plan.queue.as_ref().expect("a policy"), &prospects, outset)
}

#[test]
fn a_caller_waits_while_somebody_may_take_them_in_time() {
    let plan = held(&json!({"max_estimated_wait_seconds": 200}));
    let opens = |seconds| Reason::OutsideHours { of: HoursOf::Target, opens_at: Some(later(seconds)) };
    let (full, long) = (OverflowReason::Full { size: 2, limit: 2 }, 200);
    let nobody = |opens_at| OverflowReason::NobodyComes { opens_at };
    for (what, reasons, outset, expected) in [
        ("busy", vec![(0, busy())], outset(0, Some(1), 60), Ok(())),
        ("nobody at all", vec![(0, Reason::Paused)], outset(0, Some(0), 0), Err(nobody(None))),
        (
            "the day's calls are used up",
            vec![(
                0,
                Reason::Full(Full::Window {
                    scope: Scope::Buyer,
                    period: crate::capacity::Period::Day,
                    counted: 5,
                    limit: 5,
                }),
            )],
            outset(0, Some(0), 0),
            Err(nobody(None)),
        ),
        ("as many wait as may", vec![(0, busy())], outset(0, Some(2), 60), Err(full)),
        ("who waits already is not counted", vec![(0, busy())], outset(-10, None, 60), Ok(())),
        (
            "the estimate is too long",
            vec![(0, busy())],
            outset(0, Some(1), 201),
            Err(OverflowReason::WouldWaitTooLong { estimated_seconds: 201, limit_seconds: long }),
        ),
        ("it is not held against one who waits", vec![(0, busy())], outset(-10, None, 201), Ok(())),
        ("opens in time", vec![(0, opens(299))], outset(0, Some(0), 0), Ok(())),
        ("opens too late", vec![(0, opens(300))], outset(0, Some(0), 0), Err(nobody(Some(later(300))))),
        (
            "waited long enough",
            vec![(0, busy())],
            outset(-300, None, 0),
            Err(OverflowReason::WaitedTooLong { waited_seconds: 300, limit_seconds: 300 }),
        ),
    ] {
        assert_eq!(judged(&plan, &reasons, &outset), expected, "{what}");
    }
}

#[test]
fn a_queue_that_nobody_can_serve_before_closing_does_not_hold_in_vain() {
    let plan = held(&json!({"max_wait_seconds": 3_600}));
    assert_eq!(judged(&plan, &[(1, busy())], &outset(0, Some(0), 600)), Ok(()));
    let in_vain = Err(OverflowReason::NobodyComes { opens_at: None });
    assert_eq!(judged(&plan, &[(1, busy())], &outset(0, Some(0), 601)), in_vain);
    assert_eq!(
        judged(&plan, &[(1, busy()), (0, busy())], &outset(0, Some(0), 601)),
        Ok(()),
        "the other stays open"
    );
}

fn judgement(plan: &Plan, call: &Call, at: Timestamp) -> Judgement {
    judge(plan, call, &KnownCaller::of(call), None, &CapacitySnapshot::default(), &CallerPast::default(), at)
}

#[test]
fn who_did_not_answer_is_asked_again_and_who_refused_is_not() {
    let plan = held(&json!({"retry_seconds": 30}));
    let end = |cause| {
        LegFact::Ended(LegEnd {
            stamp: Stamp { arrived_at: noon(), occurred_at: None },
            cause,
            duration_seconds: None,
        })
    };
    let key = |key| LegFact::Screened(KeyPress { asked_at: None, key: Some(key), at: noon() });
    for (what, facts, again) in [
        ("no answer", vec![end(EndCause::NoAnswer)], Some(later(30))),
        ("voicemail pressed no key", vec![end(EndCause::Completed)], Some(later(30))),
        ("refused by a key", vec![key('2'), end(EndCause::Completed)], None),
        ("taken", vec![key('1'), end(EndCause::Completed)], None),
        ("still ringing", vec![], None),
    ] {
        let mut call = call();
        call.legs.push(leg(1, 1));
        facts.into_iter().for_each(|fact| call.legs[0].learn(fact));
        let asked_again =
            |plan: &Plan| Prospects::of(plan, &call, &judgement(plan, &call, noon()), &[], noon()).from();
        assert_eq!(asked_again(&plan), again, "{what}");
        let mut paused = plan.clone();
        paused.targets[0].paused = true;
        assert_eq!(asked_again(&paused), None, "{what}: nobody waits for who will not take them");
        call.queued = Some(Queued {
            queue: plan.queue_id().expect("a queue"),
            place: crate::queue::Place::of(
                &plan.queue.as_ref().expect("a policy").order,
                crate::money::Money::ZERO,
                noon(),
            ),
            value: crate::money::Money::ZERO,
            entered_at: noon(),
            node: call.legs[0].node.clone(),
            announced_seconds: None,
            answered_within_seconds: None,
        });
        let judged_at = |seconds| {
            let judgement = judgement(&plan, &call, later(seconds));
            judgement.passed_over.iter().any(|(candidate, _)| candidate.target == 0)
        };
        assert!(!judged_at(29), "{what}: not asked yet");
        assert_eq!(judged_at(30), again.is_some(), "{what}: judged once more");
    }
}
