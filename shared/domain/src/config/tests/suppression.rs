use serde_json::json;

use super::{campaign, check_problems, check_refused, check_taken, with};
use crate::config::{BlockedCaller, Campaign, Document, Treatment};

#[test]
fn whom_a_campaign_turns_away_is_said_in_its_document() {
    let policy = json!({"anonymous": "reject", "spam": "reject", "attestation": {"least": "B"},
                        "rate_limits": {"hourly": 3, "daily": 10}, "then": "refuse"});
    let campaign: Campaign = check_taken(&with(campaign(), "/suppression", policy));
    let attestation = campaign.suppression.as_ref().and_then(|policy| policy.attestation);
    assert_eq!(attestation.map(|policy| policy.when_missing), Some(Treatment::Allow));
    assert_eq!(campaign.warnings(), []);
    let limits = json!({"rate_limits": {"hourly": 10, "daily": 10}});
    let campaign: Campaign = check_taken(&with(self::campaign(), "/suppression", limits));
    assert_eq!(campaign.warnings()[0].path, "suppression.rate_limits.hourly");
    check_refused::<Campaign>(&[
        (
            with(self::campaign(), "/suppression", json!({"attestation": {"least": "D"}})),
            "suppression.attestation.least",
            "`A`, `B`, `C`",
        ),
        (
            with(self::campaign(), "/suppression", json!({"attestation": {}})),
            "suppression.attestation",
            "missing field `least`",
        ),
        (
            with(self::campaign(), "/suppression", json!({"rate_limits": {"hourly": 101}})),
            "suppression.rate_limits.hourly",
            "from 1 to 100",
        ),
        (
            with(self::campaign(), "/suppression", json!({"anonymous": "hang_up"})),
            "suppression.anonymous",
            "`reject`",
        ),
    ]);
}

#[test]
fn a_policy_that_contradicts_itself_is_told_where() {
    let policy = |policy| with(campaign(), "/suppression", policy);
    check_problems::<Campaign>(&[
        (policy(json!({"rate_limits": {}})), "suppression.rate_limits", "give `hourly`, `daily` or both"),
        (policy(json!({"then": "refuse"})), "suppression.then", "turns nobody away"),
        (
            policy(json!({"spam": "reject", "then": "nowhere"})),
            "suppression.then",
            "there is no node `nowhere`",
        ),
    ]);
}

#[test]
fn a_node_that_only_the_turned_away_reach_is_reached() {
    let words = json!({"type": "hangup", "say": "Please call again with your number shown."});
    let lonely = with(campaign(), "/flow/nodes/withheld", words);
    check_problems::<Campaign>(&[(lonely.clone(), "flow.nodes.withheld", "no path from `start` leads here")]);
    let policy = json!({"anonymous": "reject", "then": "withheld"});
    check_taken::<Campaign>(&with(lonely, "/suppression", policy));
}

#[test]
fn a_caller_is_blocked_by_number_or_by_prefix() {
    for document in [
        json!({"phone_number": "+12145550123"}),
        json!({"prefix": "+1900", "reason": "Premium", "expires_at": "2027-01-01T00:00:00Z"}),
    ] {
        check_taken::<BlockedCaller>(&document);
    }
    check_refused::<BlockedCaller>(&[
        (json!({"prefix": "1900"}), "prefix", "+1900"),
        (json!({"prefix": "+"}), "prefix", "+1900"),
        (json!({"prefix": "+123456789012345"}), "prefix", "1 to 14 digits"),
        (json!({"phone_number": "anonymous"}), "phone_number", "E.164"),
        (json!({"phone_number": "+12145550123", "until": "x"}), "until", "unknown field `until`"),
    ]);
}
