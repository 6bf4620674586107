//! Transactions (RFC 3261 §17, RFC 6026): requests that reach the other side once, however often they are sent, and their responses.
//!
//! [`Transactions`] holds them all. It is given messages, requests of the user, responses of the user and the time; it must then be drained:
//! [`Transactions::poll_transmit`] and [`Transactions::poll_event`] until they have nothing, and called again with
//! [`Transactions::handle_timeout`] at [`Transactions::poll_timeout`].
//!
//! What always holds: a request of the user ends in a final response or one [`Event::Failed`], except an INVITE that was provisionally answered,
//! which is the user's to give up ([`Transactions::abandon`]); nothing is kept of a transaction for longer than 64 × T1 after its end; there are never
//! more than [`Limits`] allows.

mod client;
mod event;
mod key;
mod server;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

pub use self::{
    event::{ClientId, Event, Failure, Ignored, ServerId, Transmit},
    server::TooLate,
};
use self::{
    event::{Owner, Timer},
    key::{ClientKey, MergeKey, ServerKey},
};
use crate::{
    Moment,
    message::{Message, Method, Name, Request, Response, StatusCode, Via},
    timers::Timers,
    transport::{Peer, SentBy, Transport, mark_received, response_peer, transport_for},
};

/// How many transactions there may be at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Those that we begin.
    pub most_clients: usize,
    /// Those that others begin.
    pub most_servers: usize,
}

impl Default for Limits {
    /// Enough for 1,000 calls a second, each with two transactions that stay for 32 seconds.
    fn default() -> Self {
        Self { most_clients: 65_536, most_servers: 65_536 }
    }
}

/// A request that is not sent because there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are too many transactions already")]
pub struct Full;

#[derive(Debug)]
struct Client {
    key: ClientKey,
    machine: client::Machine,
    request: Request,
    bytes: Bytes,
    ack: Option<Bytes>,
    to: Peer,
    /// It was too long for UDP and went over TCP instead; should that fail, UDP is tried (RFC 3261 §18.1.1).
    is_fallback: bool,
}

#[derive(Debug)]
struct Server {
    key: ServerKey,
    merge_key: Option<MergeKey>,
    machine: server::Machine,
    request: Request,
    response: Option<Bytes>,
    to: Peer,
}

/// All transactions of one user agent.
#[derive(Debug)]
pub struct Transactions {
    sent_by: SentBy,
    limits: Limits,
    count: u64,
    clients: BTreeMap<ClientId, Client>,
    client_keys: BTreeMap<ClientKey, ClientId>,
    servers: BTreeMap<ServerId, Server>,
    server_keys: BTreeMap<ServerKey, ServerId>,
    merge_keys: BTreeMap<MergeKey, ServerId>,
    timers: Timers<Owner, Timer>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
}

impl Transactions {
    /// No transactions yet. `sent_by` is what our Vias say.
    pub fn new(sent_by: SentBy, limits: Limits) -> Self {
        Self {
            sent_by,
            limits,
            count: 0,
            clients: BTreeMap::new(),
            client_keys: BTreeMap::new(),
            servers: BTreeMap::new(),
            server_keys: BTreeMap::new(),
            merge_keys: BTreeMap::new(),
            timers: Timers::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// What is to be sent next.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// What is to be told next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Transactions::handle_timeout`] is to be called.
    pub fn poll_timeout(&self) -> Option<Moment> {
        self.timers.next()
    }

    /// How many transactions there are.
    pub fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.servers.is_empty()
    }

    /// Begins a client transaction. The request comes without a Via and gets ours, with that branch; over UDP it is sent by TCP instead
    /// if it is long.
    ///
    /// # Errors
    /// There are too many transactions.
    pub fn request(
        &mut self,
        now: Moment,
        mut request: Request,
        branch: &str,
        to: Peer,
    ) -> Result<ClientId, Full> {
        if self.clients.len() >= self.limits.most_clients {
            return Err(Full);
        }
        let mut peer = to;
        let mut bytes = self.stamp(&mut request, branch, to.transport);
        peer.transport = transport_for(to.transport, bytes.len());
        let is_fallback = peer.transport != to.transport;
        if is_fallback {
            bytes = self.stamp(&mut request, branch, peer.transport);
        }
        let id = ClientId(self.next_id());
        let key = ClientKey::new(branch, &request.method);
        let is_invite = request.method == Method::Invite;
        let (machine, actions) = client::Machine::start(is_invite, peer.transport.is_reliable());
        self.client_keys.insert(key.clone(), id);
        self.clients.insert(id, Client { key, machine, request, bytes, ack: None, to: peer, is_fallback });
        self.perform_client(now, id, &actions, None);
        Ok(id)
    }

    /// Begins the transaction that cancels an INVITE, if it is one that can be cancelled now: it was provisionally answered and nothing
    /// more. It goes where the INVITE went, under its branch.
    ///
    /// # Errors
    /// There are too many transactions.
    pub fn cancel(&mut self, now: Moment, invite: ClientId) -> Result<Option<ClientId>, Full> {
        let Some(client) = self.clients.get(&invite).filter(|client| client.machine.is_proceeding()) else {
            return Ok(None);
        };
        let (mut request, to) = (client.request.cancel(), client.to);
        let branch = request.essentials.top_via().and_then(Via::branch).unwrap_or_default().to_owned();
        request.essentials.via.clear();
        self.request(now, request, &branch, to).map(Some)
    }

    /// Forgets a client transaction, without a word to anybody.
    pub fn abandon(&mut self, client: ClientId) {
        self.end_client(client);
    }

    /// Sends a request that has no transaction: the ACK of a success (RFC 3261 §13.2.2.4). The bytes are for its copies.
    pub fn send_ack(&mut self, mut ack: Request, branch: &str, to: Peer) -> Transmit {
        let bytes = self.stamp(&mut ack, branch, to.transport);
        let transmit = Transmit { to, bytes };
        self.transmits.push_back(transmit.clone());
        transmit
    }

    /// Sends bytes again that were sent before.
    pub fn send_again(&mut self, transmit: Transmit) {
        self.transmits.push_back(transmit);
    }

    /// The user's response to a request.
    ///
    /// # Errors
    /// The request has had its final response, or its transaction is over.
    pub fn respond(&mut self, now: Moment, server: ServerId, response: &Response) -> Result<(), TooLate> {
        let found = self.servers.get_mut(&server).ok_or(TooLate)?;
        let actions = found.machine.on_response(response.status)?;
        found.response = Some(response.to_bytes());
        self.perform_server(now, server, &actions, None);
        Ok(())
    }

    /// Whether a request still waits for its final response.
    pub fn is_open(&self, server: ServerId) -> bool {
        self.servers.get(&server).is_some_and(|server| server.machine.is_open())
    }

    /// Takes a message from the network.
    ///
    /// # Errors
    /// Nothing comes of it; the reason is for the record.
    pub fn handle_message(&mut self, now: Moment, from: Peer, message: Message) -> Result<(), Ignored> {
        match message {
            Message::Request(request) => self.handle_request(now, from, request),
            Message::Response(response) => self.handle_response(now, response),
        }
    }

    /// The transport cannot bring a transaction's request away.
    pub fn handle_transport_failure(&mut self, now: Moment, client: ClientId) {
        let Some(found) = self.clients.get(&client) else { return };
        if found.is_fallback && found.machine.is_unheard() {
            self.go_back_to_udp(now, client);
        } else {
            self.events.push_back(Event::Failed { client, failure: Failure::Transport });
            self.end_client(client);
        }
    }

    /// The transport cannot bring anything to a peer: the client transactions that wait for it fail.
    pub fn handle_peer_failure(&mut self, now: Moment, peer: Peer) {
        let is_lost = |client: &Client| client.to == peer && client.machine.is_unheard();
        let lost = self.clients.iter().filter(|(_, client)| is_lost(client)).map(|(id, _)| *id);
        for client in lost.collect::<Vec<_>>() {
            self.handle_transport_failure(now, client);
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Moment) {
        while let Some((owner, timer)) = self.timers.take_due(now) {
            match owner {
                Owner::Client(id) => {
                    let Some(client) = self.clients.get_mut(&id) else { continue };
                    let actions = client.machine.on_timer(timer);
                    self.perform_client(now, id, &actions, None);
                }
                Owner::Server(id) => {
                    let Some(server) = self.servers.get_mut(&id) else { continue };
                    let actions = server.machine.on_timer(timer);
                    self.perform_server(now, id, &actions, None);
                }
            }
        }
    }

    fn next_id(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Gives a request our Via, and writes it.
    fn stamp(&self, request: &mut Request, branch: &str, transport: Transport) -> Bytes {
        let SentBy { host, port } = self.sent_by.clone();
        request.essentials.via = vec![Via::new(transport, host, port, branch)];
        request.to_bytes()
    }

    fn go_back_to_udp(&mut self, now: Moment, id: ClientId) {
        let Some(mut client) = self.clients.remove(&id) else { return };
        let branch = client.request.essentials.top_via().and_then(Via::branch).unwrap_or_default().to_owned();
        client.bytes = self.stamp(&mut client.request, &branch, Transport::Udp);
        client.to = Peer::new(Transport::Udp, client.to.address);
        client.is_fallback = false;
        let (machine, actions) = client::Machine::start(client.request.method == Method::Invite, false);
        client.machine = machine;
        self.clients.insert(id, client);
        self.perform_client(now, id, &actions, None);
    }

    fn handle_response(&mut self, now: Moment, response: Response) -> Result<(), Ignored> {
        // RFC 3261 §8.1.3.3: what went through us was not ours to send.
        let [via] = &response.essentials.via[..] else { return Err(Ignored::NotOurVia) };
        if via.host != self.sent_by.host || via.port != self.sent_by.port {
            return Err(Ignored::NotOurVia);
        }
        let key = ClientKey::new(via.branch().unwrap_or_default(), &response.essentials.cseq.method);
        let id = *self.client_keys.get(&key).ok_or(Ignored::NoTransaction)?;
        let client = self.clients.get_mut(&id).ok_or(Ignored::NoTransaction)?;
        let actions = client.machine.on_response(response.status);
        if actions.contains(&client::Action::Acknowledge) && client.ack.is_none() {
            client.ack = Some(client.request.ack_of_failure(&response).to_bytes());
        }
        let is_copy = actions.is_empty();
        self.perform_client(now, id, &actions, Some(response));
        if is_copy { Err(Ignored::Copy) } else { Ok(()) }
    }

    fn perform_client(
        &mut self,
        now: Moment,
        id: ClientId,
        actions: &[client::Action],
        response: Option<Response>,
    ) {
        let mut response = response;
        for action in actions {
            let Some(client) = self.clients.get(&id) else { return };
            match action {
                client::Action::Send => {
                    self.transmits.push_back(Transmit { to: client.to, bytes: client.bytes.clone() });
                }
                client::Action::Acknowledge => {
                    let ack = client.ack.clone().map(|bytes| Transmit { to: client.to, bytes });
                    self.transmits.extend(ack);
                }
                client::Action::Deliver => {
                    self.events
                        .extend(response.take().map(|response| Event::Response { client: id, response }));
                }
                client::Action::TimedOut => {
                    self.events.push_back(Event::Failed { client: id, failure: Failure::TimedOut });
                }
                client::Action::Set(timer, after) => self.timers.set(Owner::Client(id), *timer, now + *after),
                client::Action::Clear(timer) => self.timers.clear(Owner::Client(id), *timer),
                client::Action::End => self.end_client(id),
            }
        }
    }

    fn end_client(&mut self, id: ClientId) {
        if let Some(client) = self.clients.remove(&id) {
            self.client_keys.remove(&client.key);
            self.timers.clear_all(Owner::Client(id), &Timer::ALL);
            self.events.push_back(Event::ClientEnded { client: id });
        }
    }

    fn handle_request(&mut self, now: Moment, from: Peer, mut request: Request) -> Result<(), Ignored> {
        let via = request.essentials.via.first_mut().ok_or(Ignored::NotOurVia)?;
        mark_received(via, from.address);
        let via = via.clone();
        if request.method == Method::Ack {
            return self.handle_ack(now, from, request, &via);
        }
        let key = ServerKey::new(&request, &via, &request.method);
        if let Some(id) = self.server_keys.get(&key).copied() {
            let actions = self.servers.get(&id).map(|server| server.machine.on_copy()).unwrap_or_default();
            self.perform_server(now, id, &actions, None);
            return Err(Ignored::Copy);
        }
        let to = response_peer(&via, from);
        if self.servers.len() >= self.limits.most_servers {
            self.refuse(&request, StatusCode::SERVICE_UNAVAILABLE, to);
            return Err(Ignored::TooMany);
        }
        let merge_key = MergeKey::new(&request.essentials);
        if merge_key.as_ref().is_some_and(|merge_key| self.merge_keys.contains_key(merge_key)) {
            self.refuse(&request, StatusCode::LOOP_DETECTED, to);
            return Err(Ignored::Merged);
        }
        let id = self.begin_server(now, key, merge_key, &request, to);
        self.events.push_back(match request.method {
            Method::Cancel => {
                let invite = ServerKey::new(&request, &via, &Method::Invite);
                let invite = self.server_keys.get(&invite).copied();
                Event::Cancel { server: id, invite, request, from }
            }
            _ => Event::Request { server: id, request, from },
        });
        Ok(())
    }

    fn begin_server(
        &mut self,
        now: Moment,
        key: ServerKey,
        merge_key: Option<MergeKey>,
        request: &Request,
        to: Peer,
    ) -> ServerId {
        let id = ServerId(self.next_id());
        let is_invite = request.method == Method::Invite;
        let (machine, actions) = server::Machine::start(is_invite, to.transport.is_reliable());
        self.server_keys.insert(key.clone(), id);
        if let Some(merge_key) = &merge_key {
            self.merge_keys.insert(merge_key.clone(), id);
        }
        let server = Server { key, merge_key, machine, request: request.clone(), response: None, to };
        self.servers.insert(id, server);
        self.perform_server(now, id, &actions, None);
        id
    }

    fn handle_ack(&mut self, now: Moment, from: Peer, request: Request, via: &Via) -> Result<(), Ignored> {
        let key = ServerKey::new(&request, via, &Method::Invite);
        let Some(id) = self.server_keys.get(&key).copied() else {
            self.events.push_back(Event::Ack { request, from });
            return Ok(());
        };
        let actions = self.servers.get_mut(&id).map(|server| server.machine.on_ack()).unwrap_or_default();
        let is_copy = actions.is_empty();
        self.perform_server(now, id, &actions, Some((request, from)));
        if is_copy { Err(Ignored::Copy) } else { Ok(()) }
    }

    /// Answers without a transaction: copies are answered alike.
    fn refuse(&mut self, request: &Request, status: StatusCode, to: Peer) {
        let mut response = request.stateless_reply(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers.push(Name::RetryAfter, Bytes::from_static(b"5"));
        }
        self.transmits.push_back(Transmit { to, bytes: response.to_bytes() });
    }

    fn perform_server(
        &mut self,
        now: Moment,
        id: ServerId,
        actions: &[server::Action],
        ack: Option<(Request, Peer)>,
    ) {
        let mut ack = ack;
        for action in actions {
            let Some(server) = self.servers.get_mut(&id) else { return };
            match action {
                server::Action::Send => {
                    let bytes = server.response.clone();
                    self.transmits.extend(bytes.map(|bytes| Transmit { to: server.to, bytes }));
                }
                server::Action::SendTrying => {
                    let bytes = server.request.stateless_reply(StatusCode::TRYING).to_bytes();
                    server.response = Some(bytes.clone());
                    self.transmits.push_back(Transmit { to: server.to, bytes });
                }
                server::Action::DeliverAck => {
                    self.events.extend(ack.take().map(|(request, from)| Event::Ack { request, from }));
                }
                server::Action::Set(timer, after) => self.timers.set(Owner::Server(id), *timer, now + *after),
                server::Action::Clear(timer) => self.timers.clear(Owner::Server(id), *timer),
                server::Action::End => self.end_server(id),
            }
        }
    }

    fn end_server(&mut self, id: ServerId) {
        if let Some(server) = self.servers.remove(&id) {
            self.server_keys.remove(&server.key);
            if let Some(merge_key) = server.merge_key {
                self.merge_keys.remove(&merge_key);
            }
            self.timers.clear_all(Owner::Server(id), &Timer::ALL);
            self.events.push_back(Event::ServerEnded { server: id });
        }
    }

    /// How many timers are set.
    #[cfg(test)]
    pub(crate) fn timers_set(&self) -> usize {
        self.timers.len()
    }
}
