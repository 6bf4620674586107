//! The delayed messages on SQS.
//!
//! SQS delays a message for 15 minutes at most. One that is due later is sent with the longest delay and its time; when
//! it comes it is sent on, again with the longest delay that it needs, and only then deleted: it may be doubled on the
//! way, never lost.

use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    types::{Message, MessageAttributeValue, MessageSystemAttributeName},
};
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

use crate::{
    engines::interpreter::validate,
    port::{Delivery, MessageBody, Messages, Receipt, StoreError},
};

/// The longest delay of a message.
const LONGEST_DELAY_SECONDS: i32 = 900;
/// The most messages of one receive.
const BATCH: usize = 10;
/// How long a receive waits for a message. Each costs the same, however long it waits.
const WAIT_SECONDS: i32 = 1;
/// For how long at most a message may be postponed: SQS hides for 12 hours from the receive on.
const LONGEST_POSTPONEMENT_SECONDS: i32 = 11 * 3_600;
/// The attribute with the time of a message that is due later than SQS can delay it.
pub(super) const DUE_AT: &str = "due_at";

/// One queue.
#[derive(Debug, Clone)]
pub(super) struct SqsMessages {
    client: Client,
    queue_url: String,
    /// The longest delay that is asked for.
    longest_delay_seconds: i32,
    /// SQS counts delays from its own now; this is ours.
    now: fn() -> Timestamp,
}

/// What SQS says of receipts whose message was deleted or delivered again, or that it never gave.
const USELESS_RECEIPTS: [&str; 3] = ["ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"];

impl SqsMessages {
    pub(super) fn of(client: Client, queue_url: String) -> Self {
        Self { client, queue_url, longest_delay_seconds: LONGEST_DELAY_SECONDS, now: Timestamp::now }
    }

    /// The same queue, with shorter delays.
    pub(super) fn delaying_at_most(&self, seconds: u16) -> Self {
        Self { longest_delay_seconds: LONGEST_DELAY_SECONDS.min(seconds.into()), ..self.clone() }
    }

    async fn send_at(&self, body: &str, due_at: Timestamp) -> Result<(), StoreError> {
        let seconds = seconds_until(due_at, (self.now)());
        let request = self.client.send_message().queue_url(&self.queue_url).message_body(body);
        let request = if seconds <= self.longest_delay_seconds {
            request.delay_seconds(seconds)
        } else {
            let time = MessageAttributeValue::builder().data_type("String").string_value(due_at.to_string());
            let time = time.build().map_err(|error| StoreError::Invalid(error.to_string()))?;
            request.delay_seconds(self.longest_delay_seconds).message_attributes(DUE_AT, time)
        };
        request.send().await.map(drop).map_err(|error| failure(&error))
    }

    /// The delivery, unless the message is not due yet: then it is sent on.
    async fn deliver(&self, message: Message) -> Result<Option<Delivery>, StoreError> {
        let due_at = attribute(&message, DUE_AT).map(str::to_owned);
        let deliveries = deliveries(&message);
        let (Some(receipt), Some(body)) = (message.receipt_handle, message.body) else {
            return Err(StoreError::Damaged("a message without receipt or body".to_owned()));
        };
        let delivery = Delivery { receipt: Receipt(receipt), body, deliveries };
        if self.is_sent_on(&delivery.body, due_at.as_deref()).await? {
            self.acknowledge(&delivery.receipt).await?;
            return Ok(None);
        }
        Ok(Some(delivery))
    }

    /// Sends a message on that came before its time. `due_at`: its attribute [`DUE_AT`].
    ///
    /// # Returns
    /// True if another message stands in its place: this one is done with.
    pub(super) async fn is_sent_on(&self, body: &str, due_at: Option<&str>) -> Result<bool, StoreError> {
        let damaged = |text: &str| StoreError::Damaged(format!("{DUE_AT}: {text}"));
        let due_at: Option<Timestamp> =
            due_at.map(|text| text.parse().map_err(|_| damaged(text))).transpose()?;
        match due_at {
            Some(due_at) if due_at > (self.now)() => self.send_at(body, due_at).await.map(|()| true),
            Some(_) | None => Ok(false),
        }
    }
}

#[async_trait]
impl Messages for SqsMessages {
    async fn send(&self, body: MessageBody, due_at: Timestamp) -> Result<(), StoreError> {
        validate::message(&body)?;
        self.send_at(&body, due_at).await
    }

    /// SQS goes by its own time.
    async fn receive(
        &self,
        _now: Timestamp,
        hidden_seconds: u32,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        validate::receive(hidden_seconds, limit)?;
        let request = self
            .client
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(limit.min(BATCH).try_into().unwrap_or(1))
            .visibility_timeout(hidden_seconds.try_into().unwrap_or(i32::MAX))
            .wait_time_seconds(WAIT_SECONDS)
            .message_attribute_names(DUE_AT)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let answer = request.send().await.map_err(|error| failure(&error))?;
        let messages = answer.messages.unwrap_or_default().into_iter();
        let delivered = try_join_all(messages.map(|message| self.deliver(message))).await?;
        Ok(delivered.into_iter().flatten().collect())
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), StoreError> {
        if receipt.0.is_empty() {
            return Ok(());
        }
        let request = self.client.delete_message().queue_url(&self.queue_url).receipt_handle(&receipt.0);
        unless_useless(request.send().await)
    }

    async fn postpone(&self, receipt: &Receipt, due_at: Timestamp) -> Result<(), StoreError> {
        let seconds = seconds_until(due_at, (self.now)());
        if seconds > LONGEST_POSTPONEMENT_SECONDS {
            return Err(StoreError::Invalid(format!(
                "a message is postponed for {seconds} s, the most is {LONGEST_POSTPONEMENT_SECONDS}"
            )));
        }
        if receipt.0.is_empty() {
            return Ok(());
        }
        let request = self
            .client
            .change_message_visibility()
            .queue_url(&self.queue_url)
            .receipt_handle(&receipt.0)
            .visibility_timeout(seconds);
        unless_useless(request.send().await)
    }
}

/// Whole seconds, rounded so that no message is early; none before now.
fn seconds_until(due_at: Timestamp, now: Timestamp) -> i32 {
    let left = due_at.duration_since(now).max(SignedDuration::ZERO);
    let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

fn attribute<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    message.message_attributes.as_ref()?.get(name)?.string_value()
}

fn deliveries(message: &Message) -> u32 {
    let attributes = message.attributes.as_ref();
    let count = attributes.and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount));
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn unless_useless<T, E>(answer: Result<T, SdkError<E, HttpResponse>>) -> Result<(), StoreError>
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match answer {
        Ok(_) => Ok(()),
        Err(error) if is_useless_receipt(&error) => Ok(()),
        Err(error) => Err(failure(&error)),
    }
}

fn is_useless_receipt<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
    // The older of SQS's two languages puts its name before the code.
    USELESS_RECEIPTS.contains(&code.rsplit('.').next().unwrap_or_default())
}

/// The SDK has tried several times by now.
fn failure<E>(error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("InvalidMessageContents") => {
            StoreError::Invalid("the message holds characters that SQS does not carry".to_owned())
        }
        _ => StoreError::Unavailable(format!("SQS: {}", DisplayErrorContext(error))),
    }
}

#[cfg(test)]
mod queue_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_whole_seconds_and_never_too_short() {
        let now = Timestamp::from_second(1_780_000_000).expect("a time in 2026");
        for (milliseconds, seconds) in [
            (-5_000, 0),
            (0, 0),
            (1, 1),
            (1_000, 1),
            (900_000, 900),
            (900_001, 901),
            (i64::MAX / 1_000, i32::MAX),
        ] {
            let due_at = now.saturating_add(SignedDuration::from_millis(milliseconds));
            assert_eq!(seconds_until(due_at.expect("a time"), now), seconds, "{milliseconds}");
        }
    }
}
