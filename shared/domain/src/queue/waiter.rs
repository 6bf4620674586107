//! Somebody in a queue.

use jiff::Timestamp;

use super::{Place, QueueId};
use crate::{
    flow::NodeId,
    ids::{CallId, CampaignId, TargetId},
    money::Money,
};

/// Somebody in a queue: what whoever has a free target must know to find who is next, without reading each call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiter {
    /// Which queue.
    pub queue: QueueId,
    /// Where in it.
    pub place: Place,
    /// Whose call.
    pub call: CallId,
    /// The call's campaign.
    pub campaign: CampaignId,
    /// Whether somebody is on the line.
    pub kind: WaiterKind,
    /// What the caller counts as worth.
    pub value: Money,
    /// When they came into the queue.
    pub entered_at: Timestamp,
    /// Who would take the caller at any moment, once a line is free: at most [`Self::MOST_TARGETS`], the first ones of the waterfall.
    pub targets: Vec<TargetId>,
    /// Who would take them from some moment on, the soonest first: who opens then, or may be asked again. At most [`Self::MOST_LATER`]: when
    /// their time has come, it is noted anew.
    pub later: Vec<LaterTarget>,
    /// The version of the plan that the targets follow from: after a change of the plan they may be others.
    pub plan_version: u64,
}

impl Waiter {
    /// So many targets are noted. Somebody whom more would take is looked at by whoever has any of the campaign's targets free.
    pub const MOST_TARGETS: usize = 20;

    /// So many of those are noted who would take them later.
    pub const MOST_LATER: usize = 5;

    /// Whether this target may be one that would take them now. Only their call tells for sure.
    pub fn may_be_taken_by(&self, target: TargetId, plan_version: u64, at: Timestamp) -> bool {
        let is_unknown = self.targets.len() >= Self::MOST_TARGETS || self.plan_version != plan_version;
        let has_come = |later: &LaterTarget| later.target == target && later.from <= at;
        is_unknown || self.targets.contains(&target) || self.later.iter().any(has_come)
    }
}

/// A target that would take somebody from some moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaterTarget {
    /// Which.
    pub target: TargetId,
    /// From when.
    pub from: Timestamp,
}

/// Who stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiterKind {
    /// A caller who holds the line.
    Live,
    /// A caller who has hung up and is to be called back; nobody is offered until they answer.
    Callback,
}

impl WaiterKind {
    /// The word in records and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Callback => "callback",
        }
    }
}

/// That a call has come into a queue: written once, so that it comes back to the same place whenever nobody has taken it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Which queue.
    pub queue: QueueId,
    /// Where in it.
    pub place: Place,
    /// What the caller counts as worth.
    pub value: Money,
    /// When they came.
    pub entered_at: Timestamp,
    /// The `route` node for whose targets they wait.
    pub node: NodeId,
    /// How long they were told that it would take, for the record of how right that was; none if they were told nothing.
    pub announced_seconds: Option<u32>,
    /// Within how long the policy aims to have them answered, for the reports; none if they are called back.
    pub answered_within_seconds: Option<u32>,
}

/// That a caller could not be held, or not any longer: written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overflowed {
    /// When.
    pub at: Timestamp,
    /// The `route` node for whose targets they would have waited.
    pub node: NodeId,
    /// Why.
    pub reason: OverflowReason,
}

/// Why a caller cannot be held, or not any longer, with the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverflowReason {
    /// As many wait as may.
    Full {
        /// How many.
        size: u32,
        /// At most.
        limit: u32,
    },
    /// The caller has waited as long as callers may.
    WaitedTooLong {
        /// How long.
        waited_seconds: u32,
        /// At most.
        limit_seconds: u32,
    },
    /// It would take too long.
    WouldWaitTooLong {
        /// By the estimate.
        estimated_seconds: u32,
        /// At most.
        limit_seconds: u32,
    },
    /// Nobody who would take the caller will be there before they have waited as long as callers may.
    NobodyComes {
        /// When somebody would be; none if nobody will.
        opens_at: Option<Timestamp>,
    },
}

impl OverflowReason {
    /// The code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Full { .. } => "queue_full",
            Self::WaitedTooLong { .. } => "waited_too_long",
            Self::WouldWaitTooLong { .. } => "would_wait_too_long",
            Self::NobodyComes { .. } => "nobody_comes",
        }
    }
}
