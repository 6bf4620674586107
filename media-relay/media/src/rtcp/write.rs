//! Our own reports.

use super::{ReportBlock, SenderInfo};

/// The most bytes of a canonical name.
const MOST_NAME_BYTES: usize = 255;

/// Appends a report of a leg to `out`: a sender's where something was sent, else a receiver's, and the leg's canonical name, which every
/// report has to carry. The name is random: it tells nothing of us.
pub fn write_report(
    ssrc: u32,
    info: Option<&SenderInfo>,
    block: Option<&ReportBlock>,
    name: &str,
    out: &mut Vec<u8>,
) {
    let mut message =
        Message::start(if info.is_some() { 200 } else { 201 }, u8::from(block.is_some()), ssrc, out);
    if let Some(info) = info {
        message.out.extend_from_slice(&info.ntp.to_be_bytes());
        [info.rtp_timestamp, info.packets, info.octets].into_iter().for_each(|word| message.word(word));
    }
    if let Some(block) = block {
        let [_, lost @ ..] = block.lost.to_be_bytes();
        message.word(block.ssrc);
        message.out.push(block.fraction_lost);
        message.out.extend_from_slice(&lost);
        [block.highest_sequence, block.jitter_ticks, block.last_report, block.delay_since_report]
            .into_iter()
            .for_each(|word| message.word(word));
    }
    message.finish();
    let message = Message::start(202, 1, ssrc, out);
    let name = &name.as_bytes()[..name.len().min(MOST_NAME_BYTES)];
    message.out.extend_from_slice(&[1, u8::try_from(name.len()).unwrap_or_default()]);
    message.out.extend_from_slice(name);
    // A list of items ends with a zero, and its chunk on a word.
    message.out.push(0);
    message.finish();
}

/// Appends the farewell of a leg to `out`; it has to follow a report.
pub fn write_bye(ssrc: u32, out: &mut Vec<u8>) {
    Message::start(203, 1, ssrc, out).finish();
}

/// A message whose length is written when it is known.
struct Message<'a> {
    start: usize,
    out: &'a mut Vec<u8>,
}

impl<'a> Message<'a> {
    fn start(packet_type: u8, count: u8, ssrc: u32, out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0x80 | count, packet_type, 0, 0]);
        out.extend_from_slice(&ssrc.to_be_bytes());
        Self { start, out }
    }

    fn word(&mut self, word: u32) {
        self.out.extend_from_slice(&word.to_be_bytes());
    }

    fn finish(self) {
        let length = (self.out.len() - self.start).next_multiple_of(4);
        self.out.resize(self.start + length, 0);
        let words = u16::try_from(length / 4 - 1).unwrap_or_default();
        self.out[self.start + 2..self.start + 4].copy_from_slice(&words.to_be_bytes());
    }
}
