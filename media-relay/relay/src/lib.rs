//! The media relay: SIP and RTP on one side, webhooks and orders on the other.

pub mod engine;
