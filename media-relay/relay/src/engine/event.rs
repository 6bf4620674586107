//! What an engine tells on its own.

use std::{fmt, path::PathBuf, time::Duration};

use ringfall_media::{dtmf::Digit, rtp::Totals};

/// A leg: a call's number and which of its legs it is. Only legs of one call can be bridged: they live in one thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId {
    /// The call's number, the caller's choice, never used twice.
    pub call: u64,
    /// Which of its legs it is.
    pub leg: u32,
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.call, self.leg)
    }
}

/// Something that is played: the caller's choice, to know it again in [`EngineEvent::Played`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaybackId(pub u64);

/// A recording: the caller's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordingId(pub u64);

/// How a leg was heard, over its whole life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quality {
    /// Packets that came and never came.
    pub totals: Totals,
    /// The jitter at its end.
    pub jitter: Duration,
    /// The time to the other side and back, if its reports told.
    pub round_trip: Option<Duration>,
}

/// What happened. Each kind is bounded by itself: a digit by how fast keys can be pressed, the others by commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineEvent {
    /// A key was pressed, by RFC 4733 or as [`super::Engine::told_by_info`] was told; each key once.
    Digit {
        /// Where.
        leg: LegId,
        /// Which.
        digit: Digit,
    },
    /// A leg is heard for the first time.
    Heard {
        /// Which.
        leg: LegId,
    },
    /// All of a playlist was played. Not told of what was broken off or replaced.
    Played {
        /// Where.
        leg: LegId,
        /// What.
        playback: PlaybackId,
    },
    /// A recording is over and its file whole: it was stopped, its leg was closed, it is as long as it may be, or the disk refused.
    Recorded {
        /// Which.
        recording: RecordingId,
        /// Its file.
        path: PathBuf,
        /// How long it is.
        length: Duration,
        /// What went wrong with the file; what was written before may still be played.
        problem: Option<String>,
    },
    /// A leg that should send has not for [`super::EngineConfig::silent_after`]. Told once for each silence.
    Silent {
        /// Which.
        leg: LegId,
        /// For how long.
        for_seconds: u64,
    },
    /// A leg is closed.
    Closed {
        /// Which.
        leg: LegId,
        /// How it was heard.
        quality: Quality,
    },
}
