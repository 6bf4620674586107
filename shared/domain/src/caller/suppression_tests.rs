use serde_json::json;

use super::*;
use crate::fixtures::{call, later, noon};

fn policy(document: serde_json::Value) -> SuppressionPolicy {
    serde_json::from_value(document).expect("a policy")
}

fn shown(suppression: Option<Suppression>) -> String {
    let Some(suppression) = suppression else { return "let in".to_owned() };
    let figures = suppression.figures.iter().map(|(name, figure)| format!(" {name}={figure}"));
    suppression.kind.as_str().to_owned() + &figures.collect::<String>()
}

fn judged(policy: serde_json::Value, change: impl FnOnce(&mut Call), counts: ArrivalCounts) -> String {
    let mut call = call();
    change(&mut call);
    shown(suppress(Some(&self::policy(policy)), &call, None, counts))
}

#[test]
fn each_policy_turns_away_whom_it_names_with_its_figures() {
    let withheld = |call: &mut Call| call.origin.caller = CallerNumber::from_presented("+266696687");
    let spam = |call: &mut Call| call.origin.caller_facts.spam = true;
    let none = ArrivalCounts::default();
    assert_eq!(judged(json!({"anonymous": "reject"}), withheld, none), "anonymous");
    assert_eq!(judged(json!({"anonymous": "reject"}), |_| {}, none), "let in");
    assert_eq!(judged(json!({}), withheld, none), "let in");
    assert_eq!(judged(json!({"spam": "reject"}), spam, none), "spam");
    assert_eq!(judged(json!({"anonymous": "reject"}), spam, none), "let in");
}

#[test]
fn a_number_that_fails_its_verification_is_worse_than_any_level() {
    use Attestation::{A, B, C, Failed};
    for (found, least, when_missing, expected) in [
        (Some(A), "A", "allow", "let in"),
        (Some(B), "A", "allow", "attestation found=B least=A"),
        (Some(C), "B", "allow", "attestation found=C least=B"),
        (Some(Failed), "C", "allow", "attestation found=failed least=C"),
        (None, "A", "allow", "let in"),
        (None, "C", "reject", "attestation found=missing least=C"),
    ] {
        let policy = json!({"attestation": {"least": least, "when_missing": when_missing}});
        let judged =
            judged(policy, |call| call.origin.caller_facts.attestation = found, ArrivalCounts::default());
        assert_eq!(judged, expected);
    }
}

#[test]
fn a_caller_may_call_as_often_as_the_limit_says_and_not_once_more() {
    for (in_hour, in_day, expected) in [
        (3, 5, "let in"),
        (4, 4, "rate_limited period=hour calls=4 limit=3"),
        (1, 6, "rate_limited period=day calls=6 limit=5"),
    ] {
        let policy = json!({"rate_limits": {"hourly": 3, "daily": 5}});
        assert_eq!(judged(policy, |_| {}, ArrivalCounts { in_hour, in_day }), expected);
    }
}

#[test]
fn a_blocked_caller_is_turned_away_without_a_policy_until_the_block_expires() {
    let block = Block {
        id: BlockedCallerId::from_parts(1, 1),
        prefix: Some("+1900".parse().expect("a prefix")),
        reason: Some("premium numbers".parse().expect("a name")),
        expires_at: Some(later(60)),
    };
    let expected = format!("blocked blocked_caller={} prefix=+1900 reason=premium numbers", block.id);
    assert_eq!(shown(suppress(None, &call(), Some(&block), ArrivalCounts::default())), expected);
    assert!(block.holds_at(later(59)) && !block.holds_at(later(60)));
    assert!(Block { expires_at: None, ..block }.holds_at(noon()));
}
