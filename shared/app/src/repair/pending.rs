//! What the consumers of the change feed still have to add.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ringfall_domain::ids::AccountId;
use ringfall_store::port::{Position, StoreError};

use crate::{
    platform::Platform,
    rollup::{News, checkpoint, concerns_the_sums},
};

/// Changes read at once.
const BATCH: usize = 500;
/// Reads after which the consumers count as being far behind.
const MOST_READS: usize = 20;

/// The hours that changes are about which are not added yet.
#[derive(Debug)]
pub(super) struct Pending {
    /// How far the feed was consumed.
    pub(super) consumed: Position,
    hours: BTreeSet<(AccountId, Timestamp)>,
}

impl Pending {
    /// Reads the feed from where it was consumed to its end; none if that is far, or some of it is forgotten by now.
    pub(super) async fn read(platform: &Platform) -> Result<Option<Self>, StoreError> {
        let consumed = checkpoint(platform).await?;
        let (mut position, mut hours) = (consumed.clone(), BTreeSet::new());
        for _ in 0..MOST_READS {
            let reading = platform.feed.read(&position, BATCH, concerns_the_sums).await?;
            if reading.has_gap {
                return Ok(None);
            }
            for change in &reading.changes {
                if let Some((_, news)) = News::of(change)? {
                    hours.extend(news.additions().keys().map(|row| (news.account(), row.hour)));
                }
            }
            if reading.reached == position {
                return Ok(Some(Self { consumed, hours }));
            }
            position = reading.reached;
        }
        Ok(None)
    }

    /// Whether something is still to be added to an hour.
    pub(super) fn concerns(&self, account: AccountId, hour: Timestamp) -> bool {
        self.hours.contains(&(account, hour))
    }
}
