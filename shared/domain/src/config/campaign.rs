//! Campaigns: what callers of one kind go through, who takes them, and what they are worth.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Conversion, Document, Duplicates, PayoutRule, QueuePolicy, Routing, SuppressionPolicy};
use crate::{
    flow::{Flow, Node, Wording},
    phone::PhoneNumber,
    problem::Problem,
    schedule::Schedule,
    text::Name,
};

/// Qualification, routing and payout for one kind of call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// What people call it.
    pub name: Name,
    /// What the caller goes through.
    pub flow: Flow,
    /// Who takes the calls.
    #[serde(default)]
    pub routing: Routing,
    /// When it takes calls, within those of its buyers and targets; always where none are given. Outside of them its flow runs all the
    /// same, and nobody is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Schedule>,
    /// When a call is billable.
    pub conversion: Conversion,
    /// What the publisher is paid for it.
    pub payout: PayoutRule,
    /// How callers are held where no target is free; they are not where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueuePolicy>,
    /// What is done with a caller whom one of its buyers has had already; nothing where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<Duplicates>,
    /// Which callers are turned away when they come in; only those whom the account blocks where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<SuppressionPolicy>,
    /// Who takes calls when the platform itself fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_number: Option<PhoneNumber>,
    /// Whether connected calls are recorded.
    #[serde(default)]
    pub record: bool,
    /// What is said of the recording before it begins, by language of the caller. Over a relay both hear it once they are joined, and nothing is recorded
    /// if it cannot be said. At Twilio the caller hears it before the first target is rung; who answers is told by the target's `whisper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_notice: Option<Wording>,
}

impl Document for Campaign {
    fn check(&self) -> Vec<Problem> {
        let then = self.suppression.as_ref().and_then(|policy| policy.then.as_ref());
        let flow = self.flow.check_from(then).into_iter().map(|problem| problem.under("flow"));
        let suppression = self.suppression.iter().flat_map(|policy| policy.check_within(&self.flow));
        let suppression = suppression.map(|problem| problem.under("suppression"));
        let routing = self.routing.check().into_iter().map(|problem| problem.under("routing"));
        let payout = self.payout.check().into_iter().map(|problem| problem.under("payout"));
        let tiers = self.routing.tiers.len();
        let queue = self.queue.iter().flat_map(|queue| queue.check_within(&self.flow, tiers));
        let queue = queue.map(|problem| problem.under("queue"));
        let hours = self.hours.iter().flat_map(Schedule::check).map(|problem| problem.under("hours"));
        flow.chain(self.check_tiers())
            .chain(routing)
            .chain(hours)
            .chain(payout)
            .chain(suppression)
            .chain(queue)
            .collect()
    }

    fn warnings(&self) -> Vec<Problem> {
        let duplicates = self.duplicates.iter().flat_map(Duplicates::warnings);
        let duplicates = duplicates.map(|problem| problem.under("duplicates"));
        let suppression = self.suppression.iter().flat_map(SuppressionPolicy::warnings);
        let suppression = suppression.map(|problem| problem.under("suppression"));
        let notice = self.needless_notice();
        duplicates.chain(suppression).chain(self.second_chance_warning()).chain(notice).collect()
    }
}

impl Campaign {
    fn needless_notice(&self) -> Option<Problem> {
        let is_needless = self.recording_notice.is_some() && !self.record;
        is_needless.then(|| {
            Problem::new("recording_notice", "nothing is recorded: it is never said unless `record` is true")
        })
    }

    /// A call that is billable gets no second chance, however early its end counts as.
    fn second_chance_warning(&self) -> Option<Problem> {
        let (before, billable) =
            (self.routing.second_chance?.before_seconds, self.conversion.minimum_seconds);
        let message = format!(
            "from `conversion.minimum_seconds`, {billable}, a call is billed and gets no second chance: \
             {before} has the effect of {billable}"
        );
        (before > billable).then(|| Problem::new("routing.second_chance.before_seconds", message))
    }

    /// The tiers that the flow asks and the routing does not have.
    fn check_tiers(&self) -> Vec<Problem> {
        let count = self.routing.tiers.len();
        let mut problems = Vec::new();
        for (id, node) in &self.flow.nodes {
            let Node::Route(route) = node else { continue };
            for (index, tier) in route.tiers.iter().flatten().enumerate() {
                if usize::from(*tier) > count {
                    let path = format!("flow.nodes.{id}.tiers[{index}]");
                    problems.push(Problem::new(
                        path,
                        format!("there is no tier {tier}; the routing has {count}"),
                    ));
                }
            }
        }
        problems
    }
}
