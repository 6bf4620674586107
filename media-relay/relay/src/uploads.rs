//! The way of recordings into the bucket. What is on the disk is not in the bucket yet: a file goes once the bucket has confirmed that it has it,
//! whatever happens before.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{runtime::Handle, sync::Semaphore, time::sleep};

use crate::{bucket::Bucket, metrics::Metrics};

/// How many are under way at once.
const MOST_AT_ONCE: usize = 4;

/// The pause after the first attempt that failed; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two attempts. There is no last one.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The way into the bucket, if there is one. Clones are the same way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uploads(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    bucket: Bucket,
    runtime: Handle,
    metrics: Metrics,
    places: Semaphore,
    waiting: AtomicUsize,
}

impl Uploads {
    /// The way into a bucket, which begins with what a process that has died left in the folder. Nothing may be recorded there yet.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn start(
        bucket: Option<Bucket>,
        folder: &Path,
        runtime: Handle,
        metrics: Metrics,
    ) -> io::Result<Self> {
        let Some(bucket) = bucket else { return Ok(Self(None)) };
        let (places, waiting) = (Semaphore::new(MOST_AT_ONCE), AtomicUsize::new(0));
        let uploads = Self(Some(Arc::new(Inner { bucket, runtime, metrics, places, waiting })));
        for entry in fs::read_dir(folder)? {
            uploads.add(entry?.path(), true);
        }
        Ok(uploads)
    }

    /// Takes a recording that is whole. One without audio is of no use to anybody.
    pub(crate) fn add(&self, file: PathBuf, has_audio: bool) {
        let Some(inner) = &self.0 else { return };
        let Some(name) = file.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { return };
        if !ringfall_control::recording::is_name(&name) {
            return;
        }
        inner.metrics.to_upload(inner.waiting.fetch_add(1, Ordering::Relaxed) + 1);
        let way = Arc::clone(inner);
        inner.runtime.spawn(async move {
            if has_audio {
                way.keep(&file, &name).await;
            }
            match tokio::fs::remove_file(&file).await {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                // It is sent once more at the next start, which changes nothing.
                Err(error) => {
                    tracing::error!(file = %file.display(), %error, "a recording stays on the disk");
                }
            }
            way.metrics.to_upload(way.waiting.fetch_sub(1, Ordering::Relaxed) - 1);
        });
    }

    /// How many recordings are not in the bucket yet.
    pub(crate) fn waiting(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.waiting.load(Ordering::Relaxed))
    }
}

impl Inner {
    /// Until the bucket has it, or there is no such file any more.
    async fn keep(&self, file: &Path, name: &str) {
        let mut pause = FIRST_PAUSE;
        loop {
            let kept = {
                let Ok(_place) = self.places.acquire().await else { return };
                self.bucket.keep(file, name).await
            };
            match kept {
                Ok(()) => return,
                Err(error) if error.kind() == io::ErrorKind::NotFound && !file.exists() => {
                    return tracing::error!(name, "a recording was deleted before it was in the bucket");
                }
                Err(error) => self.failed(name, pause, &error),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Told once of each recording; the figures show how long it goes on.
    fn failed(&self, name: &str, pause: Duration, error: &io::Error) {
        self.metrics.upload_failed();
        if pause == FIRST_PAUSE {
            tracing::warn!(name, %error, "a recording is not in the bucket yet, and is tried again");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::{
        Router,
        body::Bytes,
        extract::State,
        http::{Method, StatusCode, Uri, header},
        response::{IntoResponse, Response},
    };
    use tokio::{net::TcpListener, sync::watch};

    use super::*;
    use crate::{bucket::tests::bucket, engine::Counters};

    const NAME: &str = "0123456789abcdef0123456789abcdef.wav";
    const KEY: &str = "/recordings-of-ours/agency/0123456789abcdef0123456789abcdef.wav";

    /// A store that refuses so many requests, and keeps what comes then.
    #[derive(Debug, Clone)]
    struct Refusing {
        left: Arc<AtomicUsize>,
        kept: watch::Sender<BTreeMap<String, Bytes>>,
    }

    async fn answer(State(store): State<Refusing>, method: Method, uri: Uri, body: Bytes) -> Response {
        let take_one = |left: usize| left.checked_sub(1);
        if store.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one).is_ok() {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if method == Method::PUT {
            store.kept.send_modify(|kept| {
                kept.insert(uri.path().to_owned(), body);
            });
        }
        [(header::ETAG, "\"1\"")].into_response()
    }

    async fn refusing(requests: usize) -> (Refusing, Bucket) {
        let store = Refusing { left: Arc::new(AtomicUsize::new(requests)), kept: watch::Sender::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(store.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let bucket = bucket(&[("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL_S3", &url)]);
        (store, bucket.expect("a bucket"))
    }

    fn start(bucket: Bucket, folder: &Path, metrics: &Metrics) -> Uploads {
        let begun = Uploads::start(Some(bucket), folder, Handle::current(), metrics.clone());
        begun.expect("a folder that can be read")
    }

    async fn until_none_waits(uploads: &Uploads) {
        while uploads.waiting() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn a_file_stays_until_the_bucket_has_it_also_over_a_death() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(NAME);
        fs::write(&file, "RIFF and so on").expect("a file");
        fs::write(folder.path().join("notes.txt"), "not ours").expect("a file");
        // More than a request is repeated within one attempt.
        let (store, bucket) = refusing(4).await;
        let metrics = Metrics::new();
        let uploads = start(bucket, folder.path(), &metrics);
        assert_eq!(uploads.waiting(), 1, "what was left is taken, and nothing else");
        let mut kept = store.kept.subscribe();
        while store.left.load(Ordering::SeqCst) > 0 {
            assert!(file.exists(), "it goes before the bucket has it");
            sleep(Duration::from_millis(1)).await;
        }
        kept.wait_for(|kept| kept.contains_key(KEY)).await.expect("the store is there");
        until_none_waits(&uploads).await;
        assert_eq!(store.kept.borrow()[KEY], "RIFF and so on");
        assert!(!file.exists() && folder.path().join("notes.txt").exists());
        let text = metrics.text(&Counters::default());
        for line in ["ringfall_relay_upload_failures_total 1", "ringfall_relay_recordings_to_upload 0"] {
            assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
        }
    }

    #[tokio::test]
    async fn what_has_no_audio_goes_nowhere_and_without_a_bucket_everything_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(NAME);
        let (store, bucket) = refusing(0).await;
        let uploads = start(bucket, folder.path(), &Metrics::new());
        fs::write(&file, "RIFF").expect("a file");
        uploads.add(file.clone(), false);
        until_none_waits(&uploads).await;
        assert!(!file.exists() && store.kept.borrow().is_empty());
        fs::write(&file, "RIFF").expect("a file");
        let none =
            Uploads::start(None, folder.path(), Handle::current(), Metrics::new()).expect("nothing to do");
        none.add(file.clone(), true);
        assert!(none.waiting() == 0 && file.exists());
    }
}
