//! The way to the platform: webhooks are lost, late, doubled, overtaken, and so are their replies.

use std::{future::pending, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use ringfall_domain::call::{event::EventKind, instructions::Instruction};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout},
};
use tower::ServiceExt;

use super::{
    super::{
        faults::{Lived, live},
        verdict::Invariant,
    },
    Carrier,
    call::Line,
    instructions::{Letterhead, Shown},
    wire::{Document, Letter},
};

/// One webhook, as often as it is sent.
#[derive(Clone)]
pub(super) struct Webhook {
    pub(super) line: Arc<Line>,
    pub(super) url: String,
    pub(super) kind: EventKind,
}

/// What one try came to.
enum Tried {
    Answered(Document),
    NotReceived,
    /// Received, and answered by nothing that can be obeyed.
    Broken,
}

/// Nothing is waited for longer, over all tries (Twilio's total time-out).
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
/// How long it takes to notice that the platform cannot be reached.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 1_000;

impl Carrier {
    /// Asks what to do. None if no instructions came in time.
    pub(super) async fn ask(self: &Arc<Self>, webhook: &Webhook) -> Option<Document> {
        let document = timeout(TOTAL_TIMEOUT, self.try_often(webhook)).await.ok().flatten();
        match &document {
            Some(document) => {
                let shown = Shown(&document.instructions);
                self.trace.note(format_args!("{} is told: {shown}", webhook.line.label));
            }
            None => {
                self.trace.count("webhook: no instructions came");
                self.trace.note(format_args!("{} is told nothing", webhook.line.label));
            }
        }
        document
    }

    async fn try_often(self: &Arc<Self>, webhook: &Webhook) -> Option<Document> {
        let manners = &self.agency(webhook.line.agency).manners;
        for _ in 0..manners.tries {
            match timeout(manners.read_timeout, self.try_once(webhook)).await {
                Ok(Tried::Answered(document)) => return Some(document),
                Ok(Tried::NotReceived) => {}
                Ok(Tried::Broken) => return None,
                Err(_) if manners.repeats_unanswered => {}
                Err(_) => return None,
            }
        }
        None
    }

    async fn try_once(self: &Arc<Self>, webhook: &Webhook) -> Tried {
        let faults = &self.faults;
        self.send_copies(webhook, 40_000);
        if faults.strikes(faults.weather.lost, "webhook: lost") {
            sleep(CONNECT_TIMEOUT).await;
            return Tried::NotReceived;
        }
        let is_late = faults.strikes(faults.weather.late, "webhook: late");
        let there = faults.delay(if is_late { 1_000..=14_000 } else { 5..=80 });
        let (answer, answered) = oneshot::channel();
        let (carrier, sent) = (Arc::clone(self), webhook.clone());
        self.spawn(async move {
            sleep(there).await;
            // Whoever waits may have given up; the platform works on all the same.
            drop(answer.send(carrier.serve(&sent).await));
        });
        let document = answered.await.ok().flatten();
        if faults.strikes(faults.weather.reply_lost, "webhook: reply lost") {
            pending::<()>().await;
        }
        let is_late = faults.strikes(faults.weather.reply_late, "webhook: reply late");
        sleep(faults.delay(if is_late { 1_000..=14_000 } else { 5..=60 })).await;
        document.map_or(Tried::Broken, Tried::Answered)
    }

    /// Reports something; nobody waits for the answer.
    pub(super) fn report(self: &Arc<Self>, webhook: Webhook) {
        let faults = &self.faults;
        self.send_copies(&webhook, 300_000);
        if faults.strikes(faults.weather.lost, "report: lost") {
            return;
        }
        let is_late = faults.strikes(faults.weather.late, "report: late");
        let there = faults.delay(if is_late { 1_000..=240_000 } else { 10..=500 });
        self.send_later(webhook, there);
    }

    /// Copies that nobody awaits: some at once, some much later.
    fn send_copies(self: &Arc<Self>, webhook: &Webhook, latest_milliseconds: u64) {
        let faults = &self.faults;
        if faults.strikes(faults.weather.doubled, "webhook: doubled") {
            if matches!(webhook.kind, EventKind::Held { .. }) {
                self.trace.count("webhook: a step of the hold doubled");
            }
            for _ in 0..=faults.index(3) {
                let latest = if faults.index(2) == 0 { 100 } else { latest_milliseconds };
                self.send_later(webhook.clone(), faults.delay(0..=latest));
            }
        }
    }

    fn send_later(self: &Arc<Self>, webhook: Webhook, after: Duration) {
        let carrier = Arc::clone(self);
        self.spawn(async move {
            sleep(after).await;
            carrier.serve(&webhook).await;
        });
    }

    /// The webhook has arrived: some machine of the platform takes it.
    async fn serve(&self, webhook: &Webhook) -> Option<Document> {
        let line = &webhook.line;
        self.trace.note(format_args!("{} tells: {}", line.label, Letterhead(&webhook.kind)));
        self.checker.arrived(line.id, &webhook.kind);
        let router = self.fleet.get()?.any_router();
        let letter = Letter { provider_call_id: line.sid.clone(), kind: webhook.kind.clone() };
        let number = self.exchange.post(letter);
        let request = Request::post(&webhook.url).body(Body::from(number.to_string())).ok()?;
        let account = self.agency(line.agency).account;
        let began_at = Instant::now();
        let lived = live(Some(account), router.oneshot(request)).await;
        self.exchange.forget(number);
        let (response, harmed) = match lived {
            Lived::Through { answer: Ok(response), harmed } => (response, harmed),
            Lived::Died => {
                self.trace.note(format_args!("{}: the invocation died", line.label));
                return None;
            }
            Lived::Panicked => {
                let kind = Letterhead(&webhook.kind);
                self.checker.verdict.violated(Invariant::Soundness, format_args!("a panic over {kind}"));
                return None;
            }
        };
        if harmed {
            self.checker.harmed();
        } else {
            self.checker.told(line.id, &webhook.kind);
        }
        if response.status() != StatusCode::OK {
            return None;
        }
        let body = to_bytes(response.into_body(), MOST_BYTES).await.ok()?;
        let number = std::str::from_utf8(&body).ok()?.parse().ok()?;
        let document = self.exchange.fetch(number)?;
        let holds =
            document.instructions.iter().any(|instruction| matches!(instruction, Instruction::Hold(_)));
        if holds && !harmed && matches!(webhook.kind, EventKind::Held { .. }) {
            self.held_on(line, began_at).await;
        }
        Some(document)
    }

    async fn held_on(&self, line: &Line, began_at: Instant) {
        if let Err(error) = self.checker.held_on(line.id, began_at).await {
            self.checker.verdict.violated(Invariant::Soundness, format_args!("{error}"));
        }
    }
}
