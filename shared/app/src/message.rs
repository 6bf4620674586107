//! What the platform tells itself later, through the port of delayed messages.

use jiff::Timestamp;
use ringfall_domain::ids::{CallId, ConnectionId};
use ringfall_store::port::StoreError;
use serde::{Deserialize, Serialize};

use crate::platform::Platform;

/// What a delayed message asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// Look after an attempt that holds capacity.
    WatchLeg(WatchLeg),
}

impl Message {
    /// The message's text.
    ///
    /// # Panics
    /// Never: the messages have text keys and no failing serialisers.
    pub fn to_body(&self) -> String {
        serde_json::to_string(self).expect("a message always serialises")
    }
}

/// The watchdog's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchLeg {
    /// Where the call came in.
    pub connection: ConnectionId,
    /// The call.
    pub call: CallId,
    /// The attempt.
    pub attempt: u8,
    /// When the attempt may have begun at the earliest.
    pub armed_at: Timestamp,
}

impl WatchLeg {
    /// Sends the message.
    pub async fn arm(self, platform: &Platform, due_at: Timestamp) -> Result<(), StoreError> {
        platform.messages.send(Message::WatchLeg(self).to_body(), due_at).await
    }
}
