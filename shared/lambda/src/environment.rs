//! What the deployment tells a function: variables of its environment.

use std::env::VarError;

use ringfall_app::{
    platform::public_url,
    relays::{BucketName, KeyPrefix},
};
use ringfall_store::engines::dynamodb::{Places, table_name};
use url::Url;

/// What a function is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// The table, its stream, the queue.
    pub places: Places,
    /// The base URL under which providers reach the webhooks. The function that answers them may do without: its own address comes
    /// with the first request.
    pub public_url: Option<Url>,
    /// The ARN or the name of the secret that holds the first account's key. Only the function with the REST API knows it.
    pub admin_key_secret: Option<String>,
    /// The ARN or the name of the secret that holds the keys by which providers' secrets are sealed. It is read when the first is needed.
    pub key_secret: String,
    /// The ARN or the name of the secret that media relays sign in with. Only the function that answers them knows it.
    pub relay_secret: Option<String>,
    /// The bucket into which media relays put their recordings, and the folders there. Only the function that answers relays knows it.
    pub recordings: Option<(BucketName, Option<KeyPrefix>)>,
    /// Which addresses agencies may name.
    pub network: Network,
}

/// Which addresses agencies may name for providers and sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Only such as are everybody's.
    Public,
    /// Private ones too: for tests, and for providers in one's own network.
    Any,
}

/// A variable that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {expected}")]
pub struct Misconfigured {
    /// Its name.
    pub variable: &'static str,
    /// What it should be.
    pub expected: String,
}

const TABLE: &str = "RINGFALL_TABLE";
const STREAM: &str = "RINGFALL_STREAM";
const QUEUE: &str = "RINGFALL_QUEUE";
const PUBLIC_URL: &str = "RINGFALL_PUBLIC_URL";
const ADMIN_KEY_SECRET: &str = "RINGFALL_ADMIN_KEY_SECRET";
const KEY_SECRET: &str = "RINGFALL_KEY_SECRET";
const RELAY_SECRET_ID: &str = "RINGFALL_RELAY_SECRET_ID";
const RECORDINGS_BUCKET: &str = "RINGFALL_RELAY_RECORDINGS_BUCKET";
const RECORDINGS_PREFIX: &str = "RINGFALL_RELAY_RECORDINGS_PREFIX";
const PRIVATE_ADDRESSES: &str = "RINGFALL_PRIVATE_ADDRESSES";

/// Reads the configuration.
///
/// # Errors
/// The first variable that is missing or wrong.
pub fn read(variable: impl Fn(&str) -> Result<String, VarError>) -> Result<Configuration, Misconfigured> {
    let variables = Variables(variable);
    let places = Places {
        table: variables.needed(TABLE, table_name)?,
        stream_arn: variables.needed(STREAM, stream_arn)?,
        queue_url: variables.needed(QUEUE, queue_url)?,
    };
    let prefix = variables.optional(RECORDINGS_PREFIX, str::parse)?;
    let bucket: Option<BucketName> = variables.optional(RECORDINGS_BUCKET, str::parse)?;
    Ok(Configuration {
        places,
        public_url: variables.optional(PUBLIC_URL, public_url)?,
        admin_key_secret: variables.optional(ADMIN_KEY_SECRET, secret)?,
        key_secret: variables.needed(KEY_SECRET, secret)?,
        relay_secret: variables.optional(RELAY_SECRET_ID, secret)?,
        recordings: bucket.map(|name| (name, prefix)),
        network: variables.optional(PRIVATE_ADDRESSES, network)?.unwrap_or(Network::Public),
    })
}

pub(crate) struct Variables<F>(pub(crate) F);

impl<F: Fn(&str) -> Result<String, VarError>> Variables<F> {
    /// A variable that may be missing; empty is missing.
    pub(crate) fn optional<T, E: ToString>(
        &self,
        variable: &'static str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Misconfigured> {
        let text = match (self.0)(variable) {
            Ok(text) if text.is_empty() => return Ok(None),
            Ok(text) => text,
            Err(VarError::NotPresent) => return Ok(None),
            Err(VarError::NotUnicode(_)) => {
                return Err(Misconfigured { variable, expected: "expected UTF-8 text".to_owned() });
            }
        };
        read(&text).map(Some).map_err(|expected| Misconfigured { variable, expected: expected.to_string() })
    }

    fn needed<T>(
        &self,
        variable: &'static str,
        read: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<T, Misconfigured> {
        // What is wrong with nothing tells what is missing.
        let missing = || match read("") {
            Err(expected) => format!("it is not set; {expected}"),
            Ok(_) => "it is not set".to_owned(),
        };
        let text = self.optional(variable, &read)?;
        text.ok_or_else(|| Misconfigured { variable, expected: missing() })
    }
}

fn stream_arn(text: &str) -> Result<String, &'static str> {
    let is_stream = text.starts_with("arn:") && text.contains(":dynamodb:") && text.contains("/stream/");
    is_stream.then(|| text.to_owned()).ok_or("expected the ARN of the table's stream")
}

fn queue_url(text: &str) -> Result<String, &'static str> {
    let is_url = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    is_url.then(|| text.to_owned()).ok_or("expected the URL of an SQS queue")
}

fn secret(text: &str) -> Result<String, &'static str> {
    let is_name = text.len() <= 512
        && !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@-:".contains(&byte));
    is_name.then(|| text.to_owned()).ok_or("expected the ARN or the name of a secret in Secrets Manager")
}

fn network(text: &str) -> Result<Network, &'static str> {
    match text {
        "refused" => Ok(Network::Public),
        "allowed" => Ok(Network::Any),
        _ => Err("expected refused or allowed"),
    }
}
