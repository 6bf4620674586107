use super::*;
use crate::{
    call::{
        CallEnd, CallState, Disposition, KeyPress, LegEnd, LegFact, Stamp,
        event::{EndCause, Input, LegReport, LegStatus},
    },
    fixtures::{call, later, leg, node, noon, plan},
    tags::{TagName, TagValue},
};

fn gathered(name: &str, visit: u8, digits: &str) -> EventKind {
    let input = if digits.is_empty() { Input::Nothing } else { Input::Digits(digits.to_owned()) };
    EventKind::Gathered { node: node(name), visit, input }
}

fn dial_ended(attempt: u8) -> EventKind {
    let status = Some(LegStatus::Ended(EndCause::NoAnswer));
    EventKind::DialEnded { attempt, report: LegReport { status, ..LegReport::default() } }
}

fn ended(cause: EndCause) -> LegFact {
    LegFact::Ended(LegEnd {
        stamp: Stamp { arrived_at: later(30), occurred_at: None },
        cause,
        duration_seconds: Some(5),
    })
}

fn with_leg(facts: &[LegFact]) -> Call {
    let mut call = call();
    let mut leg = leg(1, 1);
    for fact in facts {
        leg.learn(fact.clone());
    }
    call.legs.push(leg);
    call
}

/// What is done next, in a line.
fn told(call: &Call, event: &EventKind) -> String {
    let plan = plan(&[r#"{"price": "45.00", "screening": {"press": "1"}}"#], None);
    match step(&plan, call, event, noon()) {
        Next::Nothing(ignored) => format!("{ignored:?}"),
        Next::Route { node } => format!("route {node}"),
        Next::Wait { node, told, input } => {
            format!("wait for {node} after {} steps with {input:?}", told.steps)
        }
        Next::Overflow { node, from } => format!("overflow {from} of {node}"),
        Next::Callback { node, question, .. } => format!("callback of {node}: {question:?}"),
        Next::Finish(finish, instructions) => {
            format!("{:?} at {}: {}", finish.kind, finish.node, line(&instructions))
        }
        Next::Reply(instructions) => line(&instructions),
    }
}

fn line(instructions: &[Instruction]) -> String {
    let words = instructions.iter().map(|instruction| match instruction {
        Instruction::Say(speech) => format!("say {:?}", speech.text),
        Instruction::Gather { prompt, then, .. } => format!("ask {:?} then {then:?}", prompt.text),
        Instruction::Connect(dial) => format!("dial {:?}", dial.purpose),
        Instruction::Bridge => "bridge".to_owned(),
        Instruction::Continue(then) => format!("go on with {then:?}"),
        Instruction::Hold(step) => format!("hold with {:?}", step.sound),
        Instruction::Record { .. } | Instruction::Reject(_) => "unexpected".to_owned(),
        Instruction::Hangup => "hang up".to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}

const DIAL: &str = "dial Attempt { attempt: 1, greeting: Screening }";

#[test]
fn a_caller_is_asked_then_routed_or_refused() {
    let ask = |visit| {
        format!("ask \"Were you injured?\" then Gathered {{ node: NodeId(\"injured\"), visit: {visit} }}")
    };
    for (event, expected) in [
        (gathered("injured", 1, "1"), "route buyers".to_owned()),
        (gathered("injured", 1, "2"), "Unqualified at refuse: say \"Sorry.\", hang up".to_owned()),
        (gathered("injured", 1, "7"), ask(2)),
        (gathered("injured", 1, ""), ask(2)),
        (gathered("injured", 2, ""), "Unqualified at refuse: say \"Sorry.\", hang up".to_owned()),
    ] {
        assert_eq!(told(&call(), &event), expected, "{event:?}");
    }
}

#[test]
fn a_node_that_is_gone_sends_the_caller_to_the_fallback_or_back_to_the_start() {
    assert!(told(&call(), &gathered("gone", 1, "1")).starts_with("ask"), "the flow begins again");
}

#[test]
fn every_copy_of_a_webhook_is_told_of_the_attempt_that_is_under_way() {
    let call = with_leg(&[]);
    for event in [gathered("injured", 1, "1"), dial_ended(1)] {
        assert_eq!(told(&call, &event), DIAL, "{event:?}");
    }
}

#[test]
fn the_waterfall_goes_on_until_somebody_takes_the_call() {
    let accepted = LegFact::Screened(KeyPress { asked_at: None, key: Some('1'), at: later(5) });
    for (facts, expected) in [
        (vec![ended(EndCause::NoAnswer)], "route buyers"),
        (vec![ended(EndCause::Completed)], "route buyers"),
        (vec![accepted, ended(EndCause::Completed)], "hang up"),
    ] {
        assert_eq!(told(&with_leg(&facts), &dial_ended(1)), expected, "{facts:?}");
    }
    assert_eq!(told(&call(), &dial_ended(1)), "UnknownAttempt");
}

#[test]
fn a_caller_on_whom_the_target_hangs_up_early_goes_on_unless_the_call_is_billed_or_the_caller_gone() {
    let after = |before_seconds, seconds| {
        let mut call = call();
        let mut leg = leg(1, 1);
        (leg.screening_key, leg.terms.second_chance_before_seconds) = (None, before_seconds);
        let stamp = Stamp { arrived_at: later(200), occurred_at: None };
        leg.learn(LegFact::Ended(LegEnd {
            stamp,
            cause: EndCause::Completed,
            duration_seconds: Some(seconds),
        }));
        call.legs.push(leg);
        call
    };
    for (before_seconds, seconds, expected) in [
        (Some(20), 19, "route buyers"),
        (Some(20), 20, "hang up"),
        (None, 1, "hang up"),
        (Some(300), 89, "route buyers"),
        (Some(300), 90, "hang up"),
    ] {
        assert_eq!(
            told(&after(before_seconds, seconds), &dial_ended(1)),
            expected,
            "{before_seconds:?} {seconds}"
        );
    }
    let report = LegReport { caller_is_gone: true, ..LegReport::default() };
    let gone = EventKind::DialEnded { attempt: 1, report };
    assert_eq!(told(&after(Some(20), 5), &gone), "hang up");

    let mut call = after(Some(20), 5);
    assert_eq!((call.state(), call.disposition()), (CallState::Qualifying, Disposition::InProgress));
    let again = Leg { attempt: 2, ..call.legs[0].clone() };
    call.legs.push(Leg { ended: None, ..again.clone() });
    assert_eq!(call.second_chances(), 1);
    assert!(told(&call, &dial_ended(1)).starts_with("dial Attempt { attempt: 2"));
    call.legs[1].terms.second_chance_before_seconds = None;
    call.legs[1].ended = again.ended;
    assert_eq!(told(&call, &dial_ended(2)), "hang up", "that was the last chance");
    assert_eq!(call.disposition(), Disposition::Connected);
}

#[test]
fn nobody_is_rung_for_a_caller_who_is_gone() {
    let report = LegReport { caller_is_gone: true, ..LegReport::default() };
    let event = EventKind::DialEnded { attempt: 1, report };
    assert_eq!(told(&with_leg(&[ended(EndCause::Canceled)]), &event), "hang up");
}

#[test]
fn whoever_answers_is_asked_and_only_the_key_bridges() {
    let answered = EventKind::LegAnswered { attempt: 1, provider_leg_id: None };
    let input = Input::Digits("1".to_owned());
    let screened = EventKind::Screened { attempt: 1, asked_at: None, provider_leg_id: None, input };
    let press = |key| LegFact::Screened(KeyPress { asked_at: None, key, at: later(5) });
    let ask = "ask \"Call from Auto injury. Press 1 to accept.\" then Screened { attempt: 1, asked_at: 2026-11-21T17:00:00Z }, hang up";
    for (facts, event, expected) in [
        (vec![], &answered, ask),
        (vec![ended(EndCause::NeverDialled)], &answered, "hang up"),
        (vec![press(Some('1'))], &screened, "bridge"),
        (vec![press(Some('2'))], &screened, "hang up"),
        (vec![press(None)], &screened, "hang up"),
        (vec![press(Some('1')), ended(EndCause::NeverDialled)], &screened, "hang up"),
    ] {
        assert_eq!(told(&with_leg(&facts), event), expected, "{facts:?} {event:?}");
    }
}

#[test]
fn a_caller_who_is_gone_is_not_offered() {
    let mut call = call();
    call.ended = Some(crate::call::CallEnd {
        stamp: Stamp { arrived_at: later(9), occurred_at: None },
        duration_seconds: None,
    });
    assert_eq!(told(&call, &gathered("injured", 1, "1")), "hang up");
}

#[test]
fn after_the_last_target_the_flow_says_where_the_caller_goes() {
    let plan = plan(&[r#"{"price": "45.00"}"#], None);
    let mut call = call();
    call.routed = true;
    let monday = "2026-11-23T15:00:00Z".parse().expect("a time");
    let forwarded = enter(&plan, &call, &node("desk"), monday);
    assert!(
        matches!(&forwarded, Next::Finish(finish, _) if finish.kind == FinishKind::Forwarded),
        "{forwarded:?}"
    );
    let refused = enter(&plan, &call, &node("desk"), noon());
    assert!(
        matches!(&refused, Next::Finish(finish, _) if finish.kind == FinishKind::NoTarget),
        "{refused:?}"
    );
    let not_answered = EventKind::ForwardEnded { node: node("forward"), answered: false };
    assert!(told(&call, &not_answered).starts_with("NoTarget at busy"));
}

#[test]
fn an_answer_is_kept_as_a_tag_once() {
    let plan = plan(&[], None);
    let facts = crate::call::fact::facts_of(Some(&plan), &gathered("injured", 1, "1"), noon());
    let name = TagName::try_from("injured".to_owned()).expect("a name");
    let value = TagValue::try_from("yes".to_owned()).expect("a value");
    assert_eq!(facts, [crate::call::Fact::Tag(name, value)]);
    assert_eq!(crate::call::fact::facts_of(Some(&plan), &gathered("injured", 1, "5"), noon()), []);
}

#[test]
fn the_answerer_hears_the_targets_own_words() {
    let answered = EventKind::LegAnswered { attempt: 1, provider_leg_id: None };
    for (target, screening_key, greeting, heard) in [
        (
            r#"{"price": "1.00", "whisper": "A crash in Texas."}"#,
            None,
            Greeting::Whisper,
            "say \"A crash in Texas.\", bridge",
        ),
        (
            r#"{"price": "1.00", "whisper": "A crash.", "screening": {"press": "5", "say": "Take it with 5."}}"#,
            Some('5'),
            Greeting::Screening,
            "ask \"A crash. Take it with 5.\" then Screened { attempt: 1, asked_at: 2026-11-21T17:00:00Z }, hang up",
        ),
    ] {
        let plan = plan(&[target], None);
        let mut call = with_leg(&[]);
        call.legs[0].screening_key = screening_key;
        let Next::Reply(instructions) = step(&plan, &call, &answered, noon()) else { panic!("no reply") };
        assert_eq!(line(&instructions), heard);
        let Instruction::Connect(dial) = connect(&plan, &call, &call.legs[0]) else { panic!("no dial") };
        assert_eq!(dial.purpose, DialPurpose::Attempt { attempt: 1, greeting });
    }
}

#[test]
fn a_target_sees_the_caller_unless_it_wants_the_tracking_number_or_there_is_none_to_see() {
    for (target, caller, shown) in [
        (r#"{"price": "1.00"}"#, "+12145550123", None),
        (r#"{"price": "1.00"}"#, "anonymous", Some("+18005550111")),
        (r#"{"price": "1.00", "caller_id": "tracking_number"}"#, "+12145550123", Some("+18005550111")),
    ] {
        let mut call = with_leg(&[]);
        call.origin.caller = crate::phone::CallerNumber::from_presented(caller);
        let Instruction::Connect(dial) = connect(&plan(&[target], None), &call, &call.legs[0]) else {
            panic!("no dial")
        };
        assert_eq!(dial.caller_id.as_ref().map(PhoneNumber::as_str), shown, "{target} {caller}");
    }
}

#[test]
fn a_dial_that_is_over_is_over_whatever_word_the_provider_has_for_it() {
    for (status, cause) in [
        (None, EndCause::Failed),
        (Some(LegStatus::Ringing), EndCause::Failed),
        (Some(LegStatus::Answered), EndCause::Completed),
        (Some(LegStatus::Ended(EndCause::Busy)), EndCause::Busy),
    ] {
        let event = EventKind::DialEnded { attempt: 1, report: LegReport { status, ..LegReport::default() } };
        let facts = crate::call::fact::facts_of(Some(&plan(&[], None)), &event, noon());
        let ended = facts.iter().find_map(|fact| match fact {
            crate::call::Fact::Leg(1, LegFact::Ended(end)) => Some(end.cause),
            _ => None,
        });
        assert_eq!(ended, Some(cause), "{status:?}");
    }
}

#[test]
fn a_target_is_sought_only_when_the_caller_has_heard_what_stands_before() {
    let mut plan = plan(&[r#"{"price": "45.00"}"#], None);
    let flow = r#"{"start": "hello", "nodes": {
        "hello": {"type": "say", "say": "Please hold.", "next": "buyers"},
        "buyers": {"type": "route", "otherwise": "busy"},
        "busy": {"type": "hangup"}}}"#;
    plan.flow = serde_json::from_str(flow).expect("a flow");
    let Next::Reply(instructions) = enter(&plan, &call(), &node("hello"), noon()) else { panic!("no reply") };
    assert_eq!(line(&instructions), r#"say "Please hold.", go on with Said { node: NodeId("buyers") }"#);
    let said = EventKind::Said { node: node("buyers") };
    assert_eq!(step(&plan, &call(), &said, noon()), Next::Route { node: node("buyers") });
    assert_eq!(told(&with_leg(&[]), &said), DIAL, "a copy is told of the attempt that is under way");
}

fn held() -> EventKind {
    EventKind::Held {
        node: node("buyers"),
        told: Told { steps: 2, at: Some(noon()), ..Told::default() },
        input: Input::Nothing,
    }
}

/// Two orders to end a wait may cross: the second then breaks off the dial that the first has led to.
#[test]
fn who_is_called_off_a_dial_is_not_told_to_dial_again() {
    let plan = plan(&[r#"{"price": "45.00", "screening": {"press": "1"}}"#], None);
    let mut call = call();
    call.legs.push(leg(1, 1));
    let step = |told, seconds| {
        let event = EventKind::Held { node: node("buyers"), told, input: Input::Nothing };
        match step(&plan, &call, &event, later(seconds)) {
            Next::Reply(instructions) => line(&instructions),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(step(Told::called_off(), 1), "hold with Silence { seconds: 15 }");
    assert_eq!(step(Told::default(), 16), DIAL, "by then its end would be known");
    assert_eq!(
        step(Told { at: Some(noon()), ..Told::called_off() }, 1),
        DIAL,
        "a copy of the hold's own step"
    );
}

#[test]
fn a_held_caller_waits_on_until_an_attempt_is_made_for_them() {
    assert_eq!(told(&call(), &held()), "wait for buyers after 2 steps with Nothing");
    let mut ended = call();
    ended.ended =
        Some(CallEnd { stamp: Stamp { arrived_at: noon(), occurred_at: None }, duration_seconds: None });
    assert_eq!(told(&ended, &held()), "hang up");
}

/// A dial that stood in the reply to a step of the hold would be broken off by the redirect that is on its way.
#[test]
fn while_a_caller_is_redirected_only_the_redirect_brings_the_dial() {
    let mut call = call();
    call.legs.push(Leg { is_fetched: true, ..leg(1, 1) });
    let step = |call: &Call, event: &EventKind, seconds| {
        let plan = plan(&[r#"{"price": "45.00", "screening": {"press": "1"}}"#], None);
        match step(&plan, call, event, later(seconds)) {
            Next::Reply(instructions) => line(&instructions),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(step(&call, &held(), 14), "hold with Silence { seconds: 15 }");
    assert_eq!(step(&call, &EventKind::Offered { attempt: 1 }, 14), DIAL);
    assert_eq!(step(&call, &held(), 15), DIAL, "the redirect was lost");
    let mut rung = call.clone();
    rung.legs[0].learn(LegFact::ProviderLegId("CA2".to_owned()));
    assert_eq!(step(&rung, &held(), 15), "hold with Silence { seconds: 15 }", "an attempt is rung once");
    call.legs[0].learn(LegFact::Ended(LegEnd {
        stamp: Stamp { arrived_at: later(9), occurred_at: None },
        cause: EndCause::NeverDialled,
        duration_seconds: None,
    }));
    assert!(
        step(&call, &EventKind::Offered { attempt: 1 }, 20).starts_with("Route"),
        "the watchdog was faster"
    );
    assert_eq!(told(&call, &EventKind::Offered { attempt: 2 }), "UnknownAttempt");
}

#[test]
fn an_overflow_that_came_to_nothing_is_followed_by_the_next() {
    let forwarded = |answered| EventKind::OverflowForwardEnded { node: node("buyers"), index: 1, answered };
    assert_eq!(told(&call(), &forwarded(false)), "overflow 2 of buyers");
    assert_eq!(told(&call(), &forwarded(true)), "hang up");
    let message = EventKind::MessageLeft { node: node("buyers"), index: 0, recording_url: None };
    assert_eq!(told(&call(), &message), "hang up");
}
