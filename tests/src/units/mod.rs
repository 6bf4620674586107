//! What a call costs on DynamoDB: the units of each step by DynamoDB's published rules, counted on the engine in memory with the
//! items' real sizes, and the round trips before each reply. Beside it what an endpoint reports for the same calls: local stand-ins
//! of DynamoDB report units of their own making.
//!
//! - [`rules`]: what one operation costs.
//! - [`Meter`]: the table port, with every operation written down.
//! - [`Reports`]: what an endpoint reports.
//! - [`calls`]: a direct call, webhook by webhook, through the real routers.
//! - [`queued`]: a call whose caller was held.
//! - [`prices`]: what all this costs.
//! - [`hot`]: which partition of the table is full first, and at how many calls a second.

pub mod calls;
pub mod hot;
mod meter;
mod metered;
pub mod prices;
pub mod queued;
mod reports;
pub mod rules;

use ringfall_store::engines::dynamodb::Units;

pub use self::meter::{Meter, MeteredMessages, Touched, Usage};
pub use self::metered::SEALING_KEY;
pub use self::reports::Reports;

/// What something came to.
pub trait Consumed {
    /// In request units.
    fn units(&self) -> Units;
}

/// One webhook of a call, and what it used.
#[derive(Debug, Clone)]
pub struct Step<U> {
    /// What it was.
    pub name: &'static str,
    /// What it used.
    pub usage: U,
}

/// Tells what calls use.
pub trait Gauge {
    /// What is told.
    type Usage: Consumed;
    /// How many reads of the change feed may find nothing while there is more to come.
    const LATE_READS: u32;

    /// What has been used since this was last asked.
    fn take(&self) -> Self::Usage;
}
