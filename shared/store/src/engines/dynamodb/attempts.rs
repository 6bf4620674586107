//! Calls of DynamoDB that are made again, with a random pause before each, for as long as a webhook can wait.
//!
//! The SDK's own retries are off: after a lost answer it would repeat a conditional write, find its own work in the
//! way and report a refusal of what has happened. Here a call is made again if it certainly did not happen, or if
//! making it twice is making it once.

use std::{error::Error, time::Duration};

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};
use tokio::time::{Instant, sleep};

use crate::port::StoreError;

/// No attempt begins after this: a provider waits for 15 seconds, in which several calls of the store must fit.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// The longest pause before the second attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
/// The longest pause of all.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// What is known of a call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It did not happen, and may well the next time: throttled, or in conflict with another.
    NotDone(String),
    /// Nobody knows whether it happened.
    Unknown(String),
    /// It did not happen and never will.
    Final(StoreError),
}

/// Whether a call may be made again of which nobody knows whether it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeatable {
    /// Twice is once: reads, and transactions under one token.
    Yes,
    /// Twice would be twice.
    No,
}

/// How long a caller waits for one answer of the store.
#[derive(Debug)]
pub(super) struct Patience {
    until: Instant,
    longest_pause: Duration,
}

impl Patience {
    /// From now on.
    pub(super) fn new() -> Self {
        Self { until: Instant::now() + PATIENCE, longest_pause: FIRST_PAUSE }
    }

    /// Waits before another attempt. False if there is no time for one.
    pub(super) async fn pause(&mut self) -> bool {
        // Without randomness the pauses are merely not jittered.
        let share = getrandom::u32().unwrap_or(u32::MAX);
        let pause = self.longest_pause.mul_f64(f64::from(share) / f64::from(u32::MAX));
        if Instant::now() + pause >= self.until {
            return false;
        }
        sleep(pause).await;
        self.longest_pause = (self.longest_pause * 2).min(LONGEST_PAUSE);
        true
    }
}

/// Makes a call until it is answered or patience is over.
pub(super) async fn persist<T, C>(repeatable: Repeatable, call: impl Fn() -> C) -> Result<T, StoreError>
where
    C: Future<Output = Result<T, Failure>>,
{
    let mut patience = Patience::new();
    loop {
        let why = match call().await {
            Ok(answer) => return Ok(answer),
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Unknown(why)) if repeatable == Repeatable::No => {
                return Err(StoreError::Unavailable(why));
            }
            Err(Failure::NotDone(why) | Failure::Unknown(why)) => why,
        };
        tracing::debug!(why, "a call of DynamoDB is made again");
        if !patience.pause().await {
            return Err(StoreError::Unavailable(why));
        }
    }
}

impl Failure {
    /// What an error of the SDK means.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                let (code, message) = (answer.err().code(), answer.err().message());
                Self::of_code(code.unwrap_or_default(), message.unwrap_or_default())
            }
            // No region, no credentials, no connection, no answer: only of the last may anybody know.
            other => Self::Unknown(format!("DynamoDB: {}", DisplayErrorContext(other))),
        }
    }

    /// What an error code of DynamoDB means, also as the reason of a cancelled transaction.
    pub(super) fn of_code(code: &str, message: &str) -> Self {
        let told = format!("DynamoDB: {code}: {message}");
        match code.strip_suffix("Exception").unwrap_or(code) {
            "ProvisionedThroughputExceeded"
            | "Throttling"
            | "ThrottlingError"
            | "RequestLimitExceeded"
            | "LimitExceeded"
            | "TransactionConflict"
            | "TransactionInProgress"
            | "ReplicatedWriteConflict" => Self::NotDone(told),
            "Validation" | "ValidationError" | "ItemCollectionSizeLimitExceeded" => {
                Self::Final(StoreError::Invalid(told))
            }
            "AccessDenied"
            | "ExpiredToken"
            | "IdempotentParameterMismatch"
            | "InvalidSignature"
            | "MissingAuthenticationToken"
            | "ResourceNotFound"
            | "UnrecognizedClient" => Self::Final(StoreError::Unavailable(told)),
            _ => Self::Unknown(told),
        }
    }
}
