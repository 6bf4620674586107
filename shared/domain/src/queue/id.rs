//! Which queue.

use std::{fmt, str::FromStr};

use crate::{
    config::{QueueName, QueuePolicy},
    ids::CampaignId,
};

/// A queue of an account: a campaign's own, or one that campaigns share by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueId {
    /// Of one campaign.
    Campaign(CampaignId),
    /// Of all campaigns that name it.
    Shared(QueueName),
}

/// A text that is neither a campaign's id nor a queue's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the id of a campaign, or the name of a queue that campaigns share")]
pub struct InvalidQueueId;

impl QueueId {
    /// The queue that holds a campaign's callers.
    pub fn of(campaign: CampaignId, policy: &QueuePolicy) -> Self {
        policy.name.clone().map_or(Self::Campaign(campaign), Self::Shared)
    }
}

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Campaign(campaign) => campaign.fmt(f),
            Self::Shared(name) => name.fmt(f),
        }
    }
}

impl FromStr for QueueId {
    type Err = InvalidQueueId;

    /// A name has no underscore, so that it is never taken for an id.
    fn from_str(text: &str) -> Result<Self, InvalidQueueId> {
        let campaign = text.parse().map(Self::Campaign).ok();
        campaign.or_else(|| text.parse().map(Self::Shared).ok()).ok_or(InvalidQueueId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_reads_back_as_it_was_written() {
        for queue in [
            QueueId::Campaign(CampaignId::from_parts(1, 1)),
            QueueId::Shared("injury-intake".parse().expect("a queue's name")),
        ] {
            assert_eq!(queue.to_string().parse(), Ok(queue));
        }
        for text in ["", "Injury", "a b", "cmp_", "tgt_01JD3Q4T7Y8Z9A0B1C2D3E4F5G", "1st", "a_b"] {
            assert_eq!(text.parse::<QueueId>(), Err(InvalidQueueId), "{text}");
        }
    }
}
