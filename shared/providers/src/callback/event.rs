//! The words in the paths of our callback URLs.

use std::{fmt, str::FromStr};

macro_rules! webhook_events {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// The last part of a webhook's path: what it is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum WebhookEvent {
            $($(#[$doc])* $name,)*
        }

        impl WebhookEvent {
            /// All of them, in the order of a call.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$name),*];

            /// The word in the path.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

webhook_events! {
    /// A call came in on a number.
    Voice = "voice",
    /// A caller answered a question.
    Gathered = "gathered",
    /// The caller has heard something.
    Said = "said",
    /// A step of the hold is over, or a key was pressed in it.
    Held = "held",
    /// A caller who was held has been redirected to the dial of an attempt.
    Offered = "offered",
    /// A target's line was answered.
    LegAnswered = "leg-answered",
    /// The answerer pressed a key.
    Screened = "screened",
    /// A leg's status changed.
    LegProgress = "leg-progress",
    /// A dial is over.
    DialEnded = "dial-ended",
    /// A forward is over.
    ForwardEnded = "forward-ended",
    /// A forward of a queue's overflow is over.
    OverflowEnded = "overflow-ended",
    /// A message was left, or none.
    MessageLeft = "message-left",
    /// A caller answered a question on being called back.
    CallbackAsked = "callback-asked",
    /// Who is called back has answered.
    CallbackAnswered = "callback-answered",
    /// Who was called back has pressed a key.
    CallbackAccepted = "callback-accepted",
    /// A callback's call is over, or was never answered.
    CallbackProgress = "callback-progress",
    /// The whole call's status changed.
    Status = "status",
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A path that names no webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such webhook")]
pub struct UnknownWebhook;

impl FromStr for WebhookEvent {
    type Err = UnknownWebhook;

    fn from_str(text: &str) -> Result<Self, UnknownWebhook> {
        Self::ALL.into_iter().find(|event| event.as_str() == text).ok_or(UnknownWebhook)
    }
}
