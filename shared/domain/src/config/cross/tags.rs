//! What the tags of a call may be when it is routed, as far as the flow tells, and which targets can then never take one.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    config::Target,
    filter::{Field, Possible},
    flow::{Flow, Node},
    tags::{TagName, TagValue},
};

/// The tags that a flow sets.
pub(super) struct KnownTags(BTreeMap<TagName, Values>);

/// What a tag may be set to.
enum Values {
    /// Whatever the caller enters.
    Any,
    /// One of these, in alphabetical order.
    OneOf(Vec<TagValue>),
}

impl KnownTags {
    /// The tags that menus and gathers set.
    pub(super) fn of(flow: &Flow) -> Self {
        let mut chosen: BTreeMap<TagName, BTreeSet<TagValue>> = BTreeMap::new();
        let mut entered = BTreeSet::new();
        for node in flow.nodes.values() {
            match node {
                Node::Gather(gather) => drop(entered.insert(gather.tag.clone())),
                Node::Menu(menu) => {
                    let Some(tag) = &menu.tag else { continue };
                    let values = menu.choices.iter().map(|(key, choice)| {
                        choice.value.clone().unwrap_or_else(|| TagValue::cleaned(key.as_str()))
                    });
                    chosen.entry(tag.clone()).or_default().extend(values);
                }
                Node::Say(_)
                | Node::Condition(_)
                | Node::Hours(_)
                | Node::Route(_)
                | Node::Forward(_)
                | Node::Hangup(_) => {}
            }
        }
        let chosen =
            chosen.into_iter().map(|(tag, values)| (tag, Values::OneOf(values.into_iter().collect())));
        Self(chosen.chain(entered.into_iter().map(|tag| (tag, Values::Any))).collect())
    }

    /// Why no call that comes through the flow can be one for a target, unless its number sets the tag.
    pub(super) fn never_served(&self, target: &Target) -> Option<String> {
        self.missing_skill(target).or_else(|| self.impossible_filter(target))
    }

    fn missing_skill(&self, target: &Target) -> Option<String> {
        let unserved = target.skills.tags().find(|tag| match self.0.get(*tag) {
            None => true,
            Some(Values::Any) => false,
            Some(Values::OneOf(values)) => !values.iter().any(|value| target.skills.serves(tag, value)),
        });
        unserved.map(|tag| {
            format!("serves no `{tag}` that the flow sets: only numbers that set this tag lead there")
        })
    }

    fn impossible_filter(&self, target: &Target) -> Option<String> {
        let possible = |field: &Field| match field {
            Field::Tag(tag) => match self.0.get(tag) {
                None => Possible::Nothing,
                Some(Values::Any) => Possible::Anything,
                Some(Values::OneOf(values)) => Possible::OneOf(values.iter().map(TagValue::as_str).collect()),
            },
            _ => Possible::Anything,
        };
        let is_impossible = !target.filter.as_ref()?.can_pass(&possible);
        is_impossible.then(|| {
            let message =
                "has a filter that no answer of the flow passes: only numbers that set its tags lead there";
            message.to_owned()
        })
    }
}
