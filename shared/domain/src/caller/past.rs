//! To whom a caller was sold. Each attempt at a target claims the caller in the very transaction that reserves capacity for it, and the
//! claim is taken back when the attempt comes to nothing: so of two simultaneous calls each knows of the other.

use jiff::{SignedDuration, Timestamp};

use crate::{
    call::{Call, Leg, Standing},
    config::{Counting, DuplicateWindow},
    ids::{BuyerId, CallId, CampaignId, LegId},
};

/// That a caller was, or is about to be, sold to a buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The attempt that claims the caller.
    pub leg: LegId,
    /// The campaign of its call.
    pub campaign: CampaignId,
    /// Who had, or is to have, the caller.
    pub buyer: BuyerId,
    /// When capacity was reserved for the attempt.
    pub at: Timestamp,
    /// What became of it.
    pub state: ClaimState,
}

/// What became of an attempt that claimed a caller. One that came to nothing claims no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimState {
    /// It is under way, or not known to be over.
    Held,
    /// The target took the call, too briefly to be billed.
    Connected,
    /// The call was billed.
    Converted,
}

impl ClaimState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Held, Self::Connected, Self::Converted];

    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Connected => "connected",
            Self::Converted => "converted",
        }
    }

    /// Whether an attempt in this state makes the caller of another call a duplicate.
    pub const fn counts(self, counting: Counting) -> bool {
        match (self, counting) {
            (Self::Held | Self::Converted, _) | (Self::Connected, Counting::Connected) => true,
            (Self::Connected, Counting::Converted) => false,
        }
    }
}

/// What an attempt makes of its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimEnd {
    /// It stays as it is: what the attempt is worth is not known yet.
    Open,
    /// It is kept as this.
    Kept(ClaimState),
    /// It is taken back.
    Dropped,
}

impl ClaimEnd {
    /// What becomes of the claim of an attempt that stands so. `standing`: with what is undecided decided, where its time is over.
    pub fn of(leg: &Leg, standing: Standing) -> Self {
        match standing {
            Standing::Live | Standing::Undecided { .. } => Self::Open,
            Standing::Converted => Self::Kept(ClaimState::Converted),
            Standing::NotConverted if leg.was_accepted() => Self::Kept(ClaimState::Connected),
            Standing::NotConverted => Self::Dropped,
        }
    }
}

/// To whom one caller was sold, in no order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerPast {
    /// A claim for each attempt that did not come to nothing.
    pub claims: Vec<Claim>,
}

impl CallerPast {
    /// No window is longer: older claims say nothing.
    pub const LONGEST: SignedDuration = SignedDuration::from_hours(365 * 24);
    /// More claims of one caller are not kept: the oldest are dropped.
    pub const MOST_CLAIMS: usize = 64;

    /// The claims of other calls that a window counts.
    pub fn counted(
        &self,
        window: DuplicateWindow,
        call: CallId,
        at: Timestamp,
    ) -> impl Iterator<Item = &Claim> {
        let length = SignedDuration::from_hours(i64::from(window.within_days) * 24);
        self.claims.iter().filter(move |claim| {
            claim.leg.call != call
                && claim.state.counts(window.counts)
                && at.duration_since(claim.at) < length
        })
    }

    /// The claims that can be dropped: too old for any window; said again by a later one of the same campaign and buyer in the same state;
    /// or the oldest, where there are too many to be kept with another one.
    pub fn dispensable(&self, at: Timestamp) -> Vec<LegId> {
        let mut newest_first: Vec<&Claim> = self.claims.iter().collect();
        newest_first.sort_unstable_by_key(|claim| std::cmp::Reverse((claim.at, claim.leg)));
        let mut kept: Vec<&Claim> = Vec::new();
        let mut dropped = Vec::new();
        for claim in newest_first {
            let is_old = at.duration_since(claim.at) >= Self::LONGEST;
            let is_said_again = claim.state != ClaimState::Held
                && kept.iter().any(|later| {
                    (later.campaign, later.buyer, later.state) == (claim.campaign, claim.buyer, claim.state)
                });
            if is_old || is_said_again || kept.len() + 1 >= Self::MOST_CLAIMS {
                dropped.push(claim.leg);
            } else {
                kept.push(claim);
            }
        }
        dropped
    }
}

impl Claim {
    /// The claim of an attempt that begins.
    pub const fn new(call: &Call, leg: &Leg) -> Self {
        Self {
            leg: LegId { call: call.id, attempt: leg.attempt },
            campaign: call.origin.campaign,
            buyer: leg.buyer,
            at: leg.reserved_at,
            state: ClaimState::Held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{buyer_id, later, noon};

    const DAY: i64 = 86_400;

    fn claim(n: u128, days_ago: i64, state: ClaimState) -> Claim {
        Claim {
            leg: LegId { call: CallId::from_parts(2, n), attempt: 1 },
            campaign: CampaignId::from_parts(1, 1),
            buyer: buyer_id(1),
            at: later(-days_ago * DAY),
            state,
        }
    }

    fn past(claims: &[(i64, ClaimState)]) -> CallerPast {
        let claims = (1..).zip(claims).map(|(n, (days_ago, state))| claim(n, *days_ago, *state));
        CallerPast { claims: claims.collect() }
    }

    #[test]
    fn a_window_counts_what_is_in_time_and_came_to_enough() {
        use ClaimState::{Connected, Converted, Held};
        let past = past(&[(0, Held), (10, Connected), (29, Converted), (30, Converted)]);
        let counted = |counts| {
            let window = DuplicateWindow { within_days: 30, counts };
            let other = CallId::from_parts(9, 9);
            past.counted(window, other, noon()).map(|claim| claim.state).collect::<Vec<_>>()
        };
        assert_eq!(counted(Counting::Connected), [Held, Connected, Converted]);
        assert_eq!(counted(Counting::Converted), [Held, Converted]);
    }

    #[test]
    fn a_call_is_no_duplicate_of_itself() {
        let past = past(&[(0, ClaimState::Held)]);
        let window = DuplicateWindow { within_days: 30, counts: Counting::Connected };
        assert_eq!(past.counted(window, past.claims[0].leg.call, noon()).count(), 0);
    }

    #[test]
    fn what_is_dropped_changes_no_judgement_while_there_is_room() {
        use ClaimState::{Connected, Converted, Held};
        let past = past(&[(0, Held), (1, Held), (2, Converted), (3, Converted), (4, Connected), (366, Held)]);
        let dropped = past.dispensable(noon());
        assert_eq!(dropped, [past.claims[3].leg, past.claims[5].leg]);
    }

    #[test]
    fn the_oldest_make_room_for_one_more() {
        let many: Vec<_> = (0..70).map(|days_ago| (days_ago, ClaimState::Held)).collect();
        let past = past(&many);
        let dropped = past.dispensable(noon());
        assert_eq!(dropped.len(), 70 + 1 - CallerPast::MOST_CLAIMS);
        assert!(!dropped.contains(&past.claims[0].leg) && dropped.contains(&past.claims[69].leg));
    }
}
