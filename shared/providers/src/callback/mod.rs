//! Our own callback URLs, the same for every provider: `{public}/webhooks/{connection}/{event}?call=…&node=…`. What they carry comes
//! back signed, so that the functions need no session.

mod event;
mod position;
mod required;
#[cfg(test)]
mod tests;

use ringfall_domain::{
    call::instructions::Continuation,
    ids::{CallId, CampaignId, ConnectionId},
};
use url::{Url, form_urlencoded};

pub use self::{
    event::{UnknownWebhook, WebhookEvent},
    position::Position,
};

/// Where the music for those who wait is served, under the public base URL.
pub const HOLD_MUSIC_PATH: &str = "/media/hold-music.wav";

/// Builds and reads the callback URLs of one connection.
#[derive(Debug, Clone)]
pub struct Callbacks {
    public_url: String,
    connection: ConnectionId,
    campaign: Option<CampaignId>,
}

impl Callbacks {
    /// Callbacks under a public base URL (without a path or with one; a closing slash is dropped).
    pub fn new(public_url: &Url, connection: ConnectionId) -> Self {
        Self { public_url: public_url.as_str().trim_end_matches('/').to_owned(), connection, campaign: None }
    }

    /// The same for a call of a campaign, which every URL then names.
    #[must_use]
    pub fn for_campaign(&self, campaign: CampaignId) -> Self {
        Self { campaign: Some(campaign), ..self.clone() }
    }

    /// The connection that they belong to.
    pub const fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// The URL of a webhook that carries no position: what to configure at the provider.
    pub fn entry(&self, event: WebhookEvent) -> String {
        format!("{}/webhooks/{}/{event}", self.public_url, self.connection)
    }

    /// The URL of our own music for those who wait.
    pub fn hold_music(&self) -> String {
        format!("{}{HOLD_MUSIC_PATH}", self.public_url)
    }

    /// Where a call goes on.
    pub fn url(&self, call: CallId, continuation: &Continuation) -> String {
        let (event, parameters) = position::parameters(continuation);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("call", &call.to_string())
            .extend_pairs(self.campaign.map(|campaign| ("campaign", campaign.to_string())))
            .extend_pairs(parameters)
            .finish();
        format!("{}?{query}", self.entry(event))
    }

    /// Reads the position that a callback URL carries; what is missing or unreadable is none.
    pub fn position(url: &str) -> Position {
        Position::read(url)
    }
}
