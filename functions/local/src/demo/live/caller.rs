//! What a caller does: dials, hears the questions and presses keys, talks, hangs up.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use ringfall_phone::{Dialling, Ending, Heard, Line, Phone as Telephone, Tone};
use tokio::time::{sleep, timeout};

use super::{books::Books, sounds};
use crate::demo::{
    carrier::Seen,
    cast::{Answer, Caller, Desk, Phone},
    evidence::Evidence,
};

/// The relay learns of a new number within a second or so: until then there is none.
const DIALS: u32 = 40;
const DIAL_PAUSE: Duration = Duration::from_millis(250);
/// How much of a question is heard before the answer, in tenths of a second.
const LISTENS_FOR_TENTHS: u32 = 2;
/// How long a caller lets the desk's phone ring before giving up.
const GIVES_UP_AFTER: Duration = Duration::from_millis(800);
/// No call takes longer.
const PATIENCE: Duration = Duration::from_secs(40);

/// A call, as its caller lived it.
#[derive(Debug)]
pub(super) struct Called {
    /// Counted from 1.
    pub(super) number: usize,
    /// Who called.
    pub(super) caller: &'static Caller,
    /// What the caller says.
    pub(super) tone: Tone,
    /// Whom the caller has talked with.
    pub(super) talked_with: Option<Desk>,
    /// What was heard.
    pub(super) heard: Heard,
    /// What happened, in order.
    pub(super) trail: Vec<String>,
    /// What went wrong, if anything.
    pub(super) fault: Option<anyhow::Error>,
}

impl Called {
    /// The same as the report shows it. The platform knows the call by the relay's id, which the phone does not.
    pub(super) fn seen(&self, evidence: &Evidence) -> Seen {
        let shown = evidence.calls.iter().find(|call| call.caller == self.caller.number);
        Seen {
            number: self.number,
            caller: *self.caller,
            sid: shown.map(|call| call.provider_call_id.clone()).unwrap_or_default(),
            trail: self.trail.clone(),
            twice_alike: Vec::new(),
            was_held: false,
            gave_up: false,
            fault: self.fault.as_ref().map(|fault| anyhow!("{fault:#}")),
        }
    }
}

/// Calls, and lives through it.
///
/// # Errors
/// There is no port.
pub(super) async fn call(
    number: u8,
    caller: &'static Caller,
    relay: SocketAddr,
    books: &Books,
) -> anyhow::Result<Called> {
    let tone = sounds::of_caller(number);
    let phone = Telephone::plug_in(Ipv4Addr::LOCALHOST.into(), tone, &sounds::known()).await;
    let phone = phone.context("no port for a caller's phone")?;
    let mut called = Called {
        number: number.into(),
        caller,
        tone,
        talked_with: None,
        heard: Heard::default(),
        trail: Vec::new(),
        fault: None,
    };
    let lived = timeout(PATIENCE, called.live(&phone, relay, books)).await;
    called.fault = lived.unwrap_or_else(|_| Err(anyhow!("the call does not end"))).err();
    Ok(called)
}

impl Called {
    async fn live(&mut self, phone: &Telephone, relay: SocketAddr, books: &Books) -> anyhow::Result<()> {
        let mut line = self.dial(phone, relay).await?;
        let goes_on = self.answer_questions(&mut line).await?;
        let gives_up = self.caller.phones.iter().any(|(_, phone)| *phone == Phone::CallerGivesUp);
        if goes_on && gives_up {
            books.is_shown(self.caller.number).await;
            sleep(GIVES_UP_AFTER).await;
            self.note("gives up");
            line.hang_up();
        } else if goes_on {
            self.talk(&mut line).await;
        } else {
            self.note("hangs up");
            line.hang_up();
        }
        let ending = line.ended().await;
        if ending == Ending::Theirs {
            self.note("is hung up on");
        }
        self.heard = line.heard();
        match ending {
            Ending::Ours | Ending::Theirs => Ok(()),
            Ending::Refused(_) | Ending::Lost => Err(anyhow!("the call ended with {ending:?}")),
        }
    }

    async fn dial(&self, phone: &Telephone, relay: SocketAddr) -> anyhow::Result<Line> {
        let dialling =
            Dialling { number: self.caller.publisher.phone_number(), at: relay, from: self.caller.number };
        for _ in 0..DIALS {
            let mut line = phone.dial(dialling).await.context("no port for a call")?;
            if line.answered().await {
                return Ok(line);
            }
            match line.ended().await {
                Ending::Refused(404) => sleep(DIAL_PAUSE).await,
                other => bail!("the call was not answered: {other:?}"),
            }
        }
        bail!("the relay does not know the number {}", dialling.number)
    }

    /// Whether the caller stays on the line.
    async fn answer_questions(&mut self, line: &mut Line) -> anyhow::Result<bool> {
        for (answer, question) in self.caller.answers.iter().zip([sounds::INJURED_TONE, sounds::ZIP_TONE]) {
            if !line.hears(question, LISTENS_FOR_TENTHS).await {
                bail!("the question of {} Hz was not heard", question.hertz());
            }
            let keys = match answer {
                Answer::Keys(keys) => *keys,
                Answer::ZipCode => self.caller.place.zip,
                Answer::Silence => continue,
                Answer::HangsUp => return Ok(false),
            };
            line.press(keys);
            self.note(keys);
        }
        Ok(true)
    }

    /// Talks with whoever is heard, and hangs up; nobody may be.
    async fn talk(&mut self, line: &mut Line) {
        let desks = Desk::ALL.map(sounds::of_desk);
        let Some(heard) = line.hears_one_of(&desks).await else { return };
        self.talked_with = Desk::ALL.into_iter().find(|desk| sounds::of_desk(*desk) == heard);
        sleep(Duration::from_secs(self.caller.talk_seconds.into())).await;
        self.note("hangs up");
        line.hang_up();
    }

    fn note(&mut self, what: impl Into<String>) {
        self.trail.push(what.into());
    }
}
