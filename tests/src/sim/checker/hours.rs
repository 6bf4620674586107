//! Nobody is rung who is closed: judged by the hours as they were saved. What a schedule says of an instant is the domain's own verdict, which
//! is held to another implementation elsewhere; here it counts that the right schedules are asked, of the right instant.

use ringfall_domain::{
    call::{Call, Leg},
    schedule::Schedule,
};
use tokio::time::Instant;

use super::{Checker, State};
use crate::sim::{fleet::NOTICED_WITHIN, verdict::Invariant};

impl Checker {
    /// An attempt has been written: its campaign, its buyer and its target were open when it was reserved, by hours that were in force not long
    /// before.
    pub(super) fn is_reserved_within_hours(&self, state: &State, call: &Call, leg: &Leg) {
        let since = Instant::now().checked_sub(NOTICED_WITHIN).unwrap_or_else(Instant::now);
        let limits = &state.limits;
        let is_open = |hours: Option<&Schedule>| {
            self.trace.count(hours.map_or("check: no hours", |_| "check: hours"));
            hours.is_none_or(|hours| {
                let verdict = hours.next_opening(leg.reserved_at);
                verdict.is_some_and(ringfall_domain::schedule::Hours::is_open)
            })
        };
        let whose = if !limits.hours_of_campaign(call.origin.campaign, since).any(is_open) {
            "the campaign"
        } else if !limits.hours_of_buyer(leg.buyer, since).any(is_open) {
            "the buyer"
        } else if !limits.hours_of_target(leg.target, since).any(is_open) {
            "the target"
        } else {
            return;
        };
        let (id, target, at) = (call.id, leg.target, leg.reserved_at);
        self.violated(
            Invariant::Hours,
            format_args!("{id} is offered to {target} at {at}, when {whose} is closed"),
        );
    }
}
