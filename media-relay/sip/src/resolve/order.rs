//! The order in which servers are tried (RFC 2782).

use super::Srv;
use crate::Chance;

/// Sorts by priority, and within one priority draws by weight.
pub(super) fn in_order(mut records: Vec<Srv>, chance: &mut Chance) -> Vec<Srv> {
    // Those without weight stand first, so that they have a small chance to be drawn first.
    records.sort_by_key(|record| (record.priority, record.weight > 0));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let end = records.iter().take_while(|record| record.priority == priority).count();
        let total: u64 = records[..end].iter().map(|record| u64::from(record.weight)).sum();
        let mut drawn = chance.below(total + 1);
        let chosen = records[..end].iter().position(|record| {
            let weight = u64::from(record.weight);
            let is_chosen = drawn <= weight;
            drawn = drawn.saturating_sub(weight);
            is_chosen
        });
        ordered.push(records.remove(chosen.unwrap_or_default()));
    }
    ordered
}
