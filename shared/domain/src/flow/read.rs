//! Reading a node.

use serde::{Deserialize, Deserializer, de};

use super::{
    Choice, ConditionNode, ForwardNode, GatherNode, HangupNode, HoursNode, MenuNode, Node, NodeId, RouteNode,
    SayNode, Wording,
};
use crate::{
    bounded,
    filter::Filter,
    phone::PhoneNumber,
    schedule::Schedule,
    tagged::{Misfit, needed, refuse_unused},
    tags::TagName,
    text::{Key, LanguageTag},
};

const DEFAULT_TIMEOUT_SECONDS: u32 = 5;
const DEFAULT_ATTEMPTS: u8 = 2;
const DEFAULT_RING_TIMEOUT_SECONDS: u32 = 30;

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Say,
    Menu,
    Gather,
    Condition,
    Hours,
    Route,
    Forward,
    Hangup,
}

/// Every member that any node has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    r#type: Kind,
    say: Option<Wording>,
    language: Option<LanguageTag>,
    next: Option<NodeId>,
    otherwise: Option<NodeId>,
    tag: Option<TagName>,
    choices: Option<Choices>,
    #[serde(default, deserialize_with = "bounded::optional_number::<1, 60, _, _>")]
    timeout_seconds: Option<u32>,
    #[serde(default, deserialize_with = "bounded::optional_number::<1, 5, _, _>")]
    attempts: Option<u8>,
    #[serde(default, deserialize_with = "bounded::optional_number::<1, 32, _, _>")]
    digits: Option<u8>,
    speech: Option<bool>,
    r#if: Option<Filter>,
    then: Option<NodeId>,
    r#else: Option<NodeId>,
    hours: Option<Schedule>,
    open: Option<NodeId>,
    closed: Option<NodeId>,
    tiers: Option<TierNumbers>,
    after_hours: Option<NodeId>,
    phone_number: Option<PhoneNumber>,
    #[serde(default, deserialize_with = "bounded::optional_number::<5, 120, _, _>")]
    ring_timeout_seconds: Option<u32>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Choices(
    #[serde(deserialize_with = "bounded::map::<12, _, _, _>")] std::collections::BTreeMap<Key, Choice>,
);

/// Numbers of tiers, counted from 1: at most 10.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct TierNumbers(#[serde(deserialize_with = "bounded::list::<10, _, _>")] Vec<TierNumber>);

impl From<TierNumbers> for Vec<u8> {
    fn from(tiers: TierNumbers) -> Self {
        tiers.0.into_iter().map(|number| number.0).collect()
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct TierNumber(#[serde(deserialize_with = "bounded::number::<1, 10, _, _>")] u8);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Members::deserialize(deserializer)?.into_node().map_err(de::Error::custom)
    }
}

impl Kind {
    const fn phrase(self) -> &'static str {
        match self {
            Self::Say => "a say node",
            Self::Menu => "a menu node",
            Self::Gather => "a gather node",
            Self::Condition => "a condition node",
            Self::Hours => "an hours node",
            Self::Route => "a route node",
            Self::Forward => "a forward node",
            Self::Hangup => "a hangup node",
        }
    }
}

impl Members {
    fn into_node(mut self) -> Result<Node, Misfit> {
        let (kind, phrase) = (self.r#type, self.r#type.phrase());
        let node = match kind {
            Kind::Say => Node::Say(self.say(phrase)?),
            Kind::Menu => Node::Menu(self.menu(phrase)?),
            Kind::Gather => Node::Gather(self.gather(phrase)?),
            Kind::Condition => Node::Condition(self.condition(phrase)?),
            Kind::Hours => Node::Hours(self.hours(phrase)?),
            Kind::Route => Node::Route(self.route(phrase)?),
            Kind::Forward => Node::Forward(self.forward(phrase)?),
            Kind::Hangup => Node::Hangup(self.hangup()),
        };
        self.refuse_unused(phrase)?;
        Ok(node)
    }

    fn say(&mut self, kind: &'static str) -> Result<SayNode, Misfit> {
        Ok(SayNode {
            say: needed(kind, "say", &mut self.say)?,
            language: self.language.take(),
            next: needed(kind, "next", &mut self.next)?,
        })
    }

    fn menu(&mut self, kind: &'static str) -> Result<MenuNode, Misfit> {
        Ok(MenuNode {
            say: needed(kind, "say", &mut self.say)?,
            language: self.language.take(),
            tag: self.tag.take(),
            choices: needed(kind, "choices", &mut self.choices)?.0,
            timeout_seconds: self.timeout_seconds.take().unwrap_or(DEFAULT_TIMEOUT_SECONDS),
            attempts: self.attempts.take().unwrap_or(DEFAULT_ATTEMPTS),
            otherwise: needed(kind, "otherwise", &mut self.otherwise)?,
        })
    }

    fn gather(&mut self, kind: &'static str) -> Result<GatherNode, Misfit> {
        Ok(GatherNode {
            say: needed(kind, "say", &mut self.say)?,
            language: self.language.take(),
            digits: self.digits.take(),
            speech: self.speech.take().unwrap_or(false),
            tag: needed(kind, "tag", &mut self.tag)?,
            timeout_seconds: self.timeout_seconds.take().unwrap_or(DEFAULT_TIMEOUT_SECONDS),
            attempts: self.attempts.take().unwrap_or(DEFAULT_ATTEMPTS),
            next: needed(kind, "next", &mut self.next)?,
            otherwise: self.otherwise.take(),
        })
    }

    fn condition(&mut self, kind: &'static str) -> Result<ConditionNode, Misfit> {
        Ok(ConditionNode {
            filter: needed(kind, "if", &mut self.r#if)?,
            then: needed(kind, "then", &mut self.then)?,
            otherwise: needed(kind, "else", &mut self.r#else)?,
        })
    }

    fn hours(&mut self, kind: &'static str) -> Result<HoursNode, Misfit> {
        Ok(HoursNode {
            hours: needed(kind, "hours", &mut self.hours)?,
            open: needed(kind, "open", &mut self.open)?,
            closed: needed(kind, "closed", &mut self.closed)?,
        })
    }

    fn route(&mut self, kind: &'static str) -> Result<RouteNode, Misfit> {
        Ok(RouteNode {
            tiers: self.tiers.take().map(Vec::from),
            otherwise: needed(kind, "otherwise", &mut self.otherwise)?,
            after_hours: self.after_hours.take(),
        })
    }

    fn forward(&mut self, kind: &'static str) -> Result<ForwardNode, Misfit> {
        Ok(ForwardNode {
            phone_number: needed(kind, "phone_number", &mut self.phone_number)?,
            say: self.say.take(),
            language: self.language.take(),
            ring_timeout_seconds: self.ring_timeout_seconds.take().unwrap_or(DEFAULT_RING_TIMEOUT_SECONDS),
            otherwise: self.otherwise.take(),
        })
    }

    fn hangup(&mut self) -> HangupNode {
        HangupNode { say: self.say.take(), language: self.language.take() }
    }

    fn refuse_unused(&self, kind: &'static str) -> Result<(), Misfit> {
        let members = [
            ("say", self.say.is_some()),
            ("language", self.language.is_some()),
            ("next", self.next.is_some()),
            ("otherwise", self.otherwise.is_some()),
            ("tag", self.tag.is_some()),
            ("choices", self.choices.is_some()),
            ("timeout_seconds", self.timeout_seconds.is_some()),
            ("attempts", self.attempts.is_some()),
            ("digits", self.digits.is_some()),
            ("speech", self.speech.is_some()),
            ("if", self.r#if.is_some()),
            ("then", self.then.is_some()),
            ("else", self.r#else.is_some()),
            ("hours", self.hours.is_some()),
            ("open", self.open.is_some()),
            ("closed", self.closed.is_some()),
            ("tiers", self.tiers.is_some()),
            ("after_hours", self.after_hours.is_some()),
            ("phone_number", self.phone_number.is_some()),
            ("ring_timeout_seconds", self.ring_timeout_seconds.is_some()),
        ];
        refuse_unused(kind, &members)
    }
}
