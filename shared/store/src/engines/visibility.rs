//! When a message may be delivered, and which delivery a receipt names: the same for both engines that keep
//! messages themselves. Instants are whole microseconds, rounded so that no message is ever early.

use jiff::Timestamp;

use crate::port::{Delivery, Receipt};

const NANOSECONDS: i128 = 1_000;
const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

/// One delivery of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivered {
    /// The message.
    pub(super) message: i64,
    /// Its how-manieth delivery: 1 on the first.
    pub(super) deliveries: u32,
}

impl Delivered {
    /// What the receiver is given.
    pub(super) fn with(self, body: impl Into<String>) -> Delivery {
        let receipt = Receipt(format!("{}.{}", self.message, self.deliveries));
        Delivery { receipt, body: body.into(), deliveries: self.deliveries }
    }

    /// None if the receipt is not one of ours.
    pub(super) fn read(receipt: &Receipt) -> Option<Self> {
        let (message, deliveries) = receipt.0.split_once('.')?;
        Some(Self { message: message.parse().ok()?, deliveries: deliveries.parse().ok()? })
    }
}

/// The first microsecond at which a message is due.
pub(super) fn due_microseconds(due_at: Timestamp) -> i64 {
    clamp(-(-due_at.as_nanosecond()).div_euclid(NANOSECONDS))
}

/// The last whole microsecond at a time.
pub(super) fn now_microseconds(now: Timestamp) -> i64 {
    clamp(now.as_nanosecond().div_euclid(NANOSECONDS))
}

/// Until when a message that is received now is hidden.
pub(super) fn hidden_until_microseconds(now_microseconds: i64, hidden_seconds: u32) -> i64 {
    now_microseconds.saturating_add(i64::from(hidden_seconds) * MICROSECONDS_PER_SECOND)
}

/// All of `Timestamp`'s years fit, so this changes nothing.
fn clamp(microseconds: i128) -> i64 {
    i64::try_from(microseconds).unwrap_or(if microseconds < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_is_early() {
        let at = |nanosecond| Timestamp::from_nanosecond(nanosecond).expect("near 1970");
        for (nanosecond, due, now) in
            [(0, 0, 0), (1, 1, 0), (999, 1, 0), (1_000, 1, 1), (-1, 0, -1), (-1_000, -1, -1)]
        {
            assert_eq!(
                (due_microseconds(at(nanosecond)), now_microseconds(at(nanosecond))),
                (due, now),
                "{nanosecond}"
            );
        }
    }

    #[test]
    fn a_receipt_reads_back_and_others_do_not() {
        let delivered = Delivered { message: 7, deliveries: 2 };
        assert_eq!(Delivered::read(&delivered.with("x").receipt), Some(delivered));
        for foreign in ["", "7", "7.", ".2", "7.x", "7.-1", "7.2.1", "AQEB"] {
            assert_eq!(Delivered::read(&Receipt(foreign.to_owned())), None, "{foreign}");
        }
    }
}
