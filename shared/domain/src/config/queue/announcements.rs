//! What callers are told while they wait.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{bounded, flow::Wording, text::LanguageTag};

/// What callers are told while they wait, between pieces of music, in their language (the tag `language`) where it is English, Spanish or
/// French. A place or a wait is told only when it is the first time or has become better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Announcements {
    /// At least so long apart.
    #[serde(deserialize_with = "bounded::number::<15, 600, _, _>")]
    #[schema(minimum = 15, maximum = 600, default = 60)]
    pub every_seconds: u32,
    /// Whether they are told their place.
    #[schema(default = true)]
    pub position: bool,
    /// Whether they are told how long it is likely to take, as a range.
    #[schema(default = true)]
    pub estimated_wait: bool,
    /// What else they are told each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Wording>,
    /// In which language the message for everybody is, and what we say to callers whose language is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
}

impl Default for Announcements {
    fn default() -> Self {
        Self { every_seconds: 60, position: true, estimated_wait: true, message: None, language: None }
    }
}
