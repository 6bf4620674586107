//! The user agent (RFC 3261 §8, §11-§15; RFC 3262, 3311, 4028): calls that we make and calls that we take.
//!
//! [`Agent`] is given messages, commands and the time. After each it is drained: [`Agent::poll_transmit`] and [`Agent::poll_event`] until they have
//! nothing, and called again with [`Agent::handle_timeout`] at [`Agent::poll_timeout`].
//!
//! What always holds: each session that was begun is told to be over exactly once ([`Event::Ended`]), whatever is lost on the way; what is kept of it is
//! gone 64 × T1 after that; a success is acknowledged however late it comes; no BYE overtakes an ACK.
//!
//! It refuses to follow redirections and REFER: both let a stranger choose whom we call, at our cost. A call of ours that comes back to us is
//! refused as a loop (482).

mod authorise;
mod change;
mod command;
mod config;
mod event;
mod incoming;
mod outgoing;
mod outside;
mod refresh;
mod reliable;
mod session;
#[cfg(test)]
mod tests;
mod within;
#[cfg(test)]
mod world;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use self::session::{Purpose, Sent, Session, Stage, Timer};
pub use self::{
    config::{Body, Config, Invite},
    event::{Cause, Event, Refusal, SessionId},
};
use crate::{
    Chance, Moment,
    dialog::{Dialog, DialogId},
    message::{Headers, Message, Method, Name, Request, Response, StatusCode},
    timers::{PATIENCE, Timers},
    transaction::{self, ClientId, Failure, Full, Ignored, ServerId, Transactions, Transmit},
    transport::{Peer, Transport},
};

/// The methods that we understand, as Allow lists them.
const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO";

/// The extensions that we understand, as Supported lists them.
const SUPPORTED: [&str; 2] = ["100rel", "timer"];

/// All sessions of one place.
#[derive(Debug)]
pub struct Agent {
    config: Config,
    chance: Chance,
    transactions: Transactions,
    count: u64,
    sessions: BTreeMap<SessionId, Session>,
    dialogs: BTreeMap<DialogId, SessionId>,
    sent: BTreeMap<ClientId, Sent>,
    /// The Call-IDs of the calls that we make: one that comes back to us goes round in a loop.
    own_calls: BTreeSet<String>,
    /// The INVITEs of others, for their CANCELs.
    invited: BTreeMap<ServerId, SessionId>,
    timers: Timers<SessionId, Timer>,
    events: VecDeque<Event>,
}

impl Agent {
    /// An agent without sessions. The chance's seed must be random and secret.
    pub fn new(config: Config, chance: Chance) -> Self {
        let transactions = Transactions::new(config.sent_by.clone(), config.limits);
        Self {
            config,
            chance,
            transactions,
            count: 0,
            sessions: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            sent: BTreeMap::new(),
            own_calls: BTreeSet::new(),
            invited: BTreeMap::new(),
            timers: Timers::default(),
            events: VecDeque::new(),
        }
    }

    /// What is to be sent next.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transactions.poll_transmit()
    }

    /// What is to be told next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Agent::handle_timeout`] is to be called.
    pub fn poll_timeout(&self) -> Option<Moment> {
        [self.timers.next(), self.transactions.poll_timeout()].into_iter().flatten().min()
    }

    /// How many sessions there are, those included that are over and of which something is still kept.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// How many transactions there are.
    pub fn transactions(&self) -> usize {
        self.transactions.len()
    }

    /// Takes a message from the network.
    ///
    /// # Errors
    /// Nothing comes of it; the reason is for the record.
    pub fn handle_message(&mut self, now: Moment, from: Peer, message: Message) -> Result<(), Ignored> {
        let taken = self.transactions.handle_message(now, from, message);
        self.pump(now);
        taken
    }

    /// The transport cannot bring anything to that peer.
    pub fn handle_peer_failure(&mut self, now: Moment, peer: Peer) {
        self.transactions.handle_peer_failure(now, peer);
        self.pump(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Moment) {
        self.transactions.handle_timeout(now);
        self.pump(now);
        while let Some((id, timer)) = self.timers.take_due(now) {
            self.on_timer(now, id, timer);
            self.pump(now);
        }
    }

    fn on_timer(&mut self, now: Moment, id: SessionId, timer: Timer) {
        match timer {
            Timer::Ringing => self.rang_too_long(now, id),
            Timer::GiveUp => self.give_up(now, id),
            Timer::SuccessCopy => self.repeat_success(now, id),
            Timer::Acknowledge => self.never_acknowledged(now, id),
            Timer::ProgressCopy => self.repeat_progress(now, id),
            Timer::Prack => self.never_pracked(now, id),
            Timer::Retry => self.retry_change(now, id),
            Timer::Change => self.lose(now, id),
            Timer::Refresh => self.refresh(now, id),
            Timer::Expire => self.expire(now, id),
        }
    }

    /// Takes what the transactions tell, until they have nothing more.
    fn pump(&mut self, now: Moment) {
        while let Some(event) = self.transactions.poll_event() {
            match event {
                transaction::Event::Request { server, request, from } => {
                    self.on_request(now, server, request, from);
                }
                transaction::Event::Cancel { server, invite, request, .. } => {
                    self.on_cancel(now, server, invite, &request);
                }
                transaction::Event::Ack { request, .. } => self.on_ack(now, request),
                transaction::Event::Response { client, response } => self.on_response(now, client, response),
                transaction::Event::Failed { client, failure } => self.on_failure(now, client, failure),
                transaction::Event::ClientEnded { client } => self.on_client_ended(client),
                transaction::Event::ServerEnded { server } => {
                    self.invited.remove(&server);
                }
            }
        }
    }

    fn on_response(&mut self, now: Moment, client: ClientId, response: Response) {
        let Some(sent) = self.sent.get(&client) else { return };
        let id = sent.session;
        match sent.purpose {
            Purpose::Invite => self.on_invite_response(now, client, id, response),
            Purpose::Change => self.on_change_response(now, client, id, response),
            Purpose::Bye | Purpose::Aside => self.on_aside_response(now, client, &response),
        }
    }

    fn on_failure(&mut self, now: Moment, client: ClientId, _: Failure) {
        let Some(sent) = self.sent.get(&client) else { return };
        let id = sent.session;
        match sent.purpose {
            Purpose::Invite => self.on_invite_failure(now, client, id, None),
            Purpose::Change => self.lose(now, id),
            Purpose::Bye | Purpose::Aside => {}
        }
    }

    /// What becomes of BYE, CANCEL and the like changes nothing; but a challenge is answered.
    fn on_aside_response(&mut self, now: Moment, client: ClientId, response: &Response) {
        if let Some((request, peer)) = self.answer_challenge(client, response) {
            self.send_once_more(now, client, request, peer);
        }
    }

    fn on_client_ended(&mut self, client: ClientId) {
        let Some(sent) = self.sent.remove(&client) else { return };
        if let Some(session) = self.sessions.get_mut(&sent.session) {
            session.transactions -= 1;
        }
        self.forget_if_done(sent.session);
    }

    /// Begins a client transaction of a session.
    fn send(
        &mut self,
        now: Moment,
        id: SessionId,
        purpose: Purpose,
        request: Request,
        peer: Peer,
    ) -> Result<ClientId, Full> {
        let branch = self.chance.branch();
        let client = self.transactions.request(now, request.clone(), &branch, peer)?;
        let sent = Sent { session: id, purpose, request, peer, attempts: 0, challenges: Vec::new() };
        self.sent.insert(client, sent);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.transactions += 1;
        }
        Ok(client)
    }

    /// Sends a changed copy of a request in a transaction of its own, for the same purpose. None if there are too many.
    fn send_once_more(
        &mut self,
        now: Moment,
        client: ClientId,
        request: Request,
        peer: Peer,
    ) -> Option<ClientId> {
        let sent = self.sent.get(&client)?;
        let (id, purpose) = (sent.session, sent.purpose);
        let (attempts, challenges) = (sent.attempts, sent.challenges.clone());
        let again = self.send(now, id, purpose, request, peer).ok()?;
        if let Some(sent) = self.sent.get_mut(&again) {
            (sent.attempts, sent.challenges) = (attempts, challenges);
        }
        Some(again)
    }

    /// Sends a request within a dialog that nothing depends on.
    fn send_aside(
        &mut self,
        now: Moment,
        id: SessionId,
        dialog: &Dialog,
        method: &Method,
        more: &Headers,
        body: Option<&Body>,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let mut request = dialog.request(method.clone(), session.next_number());
        request.headers.append(more);
        put_body(&mut request.headers, &mut request.body, body);
        self.sign(&mut request.headers, Name::UserAgent);
        let purpose = if *method == Method::Bye { Purpose::Bye } else { Purpose::Aside };
        // With too many transactions, the other side's own timers must end what we would have ended.
        let _ = self.send(now, id, purpose, request, dialog.peer());
    }

    /// Answers a request of the other side. One that was answered already, by a race, stays answered as it was.
    fn reply(&mut self, now: Moment, server: ServerId, response: &Response) {
        let _ = self.transactions.respond(now, server, response);
    }

    /// A session is over: tells so, once, and keeps what late copies need.
    fn finish(&mut self, now: Moment, id: SessionId, cause: Cause) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.stage = Stage::Over;
        session.change = None;
        session.refresh = None;
        session.unacknowledged = None;
        if !std::mem::replace(&mut session.is_told, true) {
            self.events.push_back(Event::Ended { session: id, cause });
        }
        if let Some(asked) = session.asked.take() {
            let response = asked.request.stateless_reply(StatusCode::REQUEST_TERMINATED);
            self.reply(now, asked.server, &response);
        }
        self.timers.clear_all(id, &Timer::ALL);
        self.timers.set(id, Timer::GiveUp, now + PATIENCE);
        self.forget_if_done(id);
    }

    /// Sends BYE, and is done with the session.
    fn hang_up_now(&mut self, now: Moment, id: SessionId, cause: Cause) {
        let dialog = self.sessions.get(&id).and_then(|session| session.dialog.clone());
        if let Some(dialog) = dialog {
            self.send_aside(now, id, &dialog, &Method::Bye, &Headers::default(), None);
        }
        self.finish(now, id, cause);
    }

    /// A request within the dialog found nobody.
    fn lose(&mut self, now: Moment, id: SessionId) {
        if self.sessions.get(&id).is_some_and(|session| !session.is_over()) {
            self.hang_up_now(now, id, Cause::Lost);
        }
    }

    /// Gives up the INVITEs of a session that nobody ends.
    fn give_up(&mut self, now: Moment, id: SessionId) {
        let is_invite = |sent: &Sent| sent.session == id && sent.request.method == Method::Invite;
        let open: Vec<_> =
            self.sent.iter().filter(|(_, sent)| is_invite(sent)).map(|(client, _)| *client).collect();
        for client in open {
            self.transactions.abandon(client);
        }
        let cause = match self.sessions.get_mut(&id).map(|session| &mut session.stage) {
            Some(Stage::Calling(calling)) => calling.giving_up.take().unwrap_or(Cause::Unreachable),
            Some(Stage::Called(_) | Stage::Confirmed | Stage::Over) | None => return,
        };
        self.finish(now, id, cause);
    }

    fn forget_if_done(&mut self, id: SessionId) {
        if !self.sessions.get(&id).is_some_and(Session::is_done) {
            return;
        }
        let Some(session) = self.sessions.remove(&id) else { return };
        for dialog in session.dialog.iter().chain(session.forks.values().map(|fork| &fork.dialog)) {
            self.dialogs.remove(dialog.id());
        }
        if let Some(call_id) = &session.own_call {
            self.own_calls.remove(call_id);
        }
        self.timers.clear_all(id, &Timer::ALL);
    }

    fn next_session(&mut self) -> SessionId {
        self.count += 1;
        SessionId(self.count)
    }

    /// Where we are reached by whom we talk with over that transport.
    fn contact(&self, over: Transport) -> Bytes {
        let mut contact = self.config.contact.clone();
        match over {
            Transport::Udp => {}
            Transport::Tcp => contact.params.set("transport", Some("tcp")),
            Transport::Tls => {
                contact.port = self.config.tls_port.or(contact.port);
                contact.params.set("transport", Some("tls"));
            }
        }
        Bytes::from(format!("<{contact}>"))
    }

    /// Says what we call ourselves.
    fn sign(&self, headers: &mut Headers, name: Name) {
        if !self.config.product.is_empty() {
            headers.push(name, self.config.product.clone());
        }
    }

    /// What a message that makes, keeps or describes a session says of us.
    fn describe(&self, headers: &mut Headers, over: Transport) {
        headers.push(Name::Contact, self.contact(over));
        headers.push(Name::Allow, Bytes::from_static(ALLOW.as_bytes()));
        headers.push(Name::Supported, SUPPORTED.join(", "));
    }

    /// How many timers are set, those of the transactions included.
    #[cfg(test)]
    fn timers_set(&self) -> usize {
        self.timers.len() + self.transactions.timers_set()
    }
}

/// The transport that a request came by, as its topmost Via says.
fn came_by(request: &Request) -> Transport {
    let via = request.essentials.top_via();
    via.and_then(|via| Transport::from_name(&via.transport)).unwrap_or(Transport::Udp)
}

fn put_body(headers: &mut Headers, place: &mut Bytes, body: Option<&Body>) {
    if let Some(body) = body {
        headers.push(Name::ContentType, body.content_type.clone());
        *place = body.bytes.clone();
    }
}
