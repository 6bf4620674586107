//! CALLER: to whom one caller was sold. Written only where a rule of the campaign or a buyer asks for it.
//!
//! ```text
//! revision             counted up by each claim: of two that have read the same, one is refused
//! claims.{leg}         the attempt's campaign and buyer, when it was made, and what became of it
//! expires_at_seconds   when no rule can ask for any of it any more
//! ```

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    caller::{CallerPast, Claim, ClaimState},
    ids::{AccountId, LegId},
    phone::PhoneNumber,
};

use super::{
    attributes::{Attributes, Reader, damaged},
    idempotency::EXPIRES_AT_SECONDS,
};
use crate::port::{Condition, Item, Key, Operand, Path, StoreError, Update, Value};

const REVISION: &str = "revision";
const CLAIMS: &str = "claims";
const STATE: &str = "state";

/// What is known of a caller, as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerRecord {
    /// How often the caller was claimed; 0 of one that never was.
    pub revision: u64,
    /// To whom the caller was sold.
    pub past: CallerPast,
}

/// The partition of all that is known of a caller.
pub fn partition(account: AccountId, number: &PhoneNumber) -> String {
    format!("{account}#N#{number}")
}

/// The sort key of every caller.
pub const SORT: &str = "CALLER";

/// Where a caller's claims stand.
pub fn key(account: AccountId, number: &PhoneNumber) -> Key {
    Key::new(partition(account, number), SORT)
}

/// Where the state of an attempt's claim stands.
pub fn claim_state(leg: LegId) -> Path {
    Path::of([CLAIMS, &leg.to_string(), STATE])
}

/// Where an attempt's claim stands.
pub fn claim(leg: LegId) -> Path {
    Path::of([CLAIMS, &leg.to_string()])
}

/// The changes that claim a caller, to be made only where [`is_as_read`] holds.
pub fn write_claim(known: &CallerRecord, claim: &Claim) -> Vec<Update> {
    let name = claim.leg.to_string();
    let expires_at = (claim.at + CallerPast::LONGEST + DAY).as_second();
    let mut updates = vec![
        Update::Set(REVISION.into(), (known.revision + 1).into()),
        Update::Set(EXPIRES_AT_SECONDS.into(), expires_at.into()),
    ];
    if known.revision == 0 {
        updates.push(Update::Set(CLAIMS.into(), Attributes::new().with(&name, encode_claim(claim)).into()));
        return updates;
    }
    updates.push(Update::Set(Path::of([CLAIMS, &name]), encode_claim(claim)));
    let dispensable = known.past.dispensable(claim.at).into_iter();
    updates.extend(dispensable.map(|leg| Update::Remove(self::claim(leg))));
    updates
}

/// Longer than any clock is wrong.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What must hold for a claim to be judged by all claims before it.
pub fn is_as_read(known: &CallerRecord) -> Condition {
    match known.revision {
        0 => Condition::Absent(REVISION.into()),
        revision => Condition::Equal(Operand::Path(REVISION.into()), revision.into()),
    }
}

fn encode_claim(claim: &Claim) -> Value {
    Attributes::new()
        .with_text("campaign", claim.campaign)
        .with_text("buyer", claim.buyer)
        .with("at", claim.at.as_millisecond())
        .with(STATE, claim.state.as_str())
        .into()
}

/// Reads what is known of a caller.
pub fn decode(item: Option<&Item>) -> Result<CallerRecord, StoreError> {
    let Some(reader) = item.map(Reader) else { return Ok(CallerRecord::default()) };
    let claims = reader.map(CLAIMS)?;
    let claims = claims.0.keys().map(|name| decode_claim(name, claims.map(name)?));
    Ok(CallerRecord {
        revision: reader.number::<i64>(REVISION)?.unsigned_abs(),
        past: CallerPast { claims: claims.collect::<Result<_, _>>()? },
    })
}

fn decode_claim(name: &str, reader: Reader<'_>) -> Result<Claim, StoreError> {
    let word = reader.text(STATE)?;
    let state = ClaimState::ALL.into_iter().find(|state| state.as_str() == word);
    let at: Option<Timestamp> = reader.optional_milliseconds("at")?;
    Ok(Claim {
        leg: name.parse().map_err(|_| damaged(name, "a leg's id"))?,
        campaign: reader.parsed("campaign")?,
        buyer: reader.parsed("buyer")?,
        at: at.ok_or_else(|| damaged("at", "a number"))?,
        state: state.ok_or_else(|| damaged(STATE, "the state of a claim"))?,
    })
}
