//! Calls: what is known of them, and what they earned.

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Leg},
    ids::{AccountId, BuyerId, CallId, CampaignId, ConnectionId, NumberId, PublisherId, TargetId},
    ledger::{EntryKind, entries_of},
    money::{Amount, Money},
    phone::PhoneNumber,
    tags::Tags,
    target::Destination,
};
use ringfall_store::{
    port::{Item, Key, SharedItem, StoreError},
    protocols::timeline::{Span, read as read_timeline},
    records::{self, attributes::Reader, timeline::Listed},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared,
    auth::{Caller, Scope},
    caller_facts::CallerFactsBody,
    decision::{Decision, ReasonBody},
    openapi::{Endpoint, Verb, text},
    pages::{List, Page, PageRequest},
    problem::Refusal,
    query::{PathId, Query},
    span::Asked,
    waited::{OverflowBody, QueuedBody},
};
use crate::platform::Platform;

/// Calls looked at for one page: a rare campaign's page may come short, and then goes on.
const MOST_LOOKED_AT: usize = 1_000;
/// Calls read at once.
const READ: usize = 100;

/// A call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Call)]
pub(super) struct CallBody {
    id: CallId,
    /// The provider's own id of it.
    provider_call_id: String,
    connection_id: ConnectionId,
    /// `qualifying`, `queued`, `ringing`, `connected` or `ended`.
    #[schema(example = "ended")]
    state: &'static str,
    /// `in_progress`, `converted`, `connected`, `unqualified`, `no_target`, `forwarded`, `suppressed`, `message`, `callback` or `abandoned`.
    #[schema(example = "converted")]
    disposition: &'static str,
    campaign_id: CampaignId,
    publisher_id: PublisherId,
    number_id: NumberId,
    /// Who called: a number, `anonymous`, or whatever the network presented.
    #[schema(example = "+12145550123")]
    caller: String,
    caller_facts: CallerFactsBody,
    /// The tracking number that was dialled.
    number: PhoneNumber,
    /// What the caller answered.
    tags: Tags,
    arrived_at: Timestamp,
    /// Null while it lasts.
    ended_at: Option<Timestamp>,
    /// Seconds from our answer to the end, where the provider told them.
    duration_seconds: Option<u32>,
    /// Why the caller was turned away on arrival; null where they were not.
    suppression: Option<ReasonBody>,
    /// The earlier call of the same caller, where the campaign's rule makes this one a duplicate. Known once it was routed.
    duplicate_of: Option<CallId>,
    /// Its wait in a queue; null where it did not wait.
    queue: Option<QueuedBody>,
    /// Why the caller could not be held, or not any longer; null where neither was so.
    overflow: Option<OverflowBody>,
    /// The call whose callback this one is.
    callback_of: Option<CallId>,
    /// Where the message is to be had that the caller left.
    message_url: Option<String>,
    /// The attempts, in order.
    legs: Vec<LegBody>,
    decision: Decision,
    /// What buyers pay for it.
    #[schema(value_type = Amount)]
    revenue: Money,
    /// What its publisher is paid.
    #[schema(value_type = Amount)]
    payout: Money,
    /// What the carrier is paid, so far as durations are known.
    #[schema(value_type = Amount)]
    telephony_cost: Money,
    /// What is left.
    profit: Money,
}

/// One try of one target.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Leg)]
struct LegBody {
    /// Counted from 1.
    attempt: u8,
    target_id: TargetId,
    buyer_id: BuyerId,
    destination: Destination,
    /// `offered`, `connected` or `tried`.
    #[schema(example = "connected")]
    outcome: &'static str,
    /// The provider's own id of it.
    provider_leg_id: Option<String>,
    reserved_at: Timestamp,
    /// When the line was answered.
    answered_at: Option<Timestamp>,
    /// When the person who answered took the call.
    accepted_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    /// Seconds that caller and target talked.
    connected_seconds: Option<u32>,
    /// From how many of them on the call is billed.
    billable_after_seconds: u32,
    /// What the call costs the buyer if it converts.
    #[schema(value_type = Amount)]
    price: Money,
    converted: bool,
    recording_url: Option<String>,
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(
            Endpoint::new(Verb::Get, "/calls", Scope::Read, "calls", "list_calls", "Lists calls, the newest first.")
                .described("A call is listed moments after it came in. A page may come short, even empty, and still go on.")
                .pages()
                .query("campaign_id", text(), "Only this campaign's.")
                .span()
                .replies_page::<CallBody>()
                .served_by(platform, list),
        )
        .routes(
            Endpoint::new(Verb::Get, "/calls/{id}", Scope::Read, "calls", "get_call", "Shows a call.")
                .path_id::<CallId>()
                .replies::<CallBody>(StatusCode::OK, "As it stands.")
                .served_by(platform, read),
        )
}

async fn read(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(text): PathId,
) -> Result<Json<CallBody>, Refusal> {
    let missing = || Refusal::not_found("call", &text);
    let id: CallId = text.parse().map_err(|_| missing())?;
    let key = records::call::key(caller.account, id);
    let item = platform
        .table
        .get(&key)
        .await?
        .filter(|item| records::call::has_arrived(item))
        .ok_or_else(missing)?;
    Ok(Json(CallBody::of(&key, &item)?))
}

async fn list(
    State(platform): State<Shared>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Page<CallBody>>, Refusal> {
    let asked = Asked::read(&mut query)?;
    let campaign: Option<CampaignId> = query.take("campaign_id")?;
    let filter = campaign.map(|id| id.to_string()).unwrap_or_default();
    let list = List::new(caller.account, format!("calls?campaign_id={filter}&{}", asked.name()));
    let page = list.page(&mut query)?;
    query.finish()?;
    let span = asked.within_lifetime(&platform, caller.account).await?;
    let (data, place) = newest(&platform, caller.account, span, page, campaign).await?;
    Ok(Json(Page { data, next_cursor: place.map(|place| list.cursor(&place)) }))
}

/// A page of calls, and the place to go on from.
async fn newest(
    platform: &Platform,
    account: AccountId,
    span: Span,
    page: PageRequest,
    campaign: Option<CampaignId>,
) -> Result<(Vec<CallBody>, Option<String>), StoreError> {
    let (mut calls, mut place) = (Vec::with_capacity(page.limit), page.after);
    for _ in 0..MOST_LOOKED_AT / READ {
        // Without a filter nothing is read that is not shown.
        let wanted = if campaign.is_some() { READ } else { page.limit - calls.len() };
        let stretch =
            read_timeline(&*platform.table, account, Listed::Calls, span, place.as_deref(), wanted).await?;
        let items = items(platform, account, &stretch.entries).await?;
        let more_behind = stretch.more;
        let count = stretch.entries.len();
        for (index, ((at, _), (key, item))) in stretch.entries.into_iter().zip(items).enumerate() {
            place = Some(at);
            let Some(item) = item else { continue };
            if campaign.is_none_or(|wanted| Reader(&item).parsed("campaign") == Ok(wanted)) {
                calls.push(CallBody::of(&key, &item)?);
            }
            if calls.len() == page.limit {
                let more = more_behind || index + 1 < count;
                return Ok((calls, place.filter(|_| more)));
            }
        }
        if !more_behind {
            return Ok((calls, None));
        }
    }
    Ok((calls, place))
}

async fn items(
    platform: &Platform,
    account: AccountId,
    entries: &[(String, SharedItem)],
) -> Result<Vec<(Key, Option<SharedItem>)>, StoreError> {
    let keys: Vec<Key> = entries
        .iter()
        .map(|(_, entry)| Ok(records::call::key(account, Reader(entry).parsed("call")?)))
        .collect::<Result<_, StoreError>>()?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let items = platform.table.get_many(&keys).await?;
    Ok(keys.into_iter().zip(items).collect())
}

impl CallBody {
    fn of(key: &Key, item: &Item) -> Result<Self, StoreError> {
        let call = records::call::decode(key, item)?;
        let lines = records::decision::decode(item)?;
        let [revenue, payout, telephony_cost] = amounts(&call);
        Ok(Self {
            id: call.id,
            provider_call_id: call.origin.provider_call_id.clone(),
            connection_id: call.origin.connection,
            state: call.state().as_str(),
            disposition: call.disposition().as_str(),
            campaign_id: call.origin.campaign,
            publisher_id: call.origin.publisher,
            number_id: call.origin.number,
            caller: call.origin.caller.to_string(),
            caller_facts: (&call).into(),
            number: call.origin.dialled.clone(),
            tags: call.tags.clone(),
            arrived_at: call.origin.arrived_at,
            ended_at: call.ended.map(|end| end.stamp.earliest()),
            duration_seconds: call.ended.and_then(|end| end.duration_seconds),
            suppression: call.suppression.as_ref().map(ReasonBody::from),
            duplicate_of: call.duplicate_of(),
            queue: QueuedBody::of(&call),
            overflow: call.overflowed.as_ref().map(OverflowBody::from),
            callback_of: call.callback_of,
            message_url: call.message_url.clone(),
            legs: call.legs.iter().map(LegBody::from).collect(),
            decision: Decision::of(&call, lines),
            revenue,
            payout,
            telephony_cost,
            profit: revenue - payout - telephony_cost,
        })
    }
}

/// What the call's entries come to: the ledger has them or is about to.
fn amounts(call: &Call) -> [Money; 3] {
    let entries = entries_of(call);
    [EntryKind::Revenue, EntryKind::Payout, EntryKind::Telephony]
        .map(|kind| entries.iter().filter(|entry| entry.kind == kind).map(|entry| entry.amount).sum())
}

impl From<&Leg> for LegBody {
    fn from(leg: &Leg) -> Self {
        let accepted_at = match leg.screened {
            Some(press) => Some(press.at),
            None => leg.answered.map(ringfall_domain::call::Stamp::earliest),
        };
        Self {
            attempt: leg.attempt,
            target_id: leg.target,
            buyer_id: leg.buyer,
            destination: leg.destination.clone(),
            outcome: leg.outcome().0.as_str(),
            provider_leg_id: leg.provider_leg_id.clone(),
            reserved_at: leg.reserved_at,
            answered_at: leg.answered.map(ringfall_domain::call::Stamp::earliest),
            accepted_at: accepted_at.filter(|_| leg.was_accepted()),
            ended_at: leg.ended.map(|end| end.stamp.earliest()),
            connected_seconds: leg.connected_seconds(),
            billable_after_seconds: leg.terms.billable_after_seconds,
            price: leg.terms.price,
            converted: leg.is_converted(),
            recording_url: leg.recording_url.clone(),
        }
    }
}
