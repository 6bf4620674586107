//! The audio of all calls: sockets, ticks, what is played, who hears whom.
//!
//! Purpose: an [`Engine`] takes short commands from the thread that runs SIP, and moves packets in threads of its own. A leg is opened
//! (it has ports then), agreed upon (it may send then), plays, is bridged with another leg of its call, records, and is closed. What
//! happens on its own comes back as [`EngineEvent`]s.
//!
//! All legs of a call live in one thread, so that handing a packet over needs no lock; nothing is allocated for a packet, and the clock is
//! read once for all that came at once. What is shared between threads is only looked at by commands.
//!
//! It refuses to: read SDP, speak SIP, decode a prompt, decide anything about a call.

mod bell;
mod command;
mod config;
mod counters;
mod error;
mod event;
mod handle;
mod leg;
mod ports;
mod readiness;
mod recorder;
mod thread;
mod wheel;

pub use config::{EngineConfig, MediaAddress};
pub use counters::{Count, Counters};
pub use error::EngineError;
pub use event::{EngineEvent, LegId, PlaybackId, Quality, RecordingId};
pub use handle::Engine;

#[cfg(test)]
mod tests;
