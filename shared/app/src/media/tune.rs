//! What is played: eight bars of three beats, one beat a second, that end where they begin.

/// When a note begins, which one it is and how it sounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Note {
    /// In half beats from the beginning of the tune.
    pub(super) begins_at: usize,
    /// In half beats: by then it has died away.
    pub(super) lasts: usize,
    /// 69 is the A of 440 Hz, and each step a semitone (as MIDI counts).
    pub(super) pitch: usize,
    /// 32,768 would be full scale.
    pub(super) loudness: i64,
}

/// Half beats of a bar.
const BAR: usize = 6;
/// Half beats of the tune: half a second each.
pub(super) const HALF_BEATS: usize = BARS.len() * BAR;

/// A bar: the notes that are broken up, the low note under them, and the tune above with its half beats.
struct Bar {
    chord: [usize; 4],
    low: usize,
    above: &'static [(usize, usize)],
}

/// In F major, and high enough for a telephone, which carries little below 300 Hz.
const BARS: [Bar; 8] = [
    Bar { chord: [65, 69, 72, 76], low: 53, above: &[(0, 84), (4, 81)] },
    Bar { chord: [64, 67, 69, 72], low: 57, above: &[(0, 79)] },
    Bar { chord: [65, 70, 74, 77], low: 58, above: &[(0, 82), (4, 79)] },
    Bar { chord: [64, 67, 70, 72], low: 60, above: &[(0, 76)] },
    Bar { chord: [65, 69, 72, 74], low: 62, above: &[(0, 77), (4, 81)] },
    Bar { chord: [65, 67, 70, 74], low: 55, above: &[(0, 79), (3, 77)] },
    Bar { chord: [65, 69, 70, 74], low: 58, above: &[(0, 74)] },
    Bar { chord: [64, 67, 70, 72], low: 60, above: &[(0, 72)] },
];

/// Up and down again.
const BROKEN: [usize; BAR] = [0, 1, 2, 3, 2, 1];
const BROKEN_LOUDNESS: i64 = 2_600;
const LOW_LOUDNESS: i64 = 2_400;
const ABOVE_LOUDNESS: i64 = 3_400;

/// Every note of the tune.
pub(super) fn notes() -> impl Iterator<Item = Note> {
    BARS.iter().enumerate().flat_map(|(bar, notes)| {
        let begins_at = bar * BAR;
        let broken = BROKEN.iter().enumerate().map(move |(at, of)| Note {
            begins_at: begins_at + at,
            lasts: 5,
            pitch: notes.chord[*of],
            loudness: BROKEN_LOUDNESS,
        });
        let low = Note { begins_at, lasts: BAR + 2, pitch: notes.low, loudness: LOW_LOUDNESS };
        let above = notes.above.iter().map(move |(at, pitch)| Note {
            begins_at: begins_at + at,
            lasts: 7,
            pitch: *pitch,
            loudness: ABOVE_LOUDNESS,
        });
        broken.chain([low]).chain(above)
    })
}
