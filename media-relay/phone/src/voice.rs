//! A call's packets: a tone or keys out every 20 ms, whatever comes into the ear.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use ringfall_media::{
    codec::Law,
    dtmf::{Digit, DigitSender, DigitTiming},
    rtp::{HEADER_BYTES, OutputClock, Packet},
    sdp::Agreement,
};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
    time::{MissedTickBehavior, interval},
};

use crate::{
    ear::{Ear, Heard},
    tone::Tone,
};

/// A packet's audio.
const PACKET_TIME: Duration = Duration::from_millis(20);
const PACKET_SAMPLES: usize = 160;

/// What a voice is told.
#[derive(Debug)]
pub(crate) enum Told {
    /// What was agreed on, at first or anew.
    Agreed(Box<Agreement>),
    /// Keys to press.
    Press(Vec<Digit>),
}

/// A voice from outside; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Voice {
    pub(crate) address: SocketAddr,
    pub(crate) told: mpsc::UnboundedSender<Told>,
    pub(crate) heard: watch::Receiver<Heard>,
}

struct Speaker {
    socket: UdpSocket,
    told: mpsc::UnboundedReceiver<Told>,
    heard: watch::Sender<Heard>,
    ear: Ear,
    tone: Tone,
    clock: OutputClock,
    began: Instant,
    speech: Option<Speech>,
}

/// What is said since there is an agreement.
struct Speech {
    agreement: Agreement,
    law: Law,
    keys: Option<DigitSender>,
    audio: Vec<u8>,
    place: usize,
}

impl Voice {
    /// Takes a port, and speaks as soon as there is an agreement. `random`: 8 bytes for the stream's first numbers.
    pub(crate) fn open(ip: IpAddr, tone: Tone, known: &[Tone], random: [u8; 8]) -> io::Result<Self> {
        let socket = std::net::UdpSocket::bind((ip, 0))?;
        socket.set_nonblocking(true)?;
        let socket = UdpSocket::from_std(socket)?;
        let address = socket.local_addr()?;
        let (told, orders) = mpsc::unbounded_channel();
        let (heard, hears) = watch::channel(Heard::default());
        let [a, b, c, d, e, f, g, h] = random;
        let speaker = Speaker {
            socket,
            told: orders,
            heard,
            ear: Ear::new(known),
            tone,
            clock: OutputClock::new(
                u32::from_be_bytes([a, b, c, d]),
                u16::from_be_bytes([e, f]),
                u32::from_be_bytes([g, h, a, b]),
                8_000,
            ),
            began: Instant::now(),
            speech: None,
        };
        tokio::spawn(speaker.run());
        Ok(Self { address, told, heard: hears })
    }
}

impl Speaker {
    async fn run(mut self) {
        let mut ticks = interval(PACKET_TIME);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut buffer = [0; 2_048];
        loop {
            tokio::select! {
                told = self.told.recv() => match told {
                    Some(Told::Agreed(agreement)) => self.agree(*agreement),
                    Some(Told::Press(keys)) => self.press(&keys),
                    None => return,
                },
                received = self.socket.recv_from(&mut buffer) => {
                    // An error is the echo of a packet that nobody took.
                    if let Ok((length, from)) = received {
                        self.hear(from, &buffer[..length]);
                    }
                }
                _ = ticks.tick() => self.speak(),
            }
        }
    }

    fn agree(&mut self, agreement: Agreement) {
        let Some(law) = agreement.format.codec.law() else { return };
        if let Some(speech) = self.speech.as_mut().filter(|speech| speech.law == law) {
            speech.agreement = agreement;
            return;
        }
        let keys = agreement.digits.map(|digits| {
            DigitSender::new(digits.send_payload_type, digits.clock_rate_hz, 20, DigitTiming::default())
        });
        self.speech = Some(Speech { agreement, law, keys, audio: self.tone.encoded(law), place: 0 });
    }

    fn press(&mut self, pressed: &[Digit]) {
        if let Some(keys) = self.speech.as_mut().and_then(|speech| speech.keys.as_mut()) {
            // Nobody presses more than there is room for.
            let _ = keys.press(pressed);
        }
    }

    fn speak(&mut self) {
        let now = self.began.elapsed();
        let Some(speech) = self.speech.as_mut().filter(|speech| speech.agreement.sends()) else { return };
        let Some(to) = speech.agreement.rtp else { return };
        let packet = match speech.keys.as_mut().filter(|keys| keys.is_sending()) {
            Some(keys) => keys
                .tick(&mut self.clock, now)
                .map(|(header, event)| [&header.to_bytes()[..], &event].concat()),
            None => {
                let payload_type = speech.agreement.format.payload_type;
                let header = self.clock.play(payload_type, 160, PACKET_SAMPLES, now);
                let audio = &speech.audio[speech.place..speech.place + PACKET_SAMPLES];
                speech.place = (speech.place + PACKET_SAMPLES) % speech.audio.len();
                Some([&header.to_bytes()[..], audio].concat())
            }
        };
        if let Some(packet) = packet {
            debug_assert!(packet.len() >= HEADER_BYTES);
            // Whoever has just hung up hears nothing more.
            let _ = self.socket.try_send_to(&packet, to);
        }
    }

    /// Only the address that was agreed on is listened to.
    fn hear(&mut self, from: SocketAddr, datagram: &[u8]) {
        let Some(speech) = &self.speech else { return };
        let Ok(packet) = Packet::parse(datagram) else { return };
        let is_audio = packet.header.payload_type == speech.agreement.receive_payload_type;
        if is_audio && speech.agreement.rtp == Some(from) {
            let heard = self.ear.take(from, speech.law, &datagram[packet.payload]).clone();
            self.heard.send_replace(heard);
        }
    }
}
