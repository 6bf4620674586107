//! JOURNAL: balanced entries of the ledger, put once and never changed. What is entered for one reason stands in one item: a
//! charge's revenue and payout are there together or not at all. The items stand in the ledger's timeline, where lists read them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringfall_domain::{
    ids::{AccountId, CallId},
    ledger::{Entry, EntryKind, Posting},
};

use super::{
    attributes::{Attributes, Reader, damaged},
    timeline::{self, Listed},
};
use crate::port::{Item, Key, Range, StoreError, Value};

/// The attribute that every item has.
pub const ENTRIES: &str = "entries";

/// Why something is entered: at most once per attempt, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A conversion: revenue and payout.
    Charge,
    /// The carrier's minutes.
    Telephony,
}

impl Cause {
    /// Why an entry of a kind is made.
    pub const fn of(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Revenue | EntryKind::Payout => Self::Charge,
            EntryKind::Telephony => Self::Telephony,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Telephony => "telephony",
        }
    }
}

/// Where the item stands that holds an entry.
pub fn key(account: AccountId, entry: &Entry) -> Key {
    let name = format!("{}#{}#{}", entry.call, entry.attempt, Cause::of(entry.kind).as_str());
    timeline::key(account, Listed::Ledger, entry.call_arrived_at, &name)
}

/// Where the items of one call stand: a partition and a range in it.
pub fn of_call(account: AccountId, call: CallId, call_arrived_at: Timestamp) -> (String, Range) {
    let Key { partition, sort } = timeline::key(account, Listed::Ledger, call_arrived_at, &call.to_string());
    // "$" stands behind "#": the range ends behind the last item.
    (partition, Range { from: Some(format!("{sort}#")), to: Some(format!("{sort}$")) })
}

/// True for the key of a journal's item.
pub fn is_journal(key: &Key) -> bool {
    timeline::is_of(key, Listed::Ledger)
}

/// The items that some entries make, each with its key.
pub fn encode(account: AccountId, entries: &[Entry]) -> BTreeMap<Key, Item> {
    let mut items: BTreeMap<Key, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        items.entry(key(account, entry)).or_default().push(entry);
    }
    items.into_iter().map(|(key, entries)| (key, encode_together(&entries))).collect()
}

/// What entries of one attempt have in common is written once.
fn encode_together(entries: &[&Entry]) -> Item {
    let shared = entries.first().map_or_else(Attributes::new, |entry| {
        Attributes::new()
            .with_text("call", entry.call)
            .with("attempt", u32::from(entry.attempt))
            .with_text("campaign", entry.campaign)
            .with_text("publisher", entry.publisher)
            .with_text("number", entry.number)
            .with_some("buyer", entry.buyer.map(|buyer| buyer.to_string()))
            .with_instant("call_arrived_at", entry.call_arrived_at)
    });
    shared.with(ENTRIES, Value::List(entries.iter().map(|entry| encode_entry(entry)).collect())).into_map()
}

fn encode_entry(entry: &Entry) -> Value {
    Attributes::new()
        .with("kind", entry.kind.as_str())
        .with("amount", entry.amount.as_decimal())
        .with("postings", Value::List(entry.postings.iter().map(encode_posting).collect()))
        .with_some("unpaid_duplicate_of", entry.unpaid_duplicate_of.map(|earlier| earlier.to_string()))
        .into()
}

/// Reads the entries of an item.
pub fn decode(item: &Item) -> Result<Vec<Entry>, StoreError> {
    let reader = Reader(item);
    reader.list(ENTRIES)?.iter().map(|entry| decode_entry(reader, entry)).collect()
}

fn decode_entry(shared: Reader<'_>, entry: &Value) -> Result<Entry, StoreError> {
    let reader = Reader(entry.as_map().ok_or_else(|| damaged(ENTRIES, "a list of maps"))?);
    let postings: Vec<Posting> =
        reader.list("postings")?.iter().map(decode_posting).collect::<Result<_, _>>()?;
    Ok(Entry {
        kind: EntryKind::from_word(reader.text("kind")?).ok_or_else(|| damaged("kind", "a kind of entry"))?,
        amount: reader.money("amount")?,
        postings: postings.try_into().map_err(|_| damaged("postings", "two postings"))?,
        unpaid_duplicate_of: reader.optional_parsed("unpaid_duplicate_of")?,
        call: shared.parsed("call")?,
        attempt: shared.number("attempt")?,
        campaign: shared.parsed("campaign")?,
        publisher: shared.parsed("publisher")?,
        number: shared.parsed("number")?,
        buyer: shared.optional_parsed("buyer")?,
        call_arrived_at: shared.instant("call_arrived_at")?,
    })
}

fn encode_posting(posting: &Posting) -> Value {
    Attributes::new().with_text("account", posting.account).with("amount", posting.amount.as_decimal()).into()
}

fn decode_posting(value: &Value) -> Result<Posting, StoreError> {
    let reader = Reader(value.as_map().ok_or_else(|| damaged("postings", "a list of maps"))?);
    Ok(Posting { account: reader.parsed("account")?, amount: reader.money("amount")? })
}
