//! The bucket that recordings are kept in: S3, or a store that speaks as it does.

use std::{fmt, io, path::Path as FilePath, sync::Arc, time::Duration};

use object_store::{
    Attribute, Attributes, BackoffConfig, MultipartUpload, ObjectStore, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    path::Path,
    signer::Signer,
};
use reqwest::Method;
use ringfall_control::{
    recording::{LINK_SECONDS, key},
    text::{BucketName, KeyPrefix},
};
use tokio::{fs::File, io::AsyncReadExt};
use url::Url;

/// What is sent at once: the least that S3 takes as a part, of which it takes ten thousand. A shorter recording is sent whole.
const PART_BYTES: u64 = 5 << 20;

/// A bucket, with what it takes to reach it. `Debug` shows nothing of that.
#[derive(Clone)]
pub struct Bucket {
    store: Arc<AmazonS3>,
    prefix: Option<KeyPrefix>,
}

impl Bucket {
    /// A bucket that is reached as the environment says: `AWS_REGION`, `AWS_ENDPOINT_URL_S3`, the credentials of a task's or an instance's role, ….
    ///
    /// # Errors
    /// What is missing or wrong, by its variable.
    pub fn from_environment(name: &BucketName, prefix: Option<KeyPrefix>) -> Result<Self, String> {
        let texts = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::new(name, prefix, texts)
    }

    fn new(
        name: &BucketName,
        prefix: Option<KeyPrefix>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, String> {
        let mut builder = AmazonS3Builder::new();
        for (variable, value) in variables {
            if value.is_empty() || !variable.starts_with("AWS_") {
                continue;
            }
            if let Ok(key) = variable.to_ascii_lowercase().parse() {
                builder = builder.with_config(key, value);
            }
        }
        if builder.get_config_value(&AmazonS3ConfigKey::Region).is_none() {
            return Err("AWS_REGION is not set: expected the region of the bucket".to_owned());
        }
        let endpoint = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint]
            .iter()
            .find_map(|key| builder.get_config_value(key));
        // No certificate of S3 is for a name with further dots.
        let is_host = endpoint.is_none() && !name.as_str().contains('.');
        let builder = builder
            .with_bucket_name(name.as_str())
            .with_virtual_hosted_style_request(is_host)
            .with_allow_http(endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")))
            .with_retry(retries());
        let store = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { store: Arc::new(store), prefix })
    }

    /// Keeps a file under its name. It is there once this returns.
    ///
    /// # Errors
    /// The file cannot be read, or the bucket does not confirm that it has it: it may have it then or not.
    pub(crate) async fn keep(&self, file: &FilePath, name: &str) -> io::Result<()> {
        let mut file = File::open(file).await?;
        let place = self.place(name);
        if file.metadata().await?.len() <= PART_BYTES {
            let whole = read_part(&mut file).await?;
            self.store.put_opts(&place, whole.into(), kind().into()).await?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart_opts(&place, kind().into()).await?;
        let sent = send_parts(&mut file, &mut *upload).await;
        if sent.is_err() {
            // What is left is never a recording; the bucket forgets it by its lifecycle.
            let _ = upload.abort().await;
        }
        sent
    }

    /// A link to what is kept under a name, for whoever has it. It is good for a while.
    ///
    /// # Errors
    /// There are no credentials.
    pub(crate) async fn link(&self, name: &str) -> Result<Url, object_store::Error> {
        let good_for = Duration::from_secs(LINK_SECONDS);
        self.store.signed_url(Method::GET, &self.place(name), good_for).await
    }

    fn place(&self, name: &str) -> Path {
        Path::from(key(self.prefix.as_ref(), name))
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").finish_non_exhaustive()
    }
}

/// Of one request. Who is refused for longer begins anew, from the file.
fn retries() -> RetryConfig {
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(2), ..BackoffConfig::default() };
    RetryConfig { backoff, max_retries: 2, retry_timeout: Duration::from_secs(30) }
}

fn kind() -> Attributes {
    Attributes::from_iter([(Attribute::ContentType, "audio/wav")])
}

async fn send_parts(file: &mut File, upload: &mut dyn MultipartUpload) -> io::Result<()> {
    loop {
        let part = read_part(file).await?;
        if part.is_empty() {
            upload.complete().await?;
            return Ok(());
        }
        upload.put_part(part.into()).await?;
    }
}

async fn read_part(file: &mut File) -> io::Result<Vec<u8>> {
    let mut part = Vec::new();
    file.take(PART_BYTES).read_to_end(&mut part).await?;
    Ok(part)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn bucket(variables: &[(&str, &str)]) -> Result<Bucket, String> {
        let name = "recordings-of-ours".parse().expect("a name");
        let prefix = Some("agency".parse().expect("a prefix"));
        let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "very-secret")];
        let texts = keys.iter().chain(variables);
        Bucket::new(&name, prefix, texts.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    async fn link(variables: &[(&str, &str)]) -> String {
        bucket(variables).expect("a bucket").link("a.wav").await.expect("a link").to_string()
    }

    #[tokio::test]
    async fn a_link_leads_to_where_the_environment_says_for_a_while() {
        let ours = link(&[("AWS_REGION", "eu-west-1")]).await;
        let start = "https://recordings-of-ours.s3.eu-west-1.amazonaws.com/agency/a.wav?";
        assert!(ours.starts_with(start) && ours.contains("X-Amz-Expires=900"), "{ours}");
        assert!(!ours.contains("very-secret"), "{ours}");
        let local = [("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:9")];
        let local = link(&local).await;
        assert!(local.starts_with("http://127.0.0.1:9/recordings-of-ours/agency/a.wav?"), "{local}");
    }

    #[test]
    fn a_region_is_needed_and_nothing_secret_is_shown() {
        let error = bucket(&[("AWS_REGION", "")]).expect_err("no region");
        assert!(error.starts_with("AWS_REGION is not set"), "{error}");
        let whole = bucket(&[("AWS_REGION", "eu-west-1"), ("AWS_BUCKET", "of-others")]).expect("a bucket");
        assert_eq!(whole.store.to_string(), "AmazonS3(recordings-of-ours)");
        assert_eq!(format!("{whole:?}"), "Bucket { .. }");
    }
}
