//! The codecs that a call may use, and G.711.

pub mod g711;

use std::{fmt, time::Duration};

pub use g711::Law;

/// An audio codec. G.711 is spoken by us; the others pass through when both legs agree on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722, 16 kHz audio; its RTP clock runs at 8 kHz by an old mistake that stayed (RFC 3551 §4.5.2).
    G722,
    /// Opus (RFC 7587), always `opus/48000/2` in SDP.
    Opus,
}

impl Codec {
    /// All of them, G.711 first.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// The encoding name of `a=rtpmap`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// The codec of an `a=rtpmap` name, clock rate and number of channels (1 where none is given).
    pub fn named(name: &str, clock_rate_hz: u32, channels: u32) -> Option<Self> {
        let codec = Self::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))?;
        (codec.clock_rate_hz() == clock_rate_hz && codec.channels() == channels).then_some(codec)
    }

    /// The codec of a static payload type (RFC 3551 §6).
    pub const fn of_static_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Self::Pcmu),
            8 => Some(Self::Pcma),
            9 => Some(Self::G722),
            _ => None,
        }
    }

    /// The payload type that we offer it under.
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
            Self::Opus => 111,
        }
    }

    /// Ticks of its RTP timestamps per second.
    pub const fn clock_rate_hz(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8_000,
            Self::Opus => 48_000,
        }
    }

    /// The number of channels that `a=rtpmap` says.
    pub const fn channels(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 1,
            Self::Opus => 2,
        }
    }

    /// Which G.711 law it is, if it is one.
    pub const fn law(self) -> Option<Law> {
        match self {
            Self::Pcmu => Some(Law::Mu),
            Self::Pcma => Some(Law::A),
            Self::G722 | Self::Opus => None,
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many ticks of a clock a time is, whole ones, counted round as RTP timestamps are.
pub fn ticks(time: Duration, clock_rate_hz: u32) -> u32 {
    let whole = time.as_secs().wrapping_mul(u64::from(clock_rate_hz));
    let rest = u64::from(time.subsec_nanos()) * u64::from(clock_rate_hz) / 1_000_000_000;
    u32::try_from(whole.wrapping_add(rest) & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_are_known_by_name_rate_and_channels() {
        assert_eq!(Codec::named("pcmu", 8_000, 1), Some(Codec::Pcmu));
        assert_eq!(Codec::named("OPUS", 48_000, 2), Some(Codec::Opus));
        for (name, rate, channels) in
            [("PCMU", 16_000, 1), ("opus", 48_000, 1), ("G722", 16_000, 1), ("GSM", 8_000, 1)]
        {
            assert_eq!(Codec::named(name, rate, channels), None, "{name}/{rate}/{channels}");
        }
    }

    #[test]
    fn static_payload_types_are_those_that_we_offer() {
        for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
            assert_eq!(Codec::of_static_payload_type(codec.payload_type()), Some(codec));
        }
        assert_eq!(Codec::of_static_payload_type(18), None);
    }

    #[test]
    fn ticks_are_whole_and_go_round() {
        assert_eq!(ticks(Duration::from_millis(20), 8_000), 160);
        assert_eq!(ticks(Duration::from_micros(124), 8_000), 0);
        assert_eq!(ticks(Duration::from_secs(1 << 32), 8_000), 0);
        assert_eq!(
            ticks(Duration::new((1 << 32) - 1, 999_999_999), 48_000),
            48_000_u32.wrapping_neg() + 47_999
        );
    }
}
