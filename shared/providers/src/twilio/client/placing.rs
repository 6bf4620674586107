//! The form that places a call.

use ringfall_domain::ids::CallId;

use crate::{callback::Callbacks, carrier::NewCall};

/// Twilio's bounds on a new call's `Timeout`.
const RING_TIMEOUT_SECONDS: (u32, u32) = (1, 600);

/// Of a call's statuses only the last is asked for (`completed`, which Twilio also tells of a call that nobody answered): that it was answered
/// is told by the request for instructions. Voicemail is not looked for: it presses no key.
pub(super) fn form_of(new: &NewCall, call: CallId, callbacks: &Callbacks) -> [(&'static str, String); 8] {
    let (least, most) = RING_TIMEOUT_SECONDS;
    [
        ("To", new.to.to_string()),
        ("From", new.from.to_string()),
        ("Timeout", new.ring_timeout_seconds.clamp(least, most).to_string()),
        ("Url", callbacks.url(call, &new.answered)),
        ("Method", "POST".to_owned()),
        ("StatusCallback", callbacks.url(call, &new.progress)),
        ("StatusCallbackEvent", "completed".to_owned()),
        ("StatusCallbackMethod", "POST".to_owned()),
    ]
}
