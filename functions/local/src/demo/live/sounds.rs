//! What is heard instead of voices: a tone for each caller and each desk, and one for each thing that the platform says.

use std::io;

use ringfall_phone::Tone;
use ringfall_relay::prompt_file_name;
use tempfile::TempDir;

use crate::demo::{
    cast::{Desk, LIVE},
    seed::{BUSY, CAMPAIGN, INJURED, REFUSED, ZIP},
};

/// The question whether the caller was injured.
pub(super) const INJURED_TONE: Tone = Tone::of_tens_of_hertz(25);
/// The question for the zip code.
pub(super) const ZIP_TONE: Tone = Tone::of_tens_of_hertz(32);
/// The question to whoever answers whether they take the call.
pub(super) const SCREENING_TONE: Tone = Tone::of_tens_of_hertz(39);
/// That nobody takes the caller.
const REGRET_TONE: Tone = Tone::of_tens_of_hertz(46);

/// A recorded prompt's length, in tenths of a second.
const PROMPT_TENTHS: usize = 8;

/// What a desk says.
pub(super) fn of_desk(desk: Desk) -> Tone {
    Tone::of_tens_of_hertz(match desk {
        Desk::NightOwl => 190,
        Desk::Pacific => 200,
        Desk::LoneStar => 210,
        Desk::National => 220,
    })
}

/// What a caller says, counted from 1.
pub(super) fn of_caller(number: u8) -> Tone {
    Tone::of_tens_of_hertz(60 + number.min(20) * 6)
}

/// All of them.
pub(super) fn known() -> Vec<Tone> {
    let callers = (1_u8..).take(LIVE.len()).map(of_caller);
    let prompts = [INJURED_TONE, ZIP_TONE, SCREENING_TONE, REGRET_TONE];
    prompts.into_iter().chain(callers).chain(Desk::ALL.map(of_desk)).collect()
}

/// A folder of recorded prompts, as an agency would have its own: the relay plays from it.
///
/// # Errors
/// The system gives none.
pub(in crate::demo) fn recorded_prompts() -> io::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let screening = format!("Call from {CAMPAIGN}. Press 1 to accept.");
    let prompts = [(INJURED, INJURED_TONE), (ZIP, ZIP_TONE), (&screening, SCREENING_TONE)];
    for (text, tone) in prompts.into_iter().chain([(REFUSED, REGRET_TONE), (BUSY, REGRET_TONE)]) {
        std::fs::write(folder.path().join(prompt_file_name(None, text)), tone.wav(PROMPT_TENTHS))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sounds_like_another() {
        let (known, distinct) = (known(), known().into_iter().collect::<std::collections::BTreeSet<_>>());
        assert_eq!(known.len(), distinct.len());
    }
}
