//! One caller's call, from the first webhook to the last report.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ringfall_domain::{
    call::{
        event::{Arrival, CallReport, CallerFacts, EndCause, EventKind, Input, LegReport, LegStatus},
        instructions::{Continuation, Dial, DialPurpose, Instruction, Instructions},
    },
    ids::CallId,
    phone::{CallerNumber, PhoneNumber},
};
use ringfall_providers::WebhookEvent;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::{
    super::{chance::Chance, world::Caller},
    Carrier, held,
    instructions::event_of,
    leg::Leg,
    people,
    webhooks::Webhook,
    wire::Document,
};

/// A caller's line.
pub(super) struct Line {
    /// Short, for the trace.
    pub(super) label: String,
    /// The carrier's id.
    pub(super) sid: String,
    /// The platform's id, which follows from the carrier's.
    pub(super) id: CallId,
    /// Index of the agency.
    pub(super) agency: usize,
    /// What these people do.
    pub(super) chance: Chance,
    /// Seconds from which their talk counts, but for what a target adds.
    pub(super) minimum_seconds: u32,
    dialled: PhoneNumber,
    began_at: Instant,
    gone: Notify,
    is_over: AtomicBool,
    leg: Mutex<Option<Arc<Leg>>>,
}

impl Line {
    pub(super) fn new(carrier: &Carrier, caller: Caller) -> Arc<Self> {
        let sid = caller.sid();
        let agency = carrier.agency(caller.agency);
        let chance = Chance::new(carrier.world.seed, &format!("caller {}", caller.number));
        let numbers: Vec<_> = agency.numbers.values().collect();
        let number = *chance.one_of(&numbers);
        let is_misdialled = chance.happens(10);
        let nobodys = || "+18005550000".parse().expect("a number");
        Arc::new(Self {
            label: format!("c{}", caller.number),
            id: CallId::of_provider_call(agency.connection, &sid),
            sid,
            agency: caller.agency,
            chance,
            minimum_seconds: agency.campaigns[&number.campaign_id].conversion.minimum_seconds,
            dialled: if is_misdialled { nobodys() } else { number.phone_number.clone() },
            began_at: Instant::now(),
            gone: Notify::new(),
            is_over: AtomicBool::new(false),
            leg: Mutex::default(),
        })
    }

    /// The caller hangs up, or is hung up on.
    pub(super) fn hang_up(&self) {
        self.gone.notify_one();
    }

    /// Whether the caller has gone.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// From now on the caller's end is the end of this leg, too.
    pub(super) fn join(&self, leg: &Arc<Leg>) {
        *held(&self.leg) = Some(Arc::clone(leg));
    }
}

/// Where a call goes on: another webhook, or nowhere.
enum Onward {
    Ask { url: String, kind: EventKind },
    Over,
}

impl Carrier {
    /// The whole call.
    pub(super) async fn conduct(self: &Arc<Self>, line: &Arc<Line>) {
        self.checker.call_began(line.id, self.agency(line.agency).account);
        self.trace.note(format_args!("{} calls as {} of agency {}", line.label, line.id, line.agency));
        if line.chance.happens(200) {
            self.report_call(line, false);
        }
        let patience = people::patience(&line.chance);
        let impatient = async {
            match patience {
                Some(patience) => sleep(patience).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = line.gone.notified() => {}
            () = impatient => self.trace.count("call: the caller hung up early"),
            () = self.follow(line) => {}
        }
        self.trace.note(format_args!("{} is over", line.label));
        self.checker.call_ended(line.id);
        line.is_over.store(true, Ordering::Relaxed);
        let leg = held(&line.leg).take();
        if let Some(leg) = leg {
            leg.cut();
        }
        self.report_call(line, true);
    }

    /// Asks what to do, does it, and asks again.
    async fn follow(self: &Arc<Self>, line: &Arc<Line>) {
        let entries = self.entries(line.agency);
        let mut onward = Onward::Ask {
            url: entries.entry(WebhookEvent::Voice),
            kind: EventKind::Arrived(self.arrival(line)),
        };
        while let Onward::Ask { url, kind } = onward {
            let webhook = Webhook { line: Arc::clone(line), url, kind };
            onward = match self.ask(&webhook).await {
                Some(document) => self.obey(line, &document).await,
                None => Onward::Over,
            };
        }
    }

    fn arrival(&self, line: &Line) -> Arrival {
        let chance = &line.chance;
        let is_anonymous = chance.happens(50);
        let number = format!("+1512{:07}", chance.within(0..=40));
        Arrival {
            provider_call_id: line.sid.clone(),
            caller: CallerNumber::from_presented(if is_anonymous { "anonymous" } else { &number }),
            dialled: line.dialled.clone(),
            caller_facts: CallerFacts {
                state: chance.happens(800).then(|| (*chance.one_of(&["TX", "OK", "NY"])).to_owned()),
                country: Some("US".to_owned()),
                ..CallerFacts::default()
            },
        }
    }

    async fn obey(self: &Arc<Self>, line: &Arc<Line>, document: &Document) -> Onward {
        for instruction in &document.instructions {
            match instruction {
                Instruction::Say(speech) => {
                    self.checker.heard(line.id, &speech.text);
                    sleep(people::speaking(&speech.text)).await;
                }
                Instruction::Gather { prompt, input, timeout_seconds, then } => {
                    let (entered, after) = people::entry(&line.chance, *input, *timeout_seconds);
                    let speaking = people::speaking(&prompt.text);
                    // Who knows the question does not hear it out.
                    let heard_out = matches!(entered, Input::Nothing) || line.chance.happens(500);
                    sleep(if heard_out { speaking + after } else { after }).await;
                    return match event_of(then, entered) {
                        Some(kind) => Onward::Ask { url: document.callbacks.url(document.call, then), kind },
                        None => Onward::Over,
                    };
                }
                Instruction::Connect(dial) => return self.dial(line, document, dial).await,
                Instruction::Continue(then) => {
                    return match event_of(then, Input::Nothing) {
                        Some(kind) => Onward::Ask { url: document.callbacks.url(document.call, then), kind },
                        None => Onward::Over,
                    };
                }
                // An empty document: the call goes on to its end.
                Instruction::Bridge => {}
                Instruction::Reject(_) | Instruction::Hangup => return Onward::Over,
            }
        }
        Onward::Over
    }

    async fn dial(self: &Arc<Self>, line: &Arc<Line>, document: &Document, dial: &Dial) -> Onward {
        self.checker.dialled(line.id, dial);
        match &dial.purpose {
            DialPurpose::Attempt { attempt, .. } => {
                let report = self.attempt(line, document, dial, *attempt).await;
                // The answerer's hanging up takes a moment to be noticed.
                sleep(line.chance.milliseconds(20..=800)).await;
                let then = Continuation::DialEnded { attempt: *attempt };
                let kind = EventKind::DialEnded { attempt: *attempt, report };
                Onward::Ask { url: document.callbacks.url(document.call, &then), kind }
            }
            DialPurpose::Forward(node) => {
                let answered = self.forward(line, dial).await;
                let then = Continuation::ForwardEnded { node: node.clone() };
                let kind = EventKind::ForwardEnded { node: node.clone(), answered };
                Onward::Ask { url: document.callbacks.url(document.call, &then), kind }
            }
            DialPurpose::Fallback => {
                self.forward(line, dial).await;
                Onward::Over
            }
        }
    }

    /// Rings a target and returns when that is over.
    async fn attempt(
        self: &Arc<Self>,
        line: &Arc<Line>,
        document: &Document,
        dial: &Dial,
        attempt: u8,
    ) -> LegReport {
        if line.chance.happens(15) {
            self.trace.count("leg: never placed");
            let status = Some(LegStatus::Ended(EndCause::Failed));
            return LegReport { status, ..LegReport::default() };
        }
        let leg = self.place(line, document, dial, attempt);
        leg.over().await;
        self.dial_report(line, &leg)
    }

    /// Rings a number that nothing is reported of but its end.
    async fn forward(&self, line: &Line, dial: &Dial) -> bool {
        let rings = Duration::from_secs(u64::from(dial.ring_timeout_seconds));
        match people::line(&line.chance, dial.ring_timeout_seconds) {
            people::Line::Answers { after } if after < rings => {
                sleep(after + line.chance.milliseconds(2_000..=60_000)).await;
                true
            }
            people::Line::Answers { .. } | people::Line::NobodyThere => {
                sleep(rings).await;
                false
            }
            people::Line::Busy | people::Line::Fails => {
                sleep(line.chance.milliseconds(200..=2_000)).await;
                false
            }
        }
    }

    /// The webhook of the whole call's status, at the URL that was configured with the number.
    fn report_call(self: &Arc<Self>, line: &Arc<Line>, ended: bool) {
        let now = Instant::now();
        let seconds = now.duration_since(line.began_at).as_secs();
        let report = CallReport {
            provider_call_id: line.sid.clone(),
            ended,
            occurred_at: Some(self.told_time(line.agency, now)),
            duration_seconds: ended.then(|| u32::try_from(seconds).unwrap_or(u32::MAX)),
        };
        let url = self.entries(line.agency).entry(WebhookEvent::Status);
        self.report(Webhook { line: Arc::clone(line), url, kind: EventKind::CallProgress(report) });
    }
}

/// Whether instructions let the person who answered through to the caller: without a hang-up, the bridge follows.
pub(super) fn lets_through(instructions: &Instructions) -> bool {
    instructions.iter().all(|instruction| matches!(instruction, Instruction::Say(_) | Instruction::Bridge))
}
