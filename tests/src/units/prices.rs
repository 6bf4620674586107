//! What calls cost on AWS: list prices of us-east-1, arm64, on demand.

use std::ops::{Add, Sub};

use super::{Consumed, Step, Usage};

/// US dollars for a million of each: DynamoDB's write and read units, SQS's requests, Lambda's requests.
pub const WRITE_UNITS: f64 = 0.625;
/// See [`WRITE_UNITS`].
pub const READ_UNITS: f64 = 0.125;
/// See [`WRITE_UNITS`].
pub const QUEUE_REQUESTS: f64 = 0.40;
/// See [`WRITE_UNITS`].
pub const INVOCATIONS: f64 = 0.20;
/// US dollars for a gigabyte-second of Lambda.
pub const GIGABYTE_SECOND: f64 = 0.000_013_333_4;

/// A message is sent, received and deleted.
const REQUESTS_PER_MESSAGE: f64 = 3.0;
/// What the functions are given (`infra/template.yaml`).
const GIGABYTES: f64 = 0.25;
/// What is assumed of an invocation, since nothing local tells: so long for itself, and so long for each round trip to the store, in seconds.
pub const ASSUMED_SECONDS: [f64; 2] = [0.002, 0.005];

/// US dollars for a million calls.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bill {
    /// For DynamoDB.
    pub table: f64,
    /// For SQS.
    pub queue: f64,
    /// For Lambda.
    pub functions: f64,
}

impl Bill {
    /// What these webhooks cost, and whatever takes up the messages that they send.
    pub fn of(webhooks: &[Step<Usage>]) -> Self {
        webhooks.iter().map(|step| Self::of_webhook(&step.usage)).fold(Self::default(), Add::add)
    }

    /// What the table costs alone.
    pub fn of_units(usage: &impl Consumed) -> Self {
        let units = usage.units();
        Self { table: WRITE_UNITS * units.written + READ_UNITS * units.read, ..Self::default() }
    }

    fn of_webhook(usage: &Usage) -> Self {
        let [itself, round_trip] = ASSUMED_SECONDS;
        let messages = usage.messages as f64;
        // Whoever takes up a message reads a call, mostly finds nothing to do, and says so.
        let seconds = itself + round_trip * usage.round_trips as f64 + messages * (itself + round_trip);
        Self {
            queue: QUEUE_REQUESTS * REQUESTS_PER_MESSAGE * messages,
            functions: INVOCATIONS * (1.0 + messages) + 1e6 * GIGABYTE_SECOND * GIGABYTES * seconds,
            ..Self::of_units(usage)
        }
    }

    /// In all.
    pub fn sum(&self) -> f64 {
        self.table + self.queue + self.functions
    }
}

impl Add for Bill {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            table: self.table + other.table,
            queue: self.queue + other.queue,
            functions: self.functions + other.functions,
        }
    }
}

impl Sub for Bill {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            table: self.table - other.table,
            queue: self.queue - other.queue,
            functions: self.functions - other.functions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_webhooks_cost_what_the_price_list_says() {
        let usage = Usage { read: 2, written: 10, messages: 1, round_trips: 2, ..Usage::default() };
        let bill = Bill::of(&[Step { name: "a webhook", usage }]);
        assert!((bill.table - (6.25 + 0.25)).abs() < 1e-9, "{bill:?}");
        assert!((bill.queue - 1.2).abs() < 1e-9, "{bill:?}");
        // Two invocations, 19 ms of a quarter of a gigabyte.
        assert!((bill.functions - (0.4 + 0.063_333_65)).abs() < 1e-9, "{bill:?}");
        assert_eq!(bill - bill, Bill::default());
    }
}
