//! JOURNAL: a balanced entry of the ledger, put once and never changed. Beside its call, and again in the ledger's timeline.

use ringfall_domain::{
    ids::{AccountId, CallId},
    ledger::{Entry, EntryKind, Posting},
};

use super::{
    attributes::{Attributes, Reader, damaged},
    call,
};
use crate::port::{Item, Key, StoreError, Value};

/// Where an entry stands.
pub fn key(account: AccountId, call: CallId, attempt: u8, kind: EntryKind) -> Key {
    Key::new(call::partition(account, call), format!("{PREFIX}{attempt}#{}", kind.as_str()))
}

/// What every entry's sort key begins with.
pub const PREFIX: &str = "J#";

/// Writes an entry.
pub fn encode(account: AccountId, entry: &Entry) -> Item {
    Attributes::new()
        .with_text("account", account)
        .with("kind", entry.kind.as_str())
        .with_text("call", entry.call)
        .with("attempt", u32::from(entry.attempt))
        .with("amount", entry.amount.as_decimal())
        .with("postings", Value::List(entry.postings.iter().map(encode_posting).collect()))
        .with_text("campaign", entry.campaign)
        .with_text("publisher", entry.publisher)
        .with_text("number", entry.number)
        .with_some("buyer", entry.buyer.map(|buyer| buyer.to_string()))
        .with_text("call_arrived_at", entry.call_arrived_at)
        .into_map()
}

/// Reads an entry with its account.
pub fn decode(item: &Item) -> Result<(AccountId, Entry), StoreError> {
    let reader = Reader(item);
    let postings: Vec<Posting> =
        reader.list("postings")?.iter().map(decode_posting).collect::<Result<_, _>>()?;
    let entry = Entry {
        kind: EntryKind::from_word(reader.text("kind")?).ok_or_else(|| damaged("kind", "a kind of entry"))?,
        call: reader.parsed("call")?,
        attempt: reader.number("attempt")?,
        amount: reader.money("amount")?,
        postings: postings.try_into().map_err(|_| damaged("postings", "two postings"))?,
        campaign: reader.parsed("campaign")?,
        publisher: reader.parsed("publisher")?,
        number: reader.parsed("number")?,
        buyer: reader.optional_parsed("buyer")?,
        call_arrived_at: reader.time("call_arrived_at")?,
    };
    Ok((reader.parsed("account")?, entry))
}

fn encode_posting(posting: &Posting) -> Value {
    Attributes::new().with_text("account", posting.account).with("amount", posting.amount.as_decimal()).into()
}

fn decode_posting(value: &Value) -> Result<Posting, StoreError> {
    let reader = Reader(value.as_map().ok_or_else(|| damaged("postings", "a list of maps"))?);
    Ok(Posting { account: reader.parsed("account")?, amount: reader.money("amount")? })
}
