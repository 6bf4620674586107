//! One attempt within CALL.

use jiff::Timestamp;
use ringfall_domain::{
    call::{Bridging, DuplicateTerms, KeyPress, Leg, LegEnd, LegFact, Terms, event::EndCause},
    capacity::{Period, Window},
    flow::NodeId,
};

use super::{
    attributes::{Attributes, Reader, damaged, instant},
    stamp::{decode_stamp, encode_stamp},
};
use crate::port::{StoreError, Value};

/// Whether the dial is fetched by a caller who was held.
const IS_FETCHED: &str = "is_fetched";

/// An attempt as it is first written: what was agreed when capacity was reserved.
pub fn encode_new(leg: &Leg) -> Value {
    Attributes::new()
        .with_text("target", leg.target)
        .with_text("buyer", leg.buyer)
        .with_document("destination", &leg.destination)
        .with_text("node", &leg.node)
        .with("ring_s", leg.ring_timeout_seconds)
        .with_some("screening_key", leg.screening_key.map(String::from))
        .with("price", leg.terms.price.as_decimal())
        .with("billable_s", leg.terms.billable_after_seconds)
        .with_document("payout", &leg.terms.payout)
        .with_instant("reserved_at", leg.reserved_at)
        .with_some(IS_FETCHED, leg.is_fetched.then_some(true))
        .with("windows", encode_windows(&leg.counted_in))
        .with_some("claims_caller", leg.claims_caller.then_some(true))
        .with_some("duplicate", leg.terms.duplicate.map(encode_duplicate))
        .with_some("group", leg.group.as_ref().map(ToString::to_string))
        .with_some("chance_s", leg.terms.second_chance_before_seconds)
        .into()
}

/// The attribute that keeps a fact, and its value.
pub fn encode_fact(fact: &LegFact) -> (&'static str, Value) {
    match fact {
        LegFact::ProviderLegId(id) => ("leg_id", id.as_str().into()),
        LegFact::Answered(stamp) => ("answered", encode_stamp(*stamp).into()),
        LegFact::Screened(press) => ("screened", encode_key_press(press)),
        LegFact::Bridged(bridging) => ("bridged", encode_bridging(bridging)),
        LegFact::RecordingUrl(url) => ("recording_url", url.as_str().into()),
        LegFact::Ended(end) => ("ended", encode_end(end)),
    }
}

/// Reads an attempt.
pub fn decode(attempt: u8, reader: Reader<'_>) -> Result<Leg, StoreError> {
    Ok(Leg {
        attempt,
        target: reader.parsed("target")?,
        buyer: reader.parsed("buyer")?,
        destination: reader.document("destination")?,
        node: NodeId::try_from(reader.text("node")?.to_owned())
            .map_err(|_| damaged("node", "a node's name"))?,
        ring_timeout_seconds: reader.number("ring_s")?,
        screening_key: reader.optional_parsed("screening_key")?,
        terms: Terms {
            price: reader.money("price")?,
            billable_after_seconds: reader.number("billable_s")?,
            payout: reader.document("payout")?,
            duplicate: reader.optional_map("duplicate")?.map(decode_duplicate).transpose()?,
            second_chance_before_seconds: reader.optional_number("chance_s")?,
        },
        reserved_at: reader.instant("reserved_at")?,
        is_fetched: reader.flag(IS_FETCHED)?,
        counted_in: decode_windows(reader)?,
        group: reader.optional_parsed("group")?,
        claims_caller: reader.flag("claims_caller")?,
        provider_leg_id: reader.optional_text("leg_id")?.map(str::to_owned),
        answered: reader.optional_map("answered")?.map(decode_stamp).transpose()?,
        screened: reader.optional_map("screened")?.map(decode_key_press).transpose()?,
        bridged: reader.optional_map("bridged")?.map(decode_bridging).transpose()?,
        recording_url: reader.optional_text("recording_url")?.map(str::to_owned),
        ended: reader.optional_map("ended")?.map(decode_end).transpose()?,
    })
}

fn encode_duplicate(duplicate: DuplicateTerms) -> Value {
    Attributes::new().with_text("of", duplicate.of).with("pays_publisher", duplicate.pays_publisher).into()
}

fn decode_duplicate(reader: Reader<'_>) -> Result<DuplicateTerms, StoreError> {
    Ok(DuplicateTerms { of: reader.parsed("of")?, pays_publisher: reader.flag("pays_publisher")? })
}

/// The seconds at which they began, in the order of [`Period::ALL`].
fn encode_windows(windows: &[Window; 4]) -> Value {
    Value::List(windows.iter().map(|window| window.began_at.as_second().into()).collect())
}

fn decode_windows(reader: Reader<'_>) -> Result<[Window; 4], StoreError> {
    let window = |(period, began): (Period, &Value)| {
        let began_at = Timestamp::from_second(began.as_number()?.try_into().ok()?).ok()?;
        Some(Window { period, began_at })
    };
    let windows: Option<Vec<Window>> =
        Period::ALL.into_iter().zip(reader.list("windows")?).map(window).collect();
    let four = windows.and_then(|windows| windows.try_into().ok());
    four.ok_or_else(|| damaged("windows", "the beginnings of four windows"))
}

fn encode_key_press(press: &KeyPress) -> Value {
    Attributes::new()
        .with_some("asked_at", press.asked_at.map(instant))
        .with_some("key", press.key.map(String::from))
        .with_instant("at", press.at)
        .into()
}

fn decode_key_press(reader: Reader<'_>) -> Result<KeyPress, StoreError> {
    Ok(KeyPress {
        asked_at: reader.optional_instant("asked_at")?,
        key: reader.optional_parsed("key")?,
        at: reader.instant("at")?,
    })
}

fn encode_bridging(bridging: &Bridging) -> Value {
    Attributes::new().with("joined", bridging.joined).with_instant("at", bridging.at).into()
}

fn decode_bridging(reader: Reader<'_>) -> Result<Bridging, StoreError> {
    Ok(Bridging { joined: reader.flag("joined")?, at: reader.instant("at")? })
}

const CAUSES: [(EndCause, &str); 6] = [
    (EndCause::Completed, "completed"),
    (EndCause::Busy, "busy"),
    (EndCause::NoAnswer, "no_answer"),
    (EndCause::Failed, "failed"),
    (EndCause::Canceled, "canceled"),
    (EndCause::NeverDialled, "never_dialled"),
];

/// The word of a cause; there is one for each.
pub fn word_of(cause: EndCause) -> Option<&'static str> {
    CAUSES.iter().find(|(known, _)| *known == cause).map(|(_, word)| *word)
}

/// The cause of a word.
pub fn cause_of(word: &str) -> Result<EndCause, StoreError> {
    let cause = CAUSES.iter().find(|(_, known)| *known == word).map(|(cause, _)| *cause);
    cause.ok_or_else(|| damaged("cause", "a known cause"))
}

fn encode_end(end: &LegEnd) -> Value {
    encode_stamp(end.stamp)
        .with_some("cause", word_of(end.cause))
        .with_some("lasted_s", end.duration_seconds)
        .into()
}

fn decode_end(reader: Reader<'_>) -> Result<LegEnd, StoreError> {
    Ok(LegEnd {
        stamp: decode_stamp(reader)?,
        cause: cause_of(reader.text("cause")?)?,
        duration_seconds: reader.optional_number("lasted_s")?,
    })
}
