//! A packet of a phone: it says which stream it is of, which of its packets it is, and when it was sent.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bytes of a packet: the header of RTP and 20 ms of G.711.
pub(super) const PACKET_BYTES: usize = 172;

/// What our packets' audio begins with.
const MARK: [u8; 4] = *b"ring";

/// What a packet says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) stream: u32,
    pub(super) place: u32,
    pub(super) sent: Duration,
}

/// Since 1970, as the kernel stamps what it receives.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl Stamp {
    /// Its packet.
    pub(super) fn write(self, packet: &mut [u8; PACKET_BYTES]) {
        let [.., s0, s1] = self.place.to_be_bytes();
        packet[..4].copy_from_slice(&[0x80, 0, s0, s1]);
        packet[4..8].copy_from_slice(&self.place.wrapping_mul(160).to_be_bytes());
        packet[8..12].copy_from_slice(&(0x4C00_0000 | self.stream).to_be_bytes());
        packet[12..16].copy_from_slice(&MARK);
        packet[16..20].copy_from_slice(&self.stream.to_be_bytes());
        packet[20..24].copy_from_slice(&self.place.to_be_bytes());
        packet[24..32].copy_from_slice(&self.sent.as_secs().to_be_bytes());
        packet[32..36].copy_from_slice(&self.sent.subsec_nanos().to_be_bytes());
    }

    /// What a packet says, whatever its header has become; none if it is not of ours.
    pub(super) fn read(packet: &[u8]) -> Option<Self> {
        let audio = packet.get(12..PACKET_BYTES)?;
        let word = |at: usize| Some(u32::from_be_bytes(*audio.get(at..)?.first_chunk()?));
        let seconds = u64::from_be_bytes(*audio.get(12..)?.first_chunk()?);
        let sent = Duration::new(seconds, word(20)?.min(999_999_999));
        (audio.starts_with(&MARK)).then_some(Self { stream: word(4)?, place: word(8)?, sent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_says_what_it_was_stamped_with_under_any_header() {
        let stamp = Stamp { stream: 77, place: 70_000, sent: Duration::new(1_700_000_000, 999_999_999) };
        let mut packet = [0xFF; PACKET_BYTES];
        stamp.write(&mut packet);
        packet[..12].fill(0x11);
        assert_eq!(Stamp::read(&packet), Some(stamp));
        assert_eq!((Stamp::read(&packet[..100]), Stamp::read(&[0; PACKET_BYTES])), (None, None));
    }
}
