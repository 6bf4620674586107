//! What has been seen of a campaign's calls, hour by hour, as reports keep it: under the hour in which a call came in.

use std::collections::BTreeMap;

use ringfall_domain::queue::Experience;

/// Hours that an estimate goes by.
const HOURS: u64 = 2;
const HOUR_MILLISECONDS: u64 = 3_600_000;

/// Sums by hour.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<u64, Experience>);

impl Seen {
    /// The sums of the hour in which a call came in.
    pub(super) fn hour_of(&mut self, came_at: u64) -> &mut Experience {
        self.0.entry(came_at / HOUR_MILLISECONDS).or_default()
    }

    /// What an estimate goes by at that time.
    pub(super) fn lately(&self, now: u64) -> Experience {
        let last = now / HOUR_MILLISECONDS;
        let first = (last + 1).saturating_sub(HOURS);
        self.0.range(first..=last).fold(Experience::default(), |sum, (_, hour)| Experience {
            handled: sum.handled + hour.handled,
            occupied_seconds: sum.occupied_seconds + hour.occupied_seconds,
            abandoned: sum.abandoned + hour.abandoned,
            waited_seconds: sum.waited_seconds + hour.waited_seconds,
        })
    }
}
