//! Whom a caller who was sold before may be sold to.

use jiff::Timestamp;

use super::Reason;
use crate::{
    call::Call,
    caller::{CallerPast, Claim},
    config::{DuplicateAction, Duplicates},
    ids::{BuyerId, CallId},
    plan::{Plan, PlannedBuyer},
};

/// What a caller's earlier calls mean for one call.
pub(super) struct Earlier<'a> {
    past: &'a CallerPast,
    call: CallId,
    at: Timestamp,
    /// The campaign's rule with the latest claim that it counts; none where the call is no duplicate for the campaign.
    duplicate: Option<(Duplicates, &'a Claim)>,
}

impl<'a> Earlier<'a> {
    pub(super) fn of(plan: &Plan, call: &Call, past: &'a CallerPast, at: Timestamp) -> Self {
        let duplicate = plan.duplicates.and_then(|rule| {
            let counted = past.counted(rule.window(), call.id, at);
            let latest =
                counted.filter(|claim| claim.campaign == plan.campaign).max_by_key(|claim| claim.at)?;
            Some((rule, latest))
        });
        Self { past, call: call.id, at, duplicate }
    }

    /// The earlier call of which this one is a duplicate for its campaign.
    pub(super) fn duplicate_of(&self) -> Option<CallId> {
        self.duplicate.map(|(_, claim)| claim.leg.call)
    }

    /// Why the call may not be sold to a buyer. The buyer's own rule comes first: the campaign cannot relax it.
    pub(super) fn refuse(&self, plan: &Plan, buyer: &PlannedBuyer) -> Option<Reason> {
        self.refused_by_buyer(buyer).or_else(|| self.refused_by_campaign(plan, buyer.id))
    }

    fn refused_by_buyer(&self, buyer: &PlannedBuyer) -> Option<Reason> {
        let window = buyer.duplicates?;
        let counted = self.past.counted(window, self.call, self.at);
        let latest = counted.filter(|claim| claim.buyer == buyer.id).max_by_key(|claim| claim.at)?;
        Some(Reason::DuplicateOfBuyer {
            call: latest.leg.call,
            at: latest.at,
            within_days: window.within_days,
            counts: window.counts,
        })
    }

    fn refused_by_campaign(&self, plan: &Plan, buyer: BuyerId) -> Option<Reason> {
        let (rule, latest) = self.duplicate?;
        match rule.action {
            DuplicateAction::Reject => Some(Reason::Duplicate {
                call: latest.leg.call,
                at: latest.at,
                within_days: rule.within_days,
                counts: rule.counts,
            }),
            DuplicateAction::OriginalBuyer if latest.buyer == buyer => None,
            DuplicateAction::OriginalBuyer => Some(Reason::NotOriginalBuyer { buyer: latest.buyer }),
            DuplicateAction::DifferentBuyer => {
                let counted = self.past.counted(rule.window(), self.call, self.at);
                let had = counted.filter(|claim| claim.campaign == plan.campaign && claim.buyer == buyer);
                let latest = had.max_by_key(|claim| claim.at)?;
                Some(Reason::OriginalBuyer { buyer, call: latest.leg.call, at: latest.at })
            }
        }
    }
}
