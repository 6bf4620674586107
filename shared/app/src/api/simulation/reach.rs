//! Which nodes of a flow a caller may come to, with the answers that are known.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, KnownCaller},
    flow::{Flow, MenuNode, Node, NodeId, Stop},
    tags::{TagValue, Tags},
};

/// Where callers may come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reached {
    /// Nodes that look for a target.
    pub(super) routes: BTreeSet<NodeId>,
    /// Nodes that end the call, or forward it.
    pub(super) ends: BTreeSet<NodeId>,
}

/// Goes on from some nodes until callers are routed or their calls end. A question whose answer is not known is answered in
/// every way.
pub(super) fn reach(flow: &Flow, call: &Call, from: Vec<NodeId>, at: Timestamp) -> Reached {
    let (mut reached, mut seen, mut waiting) = (Reached::default(), BTreeSet::new(), from);
    while let Some(node) = waiting.pop() {
        if !seen.insert(node.clone()) {
            continue;
        }
        match flow.walk(&node, &KnownCaller::of(call), at).stop {
            Stop::Ask { node } => waiting.extend(answers(flow, &node, &call.tags)),
            Stop::Route { node } => drop(reached.routes.insert(node)),
            Stop::Forward { node } | Stop::Hangup { node } | Stop::Lost { node } => {
                reached.ends.insert(node);
            }
        }
    }
    reached
}

fn answers(flow: &Flow, node: &NodeId, tags: &Tags) -> Vec<NodeId> {
    match flow.nodes.get(node) {
        Some(Node::Menu(menu)) => {
            let known = menu.tag.as_ref().and_then(|tag| tags.get(tag.as_str()));
            known.map_or_else(|| all_answers(menu), |value| vec![answer(menu, value)])
        }
        Some(Node::Gather(gather)) if tags.get(gather.tag.as_str()).is_some() => vec![gather.next.clone()],
        Some(Node::Gather(gather)) => [&gather.next].into_iter().chain(&gather.otherwise).cloned().collect(),
        Some(
            Node::Say(_)
            | Node::Condition(_)
            | Node::Hours(_)
            | Node::Route(_)
            | Node::Forward(_)
            | Node::Hangup(_),
        )
        | None => Vec::new(),
    }
}

fn all_answers(menu: &MenuNode) -> Vec<NodeId> {
    menu.choices.values().map(|choice| &choice.next).chain([&menu.otherwise]).cloned().collect()
}

fn answer(menu: &MenuNode, value: &TagValue) -> NodeId {
    let mut choices = menu.choices.iter();
    let chosen = choices.find(|(key, choice)| match &choice.value {
        Some(own) => own == value,
        None => key.as_str() == value.as_str(),
    });
    chosen.map_or(&menu.otherwise, |(_, choice)| &choice.next).clone()
}
