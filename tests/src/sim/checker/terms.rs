//! What an attempt is to be billed by is what was configured, not long before.

use ringfall_domain::call::{Call, Leg};
use tokio::time::Instant;

use super::{Checker, State};
use crate::sim::{fleet::NOTICED_WITHIN, verdict::Invariant};

impl Checker {
    /// An attempt has been written with its terms.
    pub(super) fn agrees_on_what_is_configured(&self, state: &State, call: &Call, leg: &Leg) {
        let Some(agency) = self.world.agency(call.account) else { return };
        let campaign = agency.campaigns.get(&call.origin.campaign);
        let Some((campaign, target)) = campaign.zip(agency.targets.get(&leg.target)) else { return };
        let terms = &leg.terms;
        let since = Instant::now().checked_sub(NOTICED_WITHIN).unwrap_or_else(Instant::now);
        let seconds = campaign.conversion.minimum_seconds + target.timer_offset_seconds;
        let is_right = terms.billable_after_seconds == seconds
            && terms.payout == campaign.payout
            && state.limits.prices(leg.target, since).any(|price| price == terms.price);
        if !is_right {
            let what = format_args!("{} of {} is to be billed by {terms:?}", leg.target, call.id);
            self.violated(Invariant::Terms, what);
        }
    }
}
