//! One caller's call, from the first webhook to the last report.

use std::{
    future::pending,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ringfall_domain::{
    call::event::{Arrival, Attestation, CallReport, CallerFacts, EndCause, EventKind},
    ids::CallId,
    phone::{CallerNumber, PhoneNumber},
};
use ringfall_providers::WebhookEvent;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};

use super::{
    super::{
        chance::Chance,
        trace::Trace,
        world::{CALLERS, Caller},
    },
    Carrier, held,
    leg::Leg,
    people,
    webhooks::Webhook,
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
    /// Whether a machine has answered that presses no key.
    pub(super) is_voicemail: bool,
    /// Whose number it is, where that was drawn.
    person: Option<u64>,
    dialled: PhoneNumber,
    began_at: Instant,
    gone: Notify,
    /// Until when they hold the line at most, once they do.
    holds_until: OnceLock<Option<Instant>>,
    redirect: Mutex<Option<Onward>>,
    redirected: Notify,
    is_over: AtomicBool,
    leg: Mutex<Option<Arc<Leg>>>,
}

impl Line {
    pub(super) fn new(carrier: &Carrier, caller: Caller) -> Arc<Self> {
        let sid = caller.sid();
        let agency = carrier.agency(caller.agency);
        let chance = Chance::new(carrier.world.seed, &format!("caller {}", caller.number));
        let numbers: Vec<_> = agency.numbers.values().collect();
        let number = match caller.person {
            Some(person) => numbers[usize::try_from(person).unwrap_or(0) % numbers.len()],
            None => *chance.one_of(&numbers),
        };
        let is_misdialled = chance.happens(10);
        let nobodys = || "+18005550000".parse().expect("a number");
        let minimum_seconds = agency.campaigns[&number.campaign_id].conversion.minimum_seconds;
        let dialled = if is_misdialled { nobodys() } else { number.phone_number.clone() };
        let id = CallId::of_provider_call(agency.connection, &sid);
        let label = format!("c{}", caller.number);
        let line = Self::through(label, sid, id, caller.agency, chance, minimum_seconds, dialled);
        Arc::new(Self { person: caller.person, ..line })
    }

    /// The line of somebody who is called back: another call, of the same agency.
    pub(super) fn called_back(carrier: &Carrier, from: &Self, sid: String, number: PhoneNumber) -> Self {
        let chance = Chance::new(carrier.world.seed, &format!("callback {sid}"));
        let id = CallId::of_provider_call(carrier.agency(from.agency).connection, &sid);
        let is_voicemail = people::is_voicemail(&chance);
        let label = format!("{}'", from.label);
        let minimum_seconds = from.minimum_seconds;
        let line = Self::through(label, sid, id, from.agency, chance, minimum_seconds, number);
        Self { is_voicemail, ..line }
    }

    fn through(
        label: String,
        sid: String,
        id: CallId,
        agency: usize,
        chance: Chance,
        minimum_seconds: u32,
        dialled: PhoneNumber,
    ) -> Self {
        Self {
            label,
            sid,
            id,
            agency,
            chance,
            minimum_seconds,
            is_voicemail: false,
            person: None,
            dialled,
            began_at: Instant::now(),
            gone: Notify::new(),
            holds_until: OnceLock::new(),
            redirect: Mutex::default(),
            redirected: Notify::new(),
            is_over: AtomicBool::new(false),
            leg: Mutex::default(),
        }
    }

    /// The caller hangs up, or is hung up on.
    pub(super) fn hang_up(&self) {
        self.gone.notify_one();
    }

    /// The caller holds the line so long, or loses patience and hangs up.
    pub(super) async fn holds(&self, length: Duration, trace: &Trace) {
        let now = Instant::now();
        let until = self.holds_until.get_or_init(|| Some(now + people::patience_on_hold(&self.chance)?));
        match until.filter(|until| *until < now + length) {
            None => sleep(length).await,
            Some(until) => {
                sleep_until(until).await;
                trace.count("queue: the caller lost patience");
                self.hang_up();
                pending::<()>().await;
            }
        }
    }

    /// Whatever the call is doing is broken off, and it goes on there.
    pub(super) fn redirect(&self, url: String, kind: EventKind) {
        *held(&self.redirect) = Some(Onward::Ask { url, kind });
        self.redirected.notify_one();
    }

    async fn redirected(&self) -> Onward {
        loop {
            self.redirected.notified().await;
            if let Some(onward) = held(&self.redirect).take() {
                return onward;
            }
        }
    }

    /// Whether the caller has gone.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// From now on the caller's end is the end of this leg, too.
    pub(super) fn join(&self, leg: &Arc<Leg>) {
        *held(&self.leg) = Some(Arc::clone(leg));
    }

    fn part(&self) {
        let leg = held(&self.leg).take();
        if let Some(leg) = leg {
            leg.cut();
        }
    }
}

/// Where a call goes on: another webhook, or nowhere.
pub(super) enum Onward {
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
        let url = self.entries(line.agency).entry(WebhookEvent::Voice);
        let kind = EventKind::Arrived(self.arrival(line));
        self.stay(line, Onward::Ask { url, kind }).await;
        self.report_call(line, true);
    }

    /// A call from its first webhook to its end.
    pub(super) async fn stay(self: &Arc<Self>, line: &Arc<Line>, first: Onward) {
        let patience = people::patience(&line.chance);
        let impatient = async {
            match patience {
                Some(patience) => sleep(patience).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = line.gone.notified() => {}
            () = impatient => self.trace.count("call: the caller hung up early"),
            () = self.follow(line, first) => {}
        }
        self.trace.note(format_args!("{} is over", line.label));
        self.checker.call_ended(line.id);
        line.is_over.store(true, Ordering::Relaxed);
        line.part();
    }

    /// Asks what to do, does it, and asks again.
    async fn follow(self: &Arc<Self>, line: &Arc<Line>, first: Onward) {
        let mut onward = first;
        while let Onward::Ask { url, kind } = onward {
            let webhook = Webhook { line: Arc::clone(line), url, kind };
            onward = tokio::select! {
                biased;
                elsewhere = line.redirected() => {
                    line.part();
                    elsewhere
                }
                next = self.go_on(line, &webhook) => next,
            };
        }
    }

    async fn go_on(self: &Arc<Self>, line: &Arc<Line>, webhook: &Webhook) -> Onward {
        match self.ask(webhook).await {
            Some(document) => self.obey(line, &document).await,
            None => Onward::Over,
        }
    }

    fn arrival(&self, line: &Line) -> Arrival {
        let chance = &line.chance;
        let is_anonymous = chance.happens(50);
        let person = line.person.unwrap_or_else(|| chance.within(CALLERS));
        let number = format!("+1512{person:07}");
        let attestations = [
            None,
            None,
            Some(Attestation::A),
            Some(Attestation::B),
            Some(Attestation::C),
            Some(Attestation::Failed),
        ];
        Arrival {
            provider_call_id: line.sid.clone(),
            caller: CallerNumber::from_presented(if is_anonymous { "anonymous" } else { &number }),
            dialled: line.dialled.clone(),
            caller_facts: CallerFacts {
                state: chance.happens(800).then(|| (*chance.one_of(&["TX", "OK", "NY"])).to_owned()),
                country: Some("US".to_owned()),
                attestation: *chance.one_of(&attestations),
                spam: chance.happens(100),
                ..CallerFacts::default()
            },
        }
    }

    /// The webhook of the whole call's status, at the URL that was configured with the number.
    fn report_call(self: &Arc<Self>, line: &Arc<Line>, ended: bool) {
        let report = match self.end_of(line, EndCause::Completed) {
            end if ended => end,
            end => CallReport { ended, cause: None, duration_seconds: None, ..end },
        };
        let url = self.entries(line.agency).entry(WebhookEvent::Status);
        self.report(Webhook { line: Arc::clone(line), url, kind: EventKind::CallProgress(report) });
    }

    /// What is told of a call that ends now.
    pub(super) fn end_of(&self, line: &Line, cause: EndCause) -> CallReport {
        let now = Instant::now();
        let seconds = now.duration_since(line.began_at).as_secs();
        CallReport {
            provider_call_id: line.sid.clone(),
            ended: true,
            cause: Some(cause),
            occurred_at: Some(self.told_time(line.agency, now)),
            duration_seconds: Some(u32::try_from(seconds).unwrap_or(u32::MAX)),
        }
    }
}
