//! The parts of a position without which a webhook means nothing.

use ringfall_domain::{flow::NodeId, ids::CallId, queue::CallbackQuestion};

use super::Position;
use crate::webhook::ParseError;

const EXPECTED: &str = "our callback URL, with this parameter as we wrote it";

impl Position {
    /// The node.
    pub(crate) fn required_node(&self) -> Result<NodeId, ParseError> {
        self.node.clone().ok_or(missing("node"))
    }

    /// The visit, from 1.
    pub(crate) fn required_visit(&self) -> Result<u8, ParseError> {
        counted(self.visit).ok_or(missing("visit"))
    }

    /// The attempt, from 1.
    pub(crate) fn required_attempt(&self) -> Result<u8, ParseError> {
        counted(self.attempt).ok_or(missing("attempt"))
    }

    /// The queue's overflow, counted from 0.
    pub(crate) fn required_index(&self) -> Result<u8, ParseError> {
        self.index.ok_or(missing("index"))
    }

    /// What was asked on being called back.
    pub(crate) fn required_question(&self) -> Result<CallbackQuestion, ParseError> {
        self.question.clone().ok_or(missing("question"))
    }

    /// The call in which a callback was asked for.
    pub(crate) fn required_of(&self) -> Result<CallId, ParseError> {
        self.of.ok_or(missing("of"))
    }
}

fn counted(number: Option<u8>) -> Option<u8> {
    number.filter(|number| *number > 0)
}

const fn missing(field: &'static str) -> ParseError {
    ParseError::Field { field, expected: EXPECTED }
}
