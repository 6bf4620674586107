//! Digits to send as RFC 4733 events: one packet per tick of the leg, the end three times, a pause between two digits.

use std::{collections::VecDeque, time::Duration};

use super::event::{Digit, EventPayload};
use crate::rtp::{Header, OutputClock, OwnEvent};

/// How many digits may wait.
const MOST_DIGITS: usize = 64;

/// How often an end is sent (RFC 4733 §2.5.1.4).
const ENDS: u8 = 3;

/// -10 dBm0, what telephones say.
const VOLUME: u8 = 10;

/// How digits are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigitTiming {
    /// How long a key is held, in ms: 40 to 6,000.
    pub tone_ms: u16,
    /// How long the pause after it is, in ms: 40 to 6,000.
    pub pause_ms: u16,
}

impl Default for DigitTiming {
    fn default() -> Self {
        Self { tone_ms: 100, pause_ms: 100 }
    }
}

/// More digits than we let wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST_DIGITS} digits wait to be sent")]
pub struct TooManyDigits;

/// The digits that a leg has to send. While it is sending, nothing else of ours is.
#[derive(Debug, Clone)]
pub struct DigitSender {
    payload_type: u8,
    packet_ticks: u32,
    tone_ticks: u32,
    pause_ticks: u32,
    waiting: VecDeque<Digit>,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Idle,
    /// A key is held: since when, and for how long it was said to be.
    Tone {
        digit: Digit,
        started: u32,
        told_ticks: u32,
    },
    /// The key was let go: how often that was said, and for how long it is.
    Pause {
        digit: Digit,
        started: u32,
        ends: u8,
        passed_ticks: u32,
    },
}

impl DigitSender {
    /// No digits yet, for a leg whose packets are `packet_time_ms` long.
    pub fn new(payload_type: u8, clock_rate_hz: u32, packet_time_ms: u16, timing: DigitTiming) -> Self {
        let ticks = |milliseconds: u16| clock_rate_hz / 1_000 * u32::from(milliseconds);
        let packet_ticks = ticks(packet_time_ms.max(1));
        let whole = |milliseconds: u16| ticks(milliseconds.clamp(40, 6_000)).next_multiple_of(packet_ticks);
        // What one packet can say at the most; at 48 kHz that is 1.3 s.
        let most = u32::from(u16::MAX) / packet_ticks * packet_ticks;
        let tone_ticks = whole(timing.tone_ms).min(most);
        // The ends are sent in the pause, so it has to have room for them.
        let pause_ticks = whole(timing.pause_ms).max(packet_ticks * u32::from(ENDS));
        Self {
            payload_type,
            packet_ticks,
            tone_ticks,
            pause_ticks,
            waiting: VecDeque::new(),
            state: State::Idle,
        }
    }

    /// Adds digits to those that wait.
    ///
    /// # Errors
    /// There would be too many; none is added.
    pub fn press(&mut self, digits: &[Digit]) -> Result<(), TooManyDigits> {
        if self.waiting.len() + digits.len() > MOST_DIGITS {
            return Err(TooManyDigits);
        }
        self.waiting.extend(digits);
        Ok(())
    }

    /// Whether anything is still to be sent, a pause included.
    pub fn is_sending(&self) -> bool {
        !self.waiting.is_empty() || !matches!(self.state, State::Idle)
    }

    /// What to send at this tick of the leg; none in a pause, and when all is sent.
    pub fn tick(&mut self, clock: &mut OutputClock, now: Duration) -> Option<(Header, [u8; 4])> {
        match self.state {
            State::Idle => {
                let digit = self.waiting.pop_front()?;
                let started = clock.next_timestamp(now);
                Some(self.hold(digit, started, self.packet_ticks, clock, now))
            }
            State::Tone { digit, started, told_ticks } => {
                Some(self.hold(digit, started, told_ticks + self.packet_ticks, clock, now))
            }
            State::Pause { digit, started, ends, passed_ticks } => {
                let passed_ticks = passed_ticks + self.packet_ticks;
                let ended =
                    (ends < ENDS).then(|| self.send(digit, started, self.tone_ticks, true, clock, now));
                self.state = if passed_ticks >= self.pause_ticks {
                    State::Idle
                } else {
                    State::Pause { digit, started, ends: ends.saturating_add(1), passed_ticks }
                };
                ended
            }
        }
    }

    /// A packet of a key that is held, or, when it was held long enough, the first that says that it was let go.
    fn hold(
        &mut self,
        digit: Digit,
        started: u32,
        told_ticks: u32,
        clock: &mut OutputClock,
        now: Duration,
    ) -> (Header, [u8; 4]) {
        let is_end = told_ticks >= self.tone_ticks;
        self.state = if is_end {
            State::Pause { digit, started, ends: 1, passed_ticks: 0 }
        } else {
            State::Tone { digit, started, told_ticks }
        };
        self.send(digit, started, told_ticks, is_end, clock, now)
    }

    fn send(
        &self,
        digit: Digit,
        started: u32,
        told_ticks: u32,
        is_end: bool,
        clock: &mut OutputClock,
        now: Duration,
    ) -> (Header, [u8; 4]) {
        let payload = EventPayload {
            event: digit.event(),
            is_end,
            volume: VOLUME,
            duration_ticks: u16::try_from(told_ticks).unwrap_or(u16::MAX),
        };
        let event = OwnEvent {
            payload_type: self.payload_type,
            started,
            covered_ticks: told_ticks,
            is_first: told_ticks == self.packet_ticks,
        };
        (clock.play_event(event, 4, now), payload.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtmf::EventReceiver;

    fn clock(clock_rate_hz: u32) -> OutputClock {
        OutputClock::new(1, 100, 5_000, clock_rate_hz)
    }

    fn digits(text: &str) -> Vec<Digit> {
        text.chars().map(|key| Digit::from_char(key).expect("a digit")).collect()
    }

    /// What is sent at each of so many ticks of 20 ms.
    fn send(
        sender: &mut DigitSender,
        clock: &mut OutputClock,
        ticks: u64,
    ) -> Vec<Option<(Header, EventPayload)>> {
        let tick = |place| {
            let (header, payload) = sender.tick(clock, Duration::from_millis(place * 20))?;
            Some((header, EventPayload::parse(&payload).expect("a payload")))
        };
        (0..ticks).map(tick).collect()
    }

    #[test]
    fn a_digit_grows_ends_three_times_and_is_followed_by_a_pause() {
        let mut clock = clock(8_000);
        let mut sender = DigitSender::new(101, 8_000, 20, DigitTiming { tone_ms: 60, pause_ms: 80 });
        sender.press(&digits("5")).expect("room");
        let sent = send(&mut sender, &mut clock, 8);
        let told: Vec<_> =
            sent.iter().flatten().map(|(_, payload)| (payload.duration_ticks, payload.is_end)).collect();
        assert_eq!(told, [(160, false), (320, false), (480, true), (480, true), (480, true)]);
        let headers: Vec<_> = sent.iter().flatten().map(|(header, _)| *header).collect();
        assert!(
            headers.iter().all(|header| header.timestamp == headers[0].timestamp),
            "one timestamp per event"
        );
        let numbers: Vec<_> = headers.iter().map(|header| header.sequence).collect();
        assert_eq!(numbers, [100, 101, 102, 103, 104], "end packets have sequence numbers of their own");
        let marked: Vec<_> = headers.iter().map(|header| header.marker).collect();
        assert_eq!(marked, [true, false, false, false, false]);
        assert!(!sender.is_sending());
    }

    #[test]
    fn two_digits_do_not_touch_and_audio_goes_on_after_them() {
        let mut clock = clock(8_000);
        let mut sender = DigitSender::new(101, 8_000, 20, DigitTiming::default());
        sender.press(&digits("11")).expect("room");
        let sent = send(&mut sender, &mut clock, 20);
        assert!(!sender.is_sending());
        let mut starts: Vec<_> = sent.iter().flatten().map(|(header, _)| header.timestamp).collect();
        starts.dedup();
        assert_eq!(starts, [5_000, 5_000 + 1_600], "a tone and a pause of 100 ms each");
        let mut receiver = EventReceiver::default();
        let heard = sent
            .iter()
            .flatten()
            .filter_map(|(header, payload)| receiver.received(header, &payload.to_bytes()));
        assert_eq!(heard.count(), 2);
        let audio = clock.play(0, 160, 160, Duration::from_millis(400));
        assert_eq!(audio.timestamp, 5_000 + 3_200);
    }

    #[test]
    fn a_tone_is_never_longer_than_a_packet_can_say() {
        let mut clock = clock(48_000);
        let mut sender = DigitSender::new(101, 48_000, 20, DigitTiming { tone_ms: 6_000, pause_ms: 0 });
        sender.press(&digits("1")).expect("room");
        let sent = send(&mut sender, &mut clock, 100);
        let longest = sent.iter().flatten().map(|(_, payload)| payload.duration_ticks).max();
        assert_eq!(longest, Some(65_280));
        assert_eq!(sent.iter().flatten().filter(|(_, payload)| payload.is_end).count(), 3);
    }

    #[test]
    fn too_many_digits_are_refused_whole() {
        let mut sender = DigitSender::new(101, 8_000, 20, DigitTiming::default());
        assert_eq!(sender.press(&digits(&"1".repeat(65))), Err(TooManyDigits));
        assert!(!sender.is_sending());
        assert_eq!(sender.press(&digits(&"1".repeat(64))), Ok(()));
    }
}
