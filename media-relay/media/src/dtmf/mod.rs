//! Digits: RFC 4733 events in RTP, and bodies of SIP's INFO.

mod event;
mod info;
mod keypad;
mod receiver;
mod sender;

pub use event::{Digit, EventPayload};
pub use info::{DTMF_RELAY_TYPE, DTMF_TYPE, read_info, write_info};
pub use keypad::{Keypad, Way};
pub use receiver::EventReceiver;
pub use sender::{DigitSender, DigitTiming, TooManyDigits};
