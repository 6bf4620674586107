//! A digit, and the payload of a telephone-event (RFC 4733 §2.3).

use std::fmt;

/// A key of a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digit(u8);

const KEYS: &[u8; 16] = b"0123456789*#ABCD";

impl Digit {
    /// The digit of an event's number; none for events that are no keys (flash, tones).
    pub const fn from_event(event: u8) -> Option<Self> {
        if event < 16 { Some(Self(event)) } else { None }
    }

    /// The digit of a character: `0`-`9`, `*`, `#`, `A`-`D` in either case.
    pub fn from_char(key: char) -> Option<Self> {
        let key = u8::try_from(key).ok()?.to_ascii_uppercase();
        let event = KEYS.iter().position(|known| *known == key)?;
        u8::try_from(event).ok().and_then(Self::from_event)
    }

    /// The number of its event.
    pub const fn event(self) -> u8 {
        self.0
    }

    /// Its character.
    pub fn as_char(self) -> char {
        KEYS.get(usize::from(self.0)).copied().map_or('?', char::from)
    }
}

impl fmt::Display for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

/// A telephone-event's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPayload {
    /// The event's number.
    pub event: u8,
    /// Whether it is over.
    pub is_end: bool,
    /// How loud it is: so many dB below the reference, 0 to 63.
    pub volume: u8,
    /// How long it has lasted, in ticks of its clock.
    pub duration_ticks: u16,
}

impl EventPayload {
    /// Reads a payload; none if it is too short. What follows the first event is not looked at.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let [event, flags, high, low] = *payload.first_chunk()?;
        let duration_ticks = u16::from_be_bytes([high, low]);
        Some(Self { event, is_end: flags & 0x80 != 0, volume: flags & 0x3F, duration_ticks })
    }

    /// Its bytes.
    pub fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration_ticks.to_be_bytes();
        [self.event, u8::from(self.is_end) << 7 | self.volume & 0x3F, high, low]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_events_and_characters() {
        for (event, key) in (0_u8..).zip("0123456789*#ABCD".chars()) {
            let digit = Digit::from_event(event).expect("a digit");
            assert_eq!((digit.as_char(), Digit::from_char(key), digit.event()), (key, Some(digit), event));
        }
        assert_eq!((Digit::from_event(16), Digit::from_char('E'), Digit::from_char('é')), (None, None, None));
        assert_eq!(Digit::from_char('d'), Digit::from_char('D'));
    }

    #[test]
    fn a_payload_reads_back_as_it_was_written() {
        // RFC 4733 §2.5.1.5 shows an end of event 9, volume 7.
        let payload = EventPayload { event: 9, is_end: true, volume: 7, duration_ticks: 1_600 };
        assert_eq!(payload.to_bytes(), [9, 0x87, 0x06, 0x40]);
        assert_eq!(EventPayload::parse(&payload.to_bytes()), Some(payload));
        assert_eq!(EventPayload::parse(&[9, 7, 6]), None);
    }
}
