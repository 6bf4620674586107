//! Publishers, and the numbers that their callers dial.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Document;
use crate::{
    ids::{CampaignId, ConnectionId, PublisherId},
    phone::PhoneNumber,
    problem::Problem,
    tags::Tags,
    text::Name,
};

/// A traffic source that is paid for its calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// What people call it.
    pub name: Name,
}

impl Document for Publisher {}

/// A number whose dialling identifies the publisher and the campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackingNumber {
    /// The number.
    pub phone_number: PhoneNumber,
    /// The account at a provider that it belongs to.
    pub connection_id: ConnectionId,
    /// What its callers go through.
    pub campaign_id: CampaignId,
    /// Who is paid for them.
    pub publisher_id: PublisherId,
    /// What is known of its callers from the outset, such as their `language`: at most 16. What a caller answers stands above it.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Takes no calls for now.
    #[serde(default)]
    pub paused: bool,
}

impl TrackingNumber {
    /// The most tags of a number.
    pub const MOST_TAGS: usize = 16;
}

impl Document for TrackingNumber {
    fn check(&self) -> Vec<Problem> {
        let is_full = self.tags.len() > Self::MOST_TAGS;
        let problem = || Problem::new("tags", format!("a number has at most {} tags", Self::MOST_TAGS));
        is_full.then(problem).into_iter().collect()
    }
}
