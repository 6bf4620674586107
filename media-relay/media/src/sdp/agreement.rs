//! What a leg can do, what it agrees to, and why it does not.

use std::net::{IpAddr, SocketAddr};

use super::{
    audio::{Direction, Format, Rtcp},
    crypto::{KeyAndSalt, Suite},
    limits::SdpError,
};
use crate::codec::Codec;

/// A codec that we would use, with the parameters that go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedCodec {
    /// The codec.
    pub codec: Codec,
    /// The value of its `a=fmtp`, as the other leg of the call said it.
    pub parameters: Option<String>,
}

/// What to do about SRTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SrtpPolicy {
    /// Take it when it is offered; offer plain RTP.
    #[default]
    WhenOffered,
    /// Offer it, and refuse all else.
    Required,
    /// Refuse it.
    Never,
}

/// What a leg can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The codecs, best first.
    pub codecs: Vec<OfferedCodec>,
    /// What to do about SRTP.
    pub srtp: SrtpPolicy,
    /// How much audio we would like in a packet, in ms.
    pub packet_time_ms: u16,
}

impl Default for Capabilities {
    /// Both laws of G.711, 20 ms, SRTP when it is offered.
    fn default() -> Self {
        let g711 = |codec| OfferedCodec { codec, parameters: None };
        Self {
            codecs: vec![g711(Codec::Pcmu), g711(Codec::Pcma)],
            srtp: SrtpPolicy::default(),
            packet_time_ms: 20,
        }
    }
}

impl Capabilities {
    /// The same and, first, those codecs of the other leg that can only pass through: this leg may then agree on one of them.
    #[must_use]
    pub fn passing_through(mut self, other_leg: &[OfferedCodec]) -> Self {
        let passing = other_leg.iter().filter(|offered| offered.codec.law().is_none()).cloned();
        self.codecs.splice(0..0, passing);
        self
    }
}

/// Where a leg takes packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalAddress {
    /// The address that the other side shall send to.
    pub ip: IpAddr,
    /// Its port of RTP.
    pub rtp_port: u16,
    /// Its port of RTCP where that is not sent to the port of RTP.
    pub rtcp_port: u16,
}

/// The random part of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secrets {
    /// The number of `o=`.
    pub session_id: u64,
    /// Our keys, in the order of [`Suite::ALL`].
    pub keys: [KeyAndSalt; 2],
}

/// Telephone-event, as agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    /// What we send them as.
    pub send_payload_type: u8,
    /// What they come as.
    pub receive_payload_type: u8,
    /// Their clock, in Hz.
    pub clock_rate_hz: u32,
}

/// SRTP, as agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgreedSrtp {
    /// The suite.
    pub suite: Suite,
    /// What we encrypt with.
    pub send: KeyAndSalt,
    /// What they encrypt with.
    pub receive: KeyAndSalt,
}

/// What a leg's media is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Where RTP goes; none while the other side wants silence.
    pub rtp: Option<SocketAddr>,
    /// Where RTCP goes.
    pub rtcp: Option<Rtcp>,
    /// The direction, as we see it.
    pub direction: Direction,
    /// The codec, with the payload type that we send and the other side's parameters.
    pub format: Format,
    /// The payload type that the codec comes as.
    pub receive_payload_type: u8,
    /// Digits by RFC 4733; none where the other side does not do them.
    pub digits: Option<Digits>,
    /// How much audio to put into a packet, in ms.
    pub packet_time_ms: u16,
    /// SRTP, if the stream is secure.
    pub srtp: Option<AgreedSrtp>,
}

impl Agreement {
    /// Whether we may send.
    pub const fn sends(&self) -> bool {
        self.direction.sends() && self.rtp.is_some()
    }
}

/// Why an offer or an answer cannot be agreed to. Nothing has changed by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no session description.
    #[error("the session description cannot be read: {0}")]
    Unreadable(#[from] SdpError),
    /// It has no audio stream.
    #[error("no audio stream")]
    NoAudio,
    /// Its audio stream has the port 0.
    #[error("the audio stream is declined")]
    Declined,
    /// Its profile is none of RTP/AVP, AVPF, SAVP and SAVPF.
    #[error("the audio stream's transport is not RTP/AVP, RTP/AVPF, RTP/SAVP or RTP/SAVPF")]
    NoCommonProfile,
    /// Its address is missing, a host name, or a group's.
    #[error("c= has no IP address of one host")]
    NoAddress,
    /// It has no codec of ours.
    #[error("no common codec")]
    NoCommonCodec,
    /// It is secure and we may not be, or the other way round, or it has no key that we can use.
    #[error("no common protection of the audio stream")]
    NoCommonProtection,
    /// An answer whose streams are not those of the offer.
    #[error("the answer's media streams are not those of the offer")]
    OtherStreams,
    /// An answer to no offer.
    #[error("an answer to no offer")]
    NoOffer,
    /// An offer while ours waits for its answer: 491 (RFC 3261 §14.2).
    #[error("our own offer waits for its answer")]
    OfferPending,
}
