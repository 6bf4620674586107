//! The documents that an agency configures. Their JSON is the contract: reading refuses what is not in it, names the
//! field, and leaves to [`Document::check`] only what one field cannot tell by itself.

mod amount;
mod buyer;
mod campaign;
mod caps;
mod cross;
mod duplicates;
mod limits;
mod money_caps;
mod number;
mod payout;
mod queue;
mod routing;
mod skills;
mod suppression;
mod target;
#[cfg(test)]
mod tests;

pub use self::{
    buyer::{Buyer, Group},
    campaign::Campaign,
    caps::Caps,
    cross::Named,
    duplicates::{Counting, DuplicateAction, DuplicateWindow, Duplicates},
    limits::Limits,
    money_caps::MoneyCaps,
    number::{Publisher, TrackingNumber},
    payout::{Conversion, InvalidPercent, PayoutRule, Percent},
    queue::{
        Announcements, AudioUrl, CallbackPolicy, CallingHours, InvalidAudioUrl, InvalidQueueName, Overflow,
        QueueName, QueueOrder, QueuePolicy, ServeBy, VoicemailGreeting,
    },
    routing::{Method, Routing, SecondChance, TierPlan, TierTarget},
    skills::{MissingSkill, Skills},
    suppression::{
        AttestationLevel, AttestationPolicy, BlockedCaller, RateLimits, SuppressionPolicy, Treatment,
    },
    target::{CallerIdShown, Screening, Target},
};
use crate::problem::Problem;

/// A document that is saved as a whole.
pub trait Document {
    /// What is wrong with it beyond what reading refuses. It must not be saved unless there is nothing.
    fn check(&self) -> Vec<Problem> {
        Vec::new()
    }

    /// What its author should know although it may be saved.
    fn warnings(&self) -> Vec<Problem> {
        Vec::new()
    }
}
