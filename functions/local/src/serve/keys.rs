//! The key file: what providers' secrets are sealed with before they are kept.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use ringfall_app::seal::KeyRing;

use super::folder;

/// Many keys are a kilobyte.
const MOST_BYTES: u64 = 4_096;
/// How the setting is named in what is told.
const SETTING: &str = "--key-file (RINGFALL_KEY_FILE)";

/// Where the key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFile {
    /// The file.
    pub(crate) path: PathBuf,
    /// What is done where there is none.
    pub(crate) missing: MissingKey,
}

/// What is done where there is no key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MissingKey {
    /// A key is made.
    Make,
    /// Nothing is started: the table is served by others too, who seal with a key that is somewhere else.
    Refuse,
}

impl KeyFile {
    /// The name of the file in the data folder.
    pub(crate) const NAME: &'static str = "ringfall.key";

    /// Reads the keys; makes one where there is none.
    ///
    /// # Errors
    /// Others on this machine may read the file, it holds no keys, or it is missing where none may be made.
    pub(crate) fn read(&self) -> anyhow::Result<KeyRing> {
        let path = self.path.display();
        let file = match (File::open(&self.path), self.missing) {
            (Err(error), MissingKey::Make) if error.kind() == io::ErrorKind::NotFound => {
                make(&self.path).with_context(|| format!("{SETTING}: {path} cannot be made"))?;
                File::open(&self.path)
            }
            (Err(error), MissingKey::Refuse) if error.kind() == io::ErrorKind::NotFound => bail!(
                "{SETTING}: there is no {path}; expected the file of the key that this table's secrets are sealed with; --create-tables \
                 (RINGFALL_CREATE_TABLES) makes a new one"
            ),
            (opened, _) => opened,
        };
        let file = file.with_context(|| format!("{SETTING}: {path} cannot be read"))?;
        #[cfg(unix)]
        refuse_if_others_may_read(&file, &self.path)?;
        let mut text = String::new();
        file.take(MOST_BYTES + 1)
            .read_to_string(&mut text)
            .with_context(|| format!("{SETTING}: {path} cannot be read"))?;
        if text.len() as u64 > MOST_BYTES {
            bail!("{SETTING}: {path}: expected a file of {MOST_BYTES} bytes at most");
        }
        KeyRing::read(&text).with_context(|| format!("{SETTING}: {path}"))
    }
}

/// Whole or not at all, and never over one that is there: what is sealed with a key that is gone is gone too.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.exists() {
        folder::prepare(folder)?;
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    // For its owner alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", hex::encode(key))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => {
            File::open(folder)?.sync_all()?;
            tracing::info!(path = %path.display(), "made a key: keep a copy, providers' secrets open only with it");
            Ok(())
        }
        // Another process was faster.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(unix)]
fn refuse_if_others_may_read(file: &File, path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let path = path.display();
    let mode = file.metadata().with_context(|| format!("{SETTING}: {path}"))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{SETTING}: others on this machine may use {path} (its mode is {mode:o}): chmod 600 {path}");
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn told(file: &KeyFile) -> String {
        format!("{:#}", file.read().expect_err("no keys"))
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new").join(KeyFile::NAME);
        let file = KeyFile { path, missing: MissingKey::Make };
        let made = file.read().expect("a key is made");
        let mode = fs::metadata(&file.path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let sealed = made.seal("secret", "place", 1);
        let again = KeyFile { missing: MissingKey::Refuse, ..file }.read().expect("it is there");
        assert_eq!(again.open(&sealed, "place").as_deref(), Ok("secret"), "it is the same");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = KeyFile { path: folder.path().join("key"), missing: MissingKey::Make };
        file.read().expect("a key is made");
        for mode in [0o644, 0o640, 0o660, 0o601] {
            fs::set_permissions(&file.path, fs::Permissions::from_mode(mode)).expect("ours");
            let told = told(&file);
            assert!(
                told.starts_with("--key-file (RINGFALL_KEY_FILE): ") && told.contains("chmod 600"),
                "{told}"
            );
        }
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o400)).expect("ours");
        file.read().expect("nobody else may read it");
    }

    #[test]
    fn what_is_no_key_file_is_told_without_showing_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = KeyFile { path: folder.path().join("key"), missing: MissingKey::Refuse };
        assert!(told(&file).contains("there is no"), "{}", told(&file));
        let long = "0a".repeat(4_096);
        for (text, expected) in [
            ("", "expected a key of 64"),
            ("hunter2", "key 1: expected 64 hexadecimal digits"),
            (&long, "4096 bytes"),
        ] {
            fs::write(&file.path, text).expect("ours");
            fs::set_permissions(&file.path, fs::Permissions::from_mode(0o600)).expect("ours");
            let told = told(&file);
            assert!(told.contains(expected) && !told.contains("hunter2"), "{told}");
        }
    }
}
