//! What a callback URL says about the position of a call: written into its query, and read back exactly.

use std::borrow::Cow;

use jiff::Timestamp;
use ringfall_domain::{
    call::instructions::Continuation,
    flow::NodeId,
    ids::{CallId, CampaignId},
    queue::{CallbackQuestion, Told},
};
use url::form_urlencoded;

use super::WebhookEvent;
use crate::form;

/// What a callback URL says about the position of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The call.
    pub call: Option<CallId>,
    /// Its campaign, so that the plan is at hand before the call is read.
    pub campaign: Option<CampaignId>,
    /// A node of the flow.
    pub node: Option<NodeId>,
    /// How often the node had asked.
    pub visit: Option<u8>,
    /// The attempt.
    pub attempt: Option<u8>,
    /// When the answerer of the attempt was asked to take the call.
    pub asked_at: Option<Timestamp>,
    /// What a caller who waits has been told so far.
    pub told: Told,
    /// Which of the queue's overflows.
    pub index: Option<u8>,
    /// What was asked on being called back.
    pub question: Option<CallbackQuestion>,
    /// The call in which the callback was asked for.
    pub of: Option<CallId>,
}

/// The webhook and the parameters of a continuation.
pub(super) fn parameters(then: &Continuation) -> (WebhookEvent, Vec<(&'static str, String)>) {
    match then {
        Continuation::Gathered { node, visit } => {
            (WebhookEvent::Gathered, vec![of_node(node), ("visit", visit.to_string())])
        }
        Continuation::Said { node } => (WebhookEvent::Said, vec![of_node(node)]),
        Continuation::ForwardEnded { node } => (WebhookEvent::ForwardEnded, vec![of_node(node)]),
        Continuation::LegAnswered { attempt } => (WebhookEvent::LegAnswered, vec![of_attempt(*attempt)]),
        Continuation::Screened { attempt, asked_at } => {
            (WebhookEvent::Screened, vec![of_attempt(*attempt), ("asked_at", asked_at.to_string())])
        }
        Continuation::DialEnded { attempt } => (WebhookEvent::DialEnded, vec![of_attempt(*attempt)]),
        Continuation::LegProgress { attempt } => (WebhookEvent::LegProgress, vec![of_attempt(*attempt)]),
        Continuation::Held { node, told } => {
            (WebhookEvent::Held, [of_node(node)].into_iter().chain(of_told(told)).collect())
        }
        Continuation::Offered { attempt } => (WebhookEvent::Offered, vec![of_attempt(*attempt)]),
        Continuation::OverflowForwardEnded { node, index } => {
            (WebhookEvent::OverflowEnded, vec![of_node(node), of_overflow(*index)])
        }
        Continuation::MessageLeft { node, index } => {
            (WebhookEvent::MessageLeft, vec![of_node(node), of_overflow(*index)])
        }
        Continuation::CallbackAsked { node, index, question } => {
            let asked = [of_node(node), ("question", question_word(question))];
            (WebhookEvent::CallbackAsked, asked.into_iter().chain(index.map(of_overflow)).collect())
        }
        Continuation::CallbackAnswered { of, attempt } => {
            (WebhookEvent::CallbackAnswered, of_callback(*of, *attempt))
        }
        Continuation::CallbackAccepted { of, attempt } => {
            (WebhookEvent::CallbackAccepted, of_callback(*of, *attempt))
        }
        Continuation::CallbackProgress { of, attempt } => {
            (WebhookEvent::CallbackProgress, of_callback(*of, *attempt))
        }
    }
}

fn of_node(node: &NodeId) -> (&'static str, String) {
    ("node", node.to_string())
}

fn of_attempt(attempt: u8) -> (&'static str, String) {
    ("attempt", attempt.to_string())
}

fn of_overflow(index: u8) -> (&'static str, String) {
    ("index", index.to_string())
}

fn of_callback(of: CallId, attempt: u8) -> Vec<(&'static str, String)> {
    vec![("of", of.to_string()), of_attempt(attempt)]
}

fn of_told(told: &Told) -> impl Iterator<Item = (&'static str, String)> {
    let steps = ("steps", told.steps.to_string());
    let at = told.at.map(|at| ("told_at", at.to_string()));
    let position = told.position.map(|position| ("position", position.to_string()));
    let wait = told.wait_seconds.map(|seconds| ("wait_seconds", seconds.to_string()));
    let place = told.place.map(|place| ("place", place.to_string()));
    [steps].into_iter().chain(at).chain(position).chain(wait).chain(place)
}

/// One value, so that no part of a question can be lost on its own.
fn question_word(question: &CallbackQuestion) -> String {
    match question {
        CallbackQuestion::Offer => "offer".to_owned(),
        CallbackQuestion::Confirm(number) => format!("confirm:{number}"),
        CallbackQuestion::Enter { visit } => format!("enter:{visit}"),
    }
}

fn question(word: &str) -> Option<CallbackQuestion> {
    match word.split_once(':') {
        None if word == "offer" => Some(CallbackQuestion::Offer),
        Some(("confirm", number)) => number.parse().ok().map(CallbackQuestion::Confirm),
        Some(("enter", visit)) => visit.parse().ok().map(|visit| CallbackQuestion::Enter { visit }),
        _ => None,
    }
}

impl Position {
    /// Reads the position that a callback URL carries; what is missing or unreadable is none.
    pub(super) fn read(url: &str) -> Self {
        let mut position = Self::default();
        for (name, value) in form_urlencoded::parse(form::query(url).as_bytes()) {
            position.take(&name, value);
        }
        position
    }

    fn take(&mut self, name: &str, value: Cow<'_, str>) {
        match name {
            "call" => self.call = value.parse().ok(),
            "campaign" => self.campaign = value.parse().ok(),
            "node" => self.node = NodeId::try_from(value.into_owned()).ok(),
            "visit" => self.visit = value.parse().ok(),
            "attempt" => self.attempt = value.parse().ok(),
            "asked_at" => self.asked_at = value.parse().ok(),
            "steps" => self.told.steps = value.parse().unwrap_or_default(),
            "told_at" => self.told.at = value.parse().ok(),
            "position" => self.told.position = value.parse().ok(),
            "wait_seconds" => self.told.wait_seconds = value.parse().ok(),
            "place" => self.told.place = value.parse().ok(),
            "index" => self.index = value.parse().ok(),
            "question" => self.question = question(&value),
            "of" => self.of = value.parse().ok(),
            _ => {}
        }
    }
}
