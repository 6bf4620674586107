//! What is true at the provider, whatever we know of it.

use super::state::{LegName, Scene, State};

/// The line to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Line {
    /// The provider has not been told to dial, or has not done so.
    NotPlaced,
    /// Ringing or talking.
    Live {
        /// Whether the answerer has taken the call.
        key: bool,
    },
    /// Over, or it could not be placed.
    Over {
        /// Whether the answerer had taken the call.
        key: bool,
    },
}

impl Line {
    pub(super) const fn is_live(self) -> bool {
        matches!(self, Self::Live { .. })
    }

    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::Over { .. })
    }

    /// Whether the answerer has pressed the key, so that a webhook was sent that tells.
    pub(super) const fn has_key(self) -> bool {
        matches!(self, Self::Live { key: true } | Self::Over { key: true })
    }
}

/// A webhook whose reply may dial an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Window {
    /// It has not come to that.
    Unsent,
    /// It is sent.
    Sent {
        /// Whether the provider still acts on a reply: on the first, and on none after the deadline.
        awaited: bool,
        /// How long ago.
        mark: Mark,
    },
}

/// How far time has come since something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) enum Mark {
    /// What ends with time has not ended.
    #[default]
    Running,
    /// It has.
    Past,
    /// So has the margin after it.
    Settled,
}

impl Mark {
    /// The next one.
    pub(super) const fn later(self) -> Self {
        match self {
            Self::Running => Self::Past,
            Self::Past | Self::Settled => Self::Settled,
        }
    }
}

impl Window {
    pub(super) const OPEN: Self = Self::Sent { awaited: true, mark: Mark::Running };

    pub(super) const fn mark(self) -> Mark {
        match self {
            Self::Unsent => Mark::Running,
            Self::Sent { mark, .. } => mark,
        }
    }

    pub(super) const fn is_sent(self) -> bool {
        matches!(self, Self::Sent { .. })
    }

    /// Time goes on.
    pub(super) const fn later(self) -> Self {
        match self {
            Self::Unsent => Self::Unsent,
            Self::Sent { mark, .. } => Self::Sent { awaited: false, mark: mark.later() },
        }
    }
}

/// What the provider does with a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reply {
    /// Dial this attempt.
    Dial(LegName),
    /// Hang up.
    HangUp,
}

impl State {
    /// A reply to the webhook of a window reaches the provider. `is_placed`: whether a dial comes to ring.
    pub(super) fn reply(&mut self, scene: Scene, to: LegName, reply: Reply, is_placed: bool) {
        let Window::Sent { awaited: true, mark } = self.window(to) else { return };
        *self.window_mut(to) = Window::Sent { awaited: false, mark };
        match reply {
            Reply::HangUp => self.call_mut(to.call).is_on_line = false,
            Reply::Dial(leg) if !self.call(leg.call).is_on_line => {}
            Reply::Dial(leg) if is_placed => *self.line_mut(leg) = Line::Live { key: false },
            Reply::Dial(leg) => self.end_line(scene, leg),
        }
    }

    /// A line ends. The caller, if still there, waits for what comes next.
    pub(super) fn end_line(&mut self, scene: Scene, leg: LegName) {
        *self.line_mut(leg) = Line::Over { key: self.line(leg).has_key() };
        let next = leg.next();
        let may_be_offered = next.attempt <= scene.attempts[usize::from(leg.call)];
        if may_be_offered && self.call(leg.call).is_on_line {
            *self.window_mut(next) = Window::OPEN;
        }
    }
}
