use proptest::prelude::*;

use super::*;
use crate::fixtures::{later, leg};

fn stamp(arrived: i64, occurred: Option<i64>) -> Stamp {
    Stamp { arrived_at: later(arrived), occurred_at: occurred.map(later) }
}

fn end(arrived: i64, occurred: Option<i64>, cause: EndCause, duration_seconds: Option<u32>) -> LegFact {
    LegFact::Ended(LegEnd { stamp: stamp(arrived, occurred), cause, duration_seconds })
}

fn pressed(key: char, at: i64) -> LegFact {
    LegFact::Screened(KeyPress { asked_at: None, key: Some(key), at: later(at) })
}

fn joined(joined: bool, at: i64) -> LegFact {
    LegFact::Bridged(Bridging { joined, at: later(at) })
}

fn after(screened: bool, facts: &[LegFact]) -> Leg {
    let mut leg = leg(1, 1);
    leg.screening_key = screened.then_some('1');
    for fact in facts {
        leg.learn(fact.clone());
    }
    leg
}

#[test]
fn talk_time_counts_from_the_acceptance() {
    use EndCause::{Completed, NoAnswer};
    let asked_and_pressed = |asked_at, at| {
        LegFact::Screened(KeyPress { asked_at: Some(later(asked_at)), key: Some('1'), at: later(at) })
    };
    let answered = |arrived, occurred| LegFact::Answered(stamp(arrived, occurred));
    for (what, screened, facts, seconds) in [
        ("nobody answered", true, vec![end(20, None, NoAnswer, None)], None),
        ("answered, no key", true, vec![answered(5, None), end(15, None, Completed, Some(10))], None),
        ("another key", true, vec![pressed('2', 7), end(15, None, Completed, Some(10))], None),
        ("still talking", true, vec![asked_and_pressed(5, 8)], None),
        (
            "the provider's duration less the screening",
            true,
            vec![asked_and_pressed(5, 8), end(105, None, Completed, Some(100))],
            Some(97),
        ),
        ("no screening", false, vec![answered(5, None), end(105, None, Completed, Some(100))], Some(100)),
        (
            "no duration: the provider's times",
            false,
            vec![answered(9, Some(5)), end(140, Some(105), Completed, None)],
            Some(100),
        ),
        (
            "no duration, no provider's times: ours",
            false,
            vec![answered(5, None), end(105, None, Completed, None)],
            Some(100),
        ),
        (
            "a late report does not lengthen",
            false,
            vec![answered(5, None), end(900, Some(105), Completed, None)],
            Some(100),
        ),
        (
            "joined, says the provider",
            true,
            vec![joined(true, 105), end(105, None, Completed, Some(100))],
            Some(100),
        ),
        (
            "the key came by after the end",
            true,
            vec![end(4, None, Completed, Some(95)), asked_and_pressed(6, 6)],
            Some(95),
        ),
    ] {
        assert_eq!(after(screened, &facts).connected_seconds(), seconds, "{what}");
    }
}

#[test]
fn a_key_that_is_heard_of_after_the_end_counts_for_a_minute_unless_nobody_was_joined() {
    let over = || end(100, None, EndCause::Completed, Some(95));
    for (what, facts, accepted) in [
        ("overtaken by the end", vec![over(), pressed('1', 101)], true),
        ("another key", vec![over(), pressed('2', 101)], false),
        (
            "too short for a talk",
            vec![end(100, None, EndCause::Completed, Some(59)), pressed('1', 101)],
            false,
        ),
        ("too late", vec![over(), pressed('1', 161)], false),
        ("nobody was joined, it was said", vec![over(), joined(false, 100), pressed('1', 101)], false),
        ("and said too late", vec![over(), pressed('1', 101), joined(false, 102)], true),
        (
            "the line was never answered",
            vec![end(100, None, EndCause::NoAnswer, None), pressed('1', 101)],
            false,
        ),
    ] {
        assert_eq!(after(true, &facts).was_accepted(), accepted, "{what}");
    }
}

#[test]
fn a_key_that_comes_when_the_leg_is_over_by_the_providers_count_joined_nobody() {
    let asked_and_pressed = |asked_at, at| {
        LegFact::Screened(KeyPress { asked_at: Some(later(asked_at)), key: Some('1'), at: later(at) })
    };
    let late_end = |duration| end(60, None, EndCause::Completed, Some(duration));
    for (what, facts, accepted) in [
        ("while it lasted", vec![asked_and_pressed(5, 15), late_end(12)], true),
        ("just after it, by clocks that differ", vec![asked_and_pressed(5, 22), late_end(12)], true),
        ("after it", vec![asked_and_pressed(5, 23), late_end(12)], false),
        (
            "after a talk, its report overtaken",
            vec![asked_and_pressed(5, 100), end(101, None, EndCause::Completed, Some(60))],
            true,
        ),
    ] {
        assert_eq!(after(true, &facts).was_accepted(), accepted, "{what}");
    }
}

#[test]
fn an_attempt_is_undecided_only_while_a_report_may_still_make_it_billable() {
    let over = |duration| end(100, None, EndCause::Completed, duration);
    let undecided = Standing::Undecided { until: later(175) };
    for (what, screened, facts, standing) in [
        ("not over", true, vec![], Standing::Live),
        ("no key is known", true, vec![over(Some(95))], undecided),
        ("the key is known", true, vec![pressed('1', 9), over(Some(95))], Standing::Converted),
        ("another key is known", true, vec![pressed('2', 9), over(Some(95))], Standing::NotConverted),
        (
            "nobody was joined, and a key may have come before",
            true,
            vec![joined(false, 99), over(Some(95))],
            undecided,
        ),
        (
            "nobody was joined, and the key is known",
            true,
            vec![pressed('2', 98), joined(false, 99), over(Some(95))],
            Standing::NotConverted,
        ),
        (
            "a key that came before the word that nobody was joined, and was written after it",
            true,
            vec![joined(false, 99), over(Some(95)), pressed('1', 98)],
            Standing::Converted,
        ),
        (
            "no key is known, and none could make it billable",
            true,
            vec![over(Some(89))],
            Standing::NotConverted,
        ),
        ("not answered", true, vec![end(100, None, EndCause::NoAnswer, None)], Standing::NotConverted),
        ("not asked, too short", false, vec![over(Some(9))], Standing::NotConverted),
        ("not asked, and not timed", false, vec![over(None)], undecided),
    ] {
        assert_eq!(after(screened, &facts).standing(), standing, "{what}");
    }
}

#[test]
fn a_call_is_billed_from_the_second_that_was_agreed() {
    for (duration, converted, revenue, payout) in [(89, false, 0, 0), (90, true, 4_500, 2_000)] {
        let leg = after(true, &[pressed('1', 1), end(100, None, EndCause::Completed, Some(duration))]);
        assert_eq!(leg.is_converted(), converted);
        assert_eq!((leg.revenue(), leg.payout()), (Money::from_cents(revenue), Money::from_cents(payout)));
    }
}

#[test]
fn only_reports_that_stand_and_come_before_all_is_decided_move_an_attempt() {
    let over = || end(100, Some(90), EndCause::Completed, Some(95));
    for (facts, moved) in [
        (vec![(3, pressed('1', 3)), (100, over()), (101, over()), (102, joined(true, 102))], vec![3, 100]),
        (vec![(100, over()), (102, joined(true, 102)), (103, pressed('1', 103))], vec![100, 102]),
    ] {
        let mut leg = after(true, &[]);
        let learns = |(at, fact): (i64, LegFact)| {
            leg.learn(fact);
            leg.was_moved_at(later(at)).then_some(at)
        };
        assert_eq!(facts.into_iter().filter_map(learns).collect::<Vec<_>>(), moved);
    }
}

#[test]
fn the_first_report_stands() {
    let facts = [end(100, None, EndCause::Completed, Some(95)), end(300, None, EndCause::Failed, Some(295))];
    let leg = after(false, &facts);
    assert_eq!(leg.connected_seconds(), Some(95));
}

/// Any report that arrives from the second `from` on.
fn any_fact(from: i64) -> impl Strategy<Value = LegFact> {
    let to = from + 200;
    let cause = prop_oneof![Just(EndCause::Completed), Just(EndCause::NoAnswer), Just(EndCause::Failed)];
    prop_oneof![
        (from..to, prop::option::of(0..200_i64)).prop_map(|(a, o)| LegFact::Answered(stamp(a, o))),
        (prop_oneof![Just('1'), Just('2')], from..to).prop_map(|(key, at)| pressed(key, at)),
        (any::<bool>(), from..to).prop_map(|(is_joined, at)| joined(is_joined, at)),
        (from..to, prop::option::of(0..400_i64), cause, prop::option::of(0..200_u32))
            .prop_map(|(a, o, cause, duration)| end(a, o, cause, duration)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn once_an_ended_call_is_billable_it_stays_so_whatever_is_learnt_later(
        facts in prop::collection::vec(any_fact(0), 0..8),
        news in prop::collection::vec(any_fact(200), 0..8),
    ) {
        let mut leg = after(true, &facts);
        let was_billable = leg.is_converted();
        let standing = leg.standing();
        for fact in news {
            leg.learn(fact);
            prop_assert!(leg.is_converted() || !was_billable, "{:?}", leg);
            let is_settled = matches!(standing, Standing::Converted | Standing::NotConverted);
            prop_assert!(!is_settled || leg.standing() == standing, "{:?} {:?}", standing, leg);
        }
    }

    #[test]
    fn copies_of_reports_change_nothing(facts in prop::collection::vec(any_fact(0), 0..8)) {
        let doubled: Vec<_> = facts.iter().flat_map(|fact| [fact.clone(), fact.clone()]).collect();
        prop_assert_eq!(after(true, &facts), after(true, &doubled));
    }
}
