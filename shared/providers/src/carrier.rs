//! The way out to a provider: its REST API.

use async_trait::async_trait;
use jiff::Timestamp;
use ringfall_domain::{
    call::{
        event::LegReport,
        instructions::{Continuation, Instruction},
    },
    ids::CallId,
    phone::PhoneNumber,
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

/// A call that we place: somebody is called back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCall {
    /// Who is rung.
    pub to: PhoneNumber,
    /// The number that is shown to them: one that the connection's account may show.
    pub from: PhoneNumber,
    /// How long it may ring.
    pub ring_timeout_seconds: u32,
    /// Asked for instructions once somebody, or something, has answered.
    pub answered: Continuation,
    /// Told once when the call is over, answered or not.
    pub progress: Continuation,
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

/// The outbound half of a provider, made for one connection. Every request has a time-out; where twice would not do the same as once, it is
/// sent again only if the provider certainly did not act on it.
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

    /// Breaks off what a live call is doing: the provider asks for its instructions at the continuation instead. `Ok(false)` if the call is
    /// over or unknown.
    ///
    /// # Errors
    /// After [`CarrierError::Unavailable`] the call may be redirected or not. It is not tried again: a second redirect would break off
    /// what the first has led to.
    async fn redirect(
        &self,
        provider_call_id: &str,
        then: &Continuation,
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<bool, CarrierError>;

    /// Places a call. `call` is the one that the URLs of its webhooks name: the new one has no id of ours before the provider gives it one.
    ///
    /// # Returns
    /// The provider's id of the new call.
    ///
    /// # Errors
    /// After [`CarrierError::Unavailable`] the person may be rung or not, and no provider here takes a key that would make a second try
    /// harmless: nothing is sent again after an answer that is missing or unclear. Whoever places calls must note the attempt before, and
    /// learns from the continuations, which name it, that it was placed after all. After [`CarrierError::Refused`] nobody is rung.
    async fn place_call(
        &self,
        new: &NewCall,
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<String, CarrierError>;
}
