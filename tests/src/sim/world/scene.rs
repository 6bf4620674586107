//! What a run is drawn for: anything that may happen, or one thing that is too rare among all the others.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{super::chance::Chance, Agency, BUSY, Caller, suppression::CALLERS};

/// What a run is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Scene {
    /// Whatever may happen.
    #[default]
    Any,
    /// Callers call twice in the same moment, and may be sold once.
    CallsAtOnce,
    /// Callers wait side by side of whom each is for other targets.
    UnlikeWaiters,
}

impl Scene {
    /// Draws the callers anew where the scene is about who calls when.
    pub(super) fn set_callers(self, chance: &Chance, callers: &mut [Caller]) {
        if self != Self::CallsAtOnce {
            return;
        }
        for pair in callers.chunks_mut(2) {
            let (first, person) = (pair[0], chance.within(CALLERS));
            for caller in pair {
                let apart = chance.milliseconds(0..=10);
                *caller = Caller {
                    after: first.after + apart,
                    agency: first.agency,
                    person: Some(person),
                    ..*caller
                };
            }
        }
    }

    /// Changes what an agency has configured, so that the scene comes about.
    pub(super) fn set(self, agency: &mut Agency) {
        match self {
            Self::Any => {}
            Self::CallsAtOnce => once_to_a_caller(agency),
            Self::UnlikeWaiters => by_language(agency),
        }
    }
}

/// Lines enough for all, and no caller is sold twice.
fn once_to_a_caller(agency: &mut Agency) {
    let direct = json!({"start": "buyers", "nodes": {
        "buyers": {"type": "route", "otherwise": "busy"}, "busy": {"type": "hangup", "say": BUSY}}});
    for campaign in agency.campaigns.values_mut() {
        let rule = json!({"within_days": 30, "counts": "connected", "action": "reject"});
        change(campaign, json!({"flow": direct, "queue": null, "suppression": null, "duplicates": rule}));
    }
    agency.buyers.values_mut().for_each(|buyer| change(buyer, no_limits(50)));
    agency.targets.values_mut().for_each(|target| {
        change(target, no_limits(50));
        change(target, json!({"skills": null, "filter": null, "hours": null}));
    });
}

/// One line each, for one of two languages; callers have patience.
fn by_language(agency: &mut Agency) {
    let flow = json!({"start": "language", "nodes": {
        "language": {"type": "menu", "say": "For English press 1, para español 2.", "tag": "language",
                     "choices": {"1": {"value": "en", "next": "buyers"}, "2": {"value": "es-MX", "next": "buyers"}},
                     "timeout_seconds": 4, "attempts": 2, "otherwise": "buyers"},
        "buyers": {"type": "route", "otherwise": "busy"}, "busy": {"type": "hangup", "say": BUSY}}});
    let queue = json!({"max_size": 30, "max_wait_seconds": 400, "order": {"by": "arrival"}});
    for campaign in agency.campaigns.values_mut() {
        let change_to = json!({"flow": flow, "queue": queue, "suppression": null, "duplicates": null});
        change(campaign, change_to);
    }
    agency.buyers.values_mut().for_each(|buyer| change(buyer, no_limits(10)));
    for (target, language) in agency.targets.values_mut().zip(["en", "es"].into_iter().cycle()) {
        change(target, no_limits(1));
        change(target, json!({"skills": {"language": [language]}, "filter": null, "hours": null}));
    }
    agency.numbers.values_mut().for_each(|number| change(number, json!({"tags": null})));
}

fn no_limits(lines: u32) -> Value {
    json!({"caps": {"concurrency": lines}, "money_caps": null, "budget": null, "minimum_seconds_between_calls": null,
           "duplicates": null, "groups": null, "group": null})
}

/// Replaces members of a document; null is one that is not given.
fn change<D: Serialize + DeserializeOwned>(document: &mut D, members: Value) {
    let mut shown = serde_json::to_value(&*document).expect("a document");
    let (Some(all), Value::Object(members)) = (shown.as_object_mut(), members) else { return };
    for (name, member) in members {
        match member {
            Value::Null => drop(all.remove(&name)),
            _ => drop(all.insert(name, member)),
        }
    }
    *document = super::agency::read(shown);
}
