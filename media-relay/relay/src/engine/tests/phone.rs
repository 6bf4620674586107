//! Phones that are plain sockets.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use ringfall_media::{
    codec::Codec,
    rtp::{Header, Packet},
    sdp::{Agreement, Digits, Direction, Format, LocalAddress, Rtcp},
};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::engine::{Engine, EngineConfig, EngineEvent, LegId, MediaAddress};

/// How long anything is waited for that has to come. It is long because machines that build are busy.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) const SAMPLES: u8 = 160;

/// An engine and what it tells.
pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) events: UnboundedReceiver<EngineEvent>,
}

impl World {
    pub(super) fn start() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut EngineConfig)) -> Self {
        let mut config = EngineConfig::at(MediaAddress::plain(Ipv4Addr::LOCALHOST.into()));
        change(&mut config);
        let (engine, events) = Engine::start(&config).expect("an engine");
        Self { engine, events }
    }

    /// A phone on a leg that is open and agreed on.
    pub(super) fn phone(&self, call: u64, leg: u32, change: impl FnOnce(&mut Agreement)) -> Phone {
        let id = LegId { call, leg };
        let local = self.engine.open(id, None).expect("a leg");
        let phone = Phone::new(id, &local);
        let mut agreement = phone.agreement();
        change(&mut agreement);
        self.engine.agree(id, agreement, None).expect("an agreement");
        phone
    }

    /// Waits for an event that something is made of; others are passed over.
    pub(super) fn wait_for<T>(&mut self, mut wanted: impl FnMut(EngineEvent) -> Option<T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let next = async {
            loop {
                if let Some(found) = wanted(self.events.recv().await.expect("the engine runs")) {
                    return found;
                }
            }
        };
        runtime.block_on(async { tokio::time::timeout(PATIENCE, next).await }).expect("an event in time")
    }

    /// Waits until the engine's counters are as they should be.
    pub(super) fn wait_until(&self, is_so: impl Fn(&crate::engine::Counters) -> bool) {
        let begun = std::time::Instant::now();
        while !is_so(&self.engine.counters()) {
            assert!(begun.elapsed() < PATIENCE, "{:?}", self.engine.counters());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A phone: the other side of a leg.
pub(super) struct Phone {
    pub(super) leg: LegId,
    pub(super) rtp: UdpSocket,
    pub(super) rtcp: UdpSocket,
    pub(super) theirs: SocketAddr,
    pub(super) theirs_rtcp: SocketAddr,
    pub(super) ssrc: u32,
    sequence: u16,
    timestamp: u32,
}

impl Phone {
    pub(super) fn new(leg: LegId, local: &LocalAddress) -> Self {
        let socket = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
            socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            socket
        };
        Self {
            leg,
            rtp: socket(),
            rtcp: socket(),
            theirs: (local.ip, local.rtp_port).into(),
            theirs_rtcp: (local.ip, local.rtcp_port).into(),
            ssrc: 0x1000 + leg.leg,
            sequence: 65_530,
            timestamp: u32::MAX - 1_000,
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.rtp.local_addr().expect("an address")
    }

    /// G.711 µ-law and digits, both ways.
    pub(super) fn agreement(&self) -> Agreement {
        let rtcp = self.rtcp.local_addr().expect("an address");
        Agreement {
            rtp: Some(self.address()),
            rtcp: Some(Rtcp::Apart(rtcp)),
            direction: Direction::SendRecv,
            format: Format { payload_type: 0, codec: Codec::Pcmu, parameters: None },
            receive_payload_type: 0,
            digits: Some(Digits { send_payload_type: 101, receive_payload_type: 101, clock_rate_hz: 8_000 }),
            packet_time_ms: 20,
            srtp: None,
        }
    }

    /// Says a packet, the next of its stream.
    pub(super) fn say(&mut self, payload_type: u8, payload: &[u8]) {
        self.say_from(None, payload_type, payload);
    }

    /// The same from another socket.
    pub(super) fn say_from(&mut self, socket: Option<&UdpSocket>, payload_type: u8, payload: &[u8]) {
        let packet = self.packet(payload_type, payload);
        socket.unwrap_or(&self.rtp).send_to(&packet, self.theirs).expect("sent");
    }

    /// The next packet of its stream.
    pub(super) fn packet(&mut self, payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let header = Header {
            marker: false,
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(u32::from(SAMPLES));
        [&header.to_bytes()[..], payload].concat()
    }

    /// The next packet that comes: its header and its payload.
    pub(super) fn hear(&self) -> (Header, Vec<u8>) {
        let mut buffer = [0; 2_048];
        let (length, from) = self.rtp.recv_from(&mut buffer).expect("a packet in time");
        assert_eq!(from, self.theirs);
        let packet = Packet::parse(&buffer[..length]).expect("RTP");
        (packet.header, buffer[packet.payload].to_vec())
    }

    /// Whether a payload is among what comes until nothing comes for a while.
    pub(super) fn hears_soon(&self, payload: &[u8]) -> bool {
        let mut buffer = [0; 2_048];
        self.rtp.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        let mut heard = std::iter::from_fn(|| {
            let length = self.rtp.recv(&mut buffer).ok()?;
            Some(buffer[12..length] == *payload)
        });
        let is_heard = heard.any(|is_it| is_it);
        self.rtp.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        is_heard
    }

    /// What has come and was not heard yet.
    pub(super) fn rest(&self) -> usize {
        self.rtp.set_nonblocking(true).expect("a mode");
        let count = std::iter::from_fn(|| self.rtp.recv_from(&mut [0; 2_048]).ok()).count();
        self.rtp.set_nonblocking(false).expect("a mode");
        count
    }
}

/// Packet number `place` of a stream that is like no other: no two packets have the same bytes.
pub(super) fn voice(stream: u8, place: u8) -> Vec<u8> {
    (0..SAMPLES).map(|at| at.wrapping_mul(7).wrapping_add(place) ^ stream).collect()
}
