//! Going through the flow and judging the candidates, by the code that does it for real.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, KnownCaller},
    caller::CallerPast,
    flow::{Node, NodeId, RouteNode},
    plan::Plan,
    routing::{Candidate, CapacitySnapshot, Judgement, Outcome, Ruling, judge},
};

use super::{
    FirstChoice,
    reach::{Reached, reach},
};
use crate::api::decision::{CandidateBody, Decision, ReasonBody};

/// A call on its way through a plan.
pub(super) struct DryRun<'a> {
    pub(super) plan: &'a Plan,
    pub(super) call: &'a Call,
    pub(super) capacity: &'a CapacitySnapshot,
    pub(super) past: &'a CallerPast,
    pub(super) at: Timestamp,
    pub(super) judgement: Judgement,
}

impl DryRun<'_> {
    /// Goes through the flow; where nobody takes the call it goes on, as a call would.
    pub(super) fn go(&mut self) -> Reached {
        let flow = &self.plan.flow;
        let diverted = self.call.suppression.as_ref().and_then(|suppression| suppression.node(self.plan));
        let start = diverted.unwrap_or(&flow.start).clone();
        let mut reached = reach(flow, self.call, vec![start], self.at);
        // Each round is further along: a flow has no cycles.
        for _ in 0..flow.nodes.len() {
            if reached.routes.is_empty() {
                break;
            }
            self.judgement = self.judge(&reached.routes);
            if !self.judgement.eligible.is_empty() {
                break;
            }
            let next = reach(flow, self.call, self.without_target(&reached.routes), self.at);
            if next.routes.is_empty() {
                reached.ends.extend(next.ends);
                break;
            }
            reached =
                Reached { routes: next.routes, ends: reached.ends.into_iter().chain(next.ends).collect() };
        }
        reached
    }

    /// Where the call goes on that no target of these nodes takes. Each is judged by its own tiers.
    fn without_target(&self, nodes: &BTreeSet<NodeId>) -> Vec<NodeId> {
        let routes = nodes.iter().filter_map(|id| match self.plan.flow.nodes.get(id) {
            Some(Node::Route(route)) => Some((id, route)),
            _ => None,
        });
        let next = |(id, route): (&NodeId, &RouteNode)| {
            let after_hours = self.judge(&BTreeSet::from([id.clone()])).after_hours;
            route.without_target(after_hours).clone()
        };
        routes.map(next).collect()
    }

    fn judge(&self, nodes: &BTreeSet<NodeId>) -> Judgement {
        let tiers: Option<Vec<Vec<u8>>> = self.routes(nodes).map(|route| route.tiers.clone()).collect();
        let tiers = tiers.map(|tiers| tiers.concat());
        judge(
            self.plan,
            self.call,
            &KnownCaller::of(self.call),
            tiers.as_deref(),
            self.capacity,
            self.past,
            self.at,
        )
    }

    fn routes(&self, nodes: &BTreeSet<NodeId>) -> impl Iterator<Item = &RouteNode> {
        nodes.iter().filter_map(|id| match self.plan.flow.nodes.get(id) {
            Some(Node::Route(route)) => Some(route),
            _ => None,
        })
    }

    fn first(&self) -> Option<&Candidate> {
        self.judgement.eligible.first()
    }

    pub(super) fn first_choice(&self) -> Option<FirstChoice> {
        let target = &self.plan.targets[self.first()?.target];
        Some(FirstChoice {
            target_id: target.id,
            buyer_id: self.plan.buyer_of(target).id,
            destination: target.destination.clone(),
            price: target.price,
        })
    }

    pub(super) fn decision(&self) -> Decision {
        let line = |candidate: &Candidate, outcome, reason| {
            let target = &self.plan.targets[candidate.target];
            CandidateBody {
                target_id: target.id,
                buyer_id: Some(self.plan.buyer_of(target).id),
                tier: Some(candidate.tier),
                priority: Some(candidate.priority),
                attempt: None,
                outcome,
                reason,
                at: self.at,
            }
        };
        let taken = self.first().map(|first| self.plan.targets[first.target].id);
        let first = self.first().map(|first| line(first, "would_connect", ReasonBody::plain("first_choice")));
        let rulings = self.judgement.rulings(self.plan, taken, &[]);
        let others = rulings.iter().map(|Ruling { candidate, reason, .. }| {
            line(candidate, Outcome::PassedOver.as_str(), reason.into())
        });
        Decision { candidates: first.into_iter().chain(others).collect() }
    }
}
