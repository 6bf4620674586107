//! How often a caller calls.

use jiff::Timestamp;
use ringfall_domain::{
    caller::ArrivalCounts,
    ids::{AccountId, CallId},
    phone::PhoneNumber,
};

use crate::{
    port::{StoreError, Table, Write, WriteError, Written},
    records::arrivals,
};

/// Adds a call, once, to its caller's arrivals.
///
/// # Returns
/// How often the caller has called up to the call's first arrival, this call included: copies of its webhook count alike, whichever
/// machine's clock they come by.
pub async fn count_arrival(
    table: &dyn Table,
    account: AccountId,
    number: &PhoneNumber,
    call: CallId,
    at: Timestamp,
) -> Result<ArrivalCounts, StoreError> {
    let key = arrivals::key(account, number);
    let add = Write::Update { key: key.clone(), updates: arrivals::write(call, at), condition: None };
    let item = match table.write(vec![add]).await {
        Ok(written) => match written.into_iter().next() {
            Some(Written::Now(item)) => item,
            Some(Written::Unknown) | None => table.get(&key).await?,
        },
        Err(WriteError::Store(error)) => return Err(error),
        Err(WriteError::Refused(_)) => {
            return Err(StoreError::Damaged("a write without a condition was refused".to_owned()));
        }
    };
    let arrivals = arrivals::decode(&item.unwrap_or_default())?;
    let first_at = arrivals.iter().find(|(_, other)| *other == call).map_or(at, |(first_at, _)| *first_at);
    let updates = arrivals::clear(&arrivals, at);
    if !updates.is_empty() {
        // What is left is cleared away next time.
        let _cleared = table.write(vec![Write::Update { key, updates, condition: None }]).await;
    }
    Ok(arrivals::count(&arrivals, first_at))
}

/// How often a caller would have called if one more call came in. Nothing is written.
///
/// # Returns
/// What [`count_arrival`] would of a call that is new.
pub async fn foresee_arrival(
    table: &dyn Table,
    account: AccountId,
    number: &PhoneNumber,
    at: Timestamp,
) -> Result<ArrivalCounts, StoreError> {
    let item = table.get(&arrivals::key(account, number)).await?;
    let before = arrivals::count(&arrivals::decode(&item.unwrap_or_default())?, at);
    Ok(ArrivalCounts { in_hour: before.in_hour.saturating_add(1), in_day: before.in_day.saturating_add(1) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engines::memory::MemoryStore,
        fixtures::{account, at},
    };

    async fn called(table: &MemoryStore, n: u128, seconds: i64) -> (u32, u32) {
        let number = "+12145550123".parse().expect("a number");
        let counts = count_arrival(table, account(), &number, CallId::from_parts(1, n), at(seconds)).await;
        let counts = counts.expect("the store works");
        (counts.in_hour, counts.in_day)
    }

    #[tokio::test]
    async fn a_call_counts_once_however_often_its_webhook_comes() {
        let table = MemoryStore::new();
        for _copy in 0..3 {
            assert_eq!(called(&table, 1, 0).await, (1, 1));
        }
        assert_eq!(called(&table, 1, -1).await, (1, 1), "a copy that came by a clock which is slow");
        assert_eq!(called(&table, 2, 3_599).await, (2, 2));
        assert_eq!(called(&table, 1, 3_599).await, (1, 1), "a copy that came late");
        assert_eq!(called(&table, 3, 3_600).await, (2, 3));
        assert_eq!(called(&table, 4, 86_400).await, (1, 3));
    }

    #[tokio::test]
    async fn what_is_foreseen_is_what_the_next_call_counts_and_leaves_nothing() {
        let table = MemoryStore::new();
        let number = "+12145550123".parse().expect("a number");
        for (n, seconds) in [(1, 0), (2, 60), (3, 3_700), (4, 86_500)] {
            let mut foreseen = ArrivalCounts::default();
            for _dry_run in 0..3 {
                let counts = foresee_arrival(&table, account(), &number, at(seconds)).await;
                foreseen = counts.expect("the store works");
            }
            assert_eq!((foreseen.in_hour, foreseen.in_day), called(&table, n, seconds).await);
        }
    }

    #[tokio::test]
    async fn an_item_stays_small_whatever_a_robot_does() {
        let table = MemoryStore::new();
        for n in 0..300 {
            let (in_hour, _) = called(&table, n, 0).await;
            assert!(u128::from(in_hour) > n.min(100));
        }
        let key = arrivals::key(account(), &"+12145550123".parse().expect("a number"));
        let kept = table.get(&key).await.expect("a read").expect("an item").len();
        assert!(kept <= arrivals::MOST + 2, "{kept}");
        for n in 300..340 {
            called(&table, n, 86_400 * i64::try_from(n).expect("a small number")).await;
        }
        assert!(table.get(&key).await.expect("a read").expect("an item").len() < 12);
    }
}
