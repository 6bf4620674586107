//! The figures of a row, and how they add up.

use std::ops::AddAssign;

use super::Waiting;
use crate::money::Money;

/// Sums. Counts are signed, since a change of a call can take it out of one count and into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Calls that came in (for a buyer: that it was offered).
    pub calls: i64,
    /// Of these, those for which a target was sought.
    pub wanted: i64,
    /// Calls that somebody took.
    pub connected: i64,
    /// Calls that are billed.
    pub converted: i64,
    /// Callers who hung up before anybody took them.
    pub abandoned: i64,
    /// Charged to buyers.
    pub revenue: Money,
    /// Paid to publishers.
    pub payout: Money,
    /// Paid to carriers.
    pub telephony_cost: Money,
    /// Calls that somebody took, and that are over.
    pub handled: i64,
    /// How long lines were occupied for calls, in all, attempts that nobody took included.
    pub occupied_seconds: i64,
    /// How callers have waited.
    pub waiting: Waiting,
}

impl Tally {
    /// What is left.
    pub fn profit(&self) -> Money {
        self.revenue - self.payout - self.telephony_cost
    }

    /// True if nothing would change by adding it.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn minus(mut self, other: &Self) -> Self {
        self.calls -= other.calls;
        self.wanted -= other.wanted;
        self.connected -= other.connected;
        self.converted -= other.converted;
        self.abandoned -= other.abandoned;
        self.revenue = self.revenue - other.revenue;
        self.payout = self.payout - other.payout;
        self.telephony_cost = self.telephony_cost - other.telephony_cost;
        self.handled -= other.handled;
        self.occupied_seconds -= other.occupied_seconds;
        self.waiting = self.waiting.minus(&other.waiting);
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.wanted += other.wanted;
        self.connected += other.connected;
        self.converted += other.converted;
        self.abandoned += other.abandoned;
        self.revenue = self.revenue + other.revenue;
        self.payout = self.payout + other.payout;
        self.telephony_cost = self.telephony_cost + other.telephony_cost;
        self.handled += other.handled;
        self.occupied_seconds += other.occupied_seconds;
        self.waiting += other.waiting;
    }
}
