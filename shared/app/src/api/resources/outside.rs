//! What a campaign's queue needs of the world: sounds that can be fetched, and numbers that lead elsewhere.

use futures::future::join_all;
use ringfall_domain::{
    config::{Overflow, QueuePolicy},
    ids::{AccountId, ConnectionId},
    phone::PhoneNumber,
    problem::Problem,
};
use ringfall_store::{port::StoreError, protocols::resources::list, records::pointer::number_key};

use crate::{connection::Connection, platform::Platform};

/// What is wrong with a queue as the world is now.
pub(super) async fn problems(
    queue: &QueuePolicy,
    platform: &Platform,
    account: AccountId,
) -> Result<Vec<Problem>, StoreError> {
    let mut problems = audio(queue, platform).await;
    problems.extend(loops(queue, platform, account).await?);
    Ok(problems)
}

/// Every sound is asked for at once, as the provider will.
async fn audio(queue: &QueuePolicy, platform: &Platform) -> Vec<Problem> {
    let asked = queue.audio.iter().enumerate().map(|(index, url)| async move {
        let fault = platform.connector.fetch_audio(url).await.err()?;
        let message = format!("expected the address of a WAV or MP3 file that can be fetched: {fault}");
        Some(Problem::new(format!("audio[{index}]"), message))
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// A caller who is sent on to one of our own numbers comes in again, and is held again.
async fn loops(
    queue: &QueuePolicy,
    platform: &Platform,
    account: AccountId,
) -> Result<Vec<Problem>, StoreError> {
    let forwards = queue.overflow.iter().enumerate().filter_map(|(index, overflow)| match overflow {
        Overflow::Forward { phone_number, .. } => Some((index, phone_number)),
        Overflow::Tiers { .. } | Overflow::Callback | Overflow::Voicemail(_) | Overflow::Hangup { .. } => {
            None
        }
    });
    let forwards: Vec<_> = forwards.collect();
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
