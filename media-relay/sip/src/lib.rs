//! SIP, pure: messages, transactions, dialogs.
//!
//! Purpose: everything of RFC 3261 and its kin that can be decided without a socket. Each machine is given what happened and the moment
//! it happened at (`handle_*`), and is then drained: `poll_transmit` until nothing is to be sent, `poll_event` until there is nothing to
//! tell, `poll_timeout` for the moment at which it wants to be called next.
//!
//! It refuses to: open sockets, read a clock, draw random numbers (a seed is given), look names up, read a session description (bodies are
//! bytes). Nothing that a stranger sends makes it panic, grow without a limit, or keep anything for longer than its timers say.

pub mod agent;
pub mod auth;
mod chance;
pub mod dialog;
pub mod message;
mod moment;
pub mod resolve;
mod timers;
pub mod transaction;
pub mod transport;

pub use chance::Chance;
pub use moment::Moment;
pub use timers::{PATIENCE, T1, T2, T4};
