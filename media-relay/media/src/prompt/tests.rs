use std::sync::Arc;

use super::*;

/// A WAV file of a `fmt ` part's first numbers and its audio.
fn wav(encoding: u16, channels: u16, rate_hz: u32, bits: u16, audio: &[u8]) -> Vec<u8> {
    let frame_bytes = u32::from(channels) * u32::from(bits) / 8;
    let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
    // A part that nobody knows, of odd length.
    file.extend_from_slice(b"LIST\x03\0\0\0abc\0fmt \x10\0\0\0");
    file.extend_from_slice(&encoding.to_le_bytes());
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate_hz.to_le_bytes());
    file.extend_from_slice(&(rate_hz * frame_bytes).to_le_bytes());
    file.extend_from_slice(&u16::try_from(frame_bytes).expect("small").to_le_bytes());
    file.extend_from_slice(&bits.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&u32::try_from(audio.len()).expect("small").to_le_bytes());
    file.extend_from_slice(audio);
    file
}

fn samples(file: &[u8]) -> Vec<i16> {
    Prompt::read(file).unwrap_or_else(|error| panic!("{error}")).samples().to_vec()
}

fn refused(file: &[u8]) -> AudioError {
    Prompt::read(file).expect_err("no audio")
}

/// A tone of a second, as 16-bit samples.
fn tone(rate_hz: u32, frequency_hz: u32, loudness: f32) -> Vec<i16> {
    let sample = |place: u32| {
        let turn = place as f32 * frequency_hz as f32 / rate_hz as f32;
        file::nearest((turn * std::f32::consts::TAU).sin() * loudness)
    };
    (0..rate_hz).map(sample).collect()
}

fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// How much of a frequency is in 8 kHz audio: the amplitude of its wave (Goertzel), its first and last tenth of a second left out.
fn amplitude(samples: &[i16], frequency_hz: f32) -> f32 {
    let samples = &samples[800..samples.len() - 800];
    let turn = |place: usize| std::f32::consts::TAU * frequency_hz * place as f32 / 8_000.0;
    let (mut cosine, mut sine) = (0.0, 0.0);
    for (place, sample) in samples.iter().enumerate() {
        cosine += f32::from(*sample) * turn(place).cos();
        sine += f32::from(*sample) * turn(place).sin();
    }
    cosine.hypot(sine) * 2.0 / samples.len() as f32
}

#[test]
fn every_encoding_of_wav_is_read() {
    let float = |sample: f32| sample.to_le_bytes();
    for (encoding, bits, audio, expected) in [
        (1, 8, vec![0, 128, 255], vec![-32_768, 0, 32_512]),
        (1, 16, bytes(&[-32_768, 0, 32_767]), vec![-32_768, 0, 32_767]),
        (1, 24, vec![0, 0, 0x80, 0, 0, 0, 0xFF, 0xFF, 0x7F], vec![-32_768, 0, 32_767]),
        (1, 32, vec![0, 0, 0, 0x80, 0, 0, 1, 0], vec![-32_768, 1]),
        (
            3,
            32,
            [float(-1.0), float(0.5), float(7.0), float(f32::NAN)].concat(),
            vec![-32_768, 16_384, 32_767, 0],
        ),
        (3, 64, [(-0.5_f64).to_le_bytes(), 2.0_f64.to_le_bytes()].concat(), vec![-16_384, 32_767]),
        (6, 8, vec![0xD5, 0x2A], vec![8, -32_256]),
        (7, 8, vec![0xFF, 0x80], vec![0, 32_124]),
    ] {
        assert_eq!(samples(&wav(encoding, 1, 8_000, bits, &audio)), expected, "{encoding} with {bits} bits");
    }
}

#[test]
fn stereo_becomes_its_mean_and_half_a_frame_is_left_out() {
    assert_eq!(samples(&wav(1, 2, 8_000, 16, &bytes(&[100, 300, -32_768, -32_768, 7]))), [200, -32_768]);
}

#[test]
fn extensible_headers_and_open_ends_are_read() {
    let mut file = wav(0xFFFE, 1, 8_000, 16, &[]);
    let tail = file.split_off(24 + 8 + 16);
    file.extend_from_slice(&[
        22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71,
    ]);
    file[28] = 40;
    file.extend_from_slice(&tail);
    // The size of what was streamed is 0, or the largest.
    for size in [0, u32::MAX] {
        let mut file = file.clone();
        let place = file.len() - 4;
        file[place..].copy_from_slice(&size.to_le_bytes());
        file.extend_from_slice(&bytes(&[5, 6]));
        assert_eq!(samples(&file), [5, 6]);
    }
}

#[test]
fn what_cannot_be_played_says_why() {
    let audio = [0; 64];
    for (file, error) in [
        (Vec::new(), AudioError::UnknownKind),
        (b"OggS plus more than twelve bytes".to_vec(), AudioError::UnknownKind),
        (b"RIFF\0\0\0\0AVI and more".to_vec(), AudioError::UnknownKind),
        (wav(2, 1, 8_000, 4, &audio), AudioError::UnknownEncoding(2)),
        (wav(1, 1, 8_000, 12, &audio), AudioError::UnknownEncoding(1)),
        (wav(1, 6, 8_000, 16, &audio), AudioError::Channels(6)),
        (wav(1, 0, 8_000, 16, &audio), AudioError::Channels(0)),
        (wav(1, 1, 3_999, 16, &audio), AudioError::Rate(3_999)),
        (wav(1, 1, u32::MAX / 2, 16, &audio), AudioError::Rate(u32::MAX / 2)),
        (wav(1, 1, 8_000, 16, &[]), AudioError::Empty),
        (wav(1, 1, 8_000, 16, &audio)[..30].to_vec(), AudioError::DamagedFormat),
        (wav(7, 1, 8_000, 8, &vec![0; 8_000 * 600 + 1]), AudioError::TooLong),
        (vec![0; MOST_FILE_BYTES + 1], AudioError::TooLarge),
        (b"ID3\x04\0\0\0\0\0\x05abcde".to_vec(), AudioError::Empty),
        ([&b"ID3\x04\0\0\x7F\x7F\x7F\x7F"[..], &[0xFF, 0xFB]].concat(), AudioError::Empty),
    ] {
        assert_eq!(refused(&file), error, "{}", error);
    }
}

#[test]
fn other_rates_keep_their_tones_and_lose_what_would_fold_back() {
    for rate_hz in [11_025, 16_000, 22_050, 44_100, 48_000] {
        let mixed: Vec<_> = tone(rate_hz, 1_000, 8_000.0)
            .iter()
            .zip(tone(rate_hz, 5_000, 8_000.0))
            .map(|(low, high)| low + high)
            .collect();
        let samples = samples(&wav(1, 1, rate_hz, 16, &bytes(&mixed)));
        assert!(samples.len().abs_diff(8_000) <= 1, "{rate_hz}: {}", samples.len());
        let (kept, folded) = (amplitude(&samples, 1_000.0), amplitude(&samples, 3_000.0));
        assert!((7_900.0..8_100.0).contains(&kept) && folded < 10.0, "{rate_hz}: {kept} {folded}");
    }
}

#[test]
fn mp3_is_read_as_other_decoders_read_it() {
    // A tone of 440 Hz, stereo at 44.1 kHz, with a tag whose picture looks like frames: as LAME writes it.
    let file = include_bytes!("tone.mp3");
    let samples = samples(file);
    assert!((7_800..9_200).contains(&samples.len()), "{}", samples.len());
    let (tone, rest) = (amplitude(&samples, 440.0), amplitude(&samples, 1_320.0));
    assert!((7_600.0..8_400.0).contains(&tone) && rest < 80.0, "{tone} {rest}");
    // Damage in the middle is left out.
    let mut damaged = file.to_vec();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 400].fill(0xFF);
    assert!(Prompt::read(&damaged).is_ok());
    for length in (0..file.len()).step_by(97) {
        let _ = Prompt::read(&file[..length]);
    }
}

#[test]
fn callers_share_a_piece_and_each_has_a_place_of_its_own() {
    let piece = Arc::new(Prompt::new((0..400).collect()).expect("audio"));
    let music = Playlist::endless([piece.clone()]);
    let (mut one, mut other) = (Player::new(music.clone()), Player::new(music));
    let (mut first, mut second) = ([0; 160], [0; 160]);
    for _ in 0..1_000 {
        assert_eq!(one.encoded(Law::Mu, &mut first), 160);
    }
    assert_eq!(other.encoded(Law::Mu, &mut second), 160);
    // 1,000 packets end after 159,840 and before 160,000 samples: at the 240th of the piece.
    assert_eq!((&first[..], &second[..]), (&piece.encoded(Law::Mu)[240..], &piece.encoded(Law::Mu)[..160]));
    assert!(std::ptr::eq(piece.encoded(Law::Mu), piece.encoded(Law::Mu)), "encoded once");
    assert!(size_of::<Player>() <= 48, "{}", size_of::<Player>());
}

#[test]
fn pieces_follow_each_other_without_a_gap_and_end_in_silence() {
    let piece = |sample| Arc::new(Prompt::new(vec![sample; 100]).expect("audio"));
    let list = [piece(1_000), piece(2_000)];
    let mut player = Player::new(Playlist::once(list.clone()));
    let mut out = [9; 160];
    assert_eq!((player.samples(&mut out), out[99], out[100], player.is_over()), (160, 1_000, 2_000, false));
    assert_eq!((player.samples(&mut out), out[39], out[40], player.is_over()), (40, 2_000, 0, true));
    let mut player = Player::new(Playlist::endless(list));
    let mut out = [0; 450];
    assert_eq!((player.samples(&mut out), out[199], out[200], out[449]), (450, 2_000, 1_000, 1_000));
    let mut nothing = Player::new(Playlist::endless([]));
    let mut out = [0; 4];
    assert_eq!((nothing.encoded(Law::A, &mut out), out, nothing.is_over()), (0, [Law::A.silence(); 4], true));
}

#[test]
fn a_file_of_ours_reads_back() {
    let samples: Vec<i16> = (-100..100).collect();
    let prompt = Prompt::read(&write_wav(&samples)).expect("audio");
    assert_eq!((prompt.samples(), prompt.length()), (&samples[..], Duration::from_millis(25)));
}
