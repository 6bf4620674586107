//! Publishers, and the numbers that their callers dial.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Document;
use crate::{
    ids::{CampaignId, ConnectionId, PublisherId},
    phone::PhoneNumber,
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
    /// Takes no calls for now.
    #[serde(default)]
    pub paused: bool,
}

impl Document for TrackingNumber {}
