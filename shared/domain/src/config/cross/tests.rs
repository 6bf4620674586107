use serde_json::{Value, json};

use super::*;
use crate::{
    config::Campaign,
    fixtures::{buyer_id, noon, target_id},
};

/// Two targets of as many buyers, with what a test changes of each; so with the campaign.
struct Agency {
    campaign: Value,
    targets: [Value; 2],
    buyers: [Value; 2],
}

impl Agency {
    fn new() -> Self {
        let target = |n: u128| {
            json!({"buyer_id": buyer_id(n), "name": format!("Desk {n}"), "price": "45.00",
                   "destination": {"phone_number": "+12145550100"}})
        };
        let buyer = json!({"name": "Buyer", "time_zone": "America/Chicago"});
        let place = |n: u128| json!({"target_id": target_id(n)});
        let campaign = json!({
            "name": "Auto injury",
            "flow": {"start": "language", "nodes": {
                "language": {"type": "menu", "say": "Press 1 or 2.", "tag": "language", "otherwise": "zip",
                             "choices": {"1": {"value": "en", "next": "zip"}, "2": {"value": "es-MX", "next": "zip"}}},
                "zip": {"type": "gather", "say": "Your ZIP?", "digits": 5, "tag": "zip", "next": "buyers"},
                "buyers": {"type": "route", "otherwise": "busy"},
                "busy": {"type": "hangup"}}},
            "routing": {"tiers": [{"method": "waterfall", "targets": [place(1), place(2)]}]},
            "conversion": {"minimum_seconds": 90}, "payout": {"kind": "fixed", "amount": "20.00"}});
        Self { campaign, targets: [target(1), target(2)], buyers: [buyer.clone(), buyer] }
    }

    fn campaign_warnings(&self) -> Vec<String> {
        let numbered = |list: &[Value]| (1..).zip(list.to_vec()).collect::<Vec<(u128, Value)>>();
        let read = "a document";
        let targets = numbered(&self.targets).into_iter();
        let targets =
            targets.map(|(n, target)| (target_id(n), serde_json::from_value(target).expect(read))).collect();
        let buyers = numbered(&self.buyers).into_iter();
        let buyers =
            buyers.map(|(n, buyer)| (buyer_id(n), serde_json::from_value(buyer).expect(read))).collect();
        let campaign: Campaign = serde_json::from_value(self.campaign.clone()).expect(read);
        let warnings = campaign.warnings_among(Named { targets: &targets, buyers: &buyers }, noon());
        warnings.iter().map(ToString::to_string).collect()
    }

    fn target_warnings(&self) -> Vec<String> {
        let target: Target = serde_json::from_value(self.targets[0].clone()).expect("a target");
        let buyer: Buyer = serde_json::from_value(self.buyers[0].clone()).expect("a buyer");
        target.warnings_beside_buyer(&buyer, noon()).iter().map(ToString::to_string).collect()
    }
}

fn on(day: &str, closed_dates: &[String]) -> Value {
    let span = json!({"days": [day], "from": "08:00", "to": "18:00"});
    json!({"time_zone": "America/New_York", "open": [span], "closed_dates": closed_dates})
}

#[test]
fn documents_that_go_together_are_not_warned_about() {
    let mut agency = Agency::new();
    assert_eq!(agency.campaign_warnings(), [] as [&str; 0]);
    agency.targets[0]["hours"] = on("mon", &[]);
    agency.buyers[0]["hours"] = json!({"time_zone": "caller", "open": on("tue", &[])["open"]});
    agency.targets[0]["skills"] = json!({"language": ["es"], "zip": ["75201"]});
    agency.targets[1]["filter"] = json!({"field": "caller.state", "op": "eq", "value": "TX"});
    assert_eq!((agency.campaign_warnings(), agency.target_warnings()), (Vec::new(), Vec::new()));
}

#[test]
fn a_target_that_takes_no_call_of_the_campaign_or_loses_money_is_named_where_it_stands() {
    let second = "routing.tiers[0].targets[1].target_id: `Desk 2`";
    let only_numbers = "only numbers that set";
    for (member, value, expected) in [
        ("paused", json!(true), "is paused".to_owned()),
        ("price", json!("19.99"), "pays 19.99 for a call for which the publisher is paid 20.00".to_owned()),
        (
            "price",
            json!("60.00"),
            "takes no call: its price, 60.00, is above its buyer's budget, 50.00".to_owned(),
        ),
        (
            "skills",
            json!({"language": ["fr"]}),
            format!("serves no `language` that the flow sets: {only_numbers} this tag"),
        ),
        (
            "skills",
            json!({"licensed": ["TX"]}),
            format!("serves no `licensed` that the flow sets: {only_numbers} this tag"),
        ),
        (
            "filter",
            json!({"field": "tags.language", "op": "eq", "value": "fr"}),
            format!("has a filter that no answer of the flow passes: {only_numbers} its tags"),
        ),
    ] {
        let mut agency = Agency::new();
        agency.targets[1][member] = value;
        agency.buyers[1]["budget"] = json!("50.00");
        let warnings = agency.campaign_warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with(&format!("{second} {expected}")), "{warnings:?}");
    }
}

#[test]
fn hours_that_are_never_open_together_or_at_all_are_warned_about() {
    let mut agency = Agency::new();
    (agency.targets[0]["hours"], agency.buyers[0]["hours"]) = (on("mon", &[]), on("sun", &[]));
    assert_eq!(agency.target_warnings(), ["hours: never open while its buyer is: it takes no call"]);
    let told = agency.campaign_warnings();
    assert!(
        told.len() == 1 && told[0].contains("`Desk 1` takes no call: the campaign, its buyer and it"),
        "{told:?}"
    );
    let mondays: Vec<String> = (0..54)
        .map(|week| {
            jiff::civil::Date::constant(2026, 11, 23) + jiff::SignedDuration::from_hours(24 * 7 * week)
        })
        .map(|date| date.to_string())
        .collect();
    let mut agency = Agency::new();
    agency.campaign["hours"] = on("mon", &mondays);
    agency.targets[0]["hours"] = on("mon", &mondays);
    let never = "hours: these hours do not open within a year: their days are closed dates";
    assert_eq!(agency.target_warnings(), [never]);
    assert!(agency.campaign_warnings().contains(&never.to_owned()));
}

#[test]
fn branches_and_tiers_that_no_call_comes_to_are_warned_about() {
    let mut agency = Agency::new();
    agency.campaign["flow"]["nodes"]["buyers"]["after_hours"] = json!("busy");
    let never = "flow.nodes.buyers.after_hours: is never taken: neither the campaign nor its buyers and targets keep hours";
    assert_eq!(agency.campaign_warnings(), [never]);
    agency.buyers[1]["hours"] = on("mon", &[]);
    assert_eq!(agency.campaign_warnings(), [] as [&str; 0]);
    agency.campaign["flow"]["nodes"]["buyers"]["tiers"] = json!([1]);
    let tiers = agency.campaign["routing"]["tiers"].as_array_mut().expect("tiers");
    tiers.push(json!({"method": "waterfall", "targets": []}));
    assert_eq!(agency.campaign_warnings(), ["routing.tiers[1]: no `route` node of the flow asks this tier"]);
}

#[test]
fn rules_that_tell_buyers_apart_are_warned_about_where_there_is_only_one() {
    let mut agency = Agency::new();
    agency.campaign["routing"]["second_chance"] = json!({"before_seconds": 20});
    agency.campaign["duplicates"] = json!({"within_days": 30, "action": "different_buyer"});
    let plan = |agency: &Agency| {
        let targets = BTreeMap::from([(
            target_id(1),
            serde_json::from_value(agency.targets[0].clone()).expect("a target"),
        )]);
        let buyers = BTreeMap::from([(
            buyer_id(1),
            serde_json::from_value(agency.buyers[0].clone()).expect("a buyer"),
        )]);
        let campaign: Campaign = serde_json::from_value(agency.campaign.clone()).expect("a campaign");
        let warnings = campaign.warnings_among(Named { targets: &targets, buyers: &buyers }, noon());
        warnings.iter().map(|problem| problem.path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(plan(&agency), ["duplicates.action", "routing.second_chance"]);
    assert_eq!(agency.campaign_warnings(), [] as [&str; 0], "there are two");
    agency.campaign["duplicates"]["action"] = json!("reject");
    assert_eq!(plan(&agency), ["routing.second_chance"]);
}
