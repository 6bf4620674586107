//! One leg to a target: rung, answered, asked, joined, over.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ringfall_domain::{
    call::{
        event::{EndCause, EventKind, LegReport, LegStatus},
        instructions::{Continuation, Dial, DialPurpose, Greeting, Instruction},
    },
    config::Target,
    ids::LegId,
    target::Destination,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::{
    Carrier, call::Line, held, instructions::event_of, obeying::lets_through, people, webhooks::Webhook,
    wire::Document,
};

/// A leg, and what is true of it.
pub(super) struct Leg {
    pub(super) sid: String,
    pub(super) call_sid: String,
    pub(super) destination: Destination,
    id: LegId,
    line: Arc<Line>,
    dial: Dial,
    life: Mutex<Life>,
    cut: Notify,
    over: Notify,
}

/// When what happened to a leg.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) began_at: Instant,
    pub(super) answered_at: Option<Instant>,
    pub(super) bridged_at: Option<Instant>,
    pub(super) ended: Option<(Instant, EndCause)>,
}

impl Life {
    /// Whole seconds from the answer to the end, as carriers count them.
    pub(super) fn seconds(&self) -> Option<u32> {
        let (ended_at, _) = self.ended?;
        u32::try_from(ended_at.duration_since(self.answered_at?).as_secs()).ok()
    }

    /// The same, as it was known at an earlier instant; none if there was no leg yet.
    pub(super) fn as_of(&self, instant: Instant) -> Option<Self> {
        let known = |at: &Instant| *at <= instant;
        (self.began_at <= instant).then(|| Self {
            began_at: self.began_at,
            answered_at: self.answered_at.filter(known),
            bridged_at: self.bridged_at.filter(known),
            ended: self.ended.filter(|(at, _)| known(at)),
        })
    }

    /// How far the leg has come.
    pub(super) const fn status(&self) -> LegStatus {
        match (self.ended, self.answered_at) {
            (Some((_, cause)), _) => LegStatus::Ended(cause),
            (None, Some(_)) => LegStatus::Answered,
            (None, None) => LegStatus::Ringing,
        }
    }
}

impl Leg {
    /// What is true of it now.
    pub(super) fn life(&self) -> Life {
        *held(&self.life)
    }

    /// It ends now, whatever it was about to do: the caller has gone, or the platform has asked for it.
    pub(super) fn cut(&self) {
        self.cut.notify_one();
    }

    /// Whose it is.
    pub(super) fn agency(&self) -> usize {
        self.line.agency
    }

    /// Returns when it is over.
    pub(super) async fn over(&self) {
        self.over.notified().await;
    }

    fn attempt(&self) -> u8 {
        self.id.attempt
    }

    fn label(&self) -> String {
        format!("{}#{}", self.line.label, self.id.attempt)
    }
}

impl Carrier {
    /// Begins to ring a target.
    pub(super) fn place(
        self: &Arc<Self>,
        line: &Arc<Line>,
        document: &Document,
        dial: &Dial,
        attempt: u8,
    ) -> Arc<Leg> {
        let count = held(&self.legs).len();
        let leg = Arc::new(Leg {
            sid: format!("CB{count:032x}"),
            call_sid: line.sid.clone(),
            destination: dial.destination.clone(),
            id: LegId { call: line.id, attempt },
            line: Arc::clone(line),
            dial: dial.clone(),
            life: Mutex::new(Life {
                began_at: Instant::now(),
                answered_at: None,
                bridged_at: None,
                ended: None,
            }),
            cut: Notify::new(),
            over: Notify::new(),
        });
        held(&self.legs).insert(leg.sid.clone(), Arc::clone(&leg));
        line.join(&leg);
        self.trace.note(format_args!("{} begins to ring", leg.label()));
        self.checker.leg_began(leg.id, &dial.destination);
        let (carrier, rung, document) = (Arc::clone(self), Arc::clone(&leg), document.clone());
        self.spawn(async move { carrier.ring(&rung, &document).await });
        leg
    }

    async fn ring(self: &Arc<Self>, leg: &Arc<Leg>, document: &Document) {
        self.report_leg(leg, document);
        let cause = tokio::select! {
            biased;
            () = leg.cut.notified() => {
                // The other side takes a moment to notice.
                sleep(leg.line.chance.milliseconds(0..=2_000)).await;
                if leg.life().answered_at.is_some() { EndCause::Completed } else { EndCause::Canceled }
            }
            cause = self.course(leg, document) => cause,
        };
        held(&leg.life).ended = Some((Instant::now(), cause));
        self.trace.note(format_args!("{} is over: {cause:?}", leg.label()));
        self.checker.leg_ended(leg.id);
        self.report_leg(leg, document);
        leg.over.notify_one();
        if leg.line.is_over() {
            self.report_dial_without_caller(leg, document);
        }
        self.contradict(leg, document).await;
    }

    /// Now and then another record of the leg comes when all is known, and tells another story: the first report stands.
    async fn contradict(self: &Arc<Self>, leg: &Arc<Leg>, document: &Document) {
        if !self.faults.strikes(self.faults.weather.contradicted, "report: contradicts the first") {
            return;
        }
        sleep(self.faults.delay(200_000..=900_000)).await;
        if !self.checker.has_known_end(leg.id, ALL_IS_DECIDED) {
            return;
        }
        let causes = [EndCause::Completed, EndCause::NoAnswer, EndCause::Failed];
        let report = LegReport {
            status: Some(LegStatus::Ended(causes[self.faults.index(causes.len())])),
            duration_seconds: Some(u32::try_from(self.faults.delay(0..=400_000).as_secs()).unwrap_or(0)),
            bridged: Some(self.faults.index(2) == 0),
            ..self.leg_report(leg, leg.life())
        };
        let attempt = leg.attempt();
        let kind = EventKind::LegProgress { attempt, report };
        self.report(webhook(leg, document, &Continuation::LegProgress { attempt }, kind));
    }

    /// Some carriers report a dial's end also where the caller is gone.
    fn report_dial_without_caller(self: &Arc<Self>, leg: &Arc<Leg>, document: &Document) {
        if self.agency(leg.agency()).manners.reports_dial_after_hangup {
            let then = Continuation::DialEnded { attempt: leg.attempt() };
            let kind =
                EventKind::DialEnded { attempt: leg.attempt(), report: self.dial_report(&leg.line, leg) };
            self.report(webhook(leg, document, &then, kind));
        }
    }

    /// What happens to a leg that nobody cuts.
    async fn course(self: &Arc<Self>, leg: &Arc<Leg>, document: &Document) -> EndCause {
        let chance = &leg.line.chance;
        let rings = Duration::from_secs(u64::from(leg.dial.ring_timeout_seconds));
        match people::line(chance, leg.dial.ring_timeout_seconds) {
            people::Line::Busy => {
                sleep(chance.milliseconds(200..=3_000)).await;
                return EndCause::Busy;
            }
            people::Line::Fails => {
                sleep(chance.milliseconds(50..=2_000)).await;
                return EndCause::Failed;
            }
            people::Line::Answers { after } if after < rings => sleep(after).await,
            people::Line::Answers { .. } | people::Line::NobodyThere => {
                sleep(rings).await;
                return EndCause::NoAnswer;
            }
        }
        held(&leg.life).answered_at = Some(Instant::now());
        self.trace.note(format_args!("{} is answered", leg.label()));
        self.checker.leg_answered(leg.id);
        self.report_leg(leg, document);
        let is_greeted =
            matches!(&leg.dial.purpose, DialPurpose::Attempt { greeting, .. } if *greeting != Greeting::None);
        if is_greeted && !self.is_let_through(leg, document).await {
            return EndCause::Completed;
        }
        held(&leg.life).bridged_at = Some(Instant::now());
        self.trace.note(format_args!("{} is joined with the caller", leg.label()));
        self.checker.leg_bridged(leg.id);
        self.talk(leg).await;
        EndCause::Completed
    }

    /// The person who answered is told of the call, or asked to take it.
    async fn is_let_through(self: &Arc<Self>, leg: &Arc<Leg>, document: &Document) -> bool {
        let attempt = leg.attempt();
        let then = Continuation::LegAnswered { attempt };
        let kind = EventKind::LegAnswered { attempt, provider_leg_id: Some(leg.sid.clone()) };
        let Some(greeting) = self.ask(&webhook(leg, document, &then, kind)).await else { return false };
        self.checker.leg_greeted(leg.id);
        for instruction in &greeting.instructions {
            match instruction {
                Instruction::Say(speech) => sleep(people::speaking(&speech.text)).await,
                Instruction::Gather { prompt, timeout_seconds, then, .. } => {
                    let right = self.target(leg).and_then(|target| target.screening.as_ref());
                    let right = right.map(|screening| screening.press.as_char());
                    let (pressed, after) = people::screening(&leg.line.chance, right, *timeout_seconds);
                    sleep(people::speaking(&prompt.text) + after).await;
                    let Some(kind) = pressed.and_then(|input| event_of(then, input, &leg.sid)) else {
                        return false;
                    };
                    self.checker.key_pressed(leg.id, &kind);
                    let answer = self.ask(&webhook(leg, &greeting, then, kind)).await;
                    return answer.is_some_and(|answer| lets_through(&answer.instructions));
                }
                Instruction::Bridge => {}
                // No greeting may hold anything else: the carrier gives the leg up.
                Instruction::Connect(_)
                | Instruction::Hold(_)
                | Instruction::Record { .. }
                | Instruction::Continue(_)
                | Instruction::Reject(_)
                | Instruction::Hangup => {
                    return false;
                }
            }
        }
        true
    }

    fn target(&self, leg: &Leg) -> Option<&Target> {
        let target = self.world.party(&leg.destination)?.target?;
        self.agency(leg.agency()).targets.get(&target)
    }

    async fn talk(&self, leg: &Leg) {
        let offset = self.target(leg).map_or(0, |target| target.timer_offset_seconds);
        let talk = people::talk(&leg.line.chance, u64::from(leg.line.minimum_seconds + offset));
        let ender = people::ender(&leg.line.chance);
        sleep(talk.min(Duration::from_secs(u64::from(leg.dial.most_seconds)))).await;
        if ender == people::Ender::Caller {
            leg.line.hang_up();
            sleep(leg.line.chance.milliseconds(50..=1_500)).await;
        }
    }

    /// Reports how far a leg has come.
    fn report_leg(self: &Arc<Self>, leg: &Arc<Leg>, document: &Document) {
        let attempt = leg.attempt();
        let kind = EventKind::LegProgress { attempt, report: self.leg_report(leg, leg.life()) };
        self.report(webhook(leg, document, &Continuation::LegProgress { attempt }, kind));
    }

    /// What the carrier tells of a leg that it knows this of.
    pub(super) fn leg_report(&self, leg: &Leg, life: Life) -> LegReport {
        let happened_at = life.ended.map(|(at, _)| at).or(life.answered_at).unwrap_or(life.began_at);
        LegReport {
            provider_leg_id: Some(leg.sid.clone()),
            status: Some(life.status()),
            occurred_at: Some(self.told_time(leg.agency(), happened_at)),
            duration_seconds: life.seconds(),
            ..LegReport::default()
        }
    }

    /// What the carrier tells of a dial that is over. Of a leg that was answered and not joined it may say that nobody
    /// answered: the two reports contradict each other then.
    pub(super) fn dial_report(&self, line: &Line, leg: &Leg) -> LegReport {
        let life = leg.life();
        let is_bridged = life.bridged_at.is_some();
        let is_denied = !is_bridged && life.answered_at.is_some() && line.chance.happens(500);
        let status = if is_denied { LegStatus::Ended(EndCause::NoAnswer) } else { life.status() };
        LegReport {
            provider_leg_id: Some(leg.sid.clone()),
            status: Some(status),
            occurred_at: None,
            duration_seconds: life.seconds().filter(|_| !is_denied),
            bridged: self.agency(line.agency).manners.tells_bridged.then_some(is_bridged),
            recording_url: None,
            caller_is_gone: line.is_over(),
        }
    }

    /// Whose leg it is, and when it began by the carrier's clock.
    pub(super) fn created_at(&self, leg: &Leg) -> jiff::Timestamp {
        self.told_time(leg.agency(), leg.life().began_at)
    }
}

/// Longer than any report that was overtaken by that of the end is waited for.
const ALL_IS_DECIDED: Duration = Duration::from_secs(120);

fn webhook(leg: &Leg, document: &Document, then: &Continuation, kind: EventKind) -> Webhook {
    Webhook { line: Arc::clone(&leg.line), url: document.callbacks.url(document.call, then), kind }
}
