//! The IVR flow: a checked graph of nodes that qualifies a caller.
//!
//! A flow has no cycles: whoever asks again does so by a node's `attempts`. Every walk therefore ends, and every call
//! reaches a `route`, a `forward` or a `hangup` after at most as many nodes as there are.

mod answer;
mod check;
mod node;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod walk;
mod wording;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use self::read::TierNumbers;
pub use self::{
    answer::{Answer, Question},
    node::{
        Choice, ConditionNode, ForwardNode, GatherNode, HangupNode, HoursNode, MenuNode, Node, RouteNode,
        SayNode,
    },
    walk::{Spoken, Stop, Walk},
    wording::Wording,
};
use crate::bounded;

/// What a caller goes through: named nodes, and the one that comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Where every call begins.
    pub start: NodeId,
    /// At most 100 nodes by name.
    #[serde(deserialize_with = "bounded::map::<{ Flow::MOST_NODES }, _, _, _>")]
    pub nodes: BTreeMap<NodeId, Node>,
}

impl Flow {
    /// The most nodes of a flow.
    pub const MOST_NODES: usize = 100;
}

/// A node's name within its flow: 1 to 64 characters of `a-z A-Z 0-9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "zip")]
pub struct NodeId(String);

/// A text that is no node's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a node's name: 1 to 64 letters, digits, hyphens or underscores")]
pub struct InvalidNodeId;

impl NodeId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NodeId {
    type Error = InvalidNodeId;

    fn try_from(text: String) -> Result<Self, InvalidNodeId> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if plain && (1..=64).contains(&text.len()) { Ok(Self(text)) } else { Err(InvalidNodeId) }
    }
}

impl From<NodeId> for String {
    fn from(node: NodeId) -> Self {
        node.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
