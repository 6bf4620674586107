//! What is counted, in the form of Prometheus.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::engine::{Count, Counters};

/// Seconds: from a fraction of a millisecond, as the relay itself needs, to what a slow platform takes.
const SECONDS: [f64; 14] =
    [0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// The meters of SIP and of calls. All clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Mutex<Registry>,
    dropped: Family<Reason, Counter>,
    refused: Family<Reason, Counter>,
    /// Calls that came.
    calls: Counter,
    /// Calls that are live.
    live_calls: Gauge,
    /// Legs that were dialled.
    legs: Counter,
    /// How long the platform took to answer.
    webhooks: Histogram,
    /// How often it did not.
    webhook_failures: Counter,
    /// Notices that were given up.
    notices_lost: Counter,
    /// From the platform's word to the INVITE that follows it.
    dial_latency: Histogram,
    /// What the engine counts.
    packets: Family<Kind, Counter>,
    jitter: Gauge,
    ports: Gauge,
    audio_legs: Gauge,
    recordings: Gauge,
    to_upload: Gauge,
    upload_failures: Counter,
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("ringfall_relay");
        let (dropped, refused) = (Family::default(), Family::default());
        let (calls, live_calls, legs) = (Counter::default(), Gauge::default(), Counter::default());
        let (webhooks, dial_latency) = (Histogram::new(SECONDS), Histogram::new(SECONDS));
        let (webhook_failures, notices_lost) = (Counter::default(), Counter::default());
        registry.register("sip_dropped", "SIP messages not taken", dropped.clone());
        registry.register("calls_refused", "Calls refused by the relay itself", refused.clone());
        registry.register("calls", "Calls that came or were placed", calls.clone());
        registry.register("live_calls", "Calls under way", live_calls.clone());
        registry.register("legs_dialled", "Legs that were dialled", legs.clone());
        registry.register("webhook_seconds", "How long the platform took to answer", webhooks.clone());
        registry.register(
            "webhook_failures",
            "Questions the platform did not answer",
            webhook_failures.clone(),
        );
        registry.register("notices_lost", "Notices given up", notices_lost.clone());
        registry.register(
            "dial_seconds",
            "From the order to dial, or the call itself, to the INVITE, the platform's time left out",
            dial_latency.clone(),
        );
        let packets = Family::default();
        let [jitter, ports, audio_legs, recordings] = [(); 4].map(|()| Gauge::default());
        registry.register("packets", "RTP and RTCP packets and what became of them", packets.clone());
        registry.register("worst_jitter_microseconds", "The worst jitter of a leg", jitter.clone());
        registry.register("port_pairs_in_use", "Pairs of ports in use", ports.clone());
        registry.register("audio_legs", "Legs with audio", audio_legs.clone());
        registry.register("recordings", "Recordings under way", recordings.clone());
        let (to_upload, upload_failures) = (Gauge::default(), Counter::default());
        registry.register(
            "recordings_to_upload",
            "Recordings that are not in the bucket yet",
            to_upload.clone(),
        );
        registry.register(
            "upload_failures",
            "Attempts to bring a recording into the bucket that failed",
            upload_failures.clone(),
        );
        Self(Arc::new(Inner {
            registry: Mutex::new(registry),
            dropped,
            refused,
            calls,
            live_calls,
            legs,
            webhooks,
            webhook_failures,
            notices_lost,
            dial_latency,
            packets,
            jitter,
            ports,
            audio_legs,
            recordings,
            to_upload,
            upload_failures,
        }))
    }

    pub(crate) fn dropped(&self, reason: &'static str) {
        self.0.dropped.get_or_create(&Reason { reason }).inc();
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        self.0.refused.get_or_create(&Reason { reason }).inc();
    }

    pub(crate) fn call_began(&self) {
        self.0.calls.inc();
        self.0.live_calls.inc();
    }

    pub(crate) fn call_ended(&self) {
        self.0.live_calls.dec();
    }

    pub(crate) fn leg_dialled(&self, after_seconds: f64) {
        self.0.legs.inc();
        self.0.dial_latency.observe(after_seconds);
    }

    pub(crate) fn webhook(&self, seconds: f64, answered: bool) {
        self.0.webhooks.observe(seconds);
        if !answered {
            self.0.webhook_failures.inc();
        }
    }

    pub(crate) fn notice_lost(&self) {
        self.0.notices_lost.inc();
    }

    pub(crate) fn to_upload(&self, recordings: usize) {
        self.0.to_upload.set(i64::try_from(recordings).unwrap_or(i64::MAX));
    }

    pub(crate) fn upload_failed(&self) {
        self.0.upload_failures.inc();
    }

    /// Everything, as `/metrics` tells it, with what the engine has counted.
    pub(crate) fn text(&self, audio: &Counters) -> String {
        let mut text = String::new();
        self.show(audio);
        let registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing into a text does not fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

impl Metrics {
    fn show(&self, audio: &Counters) {
        for count in Count::ALL {
            let packets = self.0.packets.get_or_create(&Kind { kind: count.name() });
            let before = packets.get();
            packets.inc_by(audio.get(count).saturating_sub(before));
        }
        let gauges = [
            (&self.0.jitter, audio.worst_jitter_microseconds),
            (&self.0.ports, audio.ports_in_use),
            (&self.0.audio_legs, audio.legs),
            (&self.0.recordings, audio.recordings),
        ];
        for (gauge, value) in gauges {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_in_the_text() {
        let metrics = Metrics::new();
        metrics.dropped("unknown_source");
        metrics.call_began();
        metrics.webhook(0.003, false);
        let text = metrics.text(&Counters::default());
        for line in [
            "ringfall_relay_sip_dropped_total{reason=\"unknown_source\"} 1",
            "ringfall_relay_live_calls 1",
            "ringfall_relay_webhook_failures_total 1",
            "ringfall_relay_webhook_seconds_bucket{le=\"0.005\"} 1",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
        }
    }
}
