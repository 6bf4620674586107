//! Targets serve what callers need: judged by what callers have answered and by what their number says of them.

use std::{collections::BTreeMap, iter};

use ringfall_domain::{
    call::event::Input,
    flow::NodeId,
    ids::{CallId, LegId, TargetId},
};

use super::{CallTruth, Checker, State};
use crate::sim::{
    verdict::Invariant,
    world::{World, answer},
};

/// By target: the values that it serves, by tag.
pub(super) type SkillsOfTargets = BTreeMap<TargetId, BTreeMap<String, Vec<String>>>;

/// What the targets of a world serve.
pub(super) fn skills_of(world: &World) -> SkillsOfTargets {
    let targets = world.agencies.iter().flat_map(|agency| &agency.targets);
    let read = |skills| serde_json::from_value(serde_json::to_value(skills).ok()?).ok();
    targets.map(|(id, target)| (*id, read(&target.skills).unwrap_or_default())).collect()
}

impl State {
    /// A caller has answered a question: the first answer stands.
    pub(super) fn answered(&mut self, call: CallId, node: &NodeId, input: &Input) {
        let Input::Digits(digits) = input else { return };
        if let (Some(call), Some((tag, value))) = (self.calls.get_mut(&call), answer(node.as_str(), digits)) {
            call.answers.entry(tag).or_insert(value);
        }
    }
}

impl Checker {
    /// The target of an attempt serves its caller.
    pub(super) fn serves(&self, state: &State, id: LegId, target: TargetId) {
        self.trace.count("check: a target's skills");
        if let Some(tag) = self.lacks(state, id.call, target) {
            self.violated(
                Invariant::Skill,
                format_args!("{id} is rung at {target}, which does not serve its {tag}"),
            );
        }
    }

    /// A target was passed over for lack of a skill.
    pub(super) fn is_rightly_unskilled(&self, state: &State, call: CallId, target: TargetId) {
        self.trace.count("check: a lack of skills");
        if self.lacks(state, call, target).is_none() {
            self.violated(
                Invariant::Skill,
                format_args!("{call} was not offered to {target}, which serves it"),
            );
        }
    }

    /// The first tag of which a target does not serve the call's value.
    fn lacks(&self, state: &State, call: CallId, target: TargetId) -> Option<&str> {
        let own = state.calls.get(&call)?;
        // Who is called back has said what they said in the first call, however often they were.
        let before = |call: &&CallTruth| call.callback_of.and_then(|of| state.calls.get(&of));
        let truth = iter::successors(Some(own), before).last()?;
        let of_number = |tag: &str| {
            let dialled = truth.incoming.as_ref()?.dialled();
            let mut numbers = self.world.agency(truth.account)?.numbers.values();
            let number = numbers.find(|number| number.phone_number == *dialled)?;
            number.tags.get(tag).map(|value| value.as_str().to_owned())
        };
        self.skills.get(&target)?.iter().find_map(|(tag, served)| {
            let needed =
                truth.answers.get(tag.as_str()).map(|value| (*value).to_owned()).or_else(|| of_number(tag));
            let is_served =
                needed.is_some_and(|needed| served.iter().any(|one| is_covered(tag, &needed, one)));
            (!is_served).then_some(tag.as_str())
        })
    }
}

/// Of languages a wider one serves a narrower one.
fn is_covered(tag: &str, needed: &str, served: &str) -> bool {
    let is_wider = || needed.strip_prefix(served).is_some_and(|rest| rest.starts_with('-'));
    needed == served || (tag == "language" && is_wider())
}
