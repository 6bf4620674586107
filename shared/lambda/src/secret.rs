//! Secrets, which are in Secrets Manager and nowhere else.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::{Client, error::DisplayErrorContext};

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
