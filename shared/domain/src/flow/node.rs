//! The nodes of a flow.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{NodeId, Wording};
use crate::{
    filter::Filter,
    phone::PhoneNumber,
    schedule::Schedule,
    tags::{TagName, TagValue},
    text::{Key, LanguageTag},
};

/// One step of a flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Node {
    /// Speaks, and goes on.
    Say(SayNode),
    /// Asks for one key, each of which leads elsewhere.
    Menu(MenuNode),
    /// Asks for digits or speech and keeps the answer as a tag.
    Gather(GatherNode),
    /// Goes on by what is known of the caller.
    Condition(ConditionNode),
    /// Goes on by the time.
    Hours(HoursNode),
    /// Looks for a target by the campaign's routing.
    Route(RouteNode),
    /// Rings a fixed number.
    Forward(ForwardNode),
    /// Ends the call.
    Hangup(HangupNode),
}

/// Speaks, and goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SayNode {
    /// What is spoken.
    pub say: Wording,
    /// In which language the text for everybody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
    /// What comes next.
    pub next: NodeId,
}

/// Asks for one key. Speech is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MenuNode {
    /// What is asked.
    pub say: Wording,
    /// In which language the text for everybody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
    /// Keeps the value of the choice, or its key where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<TagName>,
    /// By key.
    #[schema(value_type = std::collections::HashMap<String, Choice>)]
    pub choices: BTreeMap<Key, Choice>,
    /// Silence after which the caller counts as having pressed nothing.
    #[schema(default = 5, minimum = 1, maximum = 60, required = false)]
    pub timeout_seconds: u32,
    /// How often it asks at most.
    #[schema(default = 2, minimum = 1, maximum = 5, required = false)]
    pub attempts: u8,
    /// What comes next where no choice was made.
    pub otherwise: NodeId,
}

/// One choice of a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What the menu's tag keeps; the key where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<TagValue>,
    /// What comes next.
    pub next: NodeId,
}

/// Asks for digits or speech, and keeps the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GatherNode {
    /// What is asked.
    pub say: Wording,
    /// In which language the text for everybody is; that of a caller's speech is the one in which they are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
    /// How many digits are an answer, exactly; none where digits are not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 32)]
    pub digits: Option<u8>,
    /// Whether speech is taken.
    #[serde(skip_serializing_if = "is_false")]
    #[schema(default = false, required = false)]
    pub speech: bool,
    /// Keeps the answer.
    pub tag: TagName,
    /// Silence after which the caller counts as having entered nothing.
    #[schema(default = 5, minimum = 1, maximum = 60, required = false)]
    pub timeout_seconds: u32,
    /// How often it asks at most.
    #[schema(default = 2, minimum = 1, maximum = 5, required = false)]
    pub attempts: u8,
    /// What comes next.
    pub next: NodeId,
    /// What comes next where there was no answer; `next` where none is given, without the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<NodeId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
const fn is_false(truth: &bool) -> bool {
    !*truth
}

/// Goes on by what is known of the caller. What is not known does not pass.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConditionNode {
    /// What is asked of the facts.
    #[serde(rename = "if")]
    pub filter: Filter,
    /// What comes next where it passes.
    pub then: NodeId,
    /// What comes next where it does not.
    #[serde(rename = "else")]
    pub otherwise: NodeId,
}

/// Goes on by the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoursNode {
    /// When it is open.
    pub hours: Schedule,
    /// What comes next within the hours.
    pub open: NodeId,
    /// What comes next outside of them.
    pub closed: NodeId,
}

/// Looks for a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RouteNode {
    /// Which tiers of the campaign's routing are asked, counted from 1; none given: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 10)]
    pub tiers: Option<Vec<u8>>,
    /// What comes next where no target takes the call.
    pub otherwise: NodeId,
    /// What comes next where that is for the hours: the campaign is closed, or every target that would take the call is; `otherwise`
    /// where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_hours: Option<NodeId>,
}

impl RouteNode {
    /// What comes next where no target takes the call. `after_hours`: for the hours.
    pub fn without_target(&self, after_hours: bool) -> &NodeId {
        self.after_hours.as_ref().filter(|_| after_hours).unwrap_or(&self.otherwise)
    }
}

/// Rings a fixed number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForwardNode {
    /// The number.
    pub phone_number: PhoneNumber,
    /// Spoken before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<Wording>,
    /// In which language the text for everybody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
    /// How long it may ring.
    #[schema(default = 30, minimum = 5, maximum = 120, required = false)]
    pub ring_timeout_seconds: u32,
    /// What comes next where it is not answered; the call ends where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<NodeId>,
}

/// Ends the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HangupNode {
    /// Spoken before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<Wording>,
    /// In which language the text for everybody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
}

impl Node {
    /// The nodes that may come next, each with the member that names it.
    pub(super) fn targets(&self) -> Vec<(String, &NodeId)> {
        match self {
            Self::Say(say) => vec![named("next", &say.next)],
            Self::Menu(menu) => {
                let choices = menu.choices.iter();
                let mut targets: Vec<_> =
                    choices.map(|(key, choice)| (format!("choices.{key}.next"), &choice.next)).collect();
                targets.push(named("otherwise", &menu.otherwise));
                targets
            }
            Self::Gather(gather) => {
                let otherwise = gather.otherwise.iter().map(|node| named("otherwise", node));
                std::iter::once(named("next", &gather.next)).chain(otherwise).collect()
            }
            Self::Condition(condition) => {
                vec![named("then", &condition.then), named("else", &condition.otherwise)]
            }
            Self::Hours(hours) => vec![named("open", &hours.open), named("closed", &hours.closed)],
            Self::Route(route) => {
                let after_hours = route.after_hours.iter().map(|node| named("after_hours", node));
                std::iter::once(named("otherwise", &route.otherwise)).chain(after_hours).collect()
            }
            Self::Forward(forward) => forward.otherwise.iter().map(|node| named("otherwise", node)).collect(),
            Self::Hangup(_) => Vec::new(),
        }
    }
}

fn named<'a>(member: &str, node: &'a NodeId) -> (String, &'a NodeId) {
    (member.to_owned(), node)
}
