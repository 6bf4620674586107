//! Protecting what is sent, and taking the protection off what is received.

use super::{
    keys::{Keys, Stream},
    replay::ReplayWindow,
};
use crate::{
    rtp::{NotRtp, Packet},
    sdp::{KeyAndSalt, Suite},
};

/// How many sources a key is used for. A telephone has one, and one more after each change of its own.
const MOST_SOURCES: usize = 8;

/// Bytes of SRTCP's index.
const INDEX_BYTES: usize = 4;

/// Bytes of SRTCP's tag in both suites (RFC 4568 §6.2).
const RTCP_TAG_BYTES: usize = 10;

/// The first bytes of RTCP, which stay readable.
const RTCP_HEADER_BYTES: usize = 8;

/// The bit of SRTCP's index that says that the packet is encrypted.
const ENCRYPTED: u32 = 1 << 31;

/// Why a packet is not protected, or not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SrtpError {
    /// It is no packet, or too short to be a protected one.
    #[error("no protected packet")]
    NoPacket,
    /// Its tag is wrong.
    #[error("the packet's tag is wrong")]
    WrongTag,
    /// It has come before, or is too old to know.
    #[error("the packet came before")]
    Replayed,
    /// More sources than one key is used for.
    #[error("more than {MOST_SOURCES} sources under one key")]
    TooManySources,
    /// The buffer has no room for the tag.
    #[error("no room for the tag")]
    NoRoom,
}

impl From<NotRtp> for SrtpError {
    fn from(_: NotRtp) -> Self {
        Self::NoPacket
    }
}

/// The keys and sources of one direction.
#[derive(Debug, Clone)]
struct Context {
    suite: Suite,
    rtp: Keys,
    rtcp: Keys,
    sources: Vec<Source>,
}

#[derive(Debug, Clone)]
struct Source {
    ssrc: u32,
    rtp: ReplayWindow,
    rtcp: ReplayWindow,
}

impl Context {
    fn new(suite: Suite, key: &KeyAndSalt) -> Self {
        let (rtp, rtcp) = (Keys::derive(key, Stream::Rtp), Keys::derive(key, Stream::Rtcp));
        Self { suite, rtp, rtcp, sources: Vec::new() }
    }

    /// The source of an SSRC; a new one is remembered only when a packet of it is genuine.
    fn known(&self, ssrc: u32) -> Option<&Source> {
        self.sources.iter().find(|source| source.ssrc == ssrc)
    }

    fn source(&mut self, ssrc: u32) -> Result<&mut Source, SrtpError> {
        let place = match self.sources.iter().position(|source| source.ssrc == ssrc) {
            Some(place) => place,
            None if self.sources.len() == MOST_SOURCES => return Err(SrtpError::TooManySources),
            None => {
                self.sources.push(Source {
                    ssrc,
                    rtp: ReplayWindow::default(),
                    rtcp: ReplayWindow::default(),
                });
                self.sources.len() - 1
            }
        };
        self.sources.get_mut(place).ok_or(SrtpError::TooManySources)
    }
}

/// What a leg sends with.
#[derive(Debug, Clone)]
pub struct SrtpSender(Context);

impl SrtpSender {
    /// A sender with a key of ours.
    pub fn new(suite: Suite, key: &KeyAndSalt) -> Self {
        Self(Context::new(suite, key))
    }

    /// Protects an RTP packet, the first `length` bytes of a buffer with room for the tag after them: its new length.
    ///
    /// # Errors
    /// It is no packet, there is no room, or too many sources.
    pub fn protect(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, SrtpError> {
        let (packet, room) = buffer.split_at_mut_checked(length).ok_or(SrtpError::NoRoom)?;
        let tag_bytes = self.0.suite.rtp_tag_bytes();
        let room = room.get_mut(..tag_bytes).ok_or(SrtpError::NoRoom)?;
        let header = Packet::parse(packet)?.header;
        let source = self.0.source(header.ssrc)?;
        let index = estimate(source.rtp.newest(), header.sequence);
        source.rtp.take(index);
        let start = payload_start(packet)?;
        self.0.rtp.apply(header.ssrc, index, &mut packet[start..]);
        let tag = self.0.rtp.tag(packet, &turns(index));
        room.copy_from_slice(&tag[..tag_bytes]);
        Ok(length + tag_bytes)
    }

    /// Protects an RTCP packet, the first `length` bytes of a buffer with room after them: its new length.
    ///
    /// # Errors
    /// It is no packet, there is no room, or too many sources.
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, SrtpError> {
        let (packet, room) = buffer.split_at_mut_checked(length).ok_or(SrtpError::NoRoom)?;
        let room = room.get_mut(..INDEX_BYTES + RTCP_TAG_BYTES).ok_or(SrtpError::NoRoom)?;
        let ssrc = rtcp_ssrc(packet)?;
        let source = self.0.source(ssrc)?;
        // The first index is 1, as others count.
        let index = source.rtcp.newest().map_or(1, |newest| (newest + 1) & u64::from(ENCRYPTED - 1));
        source.rtcp.take(index);
        let (_, secret) = packet.split_at_mut(RTCP_HEADER_BYTES);
        self.0.rtcp.apply(ssrc, index, secret);
        let (index_room, tag_room) = room.split_at_mut(INDEX_BYTES);
        let index = ENCRYPTED | u32::try_from(index).unwrap_or_default();
        index_room.copy_from_slice(&index.to_be_bytes());
        tag_room.copy_from_slice(&self.0.rtcp.tag(packet, index_room)[..RTCP_TAG_BYTES]);
        Ok(length + INDEX_BYTES + RTCP_TAG_BYTES)
    }
}

/// What a leg receives with.
#[derive(Debug, Clone)]
pub struct SrtpReceiver(Context);

impl SrtpReceiver {
    /// A receiver with the other side's key.
    pub fn new(suite: Suite, key: &KeyAndSalt) -> Self {
        Self(Context::new(suite, key))
    }

    /// Verifies an RTP packet, then decrypts it in place: how long it is without its tag.
    ///
    /// # Errors
    /// It is not genuine, or came before. Nothing has changed by it.
    pub fn unprotect(&mut self, bytes: &mut [u8]) -> Result<usize, SrtpError> {
        let length = bytes.len().checked_sub(self.0.suite.rtp_tag_bytes()).ok_or(SrtpError::NoPacket)?;
        let (packet, tag) = bytes.split_at_mut(length);
        let start = payload_start(packet)?;
        let (ssrc, sequence) = ssrc_and_sequence(packet)?;
        let window = self.0.known(ssrc).map(|source| &source.rtp);
        let index = estimate(window.and_then(ReplayWindow::newest), sequence);
        if window.is_some_and(|window| !window.is_new(index)) {
            return Err(SrtpError::Replayed);
        }
        if !self.0.rtp.verify(packet, &turns(index), tag) {
            return Err(SrtpError::WrongTag);
        }
        self.0.source(ssrc)?.rtp.take(index);
        self.0.rtp.apply(ssrc, index, &mut packet[start..]);
        Ok(length)
    }

    /// Verifies an RTCP packet, then decrypts it in place: how long it is without its index and tag.
    ///
    /// # Errors
    /// It is not genuine, or came before. Nothing has changed by it.
    pub fn unprotect_rtcp(&mut self, bytes: &mut [u8]) -> Result<usize, SrtpError> {
        let signed = bytes.len().checked_sub(RTCP_TAG_BYTES).ok_or(SrtpError::NoPacket)?;
        let length = signed.checked_sub(INDEX_BYTES).ok_or(SrtpError::NoPacket)?;
        let ssrc = rtcp_ssrc(&bytes[..length])?;
        let (message, tag) = bytes.split_at_mut(signed);
        let index = message.last_chunk().map_or(0, |word| u32::from_be_bytes(*word));
        let number = u64::from(index & !ENCRYPTED);
        if self.0.known(ssrc).is_some_and(|source| !source.rtcp.is_new(number)) {
            return Err(SrtpError::Replayed);
        }
        if !self.0.rtcp.verify(message, &[], tag) {
            return Err(SrtpError::WrongTag);
        }
        self.0.source(ssrc)?.rtcp.take(number);
        if index & ENCRYPTED != 0 {
            self.0.rtcp.apply(ssrc, number, &mut message[RTCP_HEADER_BYTES..length]);
        }
        Ok(length)
    }
}

/// A packet's index: its sequence number and how often the numbers went round, whichever makes it nearest to the newest (RFC 3711
/// §3.3.1).
fn estimate(newest: Option<u64>, sequence: u16) -> u64 {
    let Some(newest) = newest else { return u64::from(sequence) };
    let [.., high, low] = newest.to_be_bytes();
    let ahead = i64::from(sequence.wrapping_sub(u16::from_be_bytes([high, low])).cast_signed());
    newest.checked_add_signed(ahead).unwrap_or_else(|| u64::from(sequence))
}

/// How often the numbers went round: what is signed beside the packet.
fn turns(index: u64) -> [u8; 4] {
    let [_, _, turns @ .., _, _] = index.to_be_bytes();
    turns
}

/// Where what is encrypted begins: after the header, its sources and its extension. Padding is encrypted.
fn payload_start(packet: &[u8]) -> Result<usize, SrtpError> {
    let [flags, ..] = *packet.first_chunk::<12>().ok_or(SrtpError::NoPacket)?;
    let mut start = 12 + usize::from(flags & 0x0F) * 4;
    if flags & 0x10 != 0 {
        let extension = packet.get(start..).and_then(<[u8]>::first_chunk).ok_or(SrtpError::NoPacket)?;
        let [_, _, high, low] = *extension;
        start += 4 + usize::from(u16::from_be_bytes([high, low])) * 4;
    }
    if start > packet.len() || flags >> 6 != 2 { Err(SrtpError::NoPacket) } else { Ok(start) }
}

fn ssrc_and_sequence(packet: &[u8]) -> Result<(u32, u16), SrtpError> {
    let [_, _, s0, s1, _, _, _, _, r0, r1, r2, r3] = *packet.first_chunk().ok_or(SrtpError::NoPacket)?;
    Ok((u32::from_be_bytes([r0, r1, r2, r3]), u16::from_be_bytes([s0, s1])))
}

fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    let [flags, _, _, _, r0, r1, r2, r3] = *packet.first_chunk().ok_or(SrtpError::NoPacket)?;
    if flags >> 6 == 2 { Ok(u32::from_be_bytes([r0, r1, r2, r3])) } else { Err(SrtpError::NoPacket) }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
