//! What those hear who wait, and the message of those who do not.

use ringfall_domain::call::instructions::{Continuation, HoldStep, Sound};

use super::{Twiml, say};
use crate::xml::Element;

/// A key after the step's last sound still counts for so long: the least that Twilio takes.
const LATE_KEY_SECONDS: &str = "1";
/// Twilio's bounds on the length of a message.
const MESSAGE_SECONDS: (u32, u32) = (1, 14_400);

impl Twiml<'_> {
    /// Sounds, and the way on behind them. Where a key is taken, it breaks the sounds off and goes the same way.
    pub(super) fn hold(&self, step: &HoldStep) -> Vec<Element> {
        let sounds = step.spoken.iter().filter_map(say).chain([self.sound(&step.sound)]);
        let mut verbs: Vec<Element> =
            if step.takes_key { vec![self.key(&step.then).children(sounds)] } else { sounds.collect() };
        verbs.push(self.redirect(&step.then));
        verbs
    }

    fn sound(&self, sound: &Sound) -> Element {
        match sound {
            Sound::OwnMusic => Element::new("Play").text(&self.callbacks.hold_music()),
            Sound::File(url) => Element::new("Play").text(&url.to_string()),
            Sound::Silence { seconds } => {
                Element::new("Pause").attribute("length", (*seconds).max(1).to_string())
            }
        }
    }

    /// One key of any kind. Where none is pressed, Twilio goes on with the next verb.
    fn key(&self, then: &Continuation) -> Element {
        Element::new("Gather")
            .attribute("input", "dtmf")
            .attribute("numDigits", "1")
            .attribute("finishOnKey", "")
            .attribute("timeout", LATE_KEY_SECONDS)
            .attribute("action", self.url(then))
            .attribute("method", "POST")
    }

    /// Where nothing was said, Twilio does not ask the action but goes on with the next verb, which leads to the same place.
    pub(super) fn record(&self, most_seconds: u32, then: &Continuation) -> Vec<Element> {
        let (least, most) = MESSAGE_SECONDS;
        let record = Element::new("Record")
            .attribute("action", self.url(then))
            .attribute("method", "POST")
            .attribute("maxLength", most_seconds.clamp(least, most).to_string())
            .attribute("playBeep", "true")
            .attribute("finishOnKey", "#");
        vec![record, self.redirect(then)]
    }
}
