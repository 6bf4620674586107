//! A campaign's queue policy.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Announcements, AudioUrl, CallbackPolicy, Overflow, QueueName, QueueOrder};
use crate::{
    bounded,
    flow::{Flow, Node},
    problem::Problem,
    text::Key,
};

/// How a campaign's callers are held while everybody who would take them is busy. What is left out is as most agencies want it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueuePolicy {
    /// A queue that other campaigns share by giving the same name; the campaign's own where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<QueueName>,
    /// The most callers that wait.
    #[serde(deserialize_with = "bounded::number::<1, 5_000, _, _>")]
    #[schema(minimum = 1, maximum = 5_000, example = 100)]
    pub max_size: u32,
    /// How long one waits at most. Less than one step of the hold is refused.
    #[serde(deserialize_with = "bounded::number::<{ QueuePolicy::LEAST_STEP_SECONDS }, 14_400, _, _>")]
    #[schema(minimum = 10, maximum = 14_400, example = 300)]
    pub max_wait_seconds: u32,
    /// A caller who would wait longer than this by the estimate is not held at all.
    #[serde(
        default,
        deserialize_with = "bounded::optional_number::<10, 14_400, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 10, maximum = 14_400)]
    pub max_estimated_wait_seconds: Option<u32>,
    /// Who is served first.
    #[serde(default)]
    pub order: QueueOrder,
    /// What is played, one after the other and again from the start; music of our own where none is given.
    #[serde(
        default,
        deserialize_with = "bounded::list::<{ QueuePolicy::MOST_SOUNDS }, _, _>",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schema(max_items = 20)]
    pub audio: Vec<AudioUrl>,
    /// What callers are told.
    #[serde(default)]
    pub announcements: Announcements,
    /// What is done, in this order, with callers who cannot be held or not any longer; the `otherwise` of the `route` node where nothing of it comes
    /// about.
    #[serde(
        default,
        deserialize_with = "bounded::list::<{ QueuePolicy::MOST_OVERFLOWS }, _, _>",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schema(max_items = 5)]
    pub overflow: Vec<Overflow>,
    /// Callers may hang up and be called back; they may not where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackPolicy>,
    /// A target that did not take a waiting caller is asked again for them after this long; one that refused them by a key is not.
    #[serde(default = "thirty", deserialize_with = "bounded::number::<5, 600, _, _>")]
    #[schema(minimum = 5, maximum = 600, default = 30)]
    pub retry_seconds: u32,
    /// Reports count who was answered within this time.
    #[serde(default = "twenty", deserialize_with = "bounded::number::<5, 600, _, _>")]
    #[schema(minimum = 5, maximum = 600, default = 20)]
    pub answered_within_seconds: u32,
}

const fn thirty() -> u32 {
    30
}

const fn twenty() -> u32 {
    20
}

impl QueuePolicy {
    /// No step of the hold is shorter.
    pub const LEAST_STEP_SECONDS: u32 = 10;
    /// How long one round of our own music lasts, and so a step of the hold with it.
    pub const OWN_MUSIC_SECONDS: u32 = 24;
    /// The most pieces of a playlist.
    pub const MOST_SOUNDS: usize = 20;
    /// The most things that are done with a caller who cannot be held.
    pub const MOST_OVERFLOWS: usize = 5;

    /// What is wrong with it in a campaign with that flow and so many tiers, beyond what reading refuses.
    pub fn check_within(&self, flow: &Flow, tiers: usize) -> Vec<Problem> {
        let order = self.order.check().into_iter().map(|problem| problem.under("order"));
        let callback = self.callback.iter().flat_map(CallbackPolicy::check);
        let callback = callback.map(|problem| problem.under("callback"));
        let overflow = self.overflow.iter().enumerate().flat_map(|(index, overflow)| {
            self.check_overflow(index, overflow, flow, tiers)
                .into_iter()
                .map(move |problem| problem.under(&format!("overflow[{index}]")))
        });
        order.chain(callback).chain(overflow).chain(self.needs_route(flow)).collect()
    }

    fn needs_route(&self, flow: &Flow) -> Option<Problem> {
        let routes = flow.nodes.values().any(|node| matches!(node, Node::Route(_)));
        (!routes).then(|| Problem::new("max_size", "nobody is held: the flow has no `route` node"))
    }

    fn check_overflow(&self, index: usize, overflow: &Overflow, flow: &Flow, tiers: usize) -> Vec<Problem> {
        let mut problems = Vec::new();
        match overflow {
            Overflow::Tiers { tiers: wanted } => problems.extend(check_tiers(wanted, flow, tiers)),
            Overflow::Callback if self.callback.is_none() => {
                problems.push(Problem::new("type", "needs the queue's `callback`; give it, if only as {}"));
            }
            Overflow::Callback | Overflow::Forward { .. } | Overflow::Voicemail(_) => {}
            Overflow::Hangup { .. } if index + 1 < self.overflow.len() => {
                problems.push(Problem::new("type", "ends the call: what stands behind it is never done"));
            }
            Overflow::Hangup { .. } => {}
        }
        problems
    }

    /// The key that asks to be called back, if a caller who has waited so long may.
    pub fn callback_key(&self, waited_seconds: u32) -> Option<&Key> {
        let callback = self.callback.as_ref()?;
        (waited_seconds >= callback.offer_after_seconds).then_some(&callback.key)
    }
}

/// A queue that overflows to the tiers that it holds callers for would overflow to itself.
fn check_tiers(wanted: &[u8], flow: &Flow, tiers: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    if wanted.is_empty() {
        problems.push(Problem::new("tiers", "names no tier"));
    }
    for (index, tier) in wanted.iter().enumerate() {
        let path = format!("tiers[{index}]");
        let asks = |node: &Node| match node {
            Node::Route(route) => route.tiers.as_ref().is_none_or(|asked| asked.contains(tier)),
            _ => false,
        };
        if usize::from(*tier) > tiers {
            problems.push(Problem::new(path, format!("there is no tier {tier}; the routing has {tiers}")));
        } else if let Some((node, _)) = flow.nodes.iter().find(|(_, node)| asks(node)) {
            let message = format!(
                "node `{node}` asks tier {tier} already, and callers wait for it: the queue would overflow to itself; \
                 give that node the `tiers` that it asks, without {tier}"
            );
            problems.push(Problem::new(path, message));
        }
    }
    problems
}
