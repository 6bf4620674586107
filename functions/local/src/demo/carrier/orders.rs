//! What the platform orders of a call through the REST API, in the middle of it.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use tokio::sync::Notify;

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// Hang up.
    HangUp,
    /// Break off whatever is done, and fetch a document there.
    Redirect(String),
}

/// The orders for one call or leg, in the order in which they were given. One that finds nobody waiting is taken up by who waits next.
#[derive(Debug, Default)]
pub(super) struct Orders {
    given: Mutex<VecDeque<Order>>,
    heard: Notify,
}

impl Orders {
    /// Gives one.
    pub(super) fn give(&self, order: Order) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).push_back(order);
        self.heard.notify_one();
    }

    /// Waits for the next.
    pub(super) async fn next(&self) -> Order {
        loop {
            let order = self.given.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match order {
                Some(order) => return order,
                None => self.heard.notified().await,
            }
        }
    }
}
