//! One call at a phone.

use ringfall_media::dtmf::Digit;
use ringfall_sip::{agent::SessionId, message::StatusCode};
use tokio::sync::{mpsc, watch};

use crate::{
    ear::Heard,
    signalling::Order,
    tone::Tone,
    voice::{Told, Voice},
};

/// How far a call is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody has said anything yet.
    Begun,
    /// It rings at the other side.
    Rings,
    /// Both talk.
    Answered,
    /// It is over.
    Over(Ending),
}

/// Why a call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// This side hung up, or gave the call up before it was answered.
    Ours,
    /// The other side did.
    Theirs,
    /// It was refused, by either side, with that status.
    Refused(u16),
    /// Nobody could be reached, or something was lost on the way.
    Lost,
}

/// One call, from the side of one phone. It is hung up when this is dropped.
#[derive(Debug)]
pub struct Line {
    pub(crate) id: SessionId,
    pub(crate) caller: String,
    pub(crate) orders: mpsc::UnboundedSender<Order>,
    pub(crate) stage: watch::Receiver<Stage>,
    pub(crate) voice: Voice,
}

impl Line {
    /// Who calls: the user of From.
    pub fn caller(&self) -> &str {
        &self.caller
    }

    /// Says that it rings.
    pub fn ring(&self) {
        self.order(Order::Ring(self.id));
    }

    /// Answers.
    pub fn answer(&self) {
        self.order(Order::Answer(self.id));
    }

    /// Refuses: busy (486).
    pub fn refuse(&self) {
        self.order(Order::Refuse(self.id, StatusCode::BUSY_HERE));
    }

    /// Hangs up, or gives up a call that is not answered.
    pub fn hang_up(&self) {
        self.order(Order::HangUp(self.id));
    }

    /// Presses keys by RFC 4733: `0`-`9`, `*`, `#`, `A`-`D`; what is none is left out.
    pub fn press(&self, keys: &str) {
        // A call that is over takes no keys.
        let _ = self.voice.told.send(Told::Press(keys.chars().filter_map(Digit::from_char).collect()));
    }

    /// Presses a key by SIP's INFO.
    pub fn press_by_info(&self, key: char) {
        if let Some(digit) = Digit::from_char(key) {
            self.order(Order::Info(self.id, digit));
        }
    }

    /// Waits until it rings at the other side, or is answered: false if it is over before.
    pub async fn rings(&mut self) -> bool {
        self.until(|stage| matches!(stage, Stage::Rings | Stage::Answered)).await
    }

    /// Waits for the answer: false if the call is over before.
    pub async fn answered(&mut self) -> bool {
        self.until(|stage| *stage == Stage::Answered).await
    }

    /// Waits for the end.
    pub async fn ended(&mut self) -> Ending {
        match self.stage.wait_for(|stage| matches!(stage, Stage::Over(_))).await.as_deref() {
            Ok(Stage::Over(ending)) => *ending,
            // The phone itself is gone.
            Ok(Stage::Begun | Stage::Rings | Stage::Answered) | Err(_) => Ending::Lost,
        }
    }

    /// Whether both talk now.
    pub fn is_answered(&self) -> bool {
        *self.stage.borrow() == Stage::Answered
    }

    /// Waits until a tone was heard for so many tenths of a second in all: false if the call is over before.
    pub async fn hears(&mut self, tone: Tone, tenths: u32) -> bool {
        let mut heard = self.voice.heard.clone();
        tokio::select! {
            heard = heard.wait_for(|heard| heard.tenths_of(tone) >= tenths) => heard.is_ok(),
            _ = self.ended() => false,
        }
    }

    /// Waits until one of several tones was heard for a tenth of a second: none if the call is over before.
    pub async fn hears_one_of(&mut self, tones: &[Tone]) -> Option<Tone> {
        let mut heard = self.voice.heard.clone();
        let found = |heard: &Heard| tones.iter().copied().find(|tone| heard.tenths_of(*tone) > 0);
        tokio::select! {
            heard = heard.wait_for(|heard| found(heard).is_some()) => heard.ok().and_then(|heard| found(&heard)),
            _ = self.ended() => None,
        }
    }

    /// What was heard so far.
    pub fn heard(&self) -> Heard {
        self.voice.heard.borrow().clone()
    }

    async fn until(&mut self, wanted: impl Fn(&Stage) -> bool) -> bool {
        let found = self.stage.wait_for(|stage| wanted(stage) || matches!(stage, Stage::Over(_))).await;
        found.is_ok_and(|stage| wanted(&stage))
    }

    fn order(&self, order: Order) {
        // A phone that is unplugged has no calls.
        let _ = self.orders.send(order);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.order(Order::HangUp(self.id));
    }
}
