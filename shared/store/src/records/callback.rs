//! CALLBACK: what became of a caller's wish to be called back, beside the call in which they said it. Found from their number, too, so
//! that somebody who calls in again takes the place that is kept for them.
//!
//! ```text
//! state                   where it stands
//! attempts.{number}       each time they were rung: when, the provider's call, how it ended
//! taken_by                the call that has the place now
//! ```

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    call::event::EndCause,
    flow::NodeId,
    ids::{AccountId, CallId, CampaignId},
    money::Money,
    phone::PhoneNumber,
    queue::{Place, QueueId},
};

use super::{
    attributes::{Attributes, Reader, damaged, instant},
    call, caller,
    idempotency::EXPIRES_AT_SECONDS,
    leg::{cause_of, word_of},
};
use crate::port::{Condition, Item, Key, Operand, Path, StoreError, Update, Value};

/// Somebody who is to be called back, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// The agency.
    pub account: AccountId,
    /// The call in which they asked for it.
    pub call: CallId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Whom to ring.
    pub phone_number: PhoneNumber,
    /// In which queue their place is kept.
    pub queue: QueueId,
    /// Which place.
    pub place: Place,
    /// The `route` node for whose targets they wait.
    pub node: NodeId,
    /// What they count as worth.
    pub value: Money,
    /// Where it stands.
    pub state: CallbackState,
    /// When they asked for it.
    pub asked_at: Timestamp,
    /// When it is given up at the latest.
    pub expires_at: Timestamp,
    /// They are not rung before; none if that was never put off.
    pub rings_from: Option<Timestamp>,
    /// How often they were rung: the attempt `n` is at index `n - 1`.
    pub attempts: Vec<CallbackAttempt>,
    /// The call that has the place now.
    pub taken_by: Option<CallId>,
    /// When it was over, one way or the other.
    pub over_at: Option<Timestamp>,
}

/// Where a callback stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackState {
    /// Their place is kept.
    Waiting,
    /// They are being rung.
    Ringing,
    /// They have pressed the key: another call has the place.
    Reached,
    /// They have called in again: that call has the place.
    CalledIn,
    /// They could not be reached in time.
    GivenUp,
    /// It was called off.
    Cancelled,
}

impl CallbackState {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Ringing, Self::Reached, Self::CalledIn, Self::GivenUp, Self::Cancelled];

    /// The states in which a place is kept.
    pub const OPEN: [Self; 2] = [Self::Waiting, Self::Ringing];

    /// The word in records and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ringing => "ringing",
            Self::Reached => "reached",
            Self::CalledIn => "called_in",
            Self::GivenUp => "given_up",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether a place is kept.
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }
}

/// One time that they were rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackAttempt {
    /// When it began.
    pub at: Timestamp,
    /// The provider's id of the call; none if the provider never told.
    pub provider_call_id: Option<String>,
    /// When and how it ended without reaching them, if it did.
    pub ended: Option<(Timestamp, EndCause)>,
}

impl Callback {
    /// Whether a place is kept.
    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }
}

const STATE: &str = "state";
const ATTEMPTS: &str = "attempts";
const RINGS_FROM: &str = "rings_from";
const TAKEN_BY: &str = "taken_by";
const OVER_AT: &str = "over_at";

/// Where a callback stands.
pub fn key(account: AccountId, call: CallId) -> Key {
    Key::new(call::partition(account, call), "CALLBACK")
}

/// Where the callback of a number is found.
pub fn pointer_key(account: AccountId, number: &PhoneNumber, queue: &QueueId) -> Key {
    Key::new(caller::partition(account, number), format!("CALLBACK#{queue}"))
}

/// Writes which call's callback a number has.
pub fn encode_pointer(callback: &Callback) -> Item {
    let expires_at = (callback.expires_at + DAY).as_second();
    Attributes::new().with_text("call", callback.call).with(EXPIRES_AT_SECONDS, expires_at).into_map()
}

/// Longer than any clock is wrong.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Reads which call's callback a number has.
pub fn decode_pointer(item: &Item) -> Result<CallId, StoreError> {
    Reader(item).parsed("call")
}

/// Writes a callback that is new.
pub fn encode_new(callback: &Callback) -> Item {
    Attributes::new()
        .with_text("campaign", callback.campaign)
        .with_text("phone_number", &callback.phone_number)
        .with_text("queue", &callback.queue)
        .with_text("place", callback.place)
        .with_text("node", &callback.node)
        .with("value", callback.value.as_decimal())
        .with(STATE, callback.state.as_str())
        .with_instant("asked_at", callback.asked_at)
        .with_instant("expires_at", callback.expires_at)
        .with_some(RINGS_FROM, callback.rings_from.map(instant))
        .with(ATTEMPTS, Value::empty_map())
        .into_map()
}

/// Reads a callback.
pub fn decode(key: &Key, item: &Item) -> Result<Callback, StoreError> {
    let (account, call) =
        call::names_of(key).ok_or_else(|| damaged("partition", "an account's and a call's id"))?;
    let reader = Reader(item);
    let word = reader.text(STATE)?;
    let state = CallbackState::ALL.into_iter().find(|state| state.as_str() == word);
    let node = NodeId::try_from(reader.text("node")?.to_owned());
    Ok(Callback {
        account,
        call,
        campaign: reader.parsed("campaign")?,
        phone_number: reader.parsed("phone_number")?,
        queue: reader.parsed("queue")?,
        place: reader.parsed("place")?,
        node: node.map_err(|_| damaged("node", "a node's name"))?,
        value: reader.money("value")?,
        state: state.ok_or_else(|| damaged(STATE, "the state of a callback"))?,
        asked_at: reader.instant("asked_at")?,
        expires_at: reader.instant("expires_at")?,
        rings_from: reader.optional_instant(RINGS_FROM)?,
        attempts: decode_attempts(reader.map(ATTEMPTS)?)?,
        taken_by: reader.optional_parsed(TAKEN_BY)?,
        over_at: reader.optional_instant(OVER_AT)?,
    })
}

fn decode_attempts(map: Reader<'_>) -> Result<Vec<CallbackAttempt>, StoreError> {
    (1..=map.0.len()).map(|attempt| decode_attempt(map.map(&attempt.to_string())?)).collect()
}

fn decode_attempt(reader: Reader<'_>) -> Result<CallbackAttempt, StoreError> {
    let ended = reader.optional_map("ended")?;
    let ended = ended.map(|ended| Ok((ended.instant("at")?, cause_of(ended.text("cause")?)?)));
    Ok(CallbackAttempt {
        at: reader.instant("at")?,
        provider_call_id: reader.optional_text("provider_call_id")?.map(str::to_owned),
        ended: ended.transpose()?,
    })
}

/// No callback of the call was ever written.
pub fn is_absent() -> Condition {
    Condition::Absent(STATE.into())
}

/// It stands in one of these states.
pub fn is_in(states: &[CallbackState]) -> Condition {
    let is = |state: &CallbackState| Condition::Equal(Operand::Path(STATE.into()), state.as_str().into());
    Condition::Any(states.iter().map(is).collect())
}

/// The attempt of that number is the latest; 0: there was none.
pub fn is_latest(attempt: usize) -> Condition {
    let made = (attempt > 0).then(|| Condition::Exists(attempt_path(attempt)));
    Condition::All(made.into_iter().chain([Condition::Absent(attempt_path(attempt + 1))]).collect())
}

/// An attempt of that number was made.
pub fn was_made(attempt: usize) -> Condition {
    Condition::Exists(attempt_path(attempt))
}

/// Where an attempt stands.
fn attempt_path(attempt: impl fmt::Display) -> Path {
    Path::of([ATTEMPTS, &attempt.to_string()])
}

fn in_attempt(attempt: usize, name: &str) -> Path {
    Path::of([ATTEMPTS, &attempt.to_string(), name])
}

/// The change to another state.
pub fn set_state(state: CallbackState) -> Update {
    Update::Set(STATE.into(), state.as_str().into())
}

/// The change to a state in which no place is kept any more.
pub fn close(state: CallbackState, at: Timestamp) -> [Update; 2] {
    [set_state(state), Update::Set(OVER_AT.into(), instant(at))]
}

/// The change that says which call has the place now.
pub fn set_taken_by(call: CallId) -> Update {
    Update::Set(TAKEN_BY.into(), call.to_string().into())
}

/// The change that puts off the next attempt.
pub fn set_rings_from(at: Timestamp) -> Update {
    Update::Set(RINGS_FROM.into(), instant(at))
}

/// The change that begins an attempt.
pub fn begin_attempt(attempt: usize, at: Timestamp) -> Update {
    Update::Set(attempt_path(attempt), Attributes::new().with_instant("at", at).into())
}

/// The change that keeps the provider's id of an attempt's call.
pub fn set_provider_call_id(attempt: usize, id: &str) -> Update {
    Update::SetIfAbsent(in_attempt(attempt, "provider_call_id"), id.into())
}

/// The change that ends an attempt.
pub fn end_attempt(attempt: usize, cause: EndCause, at: Timestamp) -> Update {
    let ended = Attributes::new().with_instant("at", at).with_some("cause", word_of(cause));
    Update::SetIfAbsent(in_attempt(attempt, "ended"), ended.into())
}
