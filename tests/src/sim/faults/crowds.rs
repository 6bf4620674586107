//! What happens where many write at once: a partition is throttled, transactions that meet at an item are in conflict.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use ringfall_store::port::{Key, StoreError};
use tokio::time::Instant;

use super::{super::held, Faults, life, pause};

/// Who writes where.
#[derive(Debug, Default)]
pub(super) struct Crowds {
    /// Partitions that are throttled, each until when.
    throttled: Mutex<BTreeMap<String, Instant>>,
    /// Writes under way, by item: how many, and how many of them are transactions.
    under_way: Arc<Mutex<BTreeMap<Key, [u32; 2]>>>,
}

/// A write that is under way until this is dropped.
pub(super) struct UnderWay {
    crowd: Arc<Mutex<BTreeMap<Key, [u32; 2]>>>,
    keys: Vec<Key>,
}

impl Crowds {
    /// A write to a partition that is throttled is refused, but for one in four.
    ///
    /// # Errors
    /// It is.
    pub(super) fn throttle(&self, faults: &Faults, keys: &[Key]) -> Result<(), StoreError> {
        let now = Instant::now();
        for Key { partition, .. } in keys {
            if faults.strikes(faults.weather.throttled, "store: a partition becomes throttled") {
                let until = now + faults.delay(200..=4_000);
                held(&self.throttled).insert(partition.clone(), until);
            }
            let is_throttled = held(&self.throttled).get(partition).is_some_and(|until| now < *until);
            if is_throttled && faults.strikes(750, "store: throttled") {
                life::harm();
                return Err(StoreError::Unavailable("throttled".to_owned()));
            }
        }
        Ok(())
    }

    /// A write goes on its way. One that meets another at an item, of which one is a transaction, is in conflict: it is tried again after a
    /// while, as the engine does, and is refused if that does not help.
    ///
    /// # Errors
    /// It is refused.
    pub(super) async fn join(&self, faults: &Faults, keys: Vec<Key>) -> Result<UnderWay, StoreError> {
        if faults.weather.in_conflict == 0 {
            return Ok(UnderWay { crowd: Arc::clone(&self.under_way), keys: Vec::new() });
        }
        let is_transaction = keys.len() > 1;
        let meets = |key| {
            let crowd = held(&self.under_way);
            let [all, transactions] = crowd.get(key).copied().unwrap_or_default();
            if is_transaction { all > 0 } else { transactions > 0 }
        };
        let mut tries = 0;
        while keys.iter().any(meets)
            && faults.strikes(faults.weather.in_conflict, "store: a conflict of transactions")
        {
            tries += 1;
            if tries > MOST_TRIES {
                life::harm();
                return Err(StoreError::Unavailable("a conflict of transactions".to_owned()));
            }
            pause(faults.delay(5..=60)).await;
        }
        for key in &keys {
            let mut crowd = held(&self.under_way);
            let [all, transactions] = crowd.entry(key.clone()).or_default();
            *all += 1;
            *transactions += u32::from(is_transaction);
        }
        Ok(UnderWay { crowd: Arc::clone(&self.under_way), keys })
    }
}

/// Tries of a write that is in conflict.
const MOST_TRIES: u32 = 3;

impl Drop for UnderWay {
    fn drop(&mut self) {
        let is_transaction = self.keys.len() > 1;
        let mut crowd = held(&self.crowd);
        for key in &self.keys {
            if let Some([all, transactions]) = crowd.get_mut(key) {
                *all -= 1;
                *transactions -= u32::from(is_transaction);
                if *all == 0 {
                    crowd.remove(key);
                }
            }
        }
    }
}
