//! RTP (RFC 3550): packets, what is received, and what is sent on one clock per leg.

mod forward;
mod output;
mod packet;
mod reception;

pub use forward::{Dropped, Forwarder, NoRoute};
pub use output::OutputClock;
pub(crate) use output::OwnEvent;
pub use packet::{HEADER_BYTES, Header, Kind, MOST_PACKET_BYTES, NotRtp, Packet, kind};
pub use reception::{Reception, Totals};
