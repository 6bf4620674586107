//! The sweep: looks, every hour, for what should never be left behind. A leg whose lease has run out, or that is still undecided, is given
//! back to the watchdog (which alone frees a slot); whom a [queue](mod@queues) has forgotten is looked at again; what the journal lacks about
//! calls of the last hours is written; and once a day the [repair](crate::repair) is asked to compare the last days.

mod queues;

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    config::Buyer,
    ids::{AccountId, BuyerId, LegId},
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        accounts::list_accounts, find::find, leases::read_leases, reserve::read_capacity, resources::list,
    },
};

use crate::{
    message::WatchLeg,
    platform::Platform,
    repair::{request_comparison, settle_missing},
};

pub(crate) use self::queues::remember_forgotten;

/// How far back calls are looked at each time: every call some times, also if a sweep is left out. Longer calls, and what was lost
/// longer ago, are the daily comparison's.
const SETTLED_AGAIN: SignedDuration = SignedDuration::from_hours(4);
/// Read at once.
const PAGE: usize = 100;

/// What a sweep found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Legs that were given back to the watchdog.
    pub legs_watched: usize,
    /// Those whom a queue had forgotten.
    pub waiters_remembered: usize,
    /// Entries that were missing.
    pub entries_written: usize,
}

/// Sweeps all accounts. Safe to repeat, and to run twice at once.
pub async fn sweep(platform: &Platform) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    let mut after = None;
    loop {
        let (accounts, more) = list_accounts(&*platform.table, after).await?;
        for account in &accounts {
            swept.legs_watched += watch_stale_legs(platform, *account).await?;
            swept.waiters_remembered += remember_forgotten(platform, *account).await?;
            swept.entries_written += settle_again(platform, *account).await?;
        }
        after = accounts.last().copied();
        if !more || after.is_none() {
            break;
        }
    }
    request_comparison(platform).await?;
    Ok(swept)
}

async fn watch_stale_legs(platform: &Platform, account: AccountId) -> Result<usize, StoreError> {
    let now = platform.now();
    let mut watched = 0;
    let mut after = None;
    loop {
        let page = list::<Buyer>(&*platform.table, account, after, PAGE, true).await?;
        let buyers: Vec<BuyerId> = page.resources.iter().map(|(id, _)| *id).collect();
        let records = read_capacity(&*platform.table, account, &buyers).await?;
        for (buyer, record) in buyers.iter().zip(records) {
            let Some(record) = record else { continue };
            let leases = read_leases(&*platform.table, account, *buyer, &record).await?;
            let stale = leases.into_iter().filter(|(_, lease)| lease.expires_at < now).map(|(leg, _)| leg);
            for leg in stale.chain(record.undecided) {
                watched += watch_again(platform, account, leg, now).await?;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(watched),
        }
    }
}

async fn watch_again(
    platform: &Platform,
    account: AccountId,
    leg: LegId,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Some(call) = find(&*platform.table, account, leg.call).await? else { return Ok(0) };
    let Some(armed_at) = call.leg(leg.attempt).map(|leg| leg.reserved_at) else { return Ok(0) };
    tracing::warn!(call = %leg.call, attempt = leg.attempt, "a leg that holds capacity is looked at again");
    let watch =
        WatchLeg { connection: call.origin.connection, call: leg.call, attempt: leg.attempt, armed_at };
    watch.arm(platform, now).await?;
    Ok(1)
}

async fn settle_again(platform: &Platform, account: AccountId) -> Result<usize, StoreError> {
    let now = platform.now();
    settle_missing(platform, account, now - SETTLED_AGAIN, now).await
}

#[cfg(test)]
mod tests {
    use ringfall_domain::call::{Fact, KeyPress, LegEnd, LegFact, Stamp, event::EndCause};
    use ringfall_store::{
        port::{Messages, Position, Table, Write},
        protocols::record::record,
        records::{
            account::{self, Account},
            resource::{self, Kind, Resource},
        },
    };

    use super::*;
    use crate::{fixtures, rollup, worker};

    async fn world() -> fixtures::World {
        let world = fixtures::World::new(1).await;
        let created_at = world.now();
        let opened = Account { name: "Agency".to_owned().try_into().expect("a name"), created_at };
        let document: Buyer = serde_json::from_str(r#"{"name": "B", "time_zone": "UTC"}"#).expect("a buyer");
        let buyer = Resource { version: 1, created_at, updated_at: created_at, archived_at: None, document };
        let id = BuyerId::from_parts(1, 1);
        let puts = [
            (account::listed_key(fixtures::account()), account::encode(&opened)),
            (resource::key(fixtures::account(), Kind::Buyer, &id), resource::encode(&buyer)),
        ];
        for (key, item) in puts {
            world.store.write(vec![Write::Put { key, item, condition: None }]).await.expect("a write");
        }
        world
    }

    #[tokio::test]
    async fn a_leg_whose_watchdog_was_lost_is_given_back_to_it() {
        let world = world().await;
        world.qualified("CA1").await;
        assert_eq!(sweep(&world.platform).await, Ok(Swept::default()), "the lease has not run out");
        world.pass(3_600);
        for lost in world.store.receive(world.now(), 60, 10).await.expect("a read") {
            world.store.acknowledge(&lost.receipt).await.expect("a write");
        }
        assert_eq!(sweep(&world.platform).await, Ok(Swept { legs_watched: 1, ..Swept::default() }));
        assert_eq!(world.capacity(1).await.buyer.live.len(), 1, "the sweep itself frees nothing");
        assert_eq!(worker::work_off(&world.platform).await, Ok(1));
        assert_eq!(world.capacity(1).await.buyer.live, []);
    }

    #[tokio::test]
    async fn an_entry_that_the_feed_has_lost_is_written() {
        let world = world().await;
        world.qualified("CA1").await;
        rollup::consume(&world.platform, &Position::default()).await.expect("the store works");
        let at = world.now();
        let end = LegEnd {
            stamp: Stamp { arrived_at: at, occurred_at: None },
            cause: EndCause::Completed,
            duration_seconds: Some(95),
        };
        let facts = [LegFact::Screened(KeyPress { asked_at: None, key: Some('1'), at }), LegFact::Ended(end)];
        let facts = facts.map(|fact| Fact::Leg(1, fact));
        let call = fixtures::World::call_id("CA1");
        record(&world.store, fixtures::account(), call, &facts).await.expect("the store works");
        world.pass(1);
        for entries_written in [2, 0] {
            assert_eq!(sweep(&world.platform).await, Ok(Swept { entries_written, ..Swept::default() }));
        }
    }
}
