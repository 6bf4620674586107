//! The ledger: balanced entries, never changed.

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use ringfall_domain::{
    ids::{AccountId, CallId},
    ledger::{Entry, Posting},
    money::Money,
};
use ringfall_store::{
    port::{Direction, Item, Range, StoreError},
    protocols::timeline::{Stretch, read},
    records::{call, journal, timeline::Listed},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared,
    auth::{Caller, Scope},
    openapi::{Endpoint, Verb, text},
    pages::{List, PageRequest},
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
    amount: Money,
    /// Both halves: debits are positive, credits negative.
    postings: Vec<PostingBody>,
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
    let stretch = match call {
        Some(call) => of_call(&platform, caller.account, call, &page).await?,
        None => {
            let span = asked.within_lifetime(&platform, caller.account).await?;
            let after = page.after.as_deref();
            read(&*platform.table, caller.account, Listed::Ledger, span, after, page.limit).await?
        }
    };
    let next = stretch.entries.last().filter(|_| stretch.more).map(|(place, _)| list.cursor(place));
    let entries = stretch.entries.iter().map(|(_, item)| entry(item)).collect::<Result<_, _>>()?;
    Ok(Json(LedgerPage { entries, next_cursor: next }))
}

async fn of_call(
    platform: &Platform,
    account: AccountId,
    call: CallId,
    page: &PageRequest,
) -> Result<Stretch, StoreError> {
    // "$" stands behind "#": the range ends behind the last entry.
    let behind = || format!("{}$", journal::PREFIX.trim_end_matches('#'));
    let range =
        Range { from: Some(journal::PREFIX.to_owned()), to: Some(page.after.clone().unwrap_or_else(behind)) };
    let partition = call::partition(account, call);
    let found = platform.table.query(&partition, &range, Direction::Descending, page.limit).await?;
    let entries = found.items.into_iter().map(|(key, item)| (key.sort, item)).collect();
    Ok(Stretch { entries, more: found.more })
}

fn entry(item: &Item) -> Result<EntryBody, StoreError> {
    let (_, entry) = journal::decode(item)?;
    Ok(EntryBody::from(&entry))
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
            call_arrived_at: entry.call_arrived_at,
        }
    }
}

impl From<&Posting> for PostingBody {
    fn from(posting: &Posting) -> Self {
        Self { account: posting.account.to_string(), amount: posting.amount }
    }
}
