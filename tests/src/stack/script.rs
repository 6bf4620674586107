//! One whole call, from its arrival to its status callback, as Twilio tells of it.

use anyhow::{Context, Result};

use super::{Agency, InboundCall, Webhook};

/// The webhooks of a call, in their natural order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A call comes in.
    Voice,
    /// The caller pressed 1.
    Menu,
    /// The caller entered a ZIP code.
    Zip,
    /// The target's leg is about to be placed.
    Initiated,
    /// It rings.
    Ringing,
    /// It was answered.
    Answered,
    /// The answerer is to be greeted.
    Greeting,
    /// The answerer pressed 1.
    Screened,
    /// The target's leg is over.
    Completed,
    /// The dial is over.
    DialEnded,
    /// The caller's leg is over.
    Status,
}

impl Step {
    /// All of them, in their natural order.
    pub const ALL: [Self; 11] = [
        Self::Voice,
        Self::Menu,
        Self::Zip,
        Self::Initiated,
        Self::Ringing,
        Self::Answered,
        Self::Greeting,
        Self::Screened,
        Self::Completed,
        Self::DialEnded,
        Self::Status,
    ];

    /// The step without which this one cannot have happened; all others may come before or after it.
    pub const fn cause(self) -> Option<Self> {
        match self {
            Self::Voice => None,
            Self::Menu => Some(Self::Voice),
            Self::Zip => Some(Self::Menu),
            Self::Initiated | Self::Ringing | Self::Answered | Self::Greeting => Some(Self::Zip),
            Self::Screened => Some(Self::Greeting),
            Self::Completed | Self::DialEnded | Self::Status => Some(Self::Screened),
        }
    }
}

/// How long the target's leg lasts, and the whole call.
const LEG_SECONDS: &str = "95";
const CALL_SECONDS: &str = "110";

/// A call under way, with what the answers have told of where it goes on.
#[derive(Debug, Clone)]
pub struct Script {
    call: InboundCall,
    voice: String,
    status: String,
    menu: String,
    zip: String,
    dial: String,
    greeting: String,
    screened: String,
    progress: String,
}

impl Script {
    /// A call that has not come in yet.
    pub fn new(agency: &Agency, call: InboundCall) -> Self {
        Self {
            call,
            voice: agency.voice_url.clone(),
            status: agency.status_url.clone(),
            menu: String::new(),
            zip: String::new(),
            dial: String::new(),
            greeting: String::new(),
            screened: String::new(),
            progress: String::new(),
        }
    }

    /// The webhook of a step whose cause was answered.
    pub fn webhook(&self, step: Step) -> Webhook {
        let leg = self.call.leg_sid(1);
        let dial = [
            ("DialCallStatus", "completed"),
            ("DialCallSid", leg.as_str()),
            ("DialCallDuration", LEG_SECONDS),
            ("DialBridged", "true"),
        ];
        let of_caller = |url: &str, status: &str, about: &[_]| self.call.webhook(url, status, about);
        let of_leg = |url: &str, status: &str, about: &[_]| self.call.leg_webhook(url, 1, status, about);
        match step {
            Step::Voice => of_caller(&self.voice, "ringing", &[]),
            Step::Menu => of_caller(&self.menu, "in-progress", &[("Digits", "1")]),
            Step::Zip => of_caller(&self.zip, "in-progress", &[("Digits", "75201")]),
            Step::Initiated => of_leg(&self.progress, "initiated", &[]),
            Step::Ringing => of_leg(&self.progress, "ringing", &[]),
            Step::Answered => of_leg(&self.progress, "in-progress", &[]),
            Step::Greeting => of_leg(&self.greeting, "in-progress", &[]),
            Step::Screened => of_leg(&self.screened, "in-progress", &[("Digits", "1")]),
            Step::Completed => of_leg(&self.progress, "completed", &[("CallDuration", LEG_SECONDS)]),
            Step::DialEnded => of_caller(&self.dial, "in-progress", &dial),
            Step::Status => of_caller(&self.status, "completed", &[("CallDuration", CALL_SECONDS)]),
        }
    }

    /// Takes the document that answered a step's webhook, and with it where the call goes on.
    ///
    /// # Errors
    /// The call does not go on as the script has it.
    pub fn answered(&mut self, step: Step, document: &str) -> Result<()> {
        match step {
            Step::Voice => self.menu = url(document, "action")?,
            Step::Menu => self.zip = url(document, "action")?,
            Step::Zip => {
                self.dial = url(document, "action")?;
                self.greeting = url(document, "url")?;
                self.progress = url(document, "statusCallback")?;
            }
            Step::Greeting => self.screened = url(document, "action")?,
            Step::Initiated
            | Step::Ringing
            | Step::Answered
            | Step::Screened
            | Step::Completed
            | Step::DialEnded
            | Step::Status => {}
        }
        Ok(())
    }
}

/// The first attribute of a name, found with little work: load drivers come here too.
fn url(document: &str, attribute: &str) -> Result<String> {
    let value = document.split_once(&format!(" {attribute}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    let (value, _) = value.with_context(|| format!("no {attribute} in {document}"))?;
    Ok(value.replace("&amp;", "&"))
}
