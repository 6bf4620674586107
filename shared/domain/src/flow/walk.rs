//! Going through a flow until the caller is needed.

use jiff::Timestamp;

use super::{Flow, Node, NodeId};
use crate::{
    config::Skills,
    filter::{Fact, Facts, Field},
    text::{LanguageTag, Prompt},
};

/// What the nodes that were passed say, and where the walk stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// In order, that of the last node included where it is a `forward` or a `hangup`.
    pub spoken: Vec<Spoken>,
    /// Why it stopped.
    pub stop: Stop,
}

/// A text to speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// The text.
    pub text: Prompt,
    /// In which language; the provider's default where none is given.
    pub language: Option<LanguageTag>,
}

/// Where a walk stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A `menu` or `gather` asks the caller.
    Ask {
        /// The node.
        node: NodeId,
    },
    /// A `route` looks for a target.
    Route {
        /// The node.
        node: NodeId,
    },
    /// A `forward` rings a fixed number.
    Forward {
        /// The node.
        node: NodeId,
    },
    /// A `hangup` ends the call.
    Hangup {
        /// The node.
        node: NodeId,
    },
    /// The flow has no such node: it was changed under a live call. Also where it goes in circles, which a checked flow
    /// does not.
    Lost {
        /// The name that leads nowhere.
        node: NodeId,
    },
}

impl Flow {
    /// Goes on from a node through all that need no caller, at most once through each.
    pub fn walk(&self, from: &NodeId, facts: &(impl Facts + ?Sized), at: Timestamp) -> Walk {
        let mut spoken = Vec::new();
        let mut id = from;
        for _ in 0..self.nodes.len() {
            let Some(node) = self.nodes.get(id) else {
                break;
            };
            spoken.extend(node.spoken(facts));
            match node.step(id, facts, at) {
                Step::Next(next) => id = next,
                Step::Stop(stop) => return Walk { spoken, stop },
            }
        }
        let stop = Stop::Lost { node: id.clone() };
        Walk { spoken, stop }
    }
}

/// The language of the caller, as the number or a menu has it.
pub(super) fn language_of(facts: &(impl Facts + ?Sized)) -> Option<&str> {
    let tag = Skills::LANGUAGE.parse().expect("a plain word is a tag's name");
    match facts.fact(&Field::Tag(tag)) {
        Fact::Known(language) => Some(language),
        Fact::Unknown | Fact::OneOf(_) => None,
    }
}

enum Step<'a> {
    Next(&'a NodeId),
    Stop(Stop),
}

impl Node {
    fn step(&self, id: &NodeId, facts: &(impl Facts + ?Sized), at: Timestamp) -> Step<'_> {
        let node = id.clone();
        match self {
            Self::Say(say) => Step::Next(&say.next),
            Self::Condition(condition) => {
                let passes = condition.filter.evaluate(facts).is_ok();
                Step::Next(if passes { &condition.then } else { &condition.otherwise })
            }
            Self::Hours(hours) => {
                let is_open = hours.hours.judge(at, facts.fact(&Field::CallerZones)).is_open();
                Step::Next(if is_open { &hours.open } else { &hours.closed })
            }
            Self::Menu(_) | Self::Gather(_) => Step::Stop(Stop::Ask { node }),
            Self::Route(_) => Step::Stop(Stop::Route { node }),
            Self::Forward(_) => Step::Stop(Stop::Forward { node }),
            Self::Hangup(_) => Step::Stop(Stop::Hangup { node }),
        }
    }

    /// What is said on the way through. A question is no such thing: it is asked with its answer awaited.
    fn spoken(&self, facts: &(impl Facts + ?Sized)) -> Option<Spoken> {
        let (wording, language) = match self {
            Self::Say(say) => (Some(&say.say), &say.language),
            Self::Forward(forward) => (forward.say.as_ref(), &forward.language),
            Self::Hangup(hangup) => (hangup.say.as_ref(), &hangup.language),
            Self::Menu(_) | Self::Gather(_) | Self::Condition(_) | Self::Hours(_) | Self::Route(_) => {
                return None;
            }
        };
        Some(wording?.spoken_to(language_of(facts), language.as_ref()))
    }
}
