//! A caller's call, from the first webhook to the last.

use anyhow::{Context, anyhow};
use tokio::{sync::watch, task::JoinSet, time::Instant};

use super::{
    ACCOUNT_SID, Carrier, Entrances,
    exchange::Entry,
    orders::Order,
    twiml::{Document, Gather, Heard, Play, Say, Verb},
    webhook::Fields,
};
use crate::demo::cast::{Answer, Caller, Mishap};

/// A call that fetches more documents than this goes in a circle.
const MOST_DOCUMENTS: u32 = 200;
/// How long somebody takes to press a key.
pub(super) const SECONDS_PER_ANSWER: u32 = 2;
/// How much is spoken in a second.
const CHARACTERS_PER_SECOND: usize = 15;

/// What the carrier saw of a call.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Counted from 1.
    pub(crate) number: usize,
    /// Who called.
    pub(crate) caller: Caller,
    /// Its id.
    pub(crate) sid: String,
    /// What happened, in order.
    pub(crate) trail: Vec<String>,
    /// For each webhook that was posted twice: whether both got the same answer.
    pub(crate) twice_alike: Vec<bool>,
    /// Whether the caller was put on hold.
    pub(crate) was_held: bool,
    /// Whether the caller has lost patience on hold, or while a desk was rung after it.
    pub(crate) gave_up: bool,
    /// What the platform did wrong, if anything.
    pub(crate) fault: Option<anyhow::Error>,
}

/// Why a call does not go on.
#[derive(Debug)]
pub(super) enum Over {
    /// Somebody has hung up.
    HungUp,
    /// The caller has lost patience.
    GaveUp,
    /// The platform wants another document followed.
    Redirected(String),
    /// The platform did something wrong.
    Fault(anyhow::Error),
}

impl From<anyhow::Error> for Over {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

impl From<Order> for Over {
    fn from(order: Order) -> Self {
        match order {
            Order::HangUp => Self::HungUp,
            Order::Redirect(url) => Self::Redirected(url),
        }
    }
}

/// Counts as one of a scene's undecided callers until it is dropped.
#[derive(Debug)]
pub(super) struct Undecided(watch::Sender<usize>);

impl Undecided {
    /// One of those that `count` counts.
    pub(super) fn new(count: &watch::Sender<usize>) -> Self {
        Self(count.clone())
    }
}

impl Drop for Undecided {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// A caller's call.
pub(super) struct InboundCall<'a> {
    pub(super) carrier: &'a Carrier,
    pub(super) caller: &'a Caller,
    pub(super) entry: Entry,
    pub(super) seen: Seen,
    /// What was told by the side, in no order.
    pub(super) reports: JoinSet<anyhow::Result<()>>,
    entrances: &'a Entrances,
    questions: usize,
    seconds: u32,
    /// When the caller's patience ends; none who does not wait, or whom nothing can put off.
    gives_up_at: Option<Instant>,
    undecided: Option<Undecided>,
    all_decided: watch::Receiver<usize>,
}

impl<'a> InboundCall<'a> {
    pub(super) fn new(
        carrier: &'a Carrier,
        number: usize,
        caller: &'a Caller,
        entrances: &'a Entrances,
        undecided: Undecided,
    ) -> Self {
        let entry = carrier.exchange.place_call(number, caller.publisher.phone_number());
        let seen = Seen {
            number,
            caller: *caller,
            sid: entry.sid(),
            trail: Vec::new(),
            twice_alike: Vec::new(),
            was_held: false,
            gave_up: false,
            fault: None,
        };
        Self {
            carrier,
            caller,
            entry,
            seen,
            reports: JoinSet::new(),
            entrances,
            questions: 0,
            seconds: 0,
            gives_up_at: None,
            all_decided: undecided.0.subscribe(),
            undecided: Some(undecided),
        }
    }

    /// Follows the documents until the call is over, and reports its end.
    pub(super) async fn take_its_course(mut self) -> Seen {
        match self.follow().await {
            Ok(()) | Err(Over::HungUp) => {}
            Err(Over::GaveUp) => self.seen.gave_up = true,
            Err(Over::Redirected(url)) => {
                self.seen.fault = Some(anyhow!("nobody was there to go to {url}"));
            }
            Err(Over::Fault(fault)) => self.seen.fault = Some(fault),
        }
        self.undecided = None;
        let ended = self.end().await;
        self.seen.fault = self.seen.fault.or(ended.err());
        self.seen
    }

    async fn follow(&mut self) -> Result<(), Over> {
        let arrival = self.fields("ringing", [("Direction", "inbound".to_owned())]);
        let mut document = self.carrier.webhooks.ask(&self.entrances.voice, &arrival).await?;
        self.carrier.exchange.answer(&self.entry);
        for _ in 0..MOST_DOCUMENTS {
            document = match self.carry_out(&document).await {
                Ok(Some(next)) => next,
                Ok(None) => return Ok(()),
                Err(Over::Redirected(url)) => self.ask(&url, []).await?,
                Err(over) => return Err(over),
            }
        }
        Err(anyhow!("the call goes in a circle").into())
    }

    /// Carries out a document. The next one, if a verb leads to one.
    async fn carry_out(&mut self, document: &Document) -> Result<Option<Document>, Over> {
        self.lose_patience_in(document);
        for verb in &document.verbs {
            let next = match verb {
                Verb::Say(say) => {
                    self.listen(say).await?;
                    self.note(format!("“{}”", say.text));
                    None
                }
                Verb::Play(play) => {
                    self.hear(play).await?;
                    None
                }
                Verb::Pause(pause) => {
                    self.pass(pause.length).await?;
                    None
                }
                Verb::Gather(gather) => self.gather(gather).await?,
                Verb::Dial(dial) => self.dial(dial).await?,
                Verb::Redirect(redirect) => Some(self.ask(&redirect.url, []).await?),
                Verb::Reject(reject) => {
                    self.note(format!("refused: {}", reject.reason));
                    return Ok(None);
                }
                Verb::Hangup(_) => return Ok(None),
            };
            if next.is_some() {
                return Ok(next);
            }
        }
        Ok(None)
    }

    /// From the first time that they are held on, a caller's patience runs, whatever else happens until somebody takes them.
    fn lose_patience_in(&mut self, document: &Document) {
        if self.seen.was_held || !document.holds() {
            return;
        }
        self.seen.was_held = true;
        self.note("waits");
        let patience = self.caller.patience_seconds.map(|seconds| self.carrier.second * seconds);
        self.gives_up_at = patience.map(|patience| Instant::now() + patience);
    }

    async fn hear(&mut self, play: &Play) -> Result<(), Over> {
        let seconds = self.carrier.sounds.seconds(&play.url).await?;
        self.pass(seconds).await
    }

    async fn listen(&mut self, say: &Say) -> Result<(), Over> {
        let characters = say.text.chars().count();
        self.pass(u32::try_from(characters / CHARACTERS_PER_SECOND).unwrap_or(u32::MAX)).await
    }

    /// The caller answers while the question is still being spoken, or hears it to its end.
    async fn gather(&mut self, gather: &Gather) -> Result<Option<Document>, Over> {
        let answer = self.caller.answers.get(self.questions).copied().unwrap_or(Answer::Silence);
        self.questions += 1;
        let keys = match answer {
            Answer::HangsUp => {
                self.pass(SECONDS_PER_ANSWER).await?;
                self.note("hangs up");
                return Err(Over::HungUp);
            }
            Answer::Keys(keys) => keys,
            Answer::ZipCode => self.caller.place.zip,
            Answer::Silence => "",
        };
        if keys.is_empty() {
            for heard in &gather.heard {
                match heard {
                    Heard::Say(say) => self.listen(say).await?,
                    Heard::Play(play) => self.hear(play).await?,
                    Heard::Pause(pause) => self.pass(pause.length).await?,
                }
            }
            self.pass(gather.timeout).await?;
            self.note("silent");
            if !gather.action_on_empty_result {
                return Ok(None);
            }
        } else {
            self.pass(SECONDS_PER_ANSWER).await?;
            self.note(keys);
        }
        let entered: String = keys.chars().take(gather.num_digits.unwrap_or(usize::MAX)).collect();
        self.ask(&gather.action, [("Digits", entered)]).await.map(Some)
    }

    /// Posts a webhook of this call, which goes on, and reads the document that is answered.
    pub(super) async fn ask(
        &mut self,
        url: &str,
        more: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Document, Over> {
        let fields = self.fields("in-progress", more);
        let webhooks = &self.carrier.webhooks;
        if self.caller.mishap != Some(Mishap::AnswersPostedTwice) || !fields.contains_key("Digits") {
            return Ok(webhooks.ask(url, &fields).await?);
        }
        let (first, second) = futures::try_join!(webhooks.ask(url, &fields), webhooks.ask(url, &fields))?;
        self.seen.twice_alike.push(first == second);
        Ok(first)
    }

    /// Posts a webhook of this call, which is over: what is answered leads nowhere.
    pub(super) async fn tell_when_over(
        &self,
        url: &str,
        more: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<(), Over> {
        self.carrier.webhooks.ask(url, &self.fields("completed", more)).await?;
        Ok(())
    }

    /// The caller's part of every form.
    fn fields(&self, status: &str, more: impl IntoIterator<Item = (&'static str, String)>) -> Fields {
        let Caller { number, place, publisher, .. } = self.caller;
        let own = [
            ("AccountSid", ACCOUNT_SID),
            ("ApiVersion", "2010-04-01"),
            ("CallStatus", status),
            ("From", number),
            ("FromCity", place.city),
            ("FromState", place.state),
            ("FromZip", place.zip),
            ("FromCountry", "US"),
            ("To", publisher.phone_number()),
        ];
        let own = own.into_iter().map(|(name, value)| (name, value.to_owned()));
        own.chain([("CallSid", self.entry.sid())]).chain(more).collect()
    }

    /// Tells how the call ended, and waits until all that was told by the side has been heard.
    async fn end(&mut self) -> anyhow::Result<()> {
        self.carrier.exchange.end(&self.entry, "completed", self.seconds, false);
        let fields = self.fields("completed", [("CallDuration", self.seconds.to_string())]);
        let (status, answer) = self.carrier.webhooks.post(&self.entrances.status, &fields).await?;
        anyhow::ensure!(status.is_success(), "the end of the call was answered with {status}: {answer}");
        while let Some(report) = self.reports.join_next().await {
            report.context("a report broke off")??;
        }
        Ok(())
    }

    /// Lets some seconds of the call pass, unless the platform orders something or the caller loses patience.
    pub(super) async fn pass(&mut self, seconds: u32) -> Result<(), Over> {
        let began = Instant::now();
        let gives_up_at = self.gives_up_at;
        let patience = async {
            match gives_up_at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let passed = tokio::select! {
            () = tokio::time::sleep(self.carrier.second * seconds) => Ok(()),
            order = self.entry.orders.next() => Err(order.into()),
            () = patience => Err(Over::GaveUp),
        };
        let seconds = if passed.is_ok() { seconds } else { self.carrier.seconds_since(began).min(seconds) };
        self.seconds = self.seconds.saturating_add(seconds);
        passed
    }

    /// The caller has been connected: waits until every other caller of the scene was so too, or was turned away.
    pub(super) async fn until_all_are_decided(&mut self) {
        self.gives_up_at = None;
        self.undecided = None;
        // Nobody is left who could be undecided if the count is gone.
        let _ = self.all_decided.wait_for(|count| *count == 0).await;
    }

    /// Notes what happened.
    pub(super) fn note(&mut self, what: impl Into<String>) {
        self.seen.trail.push(what.into());
    }
}
