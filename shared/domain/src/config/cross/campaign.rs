//! A campaign beside its targets and their buyers.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Named, is_never_shared, never_open, tags::KnownTags};
use crate::{
    config::{Campaign, DuplicateAction, Target},
    flow::Node,
    ids::TargetId,
    problem::Problem,
    schedule::Schedule,
};

impl Campaign {
    /// What its author should know of it beside what it names. `at`: the hours from then on count.
    pub fn warnings_among(&self, named: Named<'_>, at: Timestamp) -> Vec<Problem> {
        let hours = self.hours.as_ref().and_then(|hours| never_open(hours, "these hours", at));
        let hours = hours.map(|message| Problem::new("hours", message));
        self.target_warnings(named, at)
            .into_iter()
            .chain(hours)
            .chain(self.idle_branches(named))
            .chain(self.lonely_buyer(named))
            .collect()
    }

    /// Of each place in the routing, the first ground on which its target takes no call, else that it costs more than it earns.
    fn target_warnings(&self, named: Named<'_>, at: Timestamp) -> Vec<Problem> {
        let tags = KnownTags::of(&self.flow);
        let places = self.routing.tiers.iter().enumerate().flat_map(|(tier, plan)| {
            let path = move |index: usize| format!("routing.tiers[{tier}].targets[{index}].target_id");
            plan.targets.iter().enumerate().map(move |(index, place)| (path(index), place.target_id))
        });
        let warning = |(path, id): (String, TargetId)| {
            let target = named.targets.get(&id)?;
            let message = self
                .never_asked(target, named, at)
                .or_else(|| tags.never_served(target))
                .or_else(|| self.loss_with(target))?;
            Some(Problem::new(path, format!("`{}` {message}", target.name)))
        };
        places.filter_map(warning).collect()
    }

    fn never_asked(&self, target: &Target, named: Named<'_>, at: Timestamp) -> Option<String> {
        let buyer = named.buyers.get(&target.buyer_id)?;
        if target.paused {
            return Some("is paused, and takes no call".to_owned());
        }
        if let Some(budget) = buyer.budget.filter(|budget| *budget < target.price) {
            let price = target.price;
            return Some(format!("takes no call: its price, {price}, is above its buyer's budget, {budget}"));
        }
        let kept = [&self.hours, &buyer.hours, &target.hours];
        let kept: Vec<&Schedule> = kept.into_iter().flatten().collect();
        let is_never = kept.len() > 1 && is_never_shared(&kept, at);
        is_never.then(|| {
            "takes no call: the campaign, its buyer and it are never open at the same time".to_owned()
        })
    }

    fn loss_with(&self, target: &Target) -> Option<String> {
        let (price, payout) = (target.price, self.payout.amount_of(target.price));
        (payout > price).then(|| format!("pays {price} for a call for which the publisher is paid {payout}"))
    }

    /// Branches of the flow that no call takes, and tiers that no call asks.
    fn idle_branches(&self, named: Named<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let keeps_hours = self.hours.is_some()
            || named.targets.values().any(|target| target.hours.is_some())
            || named.buyers.values().any(|buyer| buyer.hours.is_some());
        let routes = self.flow.nodes.iter().filter_map(|(id, node)| match node {
            Node::Route(route) => Some((id, route)),
            _ => None,
        });
        let mut asked = BTreeSet::new();
        for (id, route) in routes {
            let every = 1..=self.routing.tiers.len();
            match &route.tiers {
                Some(tiers) => asked.extend(tiers.iter().map(|tier| usize::from(*tier))),
                None => asked.extend(every),
            }
            if route.after_hours.is_some() && !keeps_hours {
                let message = "is never taken: neither the campaign nor its buyers and targets keep hours";
                problems.push(Problem::new(format!("flow.nodes.{id}.after_hours"), message));
            }
            if named.targets.is_empty() {
                let message = "finds no target: the routing has none";
                problems.push(Problem::new(format!("flow.nodes.{id}"), message));
            }
        }
        let unasked = (1..=self.routing.tiers.len()).filter(|tier| !asked.contains(tier));
        problems.extend(unasked.map(|tier| {
            let message = "no `route` node of the flow asks this tier";
            Problem::new(format!("routing.tiers[{}]", tier - 1), message)
        }));
        problems
    }

    /// Rules that tell buyers apart, where there is only one.
    fn lonely_buyer(&self, named: Named<'_>) -> Vec<Problem> {
        if named.buyers.len() != 1 {
            return Vec::new();
        }
        let duplicates = self.duplicates.and_then(|rule| match rule.action {
            DuplicateAction::Reject => None,
            DuplicateAction::OriginalBuyer => Some("has no effect: all targets are of one buyer"),
            DuplicateAction::DifferentBuyer => Some("rejects every duplicate: all targets are of one buyer"),
        });
        let second_chance = self
            .routing
            .second_chance
            .map(|_| "has no effect: it is with another buyer, and all targets are of one");
        [("duplicates.action", duplicates), ("routing.second_chance", second_chance)]
            .into_iter()
            .filter_map(|(path, message)| Some(Problem::new(path, message?)))
            .collect()
    }
}
