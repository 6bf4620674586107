//! How long it will take until it is somebody's turn.

/// What is known of how fast a queue is served.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Calls that its targets can take at once.
    pub slots: u32,
    /// How long a call occupies one of them.
    pub handling_seconds: f64,
    /// How many of those who wait give up, per second and caller.
    pub abandons_per_second: f64,
}

/// What has been seen of a campaign's calls lately.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Experience {
    /// Calls that somebody took, and that are over.
    pub handled: u64,
    /// How long lines were occupied for calls, in all, attempts that nobody took included.
    pub occupied_seconds: u64,
    /// Callers who gave up waiting.
    pub abandoned: u64,
    /// How long all who waited have waited, in all.
    pub waited_seconds: u64,
}

impl Outlook {
    /// What a call is taken to occupy a slot for as long as nothing is known.
    const COLD_HANDLING_SECONDS: f64 = 90.0;
    /// So many calls of that length are taken to have been seen already: the first real one does not upset the figure.
    const COLD_CALLS: f64 = 3.0;
    /// No estimate is longer.
    const MOST_SECONDS: f64 = 4.0 * 3_600.0;

    /// From what has been seen.
    #[expect(clippy::cast_precision_loss, reason = "an estimate: the figures are far below 2^52")]
    pub fn of(slots: u32, seen: &Experience) -> Self {
        let handled = seen.handled as f64 + Self::COLD_CALLS;
        let occupied_seconds =
            Self::COLD_CALLS.mul_add(Self::COLD_HANDLING_SECONDS, seen.occupied_seconds as f64);
        let abandons_per_second =
            if seen.waited_seconds == 0 { 0.0 } else { seen.abandoned as f64 / seen.waited_seconds as f64 };
        Self {
            slots: slots.max(1),
            handling_seconds: (occupied_seconds / handled).max(1.0),
            abandons_per_second,
        }
    }

    /// How long somebody waits before whom so many are to be served: as many departures as there are ahead, and one more, each of them the sooner,
    /// the more wait and may give up.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and MOST_SECONDS")]
    pub fn wait_seconds(&self, ahead: u32) -> u32 {
        let served_per_second = f64::from(self.slots) / self.handling_seconds;
        let mut seconds = 0.0;
        for others in 0..=ahead {
            seconds += 1.0 / f64::from(others).mul_add(self.abandons_per_second, served_per_second);
            if seconds >= Self::MOST_SECONDS {
                return Self::MOST_SECONDS as u32;
            }
        }
        seconds.ceil() as u32
    }
}

/// A wait as it is told: from one figure to another, in whole minutes. The upper one is rounded up, and more so the longer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaitRange {
    /// Whole minutes; less than one where it is zero.
    pub from_minutes: u32,
    /// Whole minutes, at least 1.
    pub to_minutes: u32,
}

impl WaitRange {
    /// The range that is told for an estimate.
    pub const fn of(seconds: u32) -> Self {
        let to_minutes = match seconds.div_ceil(60) {
            0 => 1,
            minutes @ 1..=5 => minutes,
            minutes @ 6..=20 => minutes.next_multiple_of(5),
            minutes => minutes.next_multiple_of(10),
        };
        let from_minutes = match to_minutes {
            1 => 0,
            2..=5 => to_minutes - 1,
            6..=20 => to_minutes - 5,
            _ => to_minutes - 10,
        };
        Self { from_minutes, to_minutes }
    }

    /// The longest wait that it speaks of.
    pub const fn most_seconds(self) -> u32 {
        self.to_minutes * 60
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlook(slots: u32, abandons_per_second: f64) -> Outlook {
        Outlook { slots, handling_seconds: 90.0, abandons_per_second }
    }

    #[test]
    fn each_ahead_takes_a_departure_and_those_who_give_up_shorten_it() {
        assert_eq!(outlook(3, 0.0).wait_seconds(0), 30, "the first waits for one of three lines");
        assert_eq!(outlook(3, 0.0).wait_seconds(4), 150);
        // 30 + 1 / (3/90 + 1/300) + 1 / (3/90 + 2/300)
        assert_eq!(outlook(3, 1.0 / 300.0).wait_seconds(2), 83);
        assert_eq!(
            outlook(1, 0.0).wait_seconds(u32::MAX),
            4 * 3_600,
            "no estimate is longer, and none takes long"
        );
    }

    #[test]
    fn the_first_calls_move_the_figure_gently() {
        let seen =
            |handled, occupied_seconds| Experience { handled, occupied_seconds, ..Experience::default() };
        assert_eq!(Outlook::of(0, &Experience::default()), outlook(1, 0.0), "nothing is known");
        assert!((Outlook::of(1, &seen(1, 10)).handling_seconds - 70.0).abs() < 1e-9);
        assert!((Outlook::of(1, &seen(997, 299_100)).handling_seconds - 299.37).abs() < 1e-9);
        let gave_up = Experience { abandoned: 5, waited_seconds: 1_000, ..Experience::default() };
        assert!((Outlook::of(1, &gave_up).abandons_per_second - 0.005).abs() < 1e-12);
    }

    #[test]
    fn a_wait_is_told_as_a_range_rounded_up() {
        for (seconds, from, to) in [
            (0, 0, 1),
            (59, 0, 1),
            (61, 1, 2),
            (300, 4, 5),
            (301, 5, 10),
            (1_201, 20, 30),
            (14_400, 230, 240),
        ] {
            assert_eq!(WaitRange::of(seconds), WaitRange { from_minutes: from, to_minutes: to }, "{seconds}");
            assert!(WaitRange::of(seconds).most_seconds() >= seconds);
        }
    }
}
