//! Session descriptions (SDP, RFC 8866): reading within limits, writing, and what an offer and an answer agree on (RFC 3264).
//!
//! The grammar is `sdp-types`', which is as lenient as telephones need; the limits and the meaning are ours.

mod agreement;
mod audio;
mod crypto;
mod limits;
mod negotiation;
mod payload_types;
mod write;

pub use agreement::{
    AgreedSrtp, Agreement, Capabilities, Digits, LocalAddress, OfferedCodec, Refusal, Secrets, SrtpPolicy,
};
pub use audio::{AudioStream, Direction, Format, Profile, Rtcp};
pub use crypto::{CryptoLine, KEY_AND_SALT_BYTES, KeyAndSalt, Suite};
pub use limits::{Limit, SdpError, parse};
pub use negotiation::Negotiation;
pub use sdp_types::Session;
