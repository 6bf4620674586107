//! What a leg is played: instead of the other leg's voice, or over it.

use std::time::Duration;

use ringfall_media::{
    codec::Law,
    mix::{Gain, mix},
    prompt::{Player, Playlist},
};

use crate::engine::PlaybackId;

/// How long after the other leg's last packet a whisper still waits for its next; then it is heard alone.
const STILL_SPEAKS: Duration = Duration::from_millis(60);

/// The most samples of a packet that are mixed: more than the longest packet has.
const MOST_SAMPLES: usize = 1_500;

/// What a leg is played.
#[derive(Debug, Default)]
pub(super) struct Speech {
    /// Instead of the other leg's voice.
    instead: Option<Box<Piece>>,
    /// Over it, and when it was last mixed into a packet.
    over: Option<Box<(Piece, Duration)>>,
}

#[derive(Debug)]
struct Piece {
    playback: PlaybackId,
    player: Player,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing is played.
    Nothing,
    /// Nothing of its own: it is mixed into the other leg's packets.
    Mixed,
    /// A packet, and what is over with it.
    Packet(Option<PlaybackId>),
    /// Nothing can be said in this codec, so it is over.
    Unspoken(PlaybackId),
}

impl Speech {
    pub(super) fn play(&mut self, playback: PlaybackId, playlist: Playlist) {
        self.instead = Some(Box::new(Piece::new(playback, playlist)));
    }

    pub(super) fn whisper(&mut self, playback: PlaybackId, playlist: Playlist) {
        self.over = Some(Box::new((Piece::new(playback, playlist), Duration::ZERO)));
    }

    /// Breaks all off.
    pub(super) fn silence(&mut self) {
        *self = Self::default();
    }

    /// Whether anything is played instead of the other leg's voice.
    pub(super) const fn is_instead(&self) -> bool {
        self.instead.is_some()
    }

    /// Whether anything is played over it.
    pub(super) const fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Writes what comes next into the room of a packet's payload.
    pub(super) fn say(&mut self, law: Option<Law>, room: &mut [u8], now: Duration) -> Next {
        let piece = match (&mut self.instead, &mut self.over) {
            (Some(piece), _) => &mut **piece,
            (None, Some(over)) if now.saturating_sub(over.1) <= STILL_SPEAKS => return Next::Mixed,
            (None, Some(over)) => &mut over.0,
            (None, None) => return Next::Nothing,
        };
        let playback = piece.playback;
        if let Some(law) = law {
            piece.player.encoded(law, room);
            if !piece.player.is_over() {
                return Next::Packet(None);
            }
        }
        if self.instead.take().is_none() {
            self.over = None;
        }
        law.map_or(Next::Unspoken(playback), |_| Next::Packet(Some(playback)))
    }

    /// Mixes what is played over the other leg's voice into the payload of one of its packets: what is over with it.
    pub(super) fn mix_into(&mut self, law: Law, payload: &mut [u8], now: Duration) -> Option<PlaybackId> {
        let (piece, mixed_at) = &mut **self.over.as_mut()?;
        *mixed_at = now;
        let length = payload.len().min(MOST_SAMPLES);
        let (payload, _) = payload.split_at_mut(length);
        let [mut voice, mut whisper, mut both] = [[0; MOST_SAMPLES]; 3];
        law.decode_into(payload, &mut voice);
        piece.player.samples(&mut whisper[..length]);
        mix(&[(&voice[..length], Gain::UNDER), (&whisper[..length], Gain::FULL)], &mut both[..length]);
        law.encode_into(&both[..length], payload);
        piece.player.is_over().then_some(piece.playback).inspect(|_| self.over = None)
    }
}

impl Piece {
    const fn new(playback: PlaybackId, playlist: Playlist) -> Self {
        Self { playback, player: Player::new(playlist) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringfall_media::prompt::Prompt;

    use super::*;

    const LATER: Duration = Duration::from_secs(1);

    /// A piece of so many packets of one level.
    fn level(level: i16, packets: usize) -> Playlist {
        Playlist::once([Arc::new(Prompt::new(vec![level; packets * 160]).expect("a prompt"))])
    }

    fn heard(bytes: &[u8]) -> i16 {
        assert!(bytes.iter().all(|byte| *byte == bytes[0]));
        Law::Mu.decode(bytes[0])
    }

    #[test]
    fn a_whisper_is_mixed_over_a_voice_that_is_turned_down_and_ends_with_its_last_packet() {
        let mut speech = Speech::default();
        speech.whisper(PlaybackId(1), level(1_000, 2));
        let voice = [Law::Mu.encode(8_000); 160];
        for over in [None, Some(PlaybackId(1))] {
            let mut payload = voice;
            assert_eq!(speech.mix_into(Law::Mu, &mut payload, LATER), over);
            let sample = heard(&payload);
            assert!((2_900..3_100).contains(&sample), "{sample}");
            // Its turns have nothing to say beside it.
            let next = speech.say(Some(Law::Mu), &mut [0; 160], LATER);
            assert_eq!(next, if over.is_none() { Next::Mixed } else { Next::Nothing });
        }
        let mut payload = voice;
        assert_eq!((speech.mix_into(Law::Mu, &mut payload, LATER), payload), (None, voice));
    }

    #[test]
    fn a_whisper_goes_on_alone_when_the_other_leg_falls_silent() {
        let mut speech = Speech::default();
        speech.whisper(PlaybackId(1), level(1_000, 3));
        speech.mix_into(Law::Mu, &mut [0xFF; 160], LATER);
        let mut room = [0; 160];
        assert_eq!(speech.say(Some(Law::Mu), &mut room, LATER + STILL_SPEAKS), Next::Mixed);
        for over in [None, Some(PlaybackId(1))] {
            assert_eq!(speech.say(Some(Law::Mu), &mut room, LATER * 2), Next::Packet(over));
            assert!((950..1_050).contains(&heard(&room)));
        }
        assert_eq!(speech.say(Some(Law::Mu), &mut room, LATER * 2), Next::Nothing);
    }

    #[test]
    fn what_is_played_instead_comes_first_and_what_cannot_be_spoken_is_over() {
        let mut speech = Speech::default();
        speech.whisper(PlaybackId(1), level(1_000, 1));
        speech.play(PlaybackId(2), level(5_000, 1));
        let mut room = [0; 160];
        assert_eq!(speech.say(Some(Law::A), &mut room, LATER), Next::Packet(Some(PlaybackId(2))));
        assert!(speech.is_over() && !speech.is_instead());
        assert_eq!(speech.say(None, &mut room, LATER), Next::Unspoken(PlaybackId(1)));
        assert_eq!(speech.say(None, &mut room, LATER), Next::Nothing);
    }
}
