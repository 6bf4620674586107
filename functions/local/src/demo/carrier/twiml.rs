//! The documents that the carrier gets, read strictly: a verb or an attribute that it does not know is a fault.
//!
//! Source: Twilio's "TwiML for Programmable Voice", as much of it as answers, asks, holds, connects and ends a call.

use anyhow::Context;
use serde::Deserialize;

/// One document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    /// In the order in which they are carried out.
    #[serde(rename = "$value", default)]
    pub(super) verbs: Vec<Verb>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) enum Verb {
    /// Speak a text.
    Say(Say),
    /// Play a file.
    Play(Play),
    /// Be silent.
    Pause(Pause),
    /// Ask for keys.
    Gather(Gather),
    /// Ring a number and connect it with the caller.
    Dial(Dial),
    /// Fetch another document.
    Redirect(Redirect),
    /// Refuse the call.
    Reject(Reject),
    /// End the call.
    Hangup(Hangup),
}

/// Speak a text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Say {
    #[serde(rename = "@language")]
    pub(super) language: Option<String>,
    #[serde(rename = "$text", default)]
    pub(super) text: String,
}

/// Play a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Play {
    #[serde(rename = "$text")]
    pub(super) url: String,
}

/// Be silent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pause {
    #[serde(rename = "@length")]
    pub(super) length: u32,
}

/// What is heard while keys are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) enum Heard {
    /// A text that is spoken.
    Say(Say),
    /// A file that is played.
    Play(Play),
    /// Silence.
    Pause(Pause),
}

/// Ask for keys.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gather {
    #[serde(rename = "@input")]
    pub(super) input: String,
    #[serde(rename = "@numDigits")]
    pub(super) num_digits: Option<usize>,
    #[serde(rename = "@finishOnKey")]
    pub(super) finish_on_key: Option<String>,
    #[serde(rename = "@timeout")]
    pub(super) timeout: u32,
    #[serde(rename = "@action")]
    pub(super) action: String,
    #[serde(rename = "@method")]
    pub(super) method: Method,
    #[serde(rename = "@actionOnEmptyResult", default)]
    pub(super) action_on_empty_result: bool,
    #[serde(rename = "$value", default)]
    pub(super) heard: Vec<Heard>,
}

/// Ring a number and connect it with the caller.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dial {
    #[serde(rename = "@action")]
    pub(super) action: Option<String>,
    #[serde(rename = "@method")]
    pub(super) method: Option<Method>,
    #[serde(rename = "@timeout")]
    pub(super) timeout: u32,
    #[serde(rename = "@timeLimit")]
    pub(super) time_limit: u32,
    #[serde(rename = "@callerId")]
    pub(super) caller_id: Option<String>,
    #[serde(rename = "@answerOnBridge", default)]
    pub(super) answer_on_bridge: bool,
    #[serde(rename = "Number")]
    pub(super) number: Number,
}

/// Who is rung.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Number {
    #[serde(rename = "@url")]
    pub(super) url: Option<String>,
    #[serde(rename = "@method")]
    pub(super) method: Option<Method>,
    #[serde(rename = "@statusCallback")]
    pub(super) status_callback: Option<String>,
    #[serde(rename = "@statusCallbackEvent", default)]
    pub(super) status_callback_event: String,
    #[serde(rename = "@statusCallbackMethod")]
    pub(super) status_callback_method: Option<Method>,
    #[serde(rename = "$text")]
    pub(super) address: String,
}

/// Fetch another document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Redirect {
    #[serde(rename = "@method")]
    pub(super) method: Method,
    #[serde(rename = "$text")]
    pub(super) url: String,
}

/// Refuse the call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reject {
    #[serde(rename = "@reason")]
    pub(super) reason: String,
}

/// End the call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hangup {}

/// How a callback is made: this carrier only posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Method {
    #[serde(rename = "POST")]
    Post,
}

impl Document {
    /// Whether it holds a caller: there is music or silence in it.
    pub(super) fn holds(&self) -> bool {
        self.verbs.iter().any(|verb| match verb {
            Verb::Play(_) | Verb::Pause(_) => true,
            Verb::Gather(gather) => gather.heard.iter().any(|heard| !matches!(heard, Heard::Say(_))),
            Verb::Say(_) | Verb::Dial(_) | Verb::Redirect(_) | Verb::Reject(_) | Verb::Hangup(_) => false,
        })
    }

    /// # Errors
    /// It is not a document that this carrier can follow.
    pub(super) fn read(text: &str) -> anyhow::Result<Self> {
        quick_xml::de::from_str(text).with_context(|| format!("a document that cannot be followed: {text}"))
    }
}
