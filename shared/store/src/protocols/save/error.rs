//! Why a change was not made.

use ringfall_domain::{
    ids::{BlockedCallerId, CampaignId, NumberId},
    problem::Problem,
};

use crate::{port::StoreError, records::resource::Kind};

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaveError {
    /// There is no such resource.
    #[error("there is no such resource")]
    Missing,
    /// It was archived, and changes no more.
    #[error("it is archived, and cannot be changed any more")]
    Archived,
    /// Another version stands than the one that was to be changed.
    #[error("it was changed meanwhile: version {version} stands")]
    Stale {
        /// The version that stands.
        version: u64,
    },
    /// The document does not fit what it names.
    #[error("the document does not fit what it names")]
    Invalid(Vec<Problem>),
    /// It does not go with what else is configured.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The store failed: the change may have been made or not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a change does not go with what else is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Others still name it.
    #[error("it is still named by the {kind} {}: take it out there first, or archive those", shown(ids))]
    InUse {
        /// What names it.
        kind: Kind,
        /// Their ids.
        ids: Vec<String>,
    },
    /// Another number of the connection has the same digits.
    #[error("the connection has this phone number already, as {number}")]
    NumberTaken {
        /// Which.
        number: NumberId,
    },
    /// Another resource blocks the caller.
    #[error("it is blocked already, by {by}: change that, or archive it first")]
    CallerBlocked {
        /// Which.
        by: BlockedCallerId,
    },
    /// The account blocks as many prefixes as it can.
    #[error("the account blocks {most} prefixes, and cannot block more: archive some first")]
    TooManyPrefixes {
        /// How many it may.
        most: usize,
    },
    /// More plans would change than one transaction can write.
    #[error(
        "{campaigns} campaigns name it, and a change can reach {most} at most: take it out of some of them first"
    )]
    TooManyPlans {
        /// How many name it.
        campaigns: usize,
        /// How many may.
        most: usize,
    },
    /// The campaigns that change are too large for one transaction.
    #[error(
        "the campaigns that name it are too large to be changed together: take it out of some of them first"
    )]
    PlansTooLarge,
    /// A campaign would be too large with all its targets and buyers.
    #[error(
        "{campaign} would be too large with all its targets and buyers: {bytes} bytes, of which {most} can be kept. \
         Give it fewer targets, or those smaller filters and hours"
    )]
    PlanTooLarge {
        /// Which.
        campaign: CampaignId,
        /// How large.
        bytes: usize,
        /// How large it may be.
        most: usize,
    },
    /// The buyer has as many targets as its capacity can keep apart.
    #[error("the buyer has {most} targets, and cannot have more: archive some, or add another buyer")]
    TooManyTargets {
        /// How many it may have.
        most: usize,
    },
    /// Others changed the account's configuration each time before this could.
    #[error("others are changing the configuration at the same time: try again")]
    Overtaken,
}

/// The first few, and how many more.
fn shown(ids: &[String]) -> String {
    const MOST: usize = 5;
    let first = ids.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    match ids.len().checked_sub(MOST) {
        None | Some(0) => first,
        Some(more) => format!("{first} and {more} more"),
    }
}
