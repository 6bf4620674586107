use super::*;

fn library(speech: SpeechSettings) -> Library {
    Library::new(LibrarySettings { speech, ..LibrarySettings::default() }).expect("tones and music")
}

fn say(text: &str) -> Piece {
    Piece::Speech(Speech { text: text.to_owned(), language: Some("en-US".to_owned()) })
}

fn is_silent(playlist: &Playlist) -> bool {
    ringfall_media::prompt::Player::new(playlist.clone()).is_over()
}

#[tokio::test]
async fn without_a_voice_there_is_silence_and_a_problem_that_says_so() {
    let (playlist, _, missing) = library(SpeechSettings::default()).all(vec![say("Hello")], 0).await;
    assert!(is_silent(&playlist));
    assert_eq!(missing[0].kind, ProblemKind::Speech);
    assert_eq!(missing[0].detail, "Hello: there is no recorded prompt and no speech command");
}

#[tokio::test]
async fn a_recorded_prompt_is_found_by_its_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = prompt_file_name(Some("en-us"), "Hello");
    let wav = ringfall_media::prompt::write_wav(&[5; 800]);
    std::fs::write(folder.path().join(&name), wav).expect("a file");
    let speech = SpeechSettings { prompts: Some(folder.path().to_owned()), command: None };
    let (playlist, _, missing) = library(speech).all(vec![say("Hello"), say("Bye")], 0).await;
    assert!(!is_silent(&playlist));
    assert!(missing[0].detail.starts_with("Bye: "), "{missing:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_speaks_and_one_that_fails_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = folder.path().join("voice.wav");
    std::fs::write(&wav, ringfall_media::prompt::write_wav(&[5; 800])).expect("a file");
    let speech = |command: String| SpeechSettings { prompts: None, command: Some(command) };
    let cat = speech(format!("cat {}", wav.display()));
    let (playlist, _, missing) = library(cat).all(vec![say("Hello")], 0).await;
    assert!(missing.is_empty() && !is_silent(&playlist), "{missing:?}");
    let (_, _, missing) = library(speech("false".to_owned())).all(vec![say("Hello")], 0).await;
    assert!(missing[0].detail.contains("the speech command failed"), "{missing:?}");
    // Whatever the command writes must be audio: here it writes the text itself.
    let (_, _, missing) = library(speech("cat".to_owned())).all(vec![say("Hello")], 0).await;
    assert!(missing[0].detail.contains("neither WAV nor MP3"), "{missing:?}");
}

#[tokio::test]
async fn files_of_private_networks_are_not_fetched() {
    for url in ["http://127.0.0.1:1/a.wav", "http://localhost:1/a.wav"] {
        let piece = Piece::File(url.parse().expect("a URL"));
        let (_, _, missing) = library(SpeechSettings::default()).all(vec![piece], 0).await;
        assert_eq!(missing[0].kind, ProblemKind::Audio);
        assert!(missing[0].detail.contains("public internet"), "{missing:?}");
    }
}

#[test]
fn music_goes_on_where_it_was() {
    let library = library(SpeechSettings::default());
    let mut at = 0;
    let music = [Piece::Music(Duration::from_secs(20))];
    assert!(library.at_once(&music, &mut at).is_some());
    assert_eq!(at, 10);
    assert!(library.at_once(&music, &mut at).is_some());
    assert_eq!(at, 20, "the second step begins where the first ended, and after 12 begins anew");
    assert!(library.at_once(&[say("x")], &mut at).is_none());
}
