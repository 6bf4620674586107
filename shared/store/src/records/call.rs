//! CALL: the set-once facts of one call.

use jiff::Timestamp;
use ringfall_domain::{
    call::{
        Call, CallEnd, Fact, Finish, FinishKind, LegFact, Origin, TelephonyRates,
        event::{Attestation, CallerFacts},
    },
    flow::NodeId,
    geography::LineType,
    ids::{AccountId, CallId},
    money::Money,
    phone::CallerNumber,
    routing::Ruling,
    tags::Tags,
};

use super::{
    attributes::{Attributes, Reader, damaged},
    decision, leg,
    queued::{self, decode_overflowed, decode_queued, encode_overflowed, encode_queued},
    stamp::{decode_stamp, encode_stamp},
    suppression,
    tags::{decode_tags, encode_tags},
};
use crate::port::{Item, Key, Path, StoreError, Update, Value};

/// Attribute names that protocols put conditions on.
pub mod names {
    /// When the call came in: there once it has.
    pub const ARRIVED_AT: &str = "arrived_at";
    /// The attempts, by number.
    pub const LEGS: &str = "legs";
    /// The call's end.
    pub const ENDED: &str = "ended";
    /// The answers of the caller.
    pub const TAGS: &str = "tags";
    /// How the flow ended the call.
    pub const FINISHED: &str = "finished";
    /// Where the call waits, or waited.
    pub const QUEUED: &str = "queued";
    /// Why it could not be held.
    pub const OVERFLOWED: &str = "overflowed";
}

/// The tags that came with the number: the caller has answered nothing yet when a call is first written.
const NUMBER_TAGS: &str = "number_tags";

/// Why the caller is turned away.
const SUPPRESSION: &str = "suppression";

/// The earlier call of which this one is a duplicate.
const DUPLICATE_OF: &str = "duplicate_of";

/// The call whose callback this one is.
const CALLBACK_OF: &str = "callback_of";

/// Where the caller's message is to be had.
const MESSAGE_URL: &str = "message_url";

/// The kind of a finish after which the flow may still go on.
pub const FORWARDED: &str = "forwarded";

/// Where the kind of a call's finish stands.
pub fn finish_kind() -> Path {
    Path::of([names::FINISHED, "kind"])
}

/// Where the place stands at which a call waits.
pub fn queued_place() -> Path {
    Path::of([names::QUEUED, queued::PLACE])
}

/// The sort key of every call.
pub const SORT: &str = "CALL";

/// Where a call stands.
pub fn key(account: AccountId, call: CallId) -> Key {
    Key::new(partition(account, call), SORT)
}

/// The partition of a call and its journal.
pub fn partition(account: AccountId, call: CallId) -> String {
    format!("{account}#C#{call}")
}

/// Whose partition it is.
pub(super) fn names_of(key: &Key) -> Option<(AccountId, CallId)> {
    let (account, call) = key.partition.split_once("#C#")?;
    Some((account.parse().ok()?, call.parse().ok()?))
}

/// A call as it is first written: with what was agreed of its attempts, and no facts yet.
pub fn encode_new(call: &Call) -> Item {
    let origin = &call.origin;
    let legs: Attributes = call
        .legs
        .iter()
        .fold(Attributes::new(), |legs, leg| legs.with(&leg.attempt.to_string(), leg::encode_new(leg)));
    Attributes::new()
        .with_text("connection", origin.connection)
        .with("call_id", origin.provider_call_id.as_str())
        .with_text("campaign", origin.campaign)
        .with_text("publisher", origin.publisher)
        .with_text("number", origin.number)
        .with_text("dialled", &origin.dialled)
        .with_text("caller", &origin.caller)
        .with("caller_facts", encode_caller_facts(&origin.caller_facts))
        .with_some("inbound_per_minute", cost(origin.rates.inbound_per_minute))
        .with_some("outbound_per_minute", cost(origin.rates.outbound_per_minute))
        .with_instant(names::ARRIVED_AT, origin.arrived_at)
        .with(names::TAGS, Value::empty_map())
        .with_some(NUMBER_TAGS, (!call.tags.is_empty()).then(|| encode_tags(&call.tags)))
        .with(names::LEGS, legs)
        .with_some(SUPPRESSION, call.suppression.as_ref().map(suppression::encode))
        .with_some(CALLBACK_OF, call.callback_of.map(|original| original.to_string()))
        .with_some(names::QUEUED, call.queued.as_ref().map(encode_queued))
        .with_some(names::FINISHED, call.finished.as_ref().map(encode_finish))
        .into_map()
}

/// What costs nothing is not written.
fn cost(rate: Money) -> Option<Value> {
    (rate != Money::ZERO).then(|| rate.as_decimal().into())
}

/// False for an item that so far holds only the end of a call: reports may overtake the call's first webhook.
pub fn has_arrived(item: &Item) -> bool {
    item.contains_key(names::ARRIVED_AT)
}

/// Reads a call. Its own id and its account's stand in its key alone.
pub fn decode(key: &Key, item: &Item) -> Result<Call, StoreError> {
    let (account, id) = names_of(key).ok_or_else(|| damaged("partition", "an account's and a call's id"))?;
    let reader = Reader(item);
    let campaign = reader.parsed("campaign")?;
    let origin = Origin {
        connection: reader.parsed("connection")?,
        provider_call_id: reader.text("call_id")?.to_owned(),
        campaign,
        publisher: reader.parsed("publisher")?,
        number: reader.parsed("number")?,
        dialled: reader.parsed("dialled")?,
        caller: CallerNumber::from_presented(reader.text("caller")?),
        caller_facts: decode_caller_facts(reader.map("caller_facts")?)?,
        rates: TelephonyRates {
            inbound_per_minute: reader.optional_money("inbound_per_minute")?.unwrap_or_default(),
            outbound_per_minute: reader.optional_money("outbound_per_minute")?.unwrap_or_default(),
        },
        arrived_at: reader.instant(names::ARRIVED_AT)?,
    };
    let mut call = Call::new(id, account, origin, decode_all_tags(reader)?);
    call.legs = decode_legs(reader)?;
    call.routed = item.contains_key(decision::ATTRIBUTE);
    call.suppression = reader.optional_map(SUPPRESSION)?.map(suppression::decode).transpose()?;
    call.turned_away_as_duplicate_of = reader.optional_parsed(DUPLICATE_OF)?;
    let queued = reader.optional_map(names::QUEUED)?;
    call.queued = queued.map(|queued| decode_queued(queued, campaign)).transpose()?;
    call.overflowed = reader.optional_map(names::OVERFLOWED)?.map(decode_overflowed).transpose()?;
    call.callback_of = reader.optional_parsed(CALLBACK_OF)?;
    call.message_url = reader.optional_text(MESSAGE_URL)?.map(str::to_owned);
    call.finished = reader.optional_map(names::FINISHED)?.map(decode_finish).transpose()?;
    call.ended = reader.optional_map(names::ENDED)?.map(decode_end).transpose()?;
    Ok(call)
}

/// The change that writes a fact, unless one of its kind is written already.
pub fn write_once(fact: &Fact) -> Update {
    match fact {
        Fact::Tag(name, value) => {
            Update::SetIfAbsent(Path::of([names::TAGS, name.as_str()]), value.as_str().into())
        }
        Fact::Leg(attempt, fact) => leg_fact(*attempt, fact),
        Fact::DuplicateOf(earlier) => Update::SetIfAbsent(DUPLICATE_OF.into(), earlier.to_string().into()),
        Fact::Queued(queued) => Update::SetIfAbsent(names::QUEUED.into(), encode_queued(queued)),
        Fact::Overflowed(overflowed) => {
            Update::SetIfAbsent(names::OVERFLOWED.into(), encode_overflowed(overflowed))
        }
        Fact::MessageUrl(url) => Update::SetIfAbsent(MESSAGE_URL.into(), url.as_str().into()),
        Fact::Finished(finish) => Update::SetIfAbsent(names::FINISHED.into(), encode_finish(finish)),
        Fact::Ended(end) => Update::SetIfAbsent(names::ENDED.into(), encode_end(end)),
    }
}

/// The change that writes how the flow ended the call, whatever stood there. Only over a forward that came to nothing.
pub fn finish_for_good(finish: &Finish) -> Update {
    Update::Set(names::FINISHED.into(), encode_finish(finish))
}

fn leg_fact(attempt: u8, fact: &LegFact) -> Update {
    let (name, value) = leg::encode_fact(fact);
    Update::SetIfAbsent(Path::of([names::LEGS, &attempt.to_string(), name]), value)
}

/// The change that writes the latest judgement of the candidates.
pub fn write_decision(rulings: &[Ruling], at: Timestamp) -> Update {
    Update::Set(decision::ATTRIBUTE.into(), decision::encode(rulings, at))
}

fn encode_caller_facts(facts: &CallerFacts) -> Attributes {
    Attributes::new()
        .with_some("state", facts.state.clone())
        .with_some("zip", facts.zip.clone())
        .with_some("city", facts.city.clone())
        .with_some("country", facts.country.clone())
        .with_some("line_type", facts.line_type.map(LineType::as_str))
        .with_some("attestation", facts.attestation.map(Attestation::as_str))
        .with_some("spam", facts.spam.then_some(true))
}

fn decode_caller_facts(reader: Reader<'_>) -> Result<CallerFacts, StoreError> {
    let text = |name| reader.optional_text(name).map(|text| text.map(str::to_owned));
    let attestation = |word: &str| {
        let known = Attestation::ALL.into_iter().find(|attestation| attestation.as_str() == word);
        known.ok_or_else(|| damaged("attestation", "A, B, C or failed"))
    };
    Ok(CallerFacts {
        state: text("state")?,
        zip: text("zip")?,
        city: text("city")?,
        country: text("country")?,
        line_type: reader.optional_text("line_type")?.map(line_type).transpose()?,
        attestation: reader.optional_text("attestation")?.map(attestation).transpose()?,
        spam: reader.flag("spam")?,
    })
}

fn line_type(text: &str) -> Result<LineType, StoreError> {
    text.parse().map_err(|_| damaged("line_type", "a kind of line"))
}

/// What the caller answered stands above what came with the number.
fn decode_all_tags(reader: Reader<'_>) -> Result<Tags, StoreError> {
    let mut tags = decode_tags(reader.map(names::TAGS)?)?;
    if let Some(of_number) = reader.optional_map(NUMBER_TAGS)? {
        tags.fill_in(&decode_tags(of_number)?);
    }
    Ok(tags)
}

fn decode_legs(reader: Reader<'_>) -> Result<Vec<ringfall_domain::call::Leg>, StoreError> {
    let map = reader.map(names::LEGS)?;
    (1..=map.0.len())
        .map(|attempt| {
            let attempt = u8::try_from(attempt).map_err(|_| damaged(names::LEGS, "fewer attempts"))?;
            leg::decode(attempt, map.map(&attempt.to_string())?)
        })
        .collect()
}

const FINISHES: [(FinishKind, &str); 6] = [
    (FinishKind::Unqualified, "unqualified"),
    (FinishKind::NoTarget, "no_target"),
    (FinishKind::Forwarded, FORWARDED),
    (FinishKind::Suppressed, "suppressed"),
    (FinishKind::Message, "message"),
    (FinishKind::Callback, "callback"),
];

fn encode_finish(finish: &Finish) -> Value {
    let word = FINISHES.iter().find(|(kind, _)| *kind == finish.kind).map(|(_, word)| *word);
    Attributes::new().with_text("node", &finish.node).with_some("kind", word).into()
}

fn decode_finish(reader: Reader<'_>) -> Result<Finish, StoreError> {
    let word = reader.text("kind")?;
    let kind = FINISHES.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind);
    let node =
        NodeId::try_from(reader.text("node")?.to_owned()).map_err(|_| damaged("node", "a node's name"))?;
    Ok(Finish { node, kind: kind.ok_or_else(|| damaged("kind", "a kind of finish"))? })
}

fn encode_end(end: &CallEnd) -> Value {
    encode_stamp(end.stamp).with_some("lasted_s", end.duration_seconds).into()
}

fn decode_end(reader: Reader<'_>) -> Result<CallEnd, StoreError> {
    Ok(CallEnd { stamp: decode_stamp(reader)?, duration_seconds: reader.optional_number("lasted_s")? })
}
