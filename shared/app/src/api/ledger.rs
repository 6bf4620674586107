//! The ledger: balanced entries, never changed.

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use ringfall_domain::{
    ids::{AccountId, CallId},
    ledger::{Entry, Posting},
    money::{Amount, Money},
};
use ringfall_store::{
    port::{Direction, Range, StoreError},
    protocols::{
        find::find,
        timeline::{Stretch, read},
    },
    records::{journal, timeline::Listed},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared,
    auth::{Caller, Scope},
    openapi::{Endpoint, Verb, text},
    pages::List,
    problem::Refusal,
    query::Query,
    span::Asked,
};
use crate::platform::Platform;

/// Some of the ledger.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerPage {
    /// By the arrival of their calls, the newest first.
    entries: Vec<EntryBody>,
    /// Give it as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
}

/// An entry: its postings sum to zero.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
struct EntryBody {
    /// The call, the attempt and the kind: the same for ever.
    #[schema(example = "cal_01JD3Q4T7Y8Z9A0B1C2D3E4F5G.1.revenue")]
    id: String,
    call_id: CallId,
    /// The attempt that it is about; 0 for the call as a whole.
    attempt: u8,
    /// `revenue`, `payout` or `telephony`.
    #[schema(example = "revenue")]
    kind: &'static str,
    /// What moves, never negative.
    #[schema(value_type = Amount)]
    amount: Money,
    /// Both halves: debits are positive, credits negative.
    postings: Vec<PostingBody>,
    /// Why a payout is nothing: the publisher was paid for the caller before, with this call.
    #[serde(skip_serializing_if = "Option::is_none")]
    unpaid_duplicate_of: Option<CallId>,
    call_arrived_at: Timestamp,
}

/// One half of an entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Posting)]
struct PostingBody {
    /// Whose: `receivable:buy_…`, `revenue:cmp_…`, `payout:cmp_…`, `payable:pub_…`, `telephony:cmp_…` or
    /// `payable:carriers`.
    #[schema(example = "receivable:buy_01JD3Q4T7Y8Z9A0B1C2D3E4F5G")]
    account: String,
    amount: Money,
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    let endpoint = Endpoint::new(Verb::Get, "/ledger", Scope::Reports, "reports", "list_ledger", "Lists ledger entries.")
        .described("An entry is listed moments after its call called for it. `from` and `to` are about the call's arrival.")
        .pages()
        .query("call_id", text(), "Only this call's; then without `from` and `to`.")
        .span()
        .replies::<LedgerPage>(StatusCode::OK, "The newest first.")
        .served_by(platform, list);
    OpenApiRouter::default().routes(endpoint)
}

async fn list(
    State(platform): State<Shared>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<LedgerPage>, Refusal> {
    let call: Option<CallId> = query.take("call_id")?;
    let asked = if call.is_some() { Asked { from: None, to: None } } else { Asked::read(&mut query)? };
    let filter = call.map(|id| id.to_string()).unwrap_or_default();
    let list = List::new(caller.account, format!("ledger?call_id={filter}&{}", asked.name()));
    let page = list.page(&mut query)?;
    query.finish()?;
    let (after, given) = Place::read(page.after.as_deref());
    let stretch = match call {
        Some(call) => of_call(&platform, caller.account, call, after, page.limit).await?,
        None => {
            let span = asked.within_lifetime(&platform, caller.account).await?;
            read(&*platform.table, caller.account, Listed::Ledger, span, after.as_deref(), page.limit).await?
        }
    };
    let (entries, next) = some_of(&stretch, given, page.limit)?;
    Ok(Json(LedgerPage { entries, next_cursor: next.map(|place| list.cursor(&place)) }))
}

/// How far a list has come: behind an item of the journal, or within it, since one item may hold two entries.
struct Place;

impl Place {
    /// The bound of what is still to be read, and how many entries of its first item were given.
    fn read(place: Option<&str>) -> (Option<String>, usize) {
        match place.map(|place| (place, place.split_once('|'))) {
            None => (None, 0),
            Some((place, None)) => (Some(place.to_owned()), 0),
            // The least text behind the item's: so it is read again.
            Some((_, Some((item, given)))) => (Some(format!("{item}\0")), given.parse().unwrap_or(0)),
        }
    }

    fn within(item: &str, given: usize) -> String {
        format!("{item}|{given}")
    }
}

/// At most `limit` entries, the first item's without those that were given, and where to go on.
fn some_of(
    stretch: &Stretch,
    given: usize,
    limit: usize,
) -> Result<(Vec<EntryBody>, Option<String>), StoreError> {
    let mut entries = Vec::new();
    let mut skipped = given;
    let mut before: Option<&String> = None;
    for (item, content) in &stretch.entries {
        for (index, entry) in journal::decode(content)?.iter().enumerate().skip(skipped) {
            if entries.len() == limit {
                let whole = before.filter(|_| index == 0).cloned();
                return Ok((entries, Some(whole.unwrap_or_else(|| Place::within(item, index)))));
            }
            entries.push(EntryBody::from(entry));
        }
        (skipped, before) = (0, Some(item));
    }
    Ok((entries, before.filter(|_| stretch.more).cloned()))
}

async fn of_call(
    platform: &Platform,
    account: AccountId,
    call: CallId,
    after: Option<String>,
    limit: usize,
) -> Result<Stretch, StoreError> {
    let Some(found) = find(&*platform.table, account, call).await? else { return Ok(Stretch::default()) };
    let (partition, range) = journal::of_call(account, call, found.origin.arrived_at);
    let range = Range { to: after.or(range.to), ..range };
    let found = platform.table.query(&partition, &range, Direction::Descending, limit).await?;
    let entries = found.items.into_iter().map(|(key, item)| (key.sort, item)).collect();
    Ok(Stretch { entries, more: found.more })
}

impl From<&Entry> for EntryBody {
    fn from(entry: &Entry) -> Self {
        Self {
            id: format!("{}.{}.{}", entry.call, entry.attempt, entry.kind.as_str()),
            call_id: entry.call,
            attempt: entry.attempt,
            kind: entry.kind.as_str(),
            amount: entry.amount,
            postings: entry.postings.iter().map(PostingBody::from).collect(),
            unpaid_duplicate_of: entry.unpaid_duplicate_of,
            call_arrived_at: entry.call_arrived_at,
        }
    }
}

impl From<&Posting> for PostingBody {
    fn from(posting: &Posting) -> Self {
        Self { account: posting.account.to_string(), amount: posting.amount }
    }
}
