//! The way out to a provider: its REST API.

use async_trait::async_trait;
use jiff::Timestamp;
use ringfall_domain::{
    call::{event::LegReport, instructions::Instruction},
    ids::CallId,
    target::Destination,
};

use crate::callback::Callbacks;

/// Which leg is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegQuery {
    /// The provider's id of the caller's call.
    pub provider_call_id: String,
    /// The provider's id of the leg, if a webhook has told it.
    pub provider_leg_id: Option<String>,
    /// Who was to be rung, for finding a leg whose id was never told.
    pub destination: Destination,
    /// No leg of this attempt was placed before.
    pub reserved_at: Timestamp,
    /// Legs of the same call that belong to other attempts.
    pub other_provider_leg_ids: Vec<String>,
}

/// What the provider knows of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegOnProvider {
    /// Known: ringing, answered or ended, as the report's status tells.
    Known(LegReport),
    /// The provider answered, and has no such leg.
    NoSuchLeg,
}

/// A request to a provider that did not succeed. Never carries credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// No answer, a time-out, a 5xx or a 429, after the retries: nothing is known.
    #[error("the provider did not answer: {0}")]
    Unavailable(String),
    /// The provider refuses: wrong credentials, or a request that it never takes.
    #[error("the provider refused: {0}")]
    Refused(String),
}

/// The outbound half of a provider, made for one connection. Every request has a time-out and is idempotent.
#[async_trait]
pub trait Carrier: Send + Sync + 'static {
    /// What the provider knows of a leg: the truth that the watchdog asks for.
    async fn fetch_leg(&self, query: &LegQuery) -> Result<LegOnProvider, CarrierError>;

    /// Hangs up one leg or a whole call by the provider's id. One that is over, or that the provider does not know, is no failure.
    async fn end_call(&self, provider_id: &str) -> Result<(), CarrierError>;

    /// Replaces what a live call is doing. `Ok(false)` if the call is over or unknown.
    async fn modify_call(
        &self,
        provider_call_id: &str,
        instructions: &[Instruction],
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<bool, CarrierError>;
}
