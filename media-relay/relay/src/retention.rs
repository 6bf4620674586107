//! Recordings that are not kept any longer: those that are too old, and the oldest of those that take too much room.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How often it is looked for them.
const EVERY: Duration = Duration::from_secs(600);

/// What was written to lately may be under way, and is kept.
const UNDER_WAY: Duration = Duration::from_secs(300);

/// What a disk must have left for another recording to begin: the list of trunks and what else is on it are to find room.
const LEAST_LEFT_BYTES: u64 = 64 << 20;

/// For how long recordings are kept, and how many of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Retention {
    /// So long; for ever where none is given.
    pub(crate) kept_for: Option<Duration>,
    /// So many bytes in all; without end where none is given.
    pub(crate) most_bytes: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    path: PathBuf,
    written: SystemTime,
    bytes: u64,
}

impl Retention {
    /// Deletes what is not kept, now and then, for ever.
    pub(crate) async fn run(self, folder: PathBuf) {
        if self.kept_for.is_none() && self.most_bytes.is_none() {
            return;
        }
        loop {
            let folder = folder.clone();
            let swept = tokio::task::spawn_blocking(move || self.sweep(&folder, SystemTime::now())).await;
            match swept {
                Ok(Ok(0)) => {}
                Ok(Ok(deleted)) => tracing::info!(deleted, "recordings are not kept any longer"),
                Ok(Err(error)) => tracing::error!(%error, "old recordings cannot be deleted"),
                Err(error) => tracing::error!(%error, "old recordings cannot be deleted"),
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Deletes what is not kept: how many recordings that were.
    fn sweep(self, folder: &Path, now: SystemTime) -> io::Result<usize> {
        let mut deleted = 0;
        for Kept { path, .. } in self.too_many(recordings(folder)?, now) {
            match fs::remove_file(&path) {
                Ok(()) => deleted += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(deleted)
    }

    /// Those that are not kept, the oldest first.
    fn too_many(self, mut all: Vec<Kept>, now: SystemTime) -> Vec<Kept> {
        all.sort_by_key(|kept| kept.written);
        let mut bytes: u64 = all.iter().map(|kept| kept.bytes).sum();
        let age = |kept: &Kept| now.duration_since(kept.written).unwrap_or_default();
        let is_over = |kept: &Kept| {
            let is_old = self.kept_for.is_some_and(|kept_for| age(kept) > kept_for);
            let is_too_much = self.most_bytes.is_some_and(|most| bytes > most);
            let goes = (is_old || is_too_much) && age(kept) >= UNDER_WAY;
            bytes -= if goes { kept.bytes } else { 0 };
            goes
        };
        all.into_iter().filter(is_over).collect()
    }
}

fn recordings(folder: &Path) -> io::Result<Vec<Kept>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "wav") {
            continue;
        }
        match fs::metadata(&path).and_then(|known| Ok((known.modified()?, known.len()))) {
            Ok((written, bytes)) => all.push(Kept { path, written, bytes }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// That there is room for another recording.
///
/// # Errors
/// There is not. What cannot be found out is left to the attempt.
pub(crate) fn check_space(folder: &Path) -> Result<(), String> {
    let left = rustix::fs::statvfs(folder).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    match left {
        Ok(left) if left < LEAST_LEFT_BYTES => {
            let (left, least) = (left >> 20, LEAST_LEFT_BYTES >> 20);
            Err(format!("the disk of the recordings has {left} MiB left, less than {least}"))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100 * 86_400);

    fn at(days_ago: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + NOW - Duration::from_secs(days_ago * 86_400)
    }

    fn kept(days_ago: u64, bytes: u64) -> Kept {
        Kept { path: format!("{days_ago}.wav").into(), written: at(days_ago), bytes }
    }

    fn gone(kept_for_days: Option<u64>, most_bytes: Option<u64>) -> Vec<String> {
        let all = vec![kept(1, 30), kept(9, 10), kept(0, 100), kept(30, 20)];
        let kept_for = kept_for_days.map(|days| Duration::from_secs(days * 86_400));
        let gone = Retention { kept_for, most_bytes }.too_many(all, at(0));
        gone.into_iter().map(|kept| kept.path.display().to_string()).collect()
    }

    #[test]
    fn what_is_too_old_goes_and_the_oldest_of_what_is_too_much() {
        assert_eq!(gone(None, None), [""; 0]);
        assert_eq!(gone(Some(9), None), ["30.wav"]);
        assert_eq!(gone(Some(8), None), ["30.wav", "9.wav"]);
        assert_eq!(gone(None, Some(160)), [""; 0]);
        assert_eq!(gone(None, Some(150)), ["30.wav"]);
        assert_eq!(gone(None, Some(139)), ["30.wav", "9.wav"]);
        // What is under way is kept, however large.
        assert_eq!(gone(Some(8), Some(0)), ["30.wav", "9.wav", "1.wav"]);
    }

    #[test]
    fn only_recordings_are_deleted() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["old.wav", "new.wav", "trunks.json"] {
            let file = fs::File::create(folder.path().join(name)).expect("a file");
            let written =
                SystemTime::now() - Duration::from_secs(if name == "new.wav" { 60 } else { 86_400 });
            file.set_modified(written).expect("a time");
        }
        let retention = Retention { kept_for: Some(Duration::from_secs(3_600)), most_bytes: Some(0) };
        assert_eq!(retention.sweep(folder.path(), SystemTime::now()).ok(), Some(1));
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("one").file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["new.wav", "trunks.json"]);
        assert!(check_space(folder.path()).is_ok() && check_space(Path::new("/no/such/folder")).is_ok());
        assert!(check_space(Path::new("/proc")).is_err(), "a file system without any room");
    }
}
