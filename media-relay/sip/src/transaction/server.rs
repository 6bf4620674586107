//! Server transactions: INVITE (RFC 3261 §17.2.1, RFC 6026 §7.1) and all others (§17.2.2), as `(state, event) → actions`.

use std::time::Duration;

use super::Timer;
use crate::{
    message::StatusCode,
    timers::{PATIENCE, T1, T2, T4},
};

/// RFC 3261 §17.2.1: how long the user may take before the caller is told that the INVITE has come.
const TRYING_AFTER: Duration = Duration::from_millis(200);

/// What is to be done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Send the latest response (again).
    Send,
    /// Send 100 of our own.
    SendTrying,
    /// Hand the ACK on: it acknowledges a success.
    DeliverAck,
    /// Set a timer.
    Set(Timer, Duration),
    /// Clear a timer.
    Clear(Timer),
    /// The transaction is over.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// An INVITE that nothing was said to.
    Fresh,
    /// An INVITE with a provisional response.
    Proceeding,
    /// An INVITE with a failure that waits for its ACK. The time to the next copy.
    Completed(Duration),
    /// The ACK of the failure came: copies of it are absorbed.
    Confirmed,
    /// An INVITE with a success: the user repeats it, we absorb copies of the INVITE.
    Accepted,
    /// No INVITE, and nothing was said.
    Trying,
    /// No INVITE, with a provisional response.
    Waiting,
    /// No INVITE: the response is repeated for each copy of the request.
    Absorbing,
}

/// Why a response of the user is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request has had its final response")]
pub struct TooLate;

/// One server transaction's state.
#[derive(Debug)]
pub(super) struct Machine {
    state: State,
    is_reliable: bool,
}

impl Machine {
    pub(super) fn start(is_invite: bool, is_reliable: bool) -> (Self, Vec<Action>) {
        if is_invite {
            let actions = vec![Action::Set(Timer::Trying, TRYING_AFTER)];
            return (Self { state: State::Fresh, is_reliable }, actions);
        }
        (Self { state: State::Trying, is_reliable }, Vec::new())
    }

    /// Whether the final response is still to come.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Fresh | State::Proceeding | State::Trying | State::Waiting)
    }

    /// A copy of the request.
    pub(super) fn on_copy(&self) -> Vec<Action> {
        match self.state {
            State::Proceeding | State::Completed(_) | State::Waiting | State::Absorbing => vec![Action::Send],
            State::Fresh => vec![Action::SendTrying],
            State::Confirmed | State::Accepted | State::Trying => Vec::new(),
        }
    }

    /// An ACK of the INVITE's own branch.
    pub(super) fn on_ack(&mut self) -> Vec<Action> {
        match self.state {
            State::Completed(_) => {
                self.state = State::Confirmed;
                let stop = [Action::Clear(Timer::G), Action::Clear(Timer::H)];
                stop.into_iter().chain([self.linger(Timer::I, T4)]).collect()
            }
            State::Accepted => vec![Action::DeliverAck],
            State::Fresh | State::Proceeding | State::Confirmed => Vec::new(),
            State::Trying | State::Waiting | State::Absorbing => Vec::new(),
        }
    }

    /// A response of the user.
    pub(super) fn on_response(&mut self, status: StatusCode) -> Result<Vec<Action>, TooLate> {
        match self.state {
            State::Fresh | State::Proceeding => Ok(self.on_invite_response(status)),
            State::Accepted if status.is_success() => Ok(vec![Action::Send]),
            State::Trying | State::Waiting if status.is_provisional() => {
                self.state = State::Waiting;
                Ok(vec![Action::Send])
            }
            State::Trying | State::Waiting => {
                self.state = State::Absorbing;
                Ok(vec![Action::Send, self.linger(Timer::J, PATIENCE)])
            }
            State::Completed(_) | State::Confirmed | State::Accepted | State::Absorbing => Err(TooLate),
        }
    }

    fn on_invite_response(&mut self, status: StatusCode) -> Vec<Action> {
        let mut actions = vec![Action::Clear(Timer::Trying), Action::Send];
        if status.is_provisional() {
            self.state = State::Proceeding;
        } else if status.is_success() {
            self.state = State::Accepted;
            actions.push(Action::Set(Timer::L, PATIENCE));
        } else {
            self.state = State::Completed(T1);
            actions.push(Action::Set(Timer::H, PATIENCE));
            if !self.is_reliable {
                actions.push(Action::Set(Timer::G, T1));
            }
        }
        actions
    }

    /// Copies come over an unreliable transport alone.
    const fn linger(&self, timer: Timer, time: Duration) -> Action {
        if self.is_reliable { Action::End } else { Action::Set(timer, time) }
    }

    pub(super) fn on_timer(&mut self, timer: Timer) -> Vec<Action> {
        match (timer, self.state) {
            (Timer::Trying, State::Fresh) => {
                self.state = State::Proceeding;
                vec![Action::SendTrying]
            }
            (Timer::G, State::Completed(interval)) => {
                let next = (interval * 2).min(T2);
                self.state = State::Completed(next);
                vec![Action::Send, Action::Set(Timer::G, next)]
            }
            (Timer::H, State::Completed(_))
            | (Timer::I, State::Confirmed)
            | (Timer::L, State::Accepted)
            | (Timer::J, State::Absorbing) => vec![Action::End],
            // A timer that its state does not wait for was cleared when the state was left.
            (
                _,
                State::Fresh | State::Proceeding | State::Completed(_) | State::Confirmed | State::Accepted,
            )
            | (_, State::Trying | State::Waiting | State::Absorbing) => Vec::new(),
        }
    }
}
