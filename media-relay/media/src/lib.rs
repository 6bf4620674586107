//! A call's audio, pure.
//!
//! Purpose: everything between two phones' bytes that needs no socket: what an offer and an answer agree on (SDP), packets and
//! reports (RTP, RTCP, SRTP), whose packets are taken, one output clock per leg, digits, codecs, prompts and hold music, mixing,
//! recording.
//!
//! It refuses to: open a socket or a file, read a clock, draw a random number. Packets, time (a [`std::time::Duration`] since any
//! start that never changes) and random bytes come in as arguments; bytes to send come out. Every byte from outside is hostile:
//! readers have limits and never panic. Forwarding a packet allocates nothing.

pub mod codec;
pub mod dtmf;
pub mod gate;
pub mod jitter;
pub mod mix;
pub mod music;
pub mod ports;
pub mod prompt;
pub mod recording;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod srtp;
