//! Compound packets.

use super::{ReportBlock, SenderInfo};

/// How many messages of a compound are looked at.
const MOST_MESSAGES: usize = 16;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A sender's report.
    Sender {
        /// Who sends it.
        ssrc: u32,
        /// What it sent.
        info: SenderInfo,
        /// What it received.
        blocks: Vec<ReportBlock>,
    },
    /// A receiver's report.
    Receiver {
        /// Who sends it.
        ssrc: u32,
        /// What it received.
        blocks: Vec<ReportBlock>,
    },
    /// Sources that stop. It ends no call: that is for SIP to say.
    Bye {
        /// Which.
        sources: Vec<u32>,
    },
    /// Something else: SDES, APP, feedback.
    Other {
        /// Its packet type.
        packet_type: u8,
    },
}

/// Why bytes are no RTCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRtcp {
    /// Shorter than it says.
    #[error("shorter than it says")]
    Short,
    /// Another version than 2, or no RTCP packet type.
    #[error("not RTCP of version 2")]
    OtherKind,
}

/// Takes a compound packet apart: its first [`MOST_MESSAGES`].
///
/// # Errors
/// One of its messages is none.
pub fn parse(bytes: &[u8]) -> Result<Vec<Message>, NotRtcp> {
    let (mut messages, mut rest) = (Vec::new(), bytes);
    while messages.is_empty() || (!rest.is_empty() && messages.len() < MOST_MESSAGES) {
        let [flags, packet_type, high, low] = *rest.first_chunk().ok_or(NotRtcp::Short)?;
        if flags >> 6 != 2 || !matches!(packet_type, 192..=223) {
            return Err(NotRtcp::OtherKind);
        }
        let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        let (message, others) = rest.split_at_checked(length).ok_or(NotRtcp::Short)?;
        messages.push(read(packet_type, usize::from(flags & 0x1F), &mut Words(&message[4..]))?);
        rest = others;
    }
    Ok(messages)
}

fn read(packet_type: u8, count: usize, words: &mut Words<'_>) -> Result<Message, NotRtcp> {
    match packet_type {
        200 => {
            let ssrc = words.next()?;
            let ntp = u64::from(words.next()?) << 32 | u64::from(words.next()?);
            let info = SenderInfo {
                ntp,
                rtp_timestamp: words.next()?,
                packets: words.next()?,
                octets: words.next()?,
            };
            Ok(Message::Sender { ssrc, info, blocks: words.blocks(count)? })
        }
        201 => Ok(Message::Receiver { ssrc: words.next()?, blocks: words.blocks(count)? }),
        203 => Ok(Message::Bye { sources: (0..count).map(|_| words.next()).collect::<Result<_, _>>()? }),
        _ => Ok(Message::Other { packet_type }),
    }
}

/// What is left of a message.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn next(&mut self) -> Result<u32, NotRtcp> {
        let (word, rest) = self.0.split_first_chunk().ok_or(NotRtcp::Short)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*word))
    }

    fn blocks(&mut self, count: usize) -> Result<Vec<ReportBlock>, NotRtcp> {
        (0..count).map(|_| self.block()).collect()
    }

    fn block(&mut self) -> Result<ReportBlock, NotRtcp> {
        let ssrc = self.next()?;
        let loss = self.next()?;
        let [fraction_lost, ..] = loss.to_be_bytes();
        Ok(ReportBlock {
            ssrc,
            fraction_lost,
            // Shifted up and down again, so that the sign of 24 bits comes along.
            lost: (loss << 8).cast_signed() >> 8,
            highest_sequence: self.next()?,
            jitter_ticks: self.next()?,
            last_report: self.next()?,
            delay_since_report: self.next()?,
        })
    }
}
