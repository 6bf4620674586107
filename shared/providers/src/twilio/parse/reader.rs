//! One webhook's fields and position, read one at a time.

use jiff::Timestamp;
use ringfall_domain::{flow::NodeId, ids::CallId, queue::CallbackQuestion};

use crate::{
    callback::{Callbacks, Position},
    form::Fields,
    twilio::status::{is_sid, time},
    webhook::{ParseError, WebhookRequest},
};

/// What `CallStatus` and `DialCallStatus` may be.
pub(super) const CALL_STATUS: &str = "a call status such as completed, busy or no-answer";
const SID: &str = "1 to 64 letters, digits, hyphens or underscores, such as CA and 32 hexadecimal digits";

/// Reads a webhook's fields by their names at Twilio.
pub(super) struct Reader<'a> {
    fields: Fields<'a>,
    position: Position,
}

impl<'a> Reader<'a> {
    pub(super) fn of(request: &WebhookRequest<'a>) -> Self {
        Self { fields: Fields::of(request), position: Callbacks::position(request.url) }
    }

    pub(super) const fn position(&self) -> &Position {
        &self.position
    }

    /// The node in our callback URL.
    pub(super) fn node(&self) -> Result<NodeId, ParseError> {
        self.position.required_node()
    }

    /// The visit in our callback URL, from 1.
    pub(super) fn visit(&self) -> Result<u8, ParseError> {
        self.position.required_visit()
    }

    /// The attempt in our callback URL, from 1.
    pub(super) fn attempt(&self) -> Result<u8, ParseError> {
        self.position.required_attempt()
    }

    /// The queue's overflow in our callback URL, counted from 0.
    pub(super) fn index(&self) -> Result<u8, ParseError> {
        self.position.required_index()
    }

    /// What our callback URL says was asked on being called back.
    pub(super) fn question(&self) -> Result<CallbackQuestion, ParseError> {
        self.position.required_question()
    }

    /// The call in our callback URL in which a callback was asked for.
    pub(super) fn of_call(&self) -> Result<CallId, ParseError> {
        self.position.required_of()
    }

    /// A field that is not empty.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)
    }

    /// A field that must not be empty.
    pub(super) fn required(&self, field: &'static str, expected: &'static str) -> Result<&str, ParseError> {
        self.text(field).ok_or(ParseError::Field { field, expected })
    }

    /// One of Twilio's ids.
    pub(super) fn sid(&self, field: &'static str) -> Result<String, ParseError> {
        self.sid_if_told(field).ok_or(ParseError::Field { field, expected: SID })
    }

    /// One of Twilio's ids, where it can be done without.
    pub(super) fn sid_if_told(&self, field: &str) -> Option<String> {
        self.text(field).filter(|text| is_sid(text)).map(str::to_owned)
    }

    /// A time, where it can be read.
    pub(super) fn time(&self, field: &str) -> Option<Timestamp> {
        self.text(field).and_then(time)
    }

    /// A number of seconds, where it can be read.
    pub(super) fn seconds(&self, field: &str) -> Option<u32> {
        self.text(field)?.parse().ok()
    }
}
