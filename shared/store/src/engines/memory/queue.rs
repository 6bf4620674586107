//! The delayed messages.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    engines::{
        page::Room,
        visibility::{Delivered, due_microseconds, hidden_until_microseconds, now_microseconds},
    },
    port::{Delivery, MessageBody, Receipt},
};

/// Messages by number, and the order in which they are due.
#[derive(Debug, Default)]
pub(super) struct Queue {
    messages: BTreeMap<i64, Message>,
    due: BTreeSet<(i64, i64)>,
    last: i64,
}

#[derive(Debug)]
struct Message {
    body: MessageBody,
    due_microseconds: i64,
    deliveries: u32,
}

impl Queue {
    pub(super) fn send(&mut self, body: MessageBody, due_at: Timestamp) {
        let due_microseconds = due_microseconds(due_at);
        self.last += 1;
        self.messages.insert(self.last, Message { body, due_microseconds, deliveries: 0 });
        self.due.insert((due_microseconds, self.last));
    }

    pub(super) fn receive(&mut self, now: Timestamp, hidden_seconds: u32, limit: usize) -> Vec<Delivery> {
        let now = now_microseconds(now);
        let mut room = Room::for_parts(limit);
        let due: Vec<i64> = self.due.range(..=(now, i64::MAX)).map(|&(_, number)| number).collect();
        let mut deliveries = Vec::new();
        for number in due {
            if room.is_full() {
                break;
            }
            self.hide_until(number, hidden_until_microseconds(now, hidden_seconds));
            if let Some(message) = self.messages.get_mut(&number) {
                message.deliveries = message.deliveries.saturating_add(1);
                room.take(message.body.len());
                deliveries
                    .push(Delivered { message: number, deliveries: message.deliveries }.with(&message.body));
            }
        }
        deliveries
    }

    pub(super) fn acknowledge(&mut self, receipt: &Receipt) {
        if let Some(number) = self.current(receipt)
            && let Some(message) = self.messages.remove(&number)
        {
            self.due.remove(&(message.due_microseconds, number));
        }
    }

    pub(super) fn postpone(&mut self, receipt: &Receipt, due_at: Timestamp) {
        if let Some(number) = self.current(receipt) {
            self.hide_until(number, due_microseconds(due_at));
        }
    }

    /// The message that the receipt names, if that was its last delivery.
    fn current(&self, receipt: &Receipt) -> Option<i64> {
        let delivered = Delivered::read(receipt)?;
        let message = self.messages.get(&delivered.message)?;
        (message.deliveries == delivered.deliveries).then_some(delivered.message)
    }

    fn hide_until(&mut self, number: i64, due_microseconds: i64) {
        if let Some(message) = self.messages.get_mut(&number) {
            self.due.remove(&(message.due_microseconds, number));
            self.due.insert((due_microseconds, number));
            message.due_microseconds = due_microseconds;
        }
    }
}
