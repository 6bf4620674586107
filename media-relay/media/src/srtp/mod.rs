//! SRTP and SRTCP (RFC 3711) with the suites of SDES: AES-128 in counter mode, HMAC-SHA1.
//!
//! A leg has one key to send with and one to receive with ([`crate::sdp::AgreedSrtp`]). Packets are changed in place; nothing is allocated
//! for a packet.

mod keys;
mod replay;
mod session;

pub use session::{SrtpError, SrtpReceiver, SrtpSender};

/// The most bytes that protecting adds to a packet: SRTCP's index and tag.
pub const MOST_ADDED_BYTES: usize = 14;
