//! Texts as speech: from a folder of recorded prompts, else by a command.

use std::{io, path::PathBuf, process::Stdio, time::Duration};

use ringfall_control::order::Speech;
use ringfall_media::prompt::MOST_FILE_BYTES;
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    sync::Semaphore,
    time::timeout,
};

/// How long the command may take for one text.
const PATIENCE: Duration = Duration::from_secs(15);

/// How many of it run at once.
const MOST_AT_ONCE: usize = 4;

/// The language of a text that names none.
const DEFAULT_LANGUAGE: &str = "en-US";

/// Where speech comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpeechSettings {
    /// Files by [`prompt_file_name`], WAV or MP3 whatever the name says.
    pub(crate) prompts: Option<PathBuf>,
    /// A program and its arguments: it gets the text on its standard input and writes a WAV file to its standard output. `{language}` in an
    /// argument becomes the text's language.
    pub(crate) command: Option<String>,
}

/// The name of a recorded prompt's file: it follows from the text and its language alone.
pub(crate) fn prompt_file_name(language: Option<&str>, text: &str) -> String {
    let language = language.unwrap_or(DEFAULT_LANGUAGE).to_ascii_lowercase();
    let digest = Sha256::new().chain_update(language).chain_update([0]).chain_update(text).finalize();
    format!("{}.wav", hex::encode(&digest[..16]))
}

/// Has texts spoken.
#[derive(Debug)]
pub(super) struct Speaker {
    settings: SpeechSettings,
    places: Semaphore,
}

impl Speaker {
    pub(super) fn new(settings: SpeechSettings) -> Self {
        Self { settings, places: Semaphore::new(MOST_AT_ONCE) }
    }

    /// A text as a file's bytes, or what is wrong.
    pub(super) async fn speak(&self, speech: &Speech) -> Result<Vec<u8>, String> {
        if let Some(folder) = &self.settings.prompts {
            let name = prompt_file_name(speech.language.as_deref(), &speech.text);
            match tokio::fs::read(folder.join(&name)).await {
                Ok(file) => return Ok(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("the recorded prompt {name} cannot be read: {error}")),
            }
        }
        match &self.settings.command {
            Some(command) => {
                let _place = self.places.acquire().await.map_err(|_| "the relay is stopping".to_owned())?;
                let spoken = timeout(PATIENCE, run(command, speech)).await;
                spoken.map_err(|_| format!("the speech command took more than {} s", PATIENCE.as_secs()))?
            }
            None => Err("there is no recorded prompt and no speech command".to_owned()),
        }
    }
}

async fn run(command: &str, speech: &Speech) -> Result<Vec<u8>, String> {
    // The language comes from outside and stands in an argument: it must not be taken for an option.
    let language = speech.language.as_deref().unwrap_or(DEFAULT_LANGUAGE);
    let is_tag = language.starts_with(|first: char| first.is_ascii_alphabetic())
        && language.chars().all(|each| each.is_ascii_alphanumeric() || each == '-');
    let language = if is_tag { language } else { DEFAULT_LANGUAGE };
    let mut words = command.split_whitespace().map(|word| word.replace("{language}", language));
    let program = words.next().ok_or("the speech command is empty")?;
    let failed = |error: io::Error| format!("the speech command: {error}");
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A program that does not read all of it may still speak.
            let _ = stdin.write_all(speech.text.as_bytes()).await;
        }
    };
    let read = async {
        let mut file = Vec::new();
        if let Some(stdout) = stdout {
            let most = u64::try_from(MOST_FILE_BYTES).unwrap_or(u64::MAX);
            stdout.take(most + 1).read_to_end(&mut file).await?;
        }
        io::Result::Ok(file)
    };
    let ((), file) = tokio::join!(write, read);
    let file = file.map_err(failed)?;
    if file.len() > MOST_FILE_BYTES {
        return Err("the speech command wrote too much".to_owned());
    }
    let status = child.wait().await.map_err(failed)?;
    if !status.success() {
        return Err(format!("the speech command failed: {status}"));
    }
    Ok(file)
}
