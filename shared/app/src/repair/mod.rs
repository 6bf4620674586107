//! Repairs: sums that the change feed has left wrong are rebuilt from the calls and the journal.
//!
//! The feed forgets (DynamoDB's after 24 hours). A consumer that comes too late is told of the gap, and asks for a repair of all
//! hours whose calls may have changed in it. Then [`walk`] finds calls that nobody was told of, lists and settles them, and
//! [`sums`] compares the hours with what calls and journal say, again and again, until none is found wrong: consumers go on
//! meanwhile, and what they still have to add is waited for. The sweep asks for the same comparison every night, without a walk.

mod books;
mod pending;
pub mod sums;
mod walk;

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{ids::AccountId, pnl::hour_of};
use ringfall_store::{
    port::StoreError,
    protocols::{
        accounts::{find_account, list_accounts},
        repair::{Why, read, replace, request},
    },
    records::repair::{Hours, Repair},
};

pub use self::books::settle_missing;
use crate::platform::Platform;

/// Longer than any call: what a change of today is about came in after this.
const LONGEST_CALL: SignedDuration = SignedDuration::from_hours(48);
/// How often the sums of the last days are compared.
const COMPARED_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// Of how many hours back.
const COMPARED_HOURS: SignedDuration = SignedDuration::from_hours(72);
/// Of calls that came in since, changes are still under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What a turn of the repair came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repaired {
    /// There is nothing to do.
    Nothing,
    /// There is more to do at once.
    More,
    /// Some hours were wrong, or changes of theirs are still under way: they are to be looked at again, in some minutes.
    Later,
}

/// Asks for the repair of what a gap in the feed leaves behind. `last_kept_at`: when the consumer last wrote down how far it had come; none if
/// it never did.
pub(crate) async fn request_after_gap(
    platform: &Platform,
    last_kept_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let from = last_kept_at.map_or(Timestamp::UNIX_EPOCH, |at| earlier(at, LONGEST_CALL));
    let to = hour_of(platform.now()).saturating_add(HOUR).unwrap_or(Timestamp::MAX);
    request(&*platform.table, hour_of(from), to, Why::Gap).await
}

/// Asks, once a day, for the comparison of the last days.
pub(crate) async fn request_comparison(platform: &Platform) -> Result<(), StoreError> {
    let now = platform.now();
    let last = read(&*platform.table).await?.compared_at;
    if last.is_some_and(|last| now.duration_since(last) < COMPARED_EVERY) {
        return Ok(());
    }
    let (from, to) = (hour_of(earlier(now, COMPARED_HOURS)), hour_of(earlier(now, UNDER_WAY)));
    request(&*platform.table, from, to, Why::Comparison { at: now }).await
}

fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

/// Does a turn of what was asked for. Safe to repeat, and to run twice at once.
///
/// # Errors
/// The store failed: what was not done is done by a later turn.
pub async fn repair(platform: &Platform) -> Result<Repaired, StoreError> {
    let before = read(&*platform.table).await?;
    let Some(hours) = &before.hours else { return Ok(Repaired::Nothing) };
    let (after, repaired) = if walk::is_done(&hours.walk) {
        let left = compare(platform, hours).await?;
        let repaired = if left.is_some() { Repaired::Later } else { Repaired::Nothing };
        (left, repaired)
    } else {
        (Some(walk::go_on(platform, hours).await?), Repaired::More)
    };
    let is_kept = replace(&*platform.table, &before, Repair { hours: after, ..before.clone() }).await?;
    // More was asked for meanwhile, or another does the same.
    Ok(if is_kept { repaired } else { Repaired::More })
}

/// Compares all accounts' hours, and gives those that are to be looked at again.
async fn compare(platform: &Platform, hours: &Hours) -> Result<Option<Hours>, StoreError> {
    let mut first_left: Option<Timestamp> = None;
    let mut after = None;
    loop {
        let (accounts, more) = list_accounts(&*platform.table, after).await?;
        for account in &accounts {
            let left = compare_account(platform, *account, hours).await?;
            first_left = [first_left, left].into_iter().flatten().min();
        }
        after = accounts.last().copied();
        if !more || after.is_none() {
            return Ok(first_left.map(|from| Hours { from, ..hours.clone() }));
        }
    }
}

/// The first hour that is to be looked at again.
async fn compare_account(
    platform: &Platform,
    account: AccountId,
    hours: &Hours,
) -> Result<Option<Timestamp>, StoreError> {
    let opened = find_account(&*platform.table, account).await?.map(|account| account.created_at);
    // Clocks of several machines differ by less than an hour.
    let from = opened.map_or(hours.from, |opened| hours.from.max(hour_of(earlier(opened, HOUR))));
    let rebuilt = sums::rebuild(platform, account, from, hours.to).await?;
    for difference in &rebuilt.differences {
        let sums::Difference { row, was, is } = difference;
        tracing::error!(%account, dimension = row.dimension.as_str(), key = row.key, hour = %row.hour, ?was, ?is,
            "profit and loss differed from the calls and the journal, and was corrected");
    }
    platform.metrics.sums_corrected.inc_by(rebuilt.differences.len() as u64);
    let corrected = rebuilt.differences.iter().map(|difference| difference.row.hour);
    Ok(corrected.chain(rebuilt.hours_left).min())
}
