//! The task of one phone: its socket, its user agent, and what its calls have agreed on.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use bytes::Bytes;
use ringfall_media::{
    dtmf::{DTMF_RELAY_TYPE, Digit, write_info},
    sdp::{Capabilities, Direction, KEY_AND_SALT_BYTES, KeyAndSalt, LocalAddress, Negotiation, Secrets},
};
use ringfall_sip::{
    Chance, Moment,
    agent::{Agent, Body, Cause, Config, Event, Invite, SessionId},
    message::{Address, Headers, Host, MOST_MESSAGE_BYTES, Message, Request, SipUri, StatusCode},
    transport::{Peer, SentBy, Transport},
};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot, watch},
    time::sleep_until,
};

use crate::{
    line::{Ending, Line, Stage},
    tone::Tone,
    voice::{Told, Voice},
};

/// How long an INFO says that its key was held.
const INFO_MS: u16 = 160;

/// What a phone is told to do.
#[derive(Debug)]
pub(crate) enum Order {
    Dial { number: String, at: SocketAddr, from: String, reply: oneshot::Sender<io::Result<Line>> },
    Ring(SessionId),
    Answer(SessionId),
    Refuse(SessionId, StatusCode),
    HangUp(SessionId),
    Info(SessionId, Digit),
}

/// What is said on its calls, and what is listened for.
type Tones = (Tone, Arc<[Tone]>);

pub(crate) struct Signalling {
    socket: UdpSocket,
    address: SocketAddr,
    agent: Agent,
    chance: Chance,
    started: Instant,
    tones: Tones,
    calls: BTreeMap<SessionId, Call>,
    orders: mpsc::WeakUnboundedSender<Order>,
    rings: mpsc::UnboundedSender<Line>,
}

/// A call as this task knows it.
struct Call {
    stage: watch::Sender<Stage>,
    negotiation: Negotiation,
    voice: mpsc::UnboundedSender<Told>,
    /// The offer that waits for the answer.
    offer: Option<Bytes>,
}

impl Signalling {
    pub(crate) async fn open(
        ip: IpAddr,
        tones: Tones,
        orders: mpsc::WeakUnboundedSender<Order>,
        rings: mpsc::UnboundedSender<Line>,
    ) -> io::Result<Self> {
        let socket = UdpSocket::bind((ip, 0)).await?;
        let address = socket.local_addr()?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        let mut chance = Chance::from_seed(seed);
        let (host, port) = (Host::from(ip), Some(address.port()));
        let contact = SipUri::new(Some("phone"), host.clone(), port);
        let config = Config::new(SentBy { host, port }, contact);
        let agent = Agent::new(config, Chance::from_seed(chance.bytes()));
        let (started, calls) = (Instant::now(), BTreeMap::new());
        Ok(Self { socket, address, agent, chance, started, tones, calls, orders, rings })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until nobody holds the phone or one of its calls, and the last one is told to be over.
    pub(crate) async fn run(mut self, mut ordered: mpsc::UnboundedReceiver<Order>) {
        let mut buffer = vec![0; MOST_MESSAGE_BYTES];
        let mut is_held = true;
        while is_held || self.agent.transactions() > 0 {
            self.settle();
            let due = self.agent.poll_timeout().map(|due| self.started + due.since_origin());
            let sleep = async {
                match due {
                    Some(due) => sleep_until(due.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                order = ordered.recv(), if is_held => match order {
                    Some(order) => self.carry_out(order),
                    None => is_held = false,
                },
                received = self.socket.recv_from(&mut buffer) => {
                    // An error is the echo of a datagram that nobody took: timers see it.
                    if let Ok((length, from)) = received {
                        self.take(from, &Bytes::copy_from_slice(&buffer[..length]));
                    }
                }
                () = sleep => {
                    let now = self.now();
                    self.agent.handle_timeout(now);
                }
            }
        }
    }

    fn now(&self) -> Moment {
        Moment::after_origin(self.started.elapsed())
    }

    fn take(&mut self, from: SocketAddr, datagram: &Bytes) {
        let now = self.now();
        if let Ok(message) = Message::parse(datagram) {
            // Copies and strays are nobody's.
            let _ = self.agent.handle_message(now, Peer::new(Transport::Udp, from), message);
        }
    }

    /// Tells what happened, and sends what is to be sent, until there is nothing more.
    fn settle(&mut self) {
        while let Some(event) = self.agent.poll_event() {
            self.on_event(event);
        }
        while let Some(transmit) = self.agent.poll_transmit() {
            // What is lost is sent again.
            let _ = self.socket.try_send_to(&transmit.bytes, transmit.to.address);
        }
    }

    fn carry_out(&mut self, order: Order) {
        let now = self.now();
        // What is refused comes too late: the call is over, or has been answered.
        let _ = match order {
            Order::Dial { number, at, from, reply } => {
                // Who dialled may have gone.
                let _ = reply.send(self.dial(&number, at, &from));
                Ok(())
            }
            Order::Ring(id) => self.agent.progress(now, id, StatusCode::RINGING, &Headers::default(), None),
            Order::Answer(id) => {
                self.answer(id);
                Ok(())
            }
            Order::Refuse(id, status) => self.agent.refuse(now, id, status, &Headers::default()),
            Order::HangUp(id) => self.agent.end(now, id),
            Order::Info(id, digit) => {
                let body = Body {
                    content_type: DTMF_RELAY_TYPE.to_owned(),
                    bytes: write_info(digit, INFO_MS).into(),
                };
                self.agent.info(now, id, &body)
            }
        };
    }

    fn dial(&mut self, number: &str, at: SocketAddr, from: &str) -> io::Result<Line> {
        let (voice, mut negotiation) = self.open_voice()?;
        let offer = negotiation.offer(Direction::SendRecv).map_err(io::Error::other)?;
        let uri = SipUri::new(Some(number), at.ip().into(), Some(at.port()));
        let invite = Invite {
            uri: uri.clone().into(),
            from: Address::new(SipUri::new(Some(from), self.address.ip().into(), None)),
            to: Address::new(uri),
            headers: Headers::default(),
            offer: Some(Body::sdp(offer)),
            peers: vec![Peer::new(Transport::Udp, at)],
            logins: Vec::new(),
        };
        let id = self.agent.invite(self.now(), invite).map_err(io::Error::other)?;
        self.keep(id, voice, negotiation, None, from.to_owned())
    }

    fn open_voice(&mut self) -> io::Result<(Voice, Negotiation)> {
        let drawn = self.chance.bytes();
        let mut random = [0; 8];
        random.copy_from_slice(&drawn[..8]);
        let (tone, known) = &self.tones;
        let voice = Voice::open(self.address.ip(), *tone, known, random)?;
        let local = LocalAddress {
            ip: voice.address.ip(),
            rtp_port: voice.address.port(),
            rtcp_port: voice.address.port(),
        };
        // Never used: SRTP is not offered, nor taken where plain RTP is offered.
        let key = KeyAndSalt([0; KEY_AND_SALT_BYTES]);
        let secrets = Secrets { session_id: u64::from_be_bytes(random) >> 2, keys: [key, key] };
        Ok((voice, Negotiation::new(local, Capabilities::default(), secrets)))
    }

    fn keep(
        &mut self,
        id: SessionId,
        voice: Voice,
        negotiation: Negotiation,
        offer: Option<Bytes>,
        caller: String,
    ) -> io::Result<Line> {
        let orders = self.orders.upgrade().ok_or_else(|| io::Error::other("the phone is unplugged"))?;
        let (stage, stages) = watch::channel(Stage::Begun);
        self.calls.insert(id, Call { stage, negotiation, voice: voice.told.clone(), offer });
        Ok(Line { id, caller, orders, stage: stages, voice })
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Incoming { session, request, .. } => self.on_incoming(session, &request),
            Event::Progress { session, response, .. } => {
                self.take_answer(session, &response.body);
                self.pass_to(session, Stage::Rings);
            }
            Event::Answered { session, response, .. } => {
                self.take_answer(session, &response.body);
                self.pass_to(session, Stage::Answered);
            }
            Event::ChangeAsked { session, request } => self.on_change(session, &request),
            Event::Ended { session, cause } => {
                if let Some(call) = self.calls.remove(&session) {
                    call.stage.send_replace(Stage::Over(ending(&cause)));
                }
            }
            Event::Acknowledged { .. }
            | Event::ProgressAcknowledged { .. }
            | Event::Changed { .. }
            | Event::ChangeRefused { .. }
            | Event::Info { .. } => {}
        }
    }

    fn on_incoming(&mut self, session: SessionId, request: &Request) {
        let caller = request.essentials.from.uri.as_sip().and_then(SipUri::user_name).unwrap_or_default();
        let line = self.open_voice().and_then(|(voice, negotiation)| {
            self.keep(session, voice, negotiation, Some(request.body.clone()), caller)
        });
        let rung = line.is_ok_and(|line| self.rings.send(line).is_ok());
        if !rung {
            let status = StatusCode::TEMPORARILY_UNAVAILABLE;
            // It is over if this is refused.
            let _ = self.agent.refuse(self.now(), session, status, &Headers::default());
        }
    }

    fn answer(&mut self, id: SessionId) {
        let now = self.now();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(offer) = call.offer.take() else { return };
        let body = match call.negotiation.take_offer(&offer, Direction::SendRecv) {
            Ok(body) => body,
            Err(_) => {
                // It is over if this is refused.
                let _ = self.agent.refuse(now, id, StatusCode::NOT_ACCEPTABLE_HERE, &Headers::default());
                return;
            }
        };
        call.agree();
        if self.agent.accept(now, id, &Headers::default(), Some(Body::sdp(body))).is_ok() {
            self.pass_to(id, Stage::Answered);
        }
    }

    fn take_answer(&mut self, id: SessionId, body: &Bytes) {
        let Some(call) = self.calls.get_mut(&id).filter(|_| !body.is_empty()) else { return };
        if call.negotiation.take_answer(body).is_ok() {
            call.agree();
        }
    }

    /// A re-INVITE or an UPDATE: what the other side wants, if it can be had.
    fn on_change(&mut self, id: SessionId, request: &Request) {
        let now = self.now();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let body = call.negotiation.take_offer(&request.body, Direction::SendRecv);
        // Either is refused only where the call is over.
        let _ = match body {
            Ok(body) => {
                call.agree();
                self.agent.accept_change(now, id, &Body::sdp(body))
            }
            Err(_) => self.agent.refuse_change(now, id, StatusCode::NOT_ACCEPTABLE_HERE),
        };
    }

    fn pass_to(&self, id: SessionId, stage: Stage) {
        if let Some(call) = self.calls.get(&id) {
            call.stage.send_replace(stage);
        }
    }
}

impl Call {
    fn agree(&self) {
        if let Some(agreement) = self.negotiation.agreement() {
            // The line may have been dropped.
            let _ = self.voice.send(Told::Agreed(Box::new(agreement.clone())));
        }
    }
}

fn ending(cause: &Cause) -> Ending {
    match cause {
        Cause::LocalBye | Cause::LocalCancel => Ending::Ours,
        Cause::RemoteBye | Cause::RemoteCancel => Ending::Theirs,
        Cause::Refused(status) => Ending::Refused(status.code()),
        Cause::Rejected(response) => Ending::Refused(response.status.code()),
        Cause::Unreachable
        | Cause::RangTooLong
        | Cause::NeverAcknowledged
        | Cause::ProgressNeverAcknowledged
        | Cause::Expired
        | Cause::Lost => Ending::Lost,
    }
}
