//! A jitter buffer: packets in, as they come; samples out, at an even pace. Only where audio is mixed or recorded: a bridge hands
//! packets on as they are.

/// The room, in samples: 256 ms at 8 kHz.
const ROOM: usize = 2_048;

/// The same, as timestamps count.
const ROOM_TICKS: u32 = 2_048;

/// How much delay there is at first, in samples: 40 ms.
const FIRST_DELAY: u32 = 320;

/// How much delay there may be: 160 ms. More is not worth hearing.
const MOST_DELAY: u32 = 1_280;

/// By how much the delay changes at once, in samples: 10 ms.
const STEP: u32 = 80;

/// How many samples are read between two thoughts about less delay: 4 s.
const WINDOW: u32 = 32_000;

/// What was heard and missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JitterCounts {
    /// Packets whose time had passed.
    pub late: u64,
    /// Times at which the source's timestamps jumped.
    pub jumps: u64,
}

/// The buffer of one source of 8 kHz audio.
#[derive(Debug, Clone)]
pub struct JitterBuffer {
    /// Samples by their timestamps, round and round. What did not come is silence.
    samples: Box<[i16; ROOM]>,
    /// The timestamp of the next sample to read, once there was a packet.
    next: Option<u32>,
    /// The timestamp after the newest sample.
    end: u32,
    delay: u32,
    /// The least that was ahead of the reader in this window, and how long the window has lasted.
    least_ahead: u32,
    window: u32,
    counts: JitterCounts,
}

impl Default for JitterBuffer {
    fn default() -> Self {
        Self {
            samples: Box::new([0; ROOM]),
            next: None,
            end: 0,
            delay: FIRST_DELAY,
            least_ahead: u32::MAX,
            window: 0,
            counts: JitterCounts::default(),
        }
    }
}

impl JitterBuffer {
    /// Puts a packet's samples in their place. At the most 128 ms of them are taken.
    pub fn insert(&mut self, timestamp: u32, samples: &[i16]) {
        let samples = &samples[..samples.len().min(ROOM / 2)];
        let length = u32::try_from(samples.len()).unwrap_or_default();
        let mut next = *self.next.get_or_insert(timestamp.wrapping_sub(self.delay));
        let behind = next.wrapping_sub(timestamp);
        let ahead = timestamp.wrapping_add(length).wrapping_sub(next);
        if behind.wrapping_sub(1) < ROOM_TICKS {
            self.counts.late += 1;
            let longer = behind.next_multiple_of(STEP);
            if self.delay + longer > MOST_DELAY {
                return;
            }
            // Waiting a little makes this packet, and those that are as late, heard.
            self.delay += longer;
            next = next.wrapping_sub(longer);
            (self.least_ahead, self.window) = (u32::MAX, 0);
        } else if ahead > ROOM_TICKS {
            self.counts.jumps += 1;
            self.samples.fill(0);
            next = timestamp.wrapping_sub(self.delay);
        }
        self.next = Some(next);
        for (place, sample) in (0..).zip(samples) {
            self.samples[Self::place(timestamp.wrapping_add(place))] = *sample;
        }
        let end = timestamp.wrapping_add(length);
        if end.wrapping_sub(next) > self.end.wrapping_sub(next) || self.end.wrapping_sub(next) > ROOM_TICKS {
            self.end = end;
        }
    }

    /// Reads the next samples; silence where none came.
    pub fn read(&mut self, out: &mut [i16]) {
        let Some(next) = self.next else {
            out.fill(0);
            return;
        };
        let length = u32::try_from(out.len()).unwrap_or_default();
        for (place, sample) in (0..).zip(out) {
            let place = Self::place(next.wrapping_add(place));
            *sample = std::mem::take(&mut self.samples[place]);
        }
        self.next = Some(next.wrapping_add(length));
        self.think(length);
    }

    /// Forgets all samples: another source follows. The delay stays, because the way is the same.
    pub fn restart(&mut self) {
        self.samples.fill(0);
        self.next = None;
    }

    /// How much delay there is, in samples.
    pub const fn delay(&self) -> u32 {
        self.delay
    }

    /// What was heard and missed.
    pub const fn counts(&self) -> JitterCounts {
        self.counts
    }

    /// Takes a step of delay away if, for a whole window, more than that lay ahead unused.
    fn think(&mut self, read: u32) {
        let Some(next) = self.next else { return };
        let ahead = self.end.wrapping_sub(next);
        // Nothing ahead, or the reader is past the end: the source may be silent, which tells nothing.
        if ahead <= ROOM_TICKS {
            self.least_ahead = self.least_ahead.min(ahead);
        }
        self.window += read;
        if self.window < WINDOW {
            return;
        }
        if self.least_ahead != u32::MAX && self.least_ahead > 2 * STEP && self.delay > STEP {
            for place in 0..STEP {
                self.samples[Self::place(next.wrapping_add(place))] = 0;
            }
            self.next = Some(next.wrapping_add(STEP));
            self.delay -= STEP;
        }
        (self.least_ahead, self.window) = (u32::MAX, 0);
    }

    fn place(timestamp: u32) -> usize {
        usize::try_from(timestamp).unwrap_or_default() % ROOM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet of 20 ms whose samples all say which it is.
    fn packet(place: u32) -> [i16; 160] {
        [i16::try_from(place % 30_000 + 1).expect("small"); 160]
    }

    fn insert(buffer: &mut JitterBuffer, start: u32, place: u32) {
        buffer.insert(start.wrapping_add(place * 160), &packet(place));
    }

    fn read(buffer: &mut JitterBuffer) -> [i16; 160] {
        let mut out = [7; 160];
        buffer.read(&mut out);
        out
    }

    #[test]
    fn packets_come_out_in_order_after_the_delay_also_when_timestamps_turn() {
        let mut buffer = JitterBuffer::default();
        let start = u32::MAX - 300;
        assert_eq!(read(&mut buffer), [0; 160]);
        [1, 0, 2].into_iter().for_each(|place| insert(&mut buffer, start, place));
        // The first that came decides what 40 ms before it is.
        let heard: Vec<_> = (0..4).map(|_| read(&mut buffer)).collect();
        assert_eq!(heard, [[0; 160], packet(0), packet(1), packet(2)]);
        assert_eq!(buffer.counts(), JitterCounts::default());
    }

    #[test]
    fn what_does_not_come_is_silence_and_is_not_heard_again() {
        let mut buffer = JitterBuffer::default();
        for place in 0..40 {
            if place % 4 != 3 {
                insert(&mut buffer, 0, place);
            }
            let heard = read(&mut buffer);
            if let Some(place) = place.checked_sub(2) {
                assert_eq!(heard, if place % 4 == 3 { [0; 160] } else { packet(place) }, "{place}");
            }
        }
    }

    #[test]
    fn late_packets_make_the_delay_longer_but_not_too_long() {
        let mut buffer = JitterBuffer::default();
        insert(&mut buffer, 0, 0);
        (0..3).for_each(|_| buffer.read(&mut [0; 160]));
        // 20 ms too late: it waits 20 ms more from now on.
        insert(&mut buffer, 0, 0);
        assert_eq!((buffer.delay(), buffer.counts().late, read(&mut buffer)), (480, 1, packet(0)));
        for place in 1..200 {
            (0..2).for_each(|_| buffer.read(&mut [0; 160]));
            insert(&mut buffer, 0, place);
        }
        assert!(buffer.delay() <= MOST_DELAY, "{}", buffer.delay());
    }

    #[test]
    fn delay_that_nobody_needs_goes_away() {
        let mut buffer = JitterBuffer { delay: MOST_DELAY, ..JitterBuffer::default() };
        for place in 0..4_000 {
            insert(&mut buffer, 0, place);
            read(&mut buffer);
        }
        assert!((STEP..=480).contains(&buffer.delay()), "{}", buffer.delay());
        // What is left is enough to hear every packet.
        let heard: Vec<_> = (4_000..4_010)
            .map(|place| {
                insert(&mut buffer, 0, place);
                read(&mut buffer)
            })
            .collect();
        assert!(heard.iter().flatten().all(|sample| *sample != 0));
        assert_eq!(buffer.counts().late, 0);
    }

    #[test]
    fn a_source_that_jumps_is_heard_again_at_once() {
        for jump in [100_000, u32::MAX - 100_000] {
            let mut buffer = JitterBuffer::default();
            (0..10).for_each(|place| {
                insert(&mut buffer, 0, place);
                read(&mut buffer);
            });
            let heard: Vec<_> = (10..14)
                .map(|place| {
                    insert(&mut buffer, jump, place);
                    read(&mut buffer)
                })
                .collect();
            assert_eq!((heard[2], buffer.counts().jumps), (packet(10), 1));
        }
    }

    #[test]
    fn hostile_packets_only_spoil_their_own_audio() {
        let mut buffer = JitterBuffer::default();
        buffer.insert(5, &vec![1; 100_000]);
        buffer.insert(u32::MAX, &[]);
        buffer.insert(1 << 31, &[1; 1_500]);
        read(&mut buffer);
        buffer.restart();
        assert_eq!(read(&mut buffer), [0; 160]);
    }
}
