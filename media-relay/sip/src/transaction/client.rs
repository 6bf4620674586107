//! Client transactions: INVITE (RFC 3261 §17.1.1, RFC 6026 §7.2) and all others (§17.1.2), as `(state, event) → actions`.

use std::time::Duration;

use super::Timer;
use crate::{
    message::StatusCode,
    timers::{PATIENCE, T1, T2, T4},
};

/// What is to be done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Send the request (again).
    Send,
    /// Send the ACK of the failure (again).
    Acknowledge,
    /// Hand the response on.
    Deliver,
    /// Say that nobody answered.
    TimedOut,
    /// Set a timer.
    Set(Timer, Duration),
    /// Clear a timer.
    Clear(Timer),
    /// The transaction is over.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was heard. The time to the next copy.
    Calling(Duration),
    Proceeding,
    /// A failure came, and is acknowledged.
    Completed,
    /// A success came: copies of it and those of other forks are handed on.
    Accepted,
    /// No INVITE. The time to the next copy.
    Trying(Duration),
    Waiting,
    /// No INVITE: copies of the response are absorbed.
    Absorbing,
}

/// One client transaction's state.
#[derive(Debug)]
pub(super) struct Machine {
    state: State,
    is_reliable: bool,
}

impl Machine {
    /// A machine whose request is sent now.
    pub(super) fn start(is_invite: bool, is_reliable: bool) -> (Self, Vec<Action>) {
        let (state, copies, patience) = if is_invite {
            (State::Calling(T1), Timer::A, Timer::B)
        } else {
            (State::Trying(T1), Timer::E, Timer::F)
        };
        let mut actions = vec![Action::Send, Action::Set(patience, PATIENCE)];
        if !is_reliable {
            actions.push(Action::Set(copies, T1));
        }
        (Self { state, is_reliable }, actions)
    }

    /// Whether nothing was heard yet.
    pub(super) const fn is_unheard(&self) -> bool {
        matches!(self.state, State::Calling(_) | State::Trying(_))
    }

    /// Whether a CANCEL may be sent: something was heard, and not the end (RFC 3261 §9.1).
    pub(super) const fn is_proceeding(&self) -> bool {
        matches!(self.state, State::Proceeding)
    }

    pub(super) fn on_response(&mut self, status: StatusCode) -> Vec<Action> {
        match self.state {
            State::Calling(_) | State::Proceeding => self.on_invite_response(status),
            State::Completed if !status.is_provisional() && !status.is_success() => vec![Action::Acknowledge],
            State::Accepted if status.is_success() => vec![Action::Deliver],
            State::Trying(_) | State::Waiting if status.is_provisional() => {
                self.state = State::Waiting;
                let copies = (!self.is_reliable).then_some(Action::Set(Timer::E, T2));
                [Action::Deliver].into_iter().chain(copies).collect()
            }
            State::Trying(_) | State::Waiting => {
                self.state = State::Absorbing;
                let stop = [Action::Clear(Timer::E), Action::Clear(Timer::F), Action::Deliver];
                stop.into_iter().chain([self.linger(Timer::K, T4)]).collect()
            }
            State::Completed | State::Accepted | State::Absorbing => Vec::new(),
        }
    }

    fn on_invite_response(&mut self, status: StatusCode) -> Vec<Action> {
        let stop = [Action::Clear(Timer::A), Action::Clear(Timer::B)].into_iter();
        if status.is_provisional() {
            self.state = State::Proceeding;
            return stop.chain([Action::Deliver]).collect();
        }
        if status.is_success() {
            self.state = State::Accepted;
            return stop.chain([Action::Deliver, Action::Set(Timer::M, PATIENCE)]).collect();
        }
        self.state = State::Completed;
        stop.chain([Action::Acknowledge, Action::Deliver, self.linger(Timer::D, PATIENCE)]).collect()
    }

    /// Copies come over an unreliable transport alone.
    const fn linger(&self, timer: Timer, time: Duration) -> Action {
        if self.is_reliable { Action::End } else { Action::Set(timer, time) }
    }

    pub(super) fn on_timer(&mut self, timer: Timer) -> Vec<Action> {
        match (timer, self.state) {
            (Timer::A, State::Calling(interval)) => {
                self.state = State::Calling(interval * 2);
                vec![Action::Send, Action::Set(Timer::A, interval * 2)]
            }
            (Timer::E, State::Trying(interval)) => {
                let next = (interval * 2).min(T2);
                self.state = State::Trying(next);
                vec![Action::Send, Action::Set(Timer::E, next)]
            }
            (Timer::E, State::Waiting) => vec![Action::Send, Action::Set(Timer::E, T2)],
            (Timer::B, State::Calling(_)) | (Timer::F, State::Trying(_) | State::Waiting) => {
                vec![Action::TimedOut, Action::End]
            }
            (Timer::D, State::Completed) | (Timer::M, State::Accepted) | (Timer::K, State::Absorbing) => {
                vec![Action::End]
            }
            // A timer that its state does not wait for was cleared when the state was left.
            (_, State::Calling(_) | State::Proceeding | State::Completed | State::Accepted)
            | (_, State::Trying(_) | State::Waiting | State::Absorbing) => Vec::new(),
        }
    }
}
