//! A packet's header and where its payload is.

use std::ops::Range;

/// Bytes of a header as we write it: no contributing sources, no extension.
pub const HEADER_BYTES: usize = 12;

/// The longest packet that is looked at: what an Ethernet frame carries.
pub const MOST_PACKET_BYTES: usize = 1_500;

/// The header's fields (RFC 3550 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Set on the first packet after a silence.
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    /// Counts packets, and goes round.
    pub sequence: u16,
    /// Counts ticks of the codec's clock, and goes round.
    pub timestamp: u32,
    /// The source.
    pub ssrc: u32,
}

impl Header {
    /// Its bytes.
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [r0, r1, r2, r3] = self.ssrc.to_be_bytes();
        [0x80, u8::from(self.marker) << 7 | self.payload_type & 0x7F, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3]
    }
}

/// What a datagram on a media port is, by its first two bytes (RFC 5761 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RTP.
    Rtp,
    /// RTCP.
    Rtcp,
    /// Neither: STUN, DTLS, T.38, noise.
    Other,
}

/// Tells RTP and RTCP apart on one port.
pub fn kind(bytes: &[u8]) -> Kind {
    match bytes {
        [first, second, ..] if first >> 6 == 2 => {
            if matches!(second, 192..=223) {
                Kind::Rtcp
            } else {
                Kind::Rtp
            }
        }
        _ => Kind::Other,
    }
}

/// Why bytes are no RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRtp {
    /// Shorter than its header says, or than any header.
    #[error("shorter than its header")]
    Short,
    /// Longer than [`MOST_PACKET_BYTES`].
    #[error("longer than any packet")]
    Long,
    /// Another version than 2, or RTCP.
    #[error("not RTP of version 2")]
    OtherKind,
    /// Padding that is longer than the payload, or of no length.
    #[error("padding longer than its payload")]
    Padding,
}

/// A packet, taken apart. The payload is given by its place, so that it can be changed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The header.
    pub header: Header,
    /// The payload's place, without padding. At least [`HEADER_BYTES`] stand before it.
    pub payload: Range<usize>,
}

impl Packet {
    /// Takes a packet apart.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotRtp> {
        if bytes.len() > MOST_PACKET_BYTES {
            return Err(NotRtp::Long);
        }
        let fixed: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(NotRtp::Short)?;
        if kind(fixed) != Kind::Rtp {
            return Err(NotRtp::OtherKind);
        }
        let [flags, type_and_marker, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3] = *fixed;
        let header = Header {
            marker: type_and_marker & 0x80 != 0,
            payload_type: type_and_marker & 0x7F,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
        };
        // Most packets have neither contributing sources, nor an extension, nor padding.
        let payload = if flags == 0x80 { HEADER_BYTES..bytes.len() } else { payload(flags, bytes)? };
        Ok(Self { header, payload })
    }
}

#[cold]
fn payload(flags: u8, bytes: &[u8]) -> Result<Range<usize>, NotRtp> {
    let mut start = HEADER_BYTES + usize::from(flags & 0x0F) * 4;
    if flags & 0x10 != 0 {
        let [_, _, high, low] = *bytes.get(start..).and_then(<[u8]>::first_chunk).ok_or(NotRtp::Short)?;
        start += 4 + usize::from(u16::from_be_bytes([high, low])) * 4;
    }
    let end = match bytes.last() {
        Some(0) if flags & 0x20 != 0 => return Err(NotRtp::Padding),
        Some(padding) if flags & 0x20 != 0 => bytes
            .len()
            .checked_sub(usize::from(*padding))
            .filter(|end| *end >= start)
            .ok_or(NotRtp::Padding)?,
        _ => bytes.len(),
    };
    if start > end { Err(NotRtp::Short) } else { Ok(start..end) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: Header =
        Header { marker: true, payload_type: 101, sequence: 65_535, timestamp: 7, ssrc: 0xDEAD_BEEF };

    fn packet(flags: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = HEADER.to_bytes().to_vec();
        bytes[0] |= flags;
        bytes.extend_from_slice(rest);
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        let read = Packet::parse(&packet(0, b"audio")).expect("a packet");
        assert_eq!((read.header, read.payload), (HEADER, 12..17));
        assert_eq!(Packet::parse(&packet(0, b"")).map(|packet| packet.payload), Ok(12..12));
    }

    #[test]
    fn sources_extension_and_padding_are_taken_off() {
        let rest = [&[0; 8][..], &[0xBE, 0xDE, 0, 1, 1, 2, 3, 4], b"audio", &[0, 0, 3]].concat();
        let bytes = packet(0x20 | 0x10 | 0x02, &rest);
        let read = Packet::parse(&bytes).expect("a packet");
        assert_eq!(&bytes[read.payload], b"audio");
    }

    #[test]
    fn what_is_no_packet_is_told_why() {
        for (bytes, reason) in [
            (vec![], NotRtp::Short),
            (packet(0, b"")[..11].to_vec(), NotRtp::Short),
            (packet(0x0F, &[0; 59]), NotRtp::Short),
            (packet(0x10, &[0, 0, 0]), NotRtp::Short),
            (packet(0x10, &[0, 0, 0, 2, 0, 0, 0, 0]), NotRtp::Short),
            (packet(0x20, &[0, 0, 0]), NotRtp::Padding),
            (packet(0x20, &[1, 4]), NotRtp::Padding),
            (packet(0x40, b"x"), NotRtp::OtherKind),
            (packet(0, &[0; MOST_PACKET_BYTES]), NotRtp::Long),
        ] {
            assert_eq!(Packet::parse(&bytes), Err(reason), "{bytes:?}");
        }
    }

    #[test]
    fn rtp_and_rtcp_on_one_port_are_told_apart() {
        for (bytes, expected) in [
            (&[0x80, 0][..], Kind::Rtp),
            (&[0x80, 0x80 | 101], Kind::Rtp),
            (&[0x81, 200], Kind::Rtcp),
            (&[0x80, 203], Kind::Rtcp),
            (&[0x00, 0x01], Kind::Other),
            (&[0x16, 0xFE], Kind::Other),
            (&[0x80], Kind::Other),
        ] {
            assert_eq!(kind(bytes), expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.payload.start >= HEADER_BYTES && packet.payload.end <= bytes.len());
            }
        }
    }
}
