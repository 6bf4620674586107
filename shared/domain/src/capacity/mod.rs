//! Capacity: what a buyer, its groups of targets and its targets still take, judged from how much is in use.
//!
//! A call counts in three scopes at most: its target, the target's group, and the buyer over all its targets. Each has limits on live calls,
//! on calls and on money in each [`Window`], and on how soon one call follows another; the buyer has a budget besides. Whatever is
//! reserved is counted at once, calls and money alike, in every window, whether there is a limit or not: a cap that is set
//! at noon knows of the morning.

mod usage;
mod window;

pub use self::{
    usage::{BuyerUsage, Demand, Full, MoneyUsage, Pace, Usage},
    window::{Period, UnknownWindow, Window},
};

/// Whose limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The buyer's own, over all its targets.
    Buyer,
    /// Those that some of its targets share.
    Group,
    /// One target's.
    Target,
}

impl Scope {
    /// The word in decision records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Group => "group",
            Self::Target => "target",
        }
    }
}
