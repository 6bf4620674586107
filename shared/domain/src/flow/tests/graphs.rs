//! Random graphs against a naive check, and random calls through them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{WEDNESDAY, at, digits, hangup};
use crate::{
    call::event::Input,
    flow::{Answer, Flow, Node, NodeId, Stop},
    tags::Tags,
};

const MOST: usize = 8;

/// A node that leads to some of the nodes `n0` to `n7`, whether there are that many or not.
fn a_node() -> impl Strategy<Value = Value> {
    let name = || (0..MOST).prop_map(|number| format!("n{number}"));
    (0..9, name(), name(), name()).prop_map(|(kind, a, b, c)| match kind {
        0 => json!({"type": "say", "say": "x", "next": a}),
        1 => json!({"type": "menu", "say": "x", "choices": {"1": {"next": a}, "2": {"next": b}}, "otherwise": c}),
        2 => json!({"type": "gather", "say": "x", "digits": 1, "tag": "t", "next": a, "otherwise": b}),
        3 => json!({"type": "condition", "if": {"field": "tags.t", "op": "eq", "value": "1"}, "then": a, "else": b}),
        4 => json!({"type": "route", "otherwise": a}),
        5 => json!({"type": "route", "otherwise": a, "after_hours": b}),
        6 => json!({"type": "forward", "phone_number": "+12145550100", "otherwise": a}),
        _ => json!({"type": "hangup", "say": "x"}),
    })
}

pub(super) fn a_graph() -> impl Strategy<Value = Flow> {
    prop::collection::vec(a_node(), 1..=MOST).prop_map(|nodes| {
        let nodes: BTreeMap<_, _> =
            nodes.into_iter().enumerate().map(|(number, node)| (format!("n{number}"), node)).collect();
        serde_json::from_value(json!({"start": "n0", "nodes": nodes})).expect("a flow")
    })
}

/// A graph whose names all lead to a later node, so that it has no circle; what nobody reaches is left out.
pub(super) fn a_sound_graph() -> impl Strategy<Value = Flow> {
    (a_graph(), any::<prop::sample::Index>()).prop_map(|(mut flow, shift)| {
        let count = flow.nodes.len();
        let written = serde_json::to_value(&flow.nodes).expect("json");
        let mut nodes: BTreeMap<String, Value> = serde_json::from_value(written).expect("nodes");
        for (position, node) in nodes.values_mut().enumerate() {
            redirect(node, position, count, shift.index(MOST));
        }
        nodes.insert(format!("n{count}"), hangup());
        flow.nodes = serde_json::from_value(json!(nodes)).expect("nodes");
        let unreached: Vec<NodeId> = flow.nodes.keys().filter(|id| !reaches(&flow, id)).cloned().collect();
        flow.nodes.retain(|id, _| !unreached.contains(id));
        flow
    })
}

/// Points every name within a node to one of the nodes after `position`, the last of which is `last`.
fn redirect(part: &mut Value, position: usize, last: usize, shift: usize) {
    match part {
        Value::String(name) => {
            if let Some(number) = name.strip_prefix('n').and_then(|number| number.parse::<usize>().ok()) {
                *name = format!("n{}", position + 1 + (number + shift) % (last - position));
            }
        }
        Value::Object(members) => {
            members.values_mut().for_each(|member| redirect(member, position, last, shift));
        }
        _ => {}
    }
}

/// Whether a caller can come from one node to another in one step or more, by trying as many steps as there are nodes.
fn leads(flow: &Flow, from: &NodeId, to: &NodeId) -> bool {
    let mut reached: Vec<&NodeId> = vec![from];
    for _ in 0..flow.nodes.len() {
        let steps = reached.iter().filter_map(|id| flow.nodes.get(*id)).flat_map(Node::targets);
        reached = steps.map(|(_, target)| target).collect();
        reached.sort();
        reached.dedup();
        if reached.contains(&to) {
            return true;
        }
    }
    false
}

fn reaches(flow: &Flow, id: &NodeId) -> bool {
    *id == flow.start || leads(flow, &flow.start, id)
}

fn is_sound(flow: &Flow) -> bool {
    let names = flow.nodes.values().flat_map(Node::targets);
    let all_lead_somewhere = names.into_iter().all(|(_, target)| flow.nodes.contains_key(target));
    let has_no_circle = flow.nodes.keys().all(|id| !leads(flow, id, id));
    all_lead_somewhere && has_no_circle && flow.nodes.keys().all(|id| reaches(flow, id))
}

/// Takes a call through a flow with the inputs given, then with nothing, and counts the steps to its end.
pub(super) fn steps_to_the_end(flow: &Flow, inputs: &[Input]) -> Option<usize> {
    let most = flow.nodes.len() * 6;
    let (mut node, mut visit, mut tags) = (flow.start.clone(), 1, Tags::default());
    for step in 0..most {
        let otherwise = match flow.walk(&node, &tags, at(WEDNESDAY)).stop {
            Stop::Hangup { .. } => return Some(step),
            Stop::Lost { .. } => return None,
            Stop::Ask { node: asking } => {
                match flow.answer(&asking, visit, inputs.get(step).unwrap_or(&Input::Nothing)) {
                    Answer::Again { visit: again } => {
                        (node, visit) = (asking, again);
                        continue;
                    }
                    Answer::Next { node: next, tag } => {
                        tag.into_iter().for_each(|(name, value)| tags.insert(name, value).expect("room"));
                        Some(next)
                    }
                    Answer::Lost => return None,
                }
            }
            Stop::Route { node } | Stop::Forward { node } => match flow.nodes.get(&node) {
                Some(Node::Route(route)) => Some(route.without_target(step % 2 == 0).clone()),
                Some(Node::Forward(forward)) => forward.otherwise.clone(),
                _ => return None,
            },
        };
        match otherwise {
            Some(next) => (node, visit) = (next, 1),
            None => return Some(step),
        }
    }
    None
}

pub(super) fn an_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        "[0-9*#]{0,6}".prop_map(Input::Digits),
        prop::sample::select(vec!["1", "2"]).prop_map(digits),
        ".{0,20}".prop_map(Input::Speech),
        Just(Input::Nothing),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_flow_passes_exactly_if_it_is_sound(flow in a_graph()) {
        prop_assert_eq!(flow.check().is_empty(), is_sound(&flow), "{:?}", flow.check());
    }

    #[test]
    fn every_call_through_a_flow_that_passes_comes_to_an_end(
        flow in a_sound_graph(),
        inputs in prop::collection::vec(an_input(), 0..20),
    ) {
        prop_assert_eq!(flow.check(), []);
        prop_assert!(steps_to_the_end(&flow, &inputs).is_some());
    }

    #[test]
    fn no_flow_and_no_input_makes_a_walk_panic(flow in a_graph(), inputs in prop::collection::vec(an_input(), 0..20)) {
        let _ = steps_to_the_end(&flow, &inputs);
    }

    #[test]
    fn a_flow_reads_back_as_it_was_written(flow in a_graph()) {
        let written = serde_json::to_string(&flow).expect("json");
        prop_assert_eq!(serde_json::from_str::<Flow>(&written).expect("a flow"), flow);
    }
}
