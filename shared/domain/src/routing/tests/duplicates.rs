//! Whom a caller who was sold before may be sold to.

use jiff::Timestamp;

use super::{OPEN, empty, target_id};
use crate::{
    call::{Call, KnownCaller},
    caller::{CallerPast, Claim, ClaimState},
    config::{Counting, DuplicateAction, DuplicateWindow, Duplicates},
    fixtures::{buyer_id, call, later, noon, plan},
    ids::{CallId, CampaignId, LegId},
    plan::Plan,
    routing::judge,
};

const DAY: i64 = 86_400;

fn sold(call: u128, buyer: u128, campaign: u128, at: Timestamp) -> Claim {
    Claim {
        leg: LegId { call: CallId::from_parts(2, call), attempt: 1 },
        campaign: CampaignId::from_parts(1, campaign),
        buyer: buyer_id(buyer),
        at,
        state: ClaimState::Connected,
    }
}

fn ruled(action: DuplicateAction) -> Plan {
    let rule = Duplicates { within_days: 30, counts: Counting::Connected, action, pay_publisher: true };
    Plan { duplicates: Some(rule), ..plan(&[OPEN, OPEN, OPEN], None) }
}

/// The targets that would take the call, in their own order, the reasons of the others, and the earlier call.
fn judged(plan: &Plan, call: &Call, claims: &[Claim]) -> (Vec<usize>, Vec<String>, Option<CallId>) {
    let past = CallerPast { claims: claims.to_vec() };
    let judgement = judge(plan, call, &KnownCaller::of(call), None, &empty(plan), &past, noon());
    let mut eligible: Vec<usize> = judgement.eligible.iter().map(|candidate| candidate.target + 1).collect();
    eligible.sort_unstable();
    let reasons = judgement.passed_over.iter().map(|(_, reason)| reason.to_string()).collect();
    (eligible, reasons, judgement.duplicate_of)
}

#[test]
fn each_action_passes_over_whom_it_should_and_says_why() {
    let claims = [sold(1, 2, 1, later(-3 * DAY)), sold(2, 1, 1, later(-2 * DAY))];
    let (first, last) = (claims[0].leg.call, claims[1].leg.call);
    let duplicate =
        format!("duplicate {{call: {last}, at: 2026-11-19T17:00:00Z, within_days: 30, counts: connected}}");
    let (own, other) = (buyer_id(1), buyer_id(2));
    let had = |buyer, call, at| format!("original_buyer {{buyer: {buyer}, call: {call}, at: {at}}}");
    for (action, eligible, reasons) in [
        (DuplicateAction::Reject, vec![], vec![duplicate.clone(), duplicate.clone(), duplicate]),
        (DuplicateAction::OriginalBuyer, vec![1], vec![format!("not_original_buyer {{buyer: {own}}}"); 2]),
        (
            DuplicateAction::DifferentBuyer,
            vec![3],
            vec![had(own, last, "2026-11-19T17:00:00Z"), had(other, first, "2026-11-18T17:00:00Z")],
        ),
    ] {
        assert_eq!(judged(&ruled(action), &call(), &claims), (eligible, reasons, Some(last)), "{action:?}");
    }
}

#[test]
fn a_caller_of_another_campaign_or_of_long_ago_is_no_duplicate() {
    let claims = [sold(1, 1, 2, later(-DAY)), sold(2, 1, 1, later(-30 * DAY))];
    assert_eq!(judged(&ruled(DuplicateAction::Reject), &call(), &claims), (vec![1, 2, 3], vec![], None));
}

#[test]
fn a_call_that_is_under_way_counts_and_the_call_itself_does_not() {
    let held = Claim { state: ClaimState::Held, ..sold(1, 1, 1, noon()) };
    let plan = ruled(DuplicateAction::Reject);
    assert_eq!(judged(&plan, &call(), std::slice::from_ref(&held)).2, Some(held.leg.call));
    let own = Claim { leg: LegId { call: call().id, attempt: 1 }, ..held };
    assert_eq!(judged(&plan, &call(), &[own]).2, None);
}

#[test]
fn a_buyer_is_not_sold_a_caller_twice_whatever_the_campaign() {
    let mut plan = ruled(DuplicateAction::OriginalBuyer);
    plan.buyers[0].duplicates = Some(DuplicateWindow { within_days: 7, counts: Counting::Connected });
    let elsewhere = sold(1, 1, 2, later(-6 * DAY));
    let call_id = elsewhere.leg.call;
    let refused = format!(
        "duplicate_of_buyer {{call: {call_id}, at: 2026-11-15T17:00:00Z, within_days: 7, counts: connected}}"
    );
    assert_eq!(judged(&plan, &call(), &[elsewhere]), (vec![2, 3], vec![refused.clone()], None));
    // The campaign would send the caller back to the buyer, who does not want them.
    let (eligible, reasons, _) = judged(&plan, &call(), &[sold(1, 1, 1, later(-6 * DAY))]);
    assert_eq!((eligible, &reasons[0]), (vec![], &refused));
    assert_eq!(plan.targets[0].id, target_id(1));
}

#[test]
fn callers_are_remembered_only_where_a_rule_asks_for_it() {
    let mut plan = plan(&[OPEN, OPEN], None);
    assert!(!plan.remembers_callers() && ruled(DuplicateAction::Reject).remembers_callers());
    plan.buyers[1].duplicates = Some(DuplicateWindow { within_days: 1, counts: Counting::Converted });
    assert!(plan.remembers_callers());
}
