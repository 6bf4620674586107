//! The name by which several campaigns share one queue.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use crate::text::checked_text;

checked_text!(
    /// A queue that several campaigns share: 1 to 40 lower-case letters, digits and hyphens, the first a letter. No id looks like it.
    QueueName,
    /// A text that names no queue.
    InvalidQueueName,
    "expected a queue's name of 1 to 40 lower-case letters, digits and hyphens that begins with a letter",
    schema(pattern = "^[a-z][a-z0-9-]{0,39}$", example = "injury-intake"),
    |text| {
        let begins_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        Some(text).filter(|kept| kept.len() <= 40 && begins_well && kept.bytes().all(is_part))
    }
);
