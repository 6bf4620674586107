//! What is odd about documents each of which is right by itself. It is told, and never refused: a campaign may be set up before its buyers.

mod campaign;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Buyer, Target};
use crate::{
    ids::{BuyerId, TargetId},
    problem::Problem,
    schedule::{Hours, Schedule},
};

/// The documents that a campaign names.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The targets of its routing.
    pub targets: &'a BTreeMap<TargetId, Target>,
    /// Their buyers.
    pub buyers: &'a BTreeMap<BuyerId, Buyer>,
}

impl Target {
    /// What its author should know of it beside its buyer. `at`: the hours from then on count.
    pub fn warnings_beside_buyer(&self, buyer: &Buyer, at: Timestamp) -> Vec<Problem> {
        let too_dear = buyer.budget.filter(|budget| *budget < self.price).map(|budget| {
            let message =
                format!("above the budget of its buyer, {budget}: it takes no call; raise the budget");
            Problem::new("price", message)
        });
        let hours = self.hours.as_ref().and_then(|hours| {
            let never = never_open(hours, "these hours", at);
            never.or_else(|| {
                let message = "never open while its buyer is: it takes no call";
                is_never_shared(&[hours, buyer.hours.as_ref()?], at).then(|| message.to_owned())
            })
        });
        too_dear.into_iter().chain(hours.map(|message| Problem::new("hours", message))).collect()
    }
}

impl Buyer {
    /// What its author should know of its hours. `at`: they count from then on.
    pub fn warnings_at(&self, at: Timestamp) -> Vec<Problem> {
        let never = self.hours.as_ref().and_then(|hours| never_open(hours, "these hours", at));
        never.map(|message| Problem::new("hours", message)).into_iter().collect()
    }
}

/// Hours that are not open within a year: every date on which they would be is closed.
fn never_open(hours: &Schedule, what: &str, at: Timestamp) -> Option<String> {
    let is_never = hours.next_opening(at) == Some(Hours::Closed { opens_at: None });
    is_never.then(|| format!("{what} do not open within a year: their days are closed dates"))
}

/// Whether hours are never open at the same time, as far as can be seen. Hours by the caller's clock may be.
fn is_never_shared(hours: &[&Schedule], at: Timestamp) -> bool {
    Schedule::judge_together(hours, at) == Some(Hours::Closed { opens_at: None })
}
