//! Which numbers stand for which codecs: once given in a session, a number keeps its meaning (RFC 3264 §8.3.2).

use super::audio::AudioStream;
use crate::codec::Codec;

/// The payload types that codecs and digits have in a session.
#[derive(Debug, Clone, Default)]
pub(super) struct PayloadTypes {
    codecs: Vec<(Codec, u8)>,
    digits: Vec<(u32, u8)>,
}

impl PayloadTypes {
    /// Remembers the other side's numbers, to use them in our own offers.
    pub(super) fn learn(&mut self, stream: &AudioStream) {
        for format in &stream.formats {
            if !self.codecs.iter().any(|(codec, _)| *codec == format.codec) {
                self.codecs.push((format.codec, format.payload_type));
            }
        }
        for (payload_type, rate) in &stream.digits {
            if !self.digits.iter().any(|(known, _)| known == rate) {
                self.digits.push((*rate, *payload_type));
            }
        }
    }

    pub(super) fn of_codec(&mut self, codec: Codec) -> u8 {
        if let Some((_, name)) = self.codecs.iter().find(|(known, _)| *known == codec) {
            return *name;
        }
        let name = self.free(codec.payload_type());
        self.codecs.push((codec, name));
        name
    }

    pub(super) fn of_digits(&mut self, clock_rate_hz: u32) -> u8 {
        if let Some((_, name)) = self.digits.iter().find(|(known, _)| *known == clock_rate_hz) {
            return *name;
        }
        let name = self.free(if clock_rate_hz == 8_000 { 101 } else { 110 });
        self.digits.push((clock_rate_hz, name));
        name
    }

    /// The wanted number, or a dynamic one where the other side has used that for something else.
    fn free(&self, wanted: u8) -> u8 {
        let is_free = |name: &u8| {
            let taken =
                self.codecs.iter().map(|(_, name)| name).chain(self.digits.iter().map(|(_, name)| name));
            !taken.into_iter().any(|taken| taken == name)
        };
        std::iter::once(wanted).chain(96..=127).find(is_free).unwrap_or(wanted)
    }
}
