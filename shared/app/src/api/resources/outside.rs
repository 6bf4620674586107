//! What documents need of the world: sounds that can be fetched, and queues whose callers do not come in again.

use futures::future::join_all;
use ringfall_domain::{
    config::{Campaign, Overflow, QueuePolicy, TrackingNumber},
    ids::{AccountId, CampaignId, ConnectionId, NumberId},
    phone::PhoneNumber,
    problem::Problem,
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        queue::queues_of_account,
        resources::{find, list},
    },
    records::{plan, pointer::number_key},
};

use crate::{connection::Connection, platform::Platform};

/// What the world says of a document as it is now.
#[derive(Debug, Default)]
pub(in crate::api) struct Outside {
    /// Why it must not be saved.
    pub(in crate::api) problems: Vec<Problem>,
    /// What its author should know although it may be.
    pub(in crate::api) warnings: Vec<Problem>,
}

/// What the world says of a campaign's queue.
pub(super) async fn of_queue(
    queue: &QueuePolicy,
    platform: &Platform,
    account: AccountId,
    id: CampaignId,
) -> Result<Outside, StoreError> {
    let mut outside = audio(queue, platform, account, id).await?;
    outside.problems.extend(loops(queue, platform, account).await?);
    let under_queue =
        |problems: Vec<Problem>| problems.into_iter().map(|problem| problem.under("queue")).collect();
    Ok(Outside { problems: under_queue(outside.problems), warnings: under_queue(outside.warnings) })
}

/// Every sound is asked for at once, as the provider will. One that stands there already keeps nobody from another change: it may be out of
/// reach for a moment only, and callers hear speech or music in its place.
async fn audio(
    queue: &QueuePolicy,
    platform: &Platform,
    account: AccountId,
    id: CampaignId,
) -> Result<Outside, StoreError> {
    let asked = queue.audio.iter().enumerate().map(|(index, url)| async move {
        let fault = platform.connector.fetch_audio(url).await.err()?;
        Some((format!("audio[{index}]"), url, fault))
    });
    let faults: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
    let mut outside = Outside::default();
    if faults.is_empty() {
        return Ok(outside);
    }
    let before = find::<Campaign>(&*platform.table, account, id).await?;
    let before =
        before.and_then(|campaign| campaign.document.queue).map(|queue| queue.audio).unwrap_or_default();
    for (path, url, fault) in faults {
        if before.contains(url) {
            let message = format!("callers hear no sound from there now: {fault}");
            outside.warnings.push(Problem::new(path, message));
        } else {
            let message = format!("expected the address of a WAV or MP3 file that can be fetched: {fault}");
            outside.problems.push(Problem::new(path, message));
        }
    }
    Ok(outside)
}

/// A caller who is sent on to one of our own numbers comes in again, and is held again.
async fn loops(
    queue: &QueuePolicy,
    platform: &Platform,
    account: AccountId,
) -> Result<Vec<Problem>, StoreError> {
    let forwards: Vec<_> = forwards(queue).collect();
    if forwards.is_empty() {
        return Ok(Vec::new());
    }
    let connections = connections(platform, account).await?;
    let mut problems = Vec::new();
    for (index, number) in forwards {
        if is_own(platform, &connections, number).await? {
            let path = format!("overflow[{index}].phone_number");
            let message = "expected a number that is none of this account's tracking numbers: its callers would come in again";
            problems.push(Problem::new(path, message));
        }
    }
    Ok(problems)
}

/// Archived ones, too: their numbers may still be called.
async fn connections(platform: &Platform, account: AccountId) -> Result<Vec<ConnectionId>, StoreError> {
    let (mut ids, mut place) = (Vec::new(), None);
    loop {
        let listing = list::<Connection>(&*platform.table, account, place, 100, true).await?;
        ids.extend(listing.resources.into_iter().map(|(id, _)| id));
        match listing.next {
            Some(next) => place = Some(next),
            None => return Ok(ids),
        }
    }
}

async fn is_own(
    platform: &Platform,
    connections: &[ConnectionId],
    number: &PhoneNumber,
) -> Result<bool, StoreError> {
    for connections in connections.chunks(100) {
        let keys: Vec<_> = connections.iter().map(|connection| number_key(*connection, number)).collect();
        if platform.table.get_many(&keys).await?.iter().any(Option::is_some) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the world says of a tracking number: callers whom a queue of the account sends on to it would come in again. One that stands there
/// already can still be changed otherwise, and be paused.
pub(super) async fn of_number(
    number: &TrackingNumber,
    platform: &Platform,
    account: AccountId,
    id: NumberId,
) -> Result<Outside, StoreError> {
    let before = find::<TrackingNumber>(&*platform.table, account, id).await?;
    if before.is_some_and(|before| before.document.phone_number == number.phone_number) {
        return Ok(Outside::default());
    }
    let problem = overflowing_to(&number.phone_number, platform, account).await?.map(|campaign| {
        let message = format!(
            "the queue of campaign {campaign} overflows to this number: its callers would come in again; change its `overflow` first"
        );
        Problem::new("phone_number", message)
    });
    Ok(Outside { problems: problem.into_iter().collect(), warnings: Vec::new() })
}

/// A campaign of the account whose queue sends callers on to a number.
async fn overflowing_to(
    number: &PhoneNumber,
    platform: &Platform,
    account: AccountId,
) -> Result<Option<CampaignId>, StoreError> {
    let campaigns: Vec<CampaignId> = queues_of_account(&*platform.table, account)
        .await?
        .into_iter()
        .map(|(campaign, _)| campaign)
        .collect();
    for campaigns in campaigns.chunks(100) {
        let keys: Vec<_> = campaigns.iter().map(|campaign| plan::key(account, *campaign)).collect();
        for item in platform.table.get_many(&keys).await?.iter().flatten() {
            let record = plan::decode(item)?;
            if record.campaign.queue.iter().flat_map(forwards).any(|(_, forward)| forward == number) {
                return Ok(Some(record.id));
            }
        }
    }
    Ok(None)
}

/// The numbers that a queue sends callers on to, each with its place.
fn forwards(queue: &QueuePolicy) -> impl Iterator<Item = (usize, &PhoneNumber)> {
    queue.overflow.iter().enumerate().filter_map(|(index, overflow)| match overflow {
        Overflow::Forward { phone_number, .. } => Some((index, phone_number)),
        Overflow::Tiers { .. } | Overflow::Callback | Overflow::Voicemail(_) | Overflow::Hangup { .. } => {
            None
        }
    })
}
