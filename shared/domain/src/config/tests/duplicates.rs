use serde_json::json;

use super::{buyer, campaign, check_refused, check_taken, with};
use crate::config::{Buyer, Campaign, Counting, Document, DuplicateAction};

#[test]
fn a_duplicate_rule_needs_a_window_and_has_defaults_for_the_rest() {
    let campaign: Campaign = check_taken(&campaign());
    let rule = campaign.duplicates.expect("the rule of the contract");
    assert_eq!((rule.within_days, rule.action), (30, DuplicateAction::Reject));
    assert_eq!((rule.counts, rule.pay_publisher), (Counting::Connected, true));
    assert_eq!(campaign.warnings(), []);
    let windowless = json!({"action": "reject"});
    check_refused::<Campaign>(&[
        (
            with(self::campaign(), "/duplicates", windowless.clone()),
            "duplicates",
            "missing field `within_days`",
        ),
        (
            with(self::campaign(), "/duplicates/within_days", json!(0)),
            "duplicates.within_days",
            "from 1 to 365",
        ),
        (with(self::campaign(), "/duplicates/counts", json!("rung")), "duplicates.counts", "`connected`"),
    ]);
    check_refused::<Buyer>(&[
        (with(buyer(), "/duplicates", json!({})), "duplicates", "missing field `within_days`"),
        (with(buyer(), "/duplicates", windowless), "duplicates.action", "unknown field `action`"),
    ]);
}

#[test]
fn paying_for_what_is_rejected_is_warned_about() {
    let rule = |action| json!({"within_days": 30, "action": action, "pay_publisher": false});
    for (action, paths) in [("reject", &["duplicates.pay_publisher"][..]), ("original_buyer", &[])] {
        let campaign: Campaign = check_taken(&with(campaign(), "/duplicates", rule(action)));
        let warned: Vec<_> = campaign.warnings().into_iter().map(|warning| warning.path).collect();
        assert_eq!(warned, paths);
    }
}
