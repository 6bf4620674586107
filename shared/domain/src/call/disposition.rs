//! What a call has come to, derived from its facts.

use super::{Call, fact::FinishKind};

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    /// The flow asks its questions.
    Qualifying,
    /// The caller waits in a queue.
    Queued,
    /// A target is rung.
    Ringing,
    /// Caller and target talk.
    Connected,
    /// Over.
    Ended,
}

impl CallState {
    /// The word in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Qualifying => "qualifying",
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::Connected => "connected",
            Self::Ended => "ended",
        }
    }
}

/// How a call came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Not over yet.
    InProgress,
    /// A target took it, long enough to be billed.
    Converted,
    /// A target took it, too briefly to be billed.
    Connected,
    /// The flow refused the caller.
    Unqualified,
    /// No target took it.
    NoTarget,
    /// It was passed to a fixed number.
    Forwarded,
    /// The caller was turned away on arrival.
    Suppressed,
    /// The caller was asked for a message.
    Message,
    /// The caller is to be called back.
    Callback,
    /// The caller hung up first.
    Abandoned,
}

impl Disposition {
    /// The word in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Converted => "converted",
            Self::Connected => "connected",
            Self::Unqualified => "unqualified",
            Self::NoTarget => "no_target",
            Self::Forwarded => "forwarded",
            Self::Suppressed => "suppressed",
            Self::Message => "message",
            Self::Callback => "callback",
            Self::Abandoned => "abandoned",
        }
    }
}

impl Call {
    /// Where the call stands.
    pub fn state(&self) -> CallState {
        match self.live_leg() {
            _ if self.ended.is_some() => CallState::Ended,
            Some(leg) if leg.was_accepted() => CallState::Connected,
            Some(_) => CallState::Ringing,
            None if self.served_leg().is_some() => CallState::Ended,
            None if self.is_waiting() => CallState::Queued,
            None => CallState::Qualifying,
        }
    }

    /// How the call came out. A converted call is one even while its last webhook is still under way.
    pub fn disposition(&self) -> Disposition {
        let finish = self.finished.as_ref().map(|finish| finish.kind);
        match (self.connected_leg(), finish) {
            (Some(leg), _) if leg.is_converted() => Disposition::Converted,
            (Some(leg), None) if leg.gives_second_chance() && self.ended.is_none() => Disposition::InProgress,
            (Some(leg), _) if leg.ended.is_some() => Disposition::Connected,
            (Some(_), _) => Disposition::InProgress,
            (None, Some(_)) if self.message_url.is_some() => Disposition::Message,
            (None, Some(FinishKind::Unqualified)) => Disposition::Unqualified,
            (None, Some(FinishKind::NoTarget)) => Disposition::NoTarget,
            (None, Some(FinishKind::Forwarded)) => Disposition::Forwarded,
            (None, Some(FinishKind::Suppressed)) => Disposition::Suppressed,
            (None, Some(FinishKind::Message)) => Disposition::Message,
            (None, Some(FinishKind::Callback)) => Disposition::Callback,
            (None, None) if self.ended.is_some() => Disposition::Abandoned,
            (None, None) => Disposition::InProgress,
        }
    }
}
