//! Digits from RFC 4733 events: each once, whatever is lost, repeated, late, or split.

use super::event::{Digit, EventPayload};
use crate::rtp::Header;

/// The longest duration that one packet can say. A longer event goes on in a next segment, which begins where this one ends
/// (RFC 4733 §2.5.1.3).
const SEGMENT_TICKS: u32 = 0xFFFF;

/// An event this much older than the newest is late; an older one belongs to a source that counts anew.
const MOST_LATE_TICKS: u32 = 5 * 48_000;

/// Reads the events of one leg.
#[derive(Debug, Clone, Default)]
pub struct EventReceiver {
    newest: Option<Event>,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    ssrc: u32,
    timestamp: u32,
    number: u8,
    duration_ticks: u32,
    is_over: bool,
}

impl EventReceiver {
    /// Takes a packet of telephone-event: the digit, if the packet is the first that tells of it, be it the digit's first or its last.
    pub fn received(&mut self, header: &Header, payload: &[u8]) -> Option<Digit> {
        let payload = EventPayload::parse(payload)?;
        let digit = Digit::from_event(payload.event)?;
        let event = Event {
            ssrc: header.ssrc,
            timestamp: header.timestamp,
            number: payload.event,
            duration_ticks: u32::from(payload.duration_ticks),
            is_over: payload.is_end,
        };
        match &mut self.newest {
            Some(newest) if newest.is_told_by(&event) => {
                newest.duration_ticks = newest.duration_ticks.max(event.duration_ticks);
                newest.is_over |= event.is_over;
                None
            }
            Some(newest) if newest.goes_on_with(&event) => {
                *newest = event;
                None
            }
            Some(newest) if newest.is_after(&event) => None,
            Some(_) | None => {
                self.newest = Some(event);
                Some(digit)
            }
        }
    }
}

impl Event {
    /// Whether a packet tells of this same event.
    const fn is_told_by(&self, packet: &Self) -> bool {
        self.ssrc == packet.ssrc && self.timestamp == packet.timestamp && self.number == packet.number
    }

    /// Whether a packet is of this event's next segment; some senders move the timestamp on with every packet, too.
    fn goes_on_with(&self, packet: &Self) -> bool {
        let ahead = packet.timestamp.wrapping_sub(self.timestamp);
        self.ssrc == packet.ssrc
            && self.number == packet.number
            && !self.is_over
            && (ahead == SEGMENT_TICKS || ahead <= self.duration_ticks)
    }

    /// Whether a packet is of an event before this one: it came late, and was told of or is lost.
    const fn is_after(&self, packet: &Self) -> bool {
        let behind = self.timestamp.wrapping_sub(packet.timestamp);
        self.ssrc == packet.ssrc && behind > 0 && behind <= MOST_LATE_TICKS
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A packet of an event: its timestamp, number, duration and whether it is the end.
    type Told = (u32, u8, u16, bool);

    fn digits(packets: impl IntoIterator<Item = Told>) -> String {
        digits_of(&mut EventReceiver::default(), 1, packets)
    }

    fn digits_of(receiver: &mut EventReceiver, ssrc: u32, packets: impl IntoIterator<Item = Told>) -> String {
        let packets = packets.into_iter().filter_map(|(timestamp, event, duration_ticks, is_end)| {
            let header = Header { marker: false, payload_type: 101, sequence: 0, timestamp, ssrc };
            let payload = EventPayload { event, is_end, volume: 10, duration_ticks };
            receiver.received(&header, &payload.to_bytes())
        });
        packets.map(Digit::as_char).collect()
    }

    /// All packets of a digit that is held for 100 ms.
    fn pressed(timestamp: u32, event: u8) -> Vec<Told> {
        let during = (1..=5).map(|place| (timestamp, event, place * 160, false));
        during.chain(std::iter::repeat_n((timestamp, event, 800, true), 3)).collect()
    }

    #[test]
    fn a_digit_is_told_once_however_many_packets_tell_of_it() {
        let packets = [pressed(1_000, 1), pressed(3_000, 1), pressed(5_000, 11)].concat();
        assert_eq!(digits(packets), "11#");
    }

    #[test]
    fn a_digit_is_told_even_if_only_end_packets_arrive() {
        assert_eq!(digits([(1_000, 7, 800, true), (1_000, 7, 800, true)]), "7");
        assert_eq!(digits([(1_000, 7, 800, true), (3_000, 7, 800, true)]), "77");
    }

    #[test]
    fn the_same_key_again_is_a_second_digit_though_all_ends_of_the_first_are_lost() {
        assert_eq!(digits([(1_000, 7, 160, false), (1_000, 7, 320, false), (2_600, 7, 160, false)]), "77");
    }

    #[test]
    fn an_event_longer_than_a_segment_is_one_digit() {
        let first = [160, 32_000, 0xFFFF].map(|duration| (1_000, 5, duration, false));
        let second = [160, 0xFFFF].map(|duration| (1_000 + 0xFFFF, 5, duration, false));
        let third = [(1_000 + 2 * 0xFFFF, 5, 160, false), (1_000 + 2 * 0xFFFF, 5, 320, true)];
        assert_eq!(digits([&first[..], &second, &third].concat()), "5");
        // Also where the last packets of a segment are lost.
        assert_eq!(digits([&first[..1], &second[..1], &third].concat()), "5");
    }

    #[test]
    fn a_sender_that_moves_the_timestamp_within_an_event_presses_one_key() {
        let packets =
            (0..5_u16).map(|place| (1_000 + u32::from(place) * 160, 5, (place + 1) * 160, place == 4));
        assert_eq!(digits(packets), "5");
    }

    #[test]
    fn late_ends_of_the_digit_before_are_no_digit() {
        let mut packets = pressed(1_000, 1);
        packets.extend([(3_000, 2, 160, false), (1_000, 1, 800, true), (3_000, 2, 320, false)]);
        assert_eq!(digits(packets), "12");
    }

    #[test]
    fn a_source_that_counts_anew_or_another_source_presses_again() {
        let mut receiver = EventReceiver::default();
        assert_eq!(digits_of(&mut receiver, 1, pressed(1_000_000, 1)), "1");
        assert_eq!(digits_of(&mut receiver, 1, pressed(1_000, 1)), "1");
        assert_eq!(digits_of(&mut receiver, 2, pressed(1_000, 1)), "1");
    }

    #[test]
    fn what_is_no_key_is_no_digit() {
        assert_eq!(digits([(1_000, 16, 160, true), (2_000, 255, 160, true)]), "");
        let header = Header { marker: false, payload_type: 101, sequence: 0, timestamp: 0, ssrc: 0 };
        assert_eq!(EventReceiver::default().received(&header, &[1, 2, 3]), None);
    }

    proptest! {
        /// Of each digit at least one packet arrives, some arrive twice; digits do not overtake each other.
        #[test]
        fn each_digit_comes_once_under_loss_and_repeats(
            keys in prop::collection::vec(0_u8..16, 1..20),
            lost in prop::collection::vec(any::<u8>(), 20),
        ) {
            let mut packets = Vec::new();
            for (place, (key, lost)) in (1_u32..).zip(keys.iter().zip(lost)) {
                let all = pressed(place * 2_000, *key);
                let arrived: Vec<_> = (0..8).filter(|bit| lost == u8::MAX || lost >> bit & 1 == 0).collect();
                packets.extend(arrived.iter().flat_map(|place| [all[*place], all[*place]]));
            }
            let expected: String = keys.iter().filter_map(|key| Digit::from_event(*key)).map(Digit::as_char).collect();
            prop_assert_eq!(digits(packets), expected);
        }
    }
}
