//! What is wrong with a flow beyond what reading it refuses.

use std::collections::BTreeSet;

use super::{Flow, GatherNode, MenuNode, Node, NodeId, RouteNode};
use crate::problem::Problem;

impl Flow {
    /// Its faults: names that lead nowhere, circles, nodes that no caller reaches, and members that contradict each other.
    pub fn check(&self) -> Vec<Problem> {
        self.check_from(None)
    }

    /// Its faults, where some callers begin at another node than the start.
    pub fn check_from(&self, other_start: Option<&NodeId>) -> Vec<Problem> {
        let mut problems = self.check_names();
        problems.extend(self.check_paths(other_start));
        for (id, node) in &self.nodes {
            let within = format!("nodes.{id}");
            problems.extend(node.check().into_iter().map(|problem| problem.under(&within)));
        }
        problems
    }

    fn check_names(&self) -> Vec<Problem> {
        let start = ("start".to_owned(), &self.start);
        let targets = self.nodes.iter().flat_map(|(id, node)| {
            let targets = node.targets().into_iter();
            targets.map(move |(member, target)| (format!("nodes.{id}.{member}"), target))
        });
        std::iter::once(start)
            .chain(targets)
            .filter(|(_, target)| !self.nodes.contains_key(target))
            .map(|(path, target)| Problem::new(path, format!("there is no node `{target}`")))
            .collect()
    }

    /// Walks every path from the start, each node once.
    fn check_paths(&self, other_start: Option<&NodeId>) -> Vec<Problem> {
        let (mut problems, mut seen) = (Vec::new(), BTreeSet::new());
        if !self.nodes.contains_key(&self.start) {
            return problems;
        }
        for start in [&self.start].into_iter().chain(other_start) {
            problems.extend(self.check_paths_from(start, &mut seen));
        }
        problems.extend(self.nodes.keys().filter(|id| !seen.contains(id)).map(is_unreachable));
        problems
    }

    fn check_paths_from<'a>(&'a self, start: &NodeId, seen: &mut BTreeSet<&'a NodeId>) -> Vec<Problem> {
        let found = self.nodes.get_key_value(start);
        let Some((start, node)) = found.filter(|(start, _)| seen.insert(start)) else {
            return Vec::new();
        };
        let mut problems = Vec::new();
        let mut trail = vec![(start, node.targets().into_iter())];
        while let Some((from, targets)) = trail.last_mut() {
            let from = *from;
            let Some((member, target)) = targets.next() else {
                trail.pop();
                continue;
            };
            if let Some(first) = trail.iter().position(|(passed, _)| *passed == target) {
                let circle = trail[first..].iter().map(|(passed, _)| *passed);
                problems.push(runs_in_a_circle(&format!("nodes.{from}.{member}"), circle, target));
            } else if let Some((id, node)) = self.nodes.get_key_value(target)
                && seen.insert(id)
            {
                trail.push((id, node.targets().into_iter()));
            }
        }
        problems
    }
}

fn runs_in_a_circle<'a>(
    path: &str,
    circle: impl Iterator<Item = &'a NodeId>,
    back_to: &'a NodeId,
) -> Problem {
    let names: Vec<&str> = circle.chain([back_to]).map(NodeId::as_str).collect();
    let names = names.join(" → ");
    let message =
        format!("the flow runs in a circle: {names}; to ask a caller again, give a node more `attempts`");
    Problem::new(path, message)
}

fn is_unreachable(id: &NodeId) -> Problem {
    let message = "no path from `start` leads here; name it in a node that callers reach, or leave it out";
    Problem::new(format!("nodes.{id}"), message)
}

impl Node {
    fn check(&self) -> Vec<Problem> {
        match self {
            Self::Menu(menu) => menu.check(),
            Self::Gather(gather) => gather.check(),
            Self::Hours(hours) => {
                let problems = hours.hours.check().into_iter();
                problems.map(|problem| problem.under("hours")).collect()
            }
            Self::Route(route) => route.check(),
            Self::Forward(forward) => check_language(forward.say.is_some(), forward.language.is_some()),
            Self::Hangup(hangup) => check_language(hangup.say.is_some(), hangup.language.is_some()),
            Self::Say(_) | Self::Condition(_) => Vec::new(),
        }
    }
}

impl MenuNode {
    fn check(&self) -> Vec<Problem> {
        if self.choices.is_empty() {
            return vec![Problem::new("choices", "a menu needs one choice or more")];
        }
        let unkept = self.choices.iter().filter(|(_, choice)| self.tag.is_none() && choice.value.is_some());
        unkept
            .map(|(key, _)| {
                Problem::new(
                    format!("choices.{key}.value"),
                    "nothing keeps this value; give the menu a `tag`",
                )
            })
            .collect()
    }
}

impl GatherNode {
    fn check(&self) -> Vec<Problem> {
        if self.digits.is_none() && !self.speech {
            let message = "a gather takes digits, speech or both; give `digits` (how many) or `speech`: true";
            return vec![Problem::new("digits", message)];
        }
        Vec::new()
    }
}

impl RouteNode {
    fn check(&self) -> Vec<Problem> {
        let tiers = self.tiers.as_deref().unwrap_or(&[1]);
        if tiers.is_empty() {
            let message = "names no tier; leave `tiers` out to ask all of them";
            return vec![Problem::new("tiers", message)];
        }
        let repeated = tiers.iter().enumerate().filter(|(index, tier)| tiers[..*index].contains(tier));
        repeated
            .map(|(index, tier)| {
                Problem::new(format!("tiers[{index}]"), format!("tier {tier} is named twice"))
            })
            .collect()
    }
}

fn check_language(says_something: bool, has_language: bool) -> Vec<Problem> {
    if has_language && !says_something {
        return vec![Problem::new("language", "nothing is spoken in this language; give `say`")];
    }
    Vec::new()
}
