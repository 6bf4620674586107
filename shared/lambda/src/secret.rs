//! Secrets, which are in Secrets Manager and nowhere else.

use std::{collections::BTreeSet, fmt, sync::Arc};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::{Client, error::DisplayErrorContext};
use ringfall_app::seal::{KeyId, KeyRing, Keys, KeysUnavailable};
use tokio::sync::Mutex;

/// The stages of a secret's value: as it is, and as it was before it was last changed.
const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("the secret {arn} cannot be read: {reason}")]
pub struct SecretError {
    arn: String,
    reason: String,
}

/// Reads a secret's text.
///
/// # Errors
/// It is not there, may not be read, or is no text.
pub(crate) async fn read(config: &SdkConfig, arn: &str) -> Result<String, SecretError> {
    let text = staged(&Client::new(config), arn, CURRENT).await?;
    text.ok_or_else(|| SecretError { arn: arn.to_owned(), reason: "it is not there".to_owned() })
}

/// Reads a secret's text, and what it was before it was last changed: whoever still knows that alone is not to be turned away.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_with_previous(config: &SdkConfig, arn: &str) -> Result<Vec<String>, SecretError> {
    let current = read(config, arn).await?;
    let previous = staged(&Client::new(config), arn, PREVIOUS).await?;
    Ok([Some(current), previous].into_iter().flatten().collect())
}

/// None if the secret, or such a stage of it, is not there.
async fn staged(client: &Client, arn: &str, stage: &str) -> Result<Option<String>, SecretError> {
    let failed = |reason: String| SecretError { arn: arn.to_owned(), reason };
    let answer = client.get_secret_value().secret_id(arn).version_stage(stage).send().await;
    match answer {
        Ok(answer) => answer.secret_string.map(Some).ok_or_else(|| failed("it is not a text".to_owned())),
        Err(error)
            if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) =>
        {
            Ok(None)
        }
        Err(error) => Err(failed(DisplayErrorContext(&error).to_string())),
    }
}

/// The keys by which providers' secrets are sealed. They are read when the first is needed, so that a function starts without them, and again
/// where one is needed that they do not have: whoever changes the secret need not start functions anew.
pub(crate) struct SecretKeys {
    aws: SdkConfig,
    arn: String,
    known: Mutex<Option<Arc<KeyRing>>>,
}

impl SecretKeys {
    pub(crate) fn new(aws: SdkConfig, arn: String) -> Self {
        Self { aws, arn, known: Mutex::default() }
    }

    async fn read(&self) -> Result<KeyRing, KeysUnavailable> {
        let text = read(&self.aws, &self.arn).await.map_err(|error| KeysUnavailable(error.to_string()))?;
        let invalid = |error| KeysUnavailable(format!("the secret {}: {error}", self.arn));
        KeyRing::read(&text).map_err(invalid)
    }
}

#[async_trait]
impl Keys for SecretKeys {
    async fn ring(&self, needed: &BTreeSet<KeyId>) -> Result<Arc<KeyRing>, KeysUnavailable> {
        let mut known = self.known.lock().await;
        if let Some(ring) = known.as_ref().filter(|ring| ring.lacks(needed).is_none()) {
            return Ok(Arc::clone(ring));
        }
        let ring = Arc::new(self.read().await?);
        *known = Some(Arc::clone(&ring));
        Ok(ring)
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKeys").field("arn", &self.arn).finish_non_exhaustive()
    }
}
