//! What is counted, in Prometheus' text format.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use ringfall_domain::call::Call;
use ringfall_store::engines::dynamodb::{Meter, Operation, Units};

/// The platform's figures since the process began.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    webhooks: Family<WebhookLabels, Counter>,
    webhook_seconds: Histogram,
    /// Webhooks that were answered with the last resort.
    pub failures: Counter,
    /// Reservations made.
    pub reserved: Counter,
    /// Reservations refused because another caller was faster.
    pub lost_races: Counter,
    /// Legs whose state the provider did not tell: each is worth an alarm.
    pub legs_unknown: Counter,
    /// Calls that ended.
    pub calls_ended: Counter,
    wait_seconds: Histogram,
    estimate_error_seconds: Histogram,
    /// Times that a sound for callers who wait could not be had.
    pub audio_failures: Counter,
    /// Changes of the feed that were taken up.
    pub feed_changes: Counter,
    /// Times that the feed had lost changes before they were read: each is worth an alarm.
    pub feed_gaps: Counter,
    /// Changes of the feed that could not be read and were passed over: each is worth an alarm.
    pub feed_unreadable: Counter,
    /// Rows of the report that differed from the calls and the journal, and were corrected: each is worth an alarm.
    pub sums_corrected: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WebhookLabels {
    event: &'static str,
    status: u16,
}

/// Upper bounds in seconds, around the aim of 5 ms.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 4.5];

/// Upper bounds in seconds of how long callers wait, and of how wrong they were told.
const WAIT_SECONDS: [f64; 9] = [5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 300.0, 600.0, 1_800.0];

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("ringfall"),
            webhooks: Family::default(),
            webhook_seconds: Histogram::new(SECONDS),
            failures: Counter::default(),
            reserved: Counter::default(),
            lost_races: Counter::default(),
            legs_unknown: Counter::default(),
            calls_ended: Counter::default(),
            wait_seconds: Histogram::new(WAIT_SECONDS),
            estimate_error_seconds: Histogram::new(WAIT_SECONDS),
            audio_failures: Counter::default(),
            feed_changes: Counter::default(),
            feed_gaps: Counter::default(),
            feed_unreadable: Counter::default(),
            sums_corrected: Counter::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("webhooks", "Webhooks answered, by event and status", metrics.webhooks.clone());
        registry.register(
            "webhook_duration_seconds",
            "Time from a webhook's arrival to its answer",
            metrics.webhook_seconds.clone(),
        );
        registry.register(
            "webhook_failures",
            "Webhooks answered with the last resort",
            metrics.failures.clone(),
        );
        registry.register("reservations", "Reservations of capacity", metrics.reserved.clone());
        registry.register(
            "lost_races",
            "Reservations refused at the last moment",
            metrics.lost_races.clone(),
        );
        registry.register(
            "legs_unknown",
            "Looks at a leg whose provider did not tell",
            metrics.legs_unknown.clone(),
        );
        registry.register("calls_ended", "Calls that ended", metrics.calls_ended.clone());
        registry.register(
            "wait_seconds",
            "How long callers have waited in a queue",
            metrics.wait_seconds.clone(),
        );
        registry.register(
            "wait_estimate_error_seconds",
            "By how much the wait that callers were told on entry was wrong, of those whom somebody took",
            metrics.estimate_error_seconds.clone(),
        );
        registry.register(
            "audio_failures",
            "Times that a sound for callers who wait could not be had",
            metrics.audio_failures.clone(),
        );
        registry.register(
            "feed_changes",
            "Changes of the feed that were taken up",
            metrics.feed_changes.clone(),
        );
        registry.register(
            "feed_gaps",
            "Times that the feed had lost changes before they were read",
            metrics.feed_gaps.clone(),
        );
        registry.register(
            "feed_unreadable",
            "Changes of the feed that could not be read and were passed over",
            metrics.feed_unreadable.clone(),
        );
        registry.register(
            "sums_corrected",
            "Rows of the report that differed from the calls and the journal",
            metrics.sums_corrected.clone(),
        );
        metrics
    }
}

/// The capacity units that a store is charged by, as it reports them. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct StoreUnits(Family<UnitLabels, Counter<f64, AtomicU64>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UnitLabels {
    operation: &'static str,
    kind: &'static str,
}

impl Meter for StoreUnits {
    fn consumed(&self, operation: Operation, units: Units) {
        for (kind, units) in [("read", units.read), ("write", units.written)] {
            if units > 0.0 {
                self.0.get_or_create(&UnitLabels { operation: operation.as_str(), kind }).inc_by(units);
            }
        }
    }
}

impl Metrics {
    /// Shows these units among the figures.
    pub fn show_store_units(&mut self, units: &StoreUnits) {
        self.registry.register(
            "store_units",
            "Capacity units that DynamoDB reported, by operation",
            units.0.clone(),
        );
    }

    /// Counts a webhook.
    pub fn webhook(&self, event: &'static str, status: u16, took: Duration) {
        self.webhooks.get_or_create(&WebhookLabels { event, status }).inc();
        self.webhook_seconds.observe(took.as_secs_f64());
    }

    /// Counts the wait of a caller, once it is over.
    pub fn wait_ended(&self, call: &Call) {
        let Some(waited) = call.waited_seconds() else { return };
        self.wait_seconds.observe(waited.into());
        let told = call.queued.as_ref().and_then(|queued| queued.announced_seconds);
        if let Some(told) = told.filter(|_| call.served_from_queue().is_some()) {
            self.estimate_error_seconds.observe(waited.abs_diff(told).into());
        }
    }

    /// All figures in the text format of OpenMetrics.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing into a string fails only if an encoder does, and then there is nothing better to show.
        encode(&mut text, &self.registry).unwrap_or_default();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_shown_by_operation_and_kind() {
        let (mut metrics, units) = (Metrics::default(), StoreUnits::default());
        metrics.show_store_units(&units);
        units.consumed(Operation::GetItem, Units { read: 0.5, written: 0.0 });
        units.consumed(Operation::GetItem, Units { read: 1.0, written: 0.0 });
        units.consumed(Operation::TransactWriteItems, Units { read: 2.0, written: 6.0 });
        let text = metrics.to_text();
        for line in [
            r#"ringfall_store_units_total{operation="GetItem",kind="read"} 1.5"#,
            r#"ringfall_store_units_total{operation="TransactWriteItems",kind="read"} 2.0"#,
            r#"ringfall_store_units_total{operation="TransactWriteItems",kind="write"} 6.0"#,
        ] {
            assert!(text.contains(line), "{line} is missing:\n{text}");
        }
        assert!(!text.contains(r#"operation="GetItem",kind="write""#), "{text}");
    }
}
