//! Opening the store: the table and the queue are looked at, and made only where that was asked for.

mod names;
mod queue;
mod table;

use std::{sync::Arc, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};

pub use self::names::{queue_name, table_name};
use super::{
    DynamoStore, Meter,
    feed::{Stream, StreamFeed},
    messages::SqsMessages,
    table::DynamoTable,
};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long one attempt at the table may take: a webhook waits for it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);
/// How long the stream, the queue and the opening may take: nobody but our own tasks waits for them.
const PATIENT_TIMEOUT: Duration = Duration::from_secs(10);
/// Where a local DynamoDB is named, which serves its streams too.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "AWS_ENDPOINT_URL_DYNAMODB"];

/// What is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The table's name.
    pub table: String,
    /// The queue's name, or its URL.
    pub queue: String,
    /// What is done about a table or queue that is not there.
    pub missing: Missing,
}

/// Where a store is that certainly is there: whoever made it tells, and nothing is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The table's name.
    pub table: String,
    /// The ARN of its stream.
    pub stream_arn: String,
    /// The queue's URL.
    pub queue_url: String,
}

/// What is done about a table or queue that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Nothing: the store is not opened.
    #[default]
    Refuse,
    /// It is made.
    Create,
}

/// Why a store is not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Nothing says which region.
    #[error("no AWS region: set AWS_REGION, or a region in the AWS profile")]
    NoRegion,
    /// There is no such table, and none was to be made.
    #[error(
        "there is no DynamoDB table {0:?} with this region, account and endpoint, and none was to be made"
    )]
    NoTable(String),
    /// There is no such queue, and none was to be made.
    #[error("there is no SQS queue {0:?} with this region, account and endpoint, and none was to be made")]
    NoQueue(String),
    /// The table is not one of ours.
    #[error("the DynamoDB table {table:?} cannot be used: {wrong}")]
    WrongTable {
        /// Its name.
        table: String,
        /// What is wrong, and what would be right.
        wrong: String,
    },
    /// AWS cannot be asked, or refuses.
    #[error("{service}: {reason}")]
    Failed {
        /// Who was asked.
        service: &'static str,
        /// Why there is no answer.
        reason: String,
    },
}

impl DynamoStore {
    /// Opens the store with the region, credentials and endpoints that the environment and the AWS profile name.
    ///
    /// # Errors
    /// Something is missing, is not as it must be, or AWS cannot be asked.
    pub async fn open(settings: Settings, meter: Arc<dyn Meter>) -> Result<Self, OpenError> {
        let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
        Self::open_with(&config, settings, meter).await
    }

    /// Opens the store with a region, credentials and endpoints of the caller's.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(
        config: &SdkConfig,
        settings: Settings,
        meter: Arc<dyn Meter>,
    ) -> Result<Self, OpenError> {
        if config.region().is_none() {
            return Err(OpenError::NoRegion);
        }
        let Settings { table, queue, missing } = settings;
        let stream_arn = table::find(&opening_client(config), &table, missing).await?;
        let queue_url = queue::find(&queue_client(config), &queue, missing).await?;
        Self::at(config, Places { table, stream_arn, queue_url }, meter)
    }

    /// The store at places that are known. Nothing is asked, so this takes no time: a function starts with it.
    ///
    /// # Errors
    /// There is no region.
    pub fn at(config: &SdkConfig, places: Places, meter: Arc<dyn Meter>) -> Result<Self, OpenError> {
        if config.region().is_none() {
            return Err(OpenError::NoRegion);
        }
        let Places { table, stream_arn, queue_url } = places;
        Ok(Self {
            table: DynamoTable { client: table_client(config), name: table, meter },
            messages: SqsMessages::of(queue_client(config), queue_url),
            feed: StreamFeed::of(Stream { client: stream_client(config), arn: stream_arn }),
        })
    }

    /// The same store, with its connections, and another meter: what this handle consumes is told there.
    #[must_use]
    pub fn metered_by(&self, meter: Arc<dyn Meter>) -> Self {
        let table = DynamoTable { meter, ..self.table.clone() };
        Self { table, ..self.clone() }
    }
}

impl DynamoStore {
    /// The same store, whose messages are delayed by so many seconds at a time instead of by SQS' longest delay: one that is due later
    /// is sent on sooner. So it can be seen within seconds what else would take a quarter of an hour.
    #[must_use]
    pub fn delaying_at_most(&self, seconds: u16) -> Self {
        Self { messages: self.messages.delaying_at_most(seconds), ..self.clone() }
    }
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(attempt).build()
}

/// Without the SDK's retries: see `attempts`.
fn table_client(config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let own = aws_sdk_dynamodb::config::Builder::from(config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(ATTEMPT_TIMEOUT));
    aws_sdk_dynamodb::Client::from_conf(own.build())
}

/// For looking at the table and making it. No webhook waits for that, and each of its requests may be made twice.
fn opening_client(config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let own = aws_sdk_dynamodb::config::Builder::from(config).timeout_config(timeouts(PATIENT_TIMEOUT));
    aws_sdk_dynamodb::Client::from_conf(own.build())
}

fn queue_client(config: &SdkConfig) -> aws_sdk_sqs::Client {
    let own = aws_sdk_sqs::config::Builder::from(config).timeout_config(timeouts(PATIENT_TIMEOUT));
    aws_sdk_sqs::Client::from_conf(own.build())
}

fn stream_client(config: &SdkConfig) -> aws_sdk_dynamodbstreams::Client {
    let mut own =
        aws_sdk_dynamodbstreams::config::Builder::from(config).timeout_config(timeouts(PATIENT_TIMEOUT));
    // On AWS the streams are at an address of their own.
    let named = ENDPOINTS.iter().find_map(|name| std::env::var(name).ok());
    if let Some(endpoint) = named.filter(|endpoint| !endpoint.contains("amazonaws.com")) {
        own.set_endpoint_url(Some(endpoint));
    }
    aws_sdk_dynamodbstreams::Client::from_conf(own.build())
}

fn failed<E>(service: &'static str, error: &SdkError<E, HttpResponse>) -> OpenError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let reason = match error.as_service_error() {
        Some(error) => {
            format!(
                "{}: {}",
                error.code().unwrap_or("an error"),
                error.message().unwrap_or("without a reason")
            )
        }
        None => DisplayErrorContext(error).to_string(),
    };
    OpenError::Failed { service, reason }
}
