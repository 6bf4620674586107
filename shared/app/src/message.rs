//! What the platform tells itself later, through the port of delayed messages.

use jiff::Timestamp;
use ringfall_domain::ids::{AccountId, BuyerId, CallId, CampaignId, ConnectionId};
use ringfall_store::port::StoreError;
use serde::{Deserialize, Serialize};

use crate::platform::Platform;

/// What a delayed message asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// Look after an attempt that holds capacity.
    WatchLeg(WatchLeg),
    /// Serve those who wait: somebody is free, or has opened.
    ServeWaiters(ServeWaiters),
    /// End a caller's wait that has lasted as long as it may.
    EndWait(EndWait),
    /// Call somebody back whose turn is near.
    RingCallback(RingCallback),
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

/// That some buyers' targets may take those who wait for them: a limit was raised, somebody opens, or may be asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServeWaiters {
    /// Whose.
    pub account: AccountId,
    /// Who may have a line free.
    pub buyers: Vec<BuyerId>,
}

impl ServeWaiters {
    /// Some campaigns' plans have changed: whoever they name may have a line free now, be open, or be there again, so that who waits for
    /// them is served soon. If that fails, the next step of a hold does it.
    pub async fn after_change(platform: &Platform, account: AccountId, campaigns: &[CampaignId]) {
        for campaign in campaigns {
            let Ok(Some(plan)) = platform.plan(account, *campaign).await else { continue };
            if plan.queue.is_none() {
                continue;
            }
            let serve = Self { account, buyers: plan.buyer_ids().collect() };
            if let Err(error) = serve.arm(platform, platform.now()).await {
                tracing::warn!(%campaign, %error, "who waits is not served at once");
            }
        }
    }

    /// Sends the message.
    pub async fn arm(self, platform: &Platform, due_at: Timestamp) -> Result<(), StoreError> {
        platform.messages.send(Message::ServeWaiters(self).to_body(), due_at).await
    }
}

/// That a caller will have waited as long as callers may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndWait {
    /// Where the call came in.
    pub connection: ConnectionId,
    /// The call.
    pub call: CallId,
}

impl EndWait {
    /// Sends the message.
    pub async fn arm(self, platform: &Platform, due_at: Timestamp) -> Result<(), StoreError> {
        platform.messages.send(Message::EndWait(self).to_body(), due_at).await
    }
}

/// That somebody keeps their place and is to be called back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingCallback {
    /// Where their call came in, and they are rung.
    pub connection: ConnectionId,
    /// Whose.
    pub account: AccountId,
    /// The call in which they asked for it.
    pub call: CallId,
}

impl RingCallback {
    /// Sends the message.
    pub async fn arm(self, platform: &Platform, due_at: Timestamp) -> Result<(), StoreError> {
        platform.messages.send(Message::RingCallback(self).to_body(), due_at).await
    }
}
