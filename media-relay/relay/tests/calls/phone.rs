//! A phone: one user agent on one socket, with one more for its audio.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use ringfall_sip::{
    Chance, Moment,
    agent::{Agent, Body, Config, Event, Invite, SessionId},
    auth::Login,
    message::{Address, Headers, Message, SipUri, StatusCode},
    transport::{Peer, SentBy, Transport},
};
use tokio::{net::UdpSocket, time::timeout};

use crate::platform::PATIENCE;

pub(crate) struct Phone {
    socket: UdpSocket,
    audio: UdpSocket,
    pub(crate) agent: Agent,
    started: Instant,
    /// Every message that came, as it came.
    pub(crate) heard: Vec<String>,
    told: Vec<Event>,
    pub(crate) login: Option<Login>,
    /// Whether it speaks Opus, and would rather.
    pub(crate) speaks_opus: bool,
    /// The call that it made last.
    pub(crate) session: Option<SessionId>,
}

impl Phone {
    /// At an address of its own of this machine.
    pub(crate) async fn at(ip: &str) -> Self {
        let bind = async || UdpSocket::bind(format!("{ip}:0")).await.expect("a port");
        let (socket, audio) = (bind().await, bind().await);
        let address = socket.local_addr().expect("an address");
        let host = ringfall_sip::message::Host::from(address.ip());
        let port = Some(address.port());
        let contact = SipUri::new(Some("phone"), host.clone(), port);
        let seed: [u8; 32] = std::array::from_fn(|place| {
            address.port().to_be_bytes()[place % 2].wrapping_add(u8::try_from(place).unwrap_or_default())
        });
        let agent = Agent::new(Config::new(SentBy { host, port }, contact), Chance::from_seed(seed));
        let (heard, told) = (Vec::new(), Vec::new());
        Self {
            socket,
            audio,
            agent,
            started: Instant::now(),
            heard,
            told,
            login: None,
            speaks_opus: false,
            session: None,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("an address")
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::after_origin(self.started.elapsed())
    }

    pub(crate) fn sdp(&self) -> Body {
        let audio = self.audio.local_addr().expect("an address");
        let (ip, port) = (audio.ip(), audio.port());
        let opus = if self.speaks_opus { ("111 ", "a=rtpmap:111 opus/48000/2\r\n") } else { ("", "") };
        Body::sdp(format!(
            "v=0\r\no=p 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {}0 101\r\n\
             {}a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n",
            opus.0, opus.1
        ))
    }

    /// Dials a number at the relay.
    pub(crate) async fn dial(&mut self, relay: SocketAddr, number: &str) -> SessionId {
        let uri = SipUri::new(Some(number), relay.ip().into(), Some(relay.port()));
        let from = SipUri::new(Some("+12145550123"), self.address().ip().into(), None);
        let invite = Invite {
            uri: uri.clone().into(),
            from: Address::new(from),
            to: Address::new(uri),
            headers: Headers::default(),
            offer: Some(self.sdp()),
            peers: vec![Peer::new(Transport::Udp, relay)],
            logins: self.login.iter().map(|login| (None, login.clone())).collect(),
        };
        let session = self.agent.invite(self.now(), invite).expect("room for a call");
        self.session = Some(session);
        self.send().await;
        session
    }

    pub(crate) async fn ring(&mut self, session: SessionId) {
        let ringing = StatusCode::RINGING;
        self.agent.progress(self.now(), session, ringing, &Headers::default(), None).expect("a call");
        self.send().await;
    }

    /// Rings with audio of its own.
    pub(crate) async fn speak_early(&mut self, session: SessionId) {
        let (status, sdp) = (StatusCode::SESSION_PROGRESS, self.sdp());
        self.agent.progress(self.now(), session, status, &Headers::default(), Some(sdp)).expect("a call");
        self.send().await;
    }

    pub(crate) async fn answer(&mut self, session: SessionId) {
        let sdp = self.sdp();
        self.agent.accept(self.now(), session, &Headers::default(), Some(sdp)).expect("a call");
        self.send().await;
    }

    pub(crate) async fn refuse(&mut self, session: SessionId, status: StatusCode) {
        self.agent.refuse(self.now(), session, status, &Headers::default()).expect("a call");
        self.send().await;
    }

    pub(crate) async fn hang_up(&mut self, session: SessionId) {
        self.agent.end(self.now(), session).expect("a call");
        self.send().await;
    }

    pub(crate) async fn press_by_info(&mut self, session: SessionId, key: char) {
        let body = Body {
            content_type: "application/dtmf-relay".to_owned(),
            bytes: format!("Signal={key}\r\nDuration=160\r\n").into(),
        };
        self.agent.info(self.now(), session, &body).expect("a call");
        self.send().await;
    }

    async fn send(&mut self) {
        while let Some(transmit) = self.agent.poll_transmit() {
            self.socket.send_to(&transmit.bytes, transmit.to.address).await.expect("sent");
        }
        while let Some(event) = self.agent.poll_event() {
            self.told.push(event);
        }
    }

    /// Waits until something happens that is wanted, and goes on meanwhile.
    pub(crate) async fn until<T>(&mut self, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(place) = self.told.iter().position(|event| wanted(event).is_some()) {
                let event = self.told.remove(place);
                return wanted(&event).expect("as before");
            }
            self.go_on(Duration::from_millis(100)).await;
        }
        unreachable!("no {what}; told {:?}, heard {:#?}", self.told, self.heard)
    }

    /// Takes what comes within a time, and does what is due.
    pub(crate) async fn go_on(&mut self, within: Duration) {
        let mut buffer = [0; 65_536];
        if let Ok(Ok((length, from))) = timeout(within, self.socket.recv_from(&mut buffer)).await {
            self.heard.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            let message = Message::parse(&bytes::Bytes::copy_from_slice(&buffer[..length]));
            let message = message.expect("the relay's messages are sound");
            let _ = self.agent.handle_message(self.now(), Peer::new(Transport::Udp, from), message);
        }
        self.agent.handle_timeout(self.now());
        self.send().await;
    }

    pub(crate) async fn rings(&mut self) -> SessionId {
        self.until("call", |event| match event {
            Event::Incoming { session, .. } => Some(*session),
            _ => None,
        })
        .await
    }

    pub(crate) async fn answered(&mut self) {
        self.until("answer", |event| matches!(event, Event::Answered { .. }).then_some(())).await;
    }

    /// Waits to be asked for a change, and takes it: from now on it speaks G.711 alone.
    pub(crate) async fn goes_back_to_g711(&mut self) {
        let session = self
            .until("change", |event| match event {
                Event::ChangeAsked { session, .. } => Some(*session),
                _ => None,
            })
            .await;
        self.speaks_opus = false;
        self.agent.accept_change(self.now(), session, &self.sdp()).expect("a change");
        self.send().await;
        self.go_on(Duration::from_millis(200)).await;
    }

    /// Waits to be asked for a change, and refuses it.
    pub(crate) async fn stays_as_it_is(&mut self) {
        let session = self
            .until("change", |event| match event {
                Event::ChangeAsked { session, .. } => Some(*session),
                _ => None,
            })
            .await;
        let status = StatusCode::NOT_ACCEPTABLE_HERE;
        self.agent.refuse_change(self.now(), session, status).expect("a change");
        self.send().await;
        self.go_on(Duration::from_millis(200)).await;
    }

    /// The cause, as it is written.
    pub(crate) async fn ended(&mut self) -> String {
        self.until("end", |event| match event {
            Event::Ended { cause, .. } => Some(format!("{cause:?}")),
            _ => None,
        })
        .await
    }

    /// Where the other side wants audio, by the last description that came.
    pub(crate) fn audio_of_relay(&self) -> SocketAddr {
        let sdp = self.heard.iter().rev().find(|message| message.contains("m=audio")).expect("a description");
        let after = |start: &str| sdp.split(start).nth(1).and_then(|rest| rest.split_whitespace().next());
        let (ip, port) = (after("c=IN IP4 "), after("m=audio "));
        format!("{}:{}", ip.expect("an address"), port.expect("a port")).parse().expect("an address")
    }

    /// Sends a packet of G.711 to the relay.
    pub(crate) async fn say(&self, sequence: u16, byte: u8) {
        let timestamp = u32::from(sequence) * 160;
        let mut packet = vec![0x80, if self.speaks_opus { 111 } else { 0 }];
        packet.extend(sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(7_u32.to_be_bytes());
        packet.extend([byte; 160]);
        self.audio.send_to(&packet, self.audio_of_relay()).await.expect("sent");
    }

    /// The audio of the next packet that comes within a time, and where it comes from.
    pub(crate) async fn hears(&self, within: Duration) -> Option<(Vec<u8>, SocketAddr)> {
        let mut buffer = [0; 2_048];
        let (length, from) = timeout(within, self.audio.recv_from(&mut buffer)).await.ok()?.ok()?;
        Some((buffer.get(12..length)?.to_vec(), from))
    }
}
