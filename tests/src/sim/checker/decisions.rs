//! Invariant 8: every call that was offered says why each candidate was taken or passed over, and every call that ended has
//! come to something.

use std::collections::BTreeSet;

use ringfall_domain::{
    call::{Call, Disposition},
    ids::TargetId,
};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{StoreError, Table},
    records::{call as call_record, decision},
};

use super::{Books, Checker, held};
use crate::sim::verdict::Invariant;

impl Checker {
    /// Reasons are on record, and ends.
    pub(super) async fn tells_why(&self, store: &MemoryStore, books: &Books) -> Result<(), StoreError> {
        for call in books.calls.values() {
            let (was_offered, end_was_told) = {
                let state = held(&self.state);
                let truth = state.calls.get(&call.id);
                truth.map_or((false, false), |truth| (truth.was_offered, truth.is_over && truth.end_was_told))
            };
            if was_offered || !call.legs.is_empty() {
                self.names_each_candidate(store, call).await?;
            }
            let is_disposed = call.disposition() != Disposition::InProgress;
            if end_was_told && !is_disposed {
                self.violated(
                    Invariant::Disposition,
                    format_args!("{} is over, and came to nothing", call.id),
                );
            }
            if !is_disposed {
                self.trace.count("call: nobody told of its end");
            }
        }
        Ok(())
    }

    async fn names_each_candidate(&self, store: &MemoryStore, call: &Call) -> Result<(), StoreError> {
        let Some(item) = store.get(&call_record::key(call.account, call.id)).await? else { return Ok(()) };
        let lines = if call.routed { decision::decode(&item)? } else { Vec::new() };
        for line in lines.iter().filter(|line| line.code == "missing_skill") {
            self.is_rightly_unskilled(&held(&self.state), call.id, line.target);
        }
        if let Some(line) = lines.iter().find(|line| line.code.is_empty()) {
            self.violated(Invariant::Decision, format_args!("{} has no reason for {}", call.id, line.target));
        }
        let tried = call.legs.iter().map(|leg| leg.target);
        let named: BTreeSet<TargetId> = lines.iter().map(|line| line.target).chain(tried).collect();
        let agency = self.world.agency(call.account);
        let campaign = agency.and_then(|agency| agency.campaigns.get(&call.origin.campaign));
        let candidates = campaign.into_iter().flat_map(|campaign| &campaign.routing.tiers);
        for candidate in candidates.flat_map(|tier| &tier.targets) {
            if !named.contains(&candidate.target_id) {
                let unnamed = candidate.target_id;
                self.violated(Invariant::Decision, format_args!("{} does not name {unnamed}", call.id));
            }
        }
        Ok(())
    }
}
