//! The queue.

use aws_sdk_sqs::{Client, types::QueueAttributeName};

use super::{Missing, OpenError, failed};

const SERVICE: &str = "SQS";
/// How long SQS keeps a message that nobody takes: 14 days, the longest that it can.
const RETENTION_SECONDS: &str = "1209600";

/// Finds the queue of a name or URL, or makes it; gives its URL.
pub(super) async fn find(client: &Client, queue: &str, missing: Missing) -> Result<String, OpenError> {
    let url = if queue.contains("://") { known(client, queue).await? } else { url_of(client, queue).await? };
    match (url, missing) {
        (Some(url), _) => Ok(url),
        (None, Missing::Create) if !queue.contains("://") => create(client, queue).await,
        (None, Missing::Create | Missing::Refuse) => Err(OpenError::NoQueue(queue.to_owned())),
    }
}

/// The URL, if there is a queue at it.
async fn known(client: &Client, url: &str) -> Result<Option<String>, OpenError> {
    match client.get_queue_attributes().queue_url(url).send().await {
        Ok(_) => Ok(Some(url.to_owned())),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist()) => {
            Ok(None)
        }
        Err(error) => Err(failed(SERVICE, &error)),
    }
}

async fn url_of(client: &Client, name: &str) -> Result<Option<String>, OpenError> {
    match client.get_queue_url().queue_name(name).send().await {
        Ok(answer) => Ok(answer.queue_url),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist()) => {
            Ok(None)
        }
        Err(error) => Err(failed(SERVICE, &error)),
    }
}

async fn create(client: &Client, name: &str) -> Result<String, OpenError> {
    let request = client
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS);
    let answer = request.send().await.map_err(|error| failed(SERVICE, &error))?;
    answer.queue_url.ok_or_else(|| OpenError::NoQueue(name.to_owned()))
}
