//! What is kept of one session.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{config::Body, event::Cause};
use crate::{
    auth::{Challenge, Login},
    dialog::Dialog,
    message::{Method, Request, Response},
    transaction::{ClientId, ServerId, Transmit},
    transport::Peer,
};

/// The most forks of one call that are followed.
pub(super) const MOST_FORKS: usize = 16;

/// One session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) stage: Stage,
    /// Whether we made the call: then its Call-ID is ours.
    pub(super) is_ours: bool,
    pub(super) local_tag: String,
    /// The Call-ID of a call that we made.
    pub(super) own_call: Option<String>,
    /// The number of our latest request.
    pub(super) local_number: u32,
    /// The dialog that has the call; none of our own call before it is answered.
    pub(super) dialog: Option<Dialog>,
    /// The dialogs of our call's forks, by the other side's tag, with the number of its latest reliable response.
    pub(super) forks: BTreeMap<String, Fork>,
    /// The ACKs of successes, by the other side's tag and the INVITE's number, for the copies of those.
    pub(super) acks: BTreeMap<(String, u32), Transmit>,
    /// How many transactions belong to it.
    pub(super) transactions: usize,
    pub(super) logins: Vec<(Option<String>, Login)>,
    /// How often each nonce was used.
    pub(super) nonces: BTreeMap<String, u32>,
    /// The last description of ours that the other side was told: what a refresh repeats.
    pub(super) local_body: Option<Body>,
    pub(super) remote_allows_update: bool,
    /// A request of ours that would change the session.
    pub(super) change: Option<Change>,
    /// A request of the other side that would change the session, and waits for our word.
    pub(super) asked: Option<Asked>,
    /// Our success that waits for its ACK.
    pub(super) unacknowledged: Option<Unacknowledged>,
    /// The number of our INVITE without an offer, whose success waits for our answer.
    pub(super) owes_answer: Option<u32>,
    pub(super) refresh: Option<Refresh>,
    /// Hang up as soon as the ACK has come: no BYE may overtake it.
    pub(super) wants_bye: bool,
    /// Whether [`super::Event::Ended`] was told.
    pub(super) is_told: bool,
}

/// How far a session has come, with what only that stage has.
#[derive(Debug)]
pub(super) enum Stage {
    /// Our INVITE is under way.
    Calling(Box<Calling>),
    /// The other side's INVITE waits for our final response.
    Called(Box<Called>),
    /// Answered.
    Confirmed,
    /// Over; what is kept is for copies that are still on their way.
    Over,
}

#[derive(Debug)]
pub(super) struct Calling {
    pub(super) client: ClientId,
    pub(super) has_offer: bool,
    /// Where to go after this one.
    pub(super) next_peers: VecDeque<Peer>,
    /// Why it is to be cancelled, if it is.
    pub(super) giving_up: Option<Cause>,
    pub(super) is_cancel_sent: bool,
}

#[derive(Debug)]
pub(super) struct Called {
    pub(super) server: ServerId,
    pub(super) invite: Request,
    /// The number of the latest reliable provisional response.
    pub(super) rseq: u32,
    /// The one that waits for its PRACK.
    pub(super) unpracked: Option<Unpracked>,
    /// Responses that wait until it has come.
    pub(super) waiting: VecDeque<Response>,
    /// Whether a reliable provisional response has answered the offer: the success then says nothing of it again (RFC 6337 §3.1.1).
    pub(super) is_offer_answered: bool,
}

#[derive(Debug)]
pub(super) struct Unpracked {
    pub(super) response: Response,
    pub(super) rseq: u32,
    pub(super) interval: Duration,
}

#[derive(Debug)]
pub(super) struct Fork {
    pub(super) dialog: Dialog,
    pub(super) rseq: Option<u32>,
    /// A reliable response with an offer that waits for our answer.
    pub(super) unanswered: Option<Response>,
}

#[derive(Debug)]
pub(super) struct Unacknowledged {
    pub(super) server: ServerId,
    pub(super) number: u32,
    pub(super) response: Response,
    pub(super) interval: Duration,
}

/// A change of ours.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) method: Method,
    pub(super) body: Option<Body>,
    /// None while it waits to be tried again.
    pub(super) client: Option<ClientId>,
    pub(super) tries: u8,
    /// Whether it only refreshes: then the user hears nothing of it.
    pub(super) is_refresh: bool,
}

/// A change of the other side.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) server: ServerId,
    pub(super) request: Request,
}

/// Who refreshes the session, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refresh {
    pub(super) seconds: u32,
    pub(super) is_ours: bool,
}

/// What a client transaction of a session is for, and what is needed to send its request once more.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) session: super::SessionId,
    pub(super) purpose: Purpose,
    pub(super) request: Request,
    pub(super) peer: Peer,
    /// How often credentials were added.
    pub(super) attempts: u8,
    /// The challenges that it answers.
    pub(super) challenges: Vec<Challenge>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The INVITE that begins the session.
    Invite,
    /// A re-INVITE or an UPDATE.
    Change,
    /// BYE of the session.
    Bye,
    /// CANCEL, PRACK, INFO, and BYE of a fork that came too late: whatever becomes of it changes nothing.
    Aside,
}

/// The timers of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// It has rung for too long.
    Ringing,
    /// A CANCEL was sent, or the session is over: INVITEs that are still open are given up.
    GiveUp,
    /// Our success is sent again.
    SuccessCopy,
    /// Our success should have been acknowledged.
    Acknowledge,
    /// Our reliable provisional response is sent again.
    ProgressCopy,
    /// It should have been acknowledged.
    Prack,
    /// Try a change again after a collision.
    Retry,
    /// A change should have been answered.
    Change,
    /// We refresh the session.
    Refresh,
    /// The session was not refreshed.
    Expire,
}

impl Timer {
    pub(super) const ALL: [Self; 10] = [
        Self::Ringing,
        Self::GiveUp,
        Self::SuccessCopy,
        Self::Acknowledge,
        Self::ProgressCopy,
        Self::Prack,
        Self::Retry,
        Self::Change,
        Self::Refresh,
        Self::Expire,
    ];
}

impl Session {
    pub(super) fn new(stage: Stage, is_ours: bool, local_tag: String) -> Self {
        Self {
            stage,
            is_ours,
            local_tag,
            own_call: None,
            local_number: 0,
            dialog: None,
            forks: BTreeMap::new(),
            acks: BTreeMap::new(),
            transactions: 0,
            logins: Vec::new(),
            nonces: BTreeMap::new(),
            local_body: None,
            remote_allows_update: false,
            change: None,
            asked: None,
            unacknowledged: None,
            owes_answer: None,
            refresh: None,
            wants_bye: false,
            is_told: false,
        }
    }

    /// The number of our next request.
    pub(super) fn next_number(&mut self) -> u32 {
        self.local_number += 1;
        self.local_number
    }

    pub(super) const fn is_confirmed(&self) -> bool {
        matches!(self.stage, Stage::Confirmed)
    }

    pub(super) const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Whether nothing is left that could still need it.
    pub(super) const fn is_done(&self) -> bool {
        self.is_over() && self.transactions == 0
    }
}
