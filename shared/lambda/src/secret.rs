//! Secrets, which are in Secrets Manager and nowhere else.

use std::{collections::BTreeSet, fmt, sync::Arc};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::{Client, error::DisplayErrorContext};
use ringfall_app::seal::{KeyId, KeyRing, Keys, KeysUnavailable};
use tokio::sync::Mutex;

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
    let failed = |reason: String| SecretError { arn: arn.to_owned(), reason };
    let answer = Client::new(config).get_secret_value().secret_id(arn).send().await;
    let answer = answer.map_err(|error| failed(DisplayErrorContext(&error).to_string()))?;
    answer.secret_string.ok_or_else(|| failed("it is not a text".to_owned()))
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
