//! A packet's way: from a socket past the gate, and to the leg that hears it. Nothing is allocated on it, and nothing locked.

use std::{
    net::SocketAddr,
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ringfall_media::{
    codec::Law,
    rtp::{Dropped, Forwarder, Kind, Packet, kind},
};

use super::{BUFFER_BYTES, Mover, socket};
use crate::engine::{
    Count, EngineEvent,
    leg::{Ear, Heard, Legs, Mouth, Tape},
};

/// The most bytes of a datagram that are read: more than any packet, so that one that is too long is seen to be.
const MOST_BYTES: usize = BUFFER_BYTES - 256;

/// How long after a socket was bound to one address all is gone that came from others before.
const SURE: Duration = Duration::from_secs(1);

/// Seconds from 1900, NTP's beginning, to 1970.
const NTP_TO_UNIX_SECONDS: u64 = 2_208_988_800;

impl Mover {
    /// Takes what a socket has.
    #[inline]
    pub(super) fn receive(&mut self, number: u64) {
        let place = usize::try_from(number / 2).unwrap_or(usize::MAX);
        let outcome = if number.is_multiple_of(2) { self.hand_on(place) } else { self.take_report(place) };
        if let Err(count) = outcome {
            self.tally.add(count);
        }
    }

    /// Takes a packet of RTP, and hands it on if it is to be heard.
    #[inline]
    fn hand_on(&mut self, place: usize) -> Result<(), Count> {
        let Legs { sockets, ears, mouths, tapes, .. } = &mut self.legs;
        let (Some(Some(own)), Some(ear)) = (sockets.get(place), ears.get_mut(place)) else { return Ok(()) };
        let received = match ear.connected {
            Some((from, since)) if self.now.saturating_sub(since) > SURE => {
                socket::receive(&own.rtp, &mut self.buffer[..MOST_BYTES]).map(|length| (length, from))
            }
            Some(_) | None => socket::receive_from(&own.rtp, &mut self.buffer[..MOST_BYTES]),
        };
        let Some((length, from)) = received else { return Ok(()) };
        self.tally.add(Count::Received);
        if kind(&self.buffer[..length]) == Kind::Rtcp {
            return self.take_report_of(place, length, from);
        }
        let heard = ear.take(&mut self.buffer[..length], from, self.now);
        if ear.connected.is_none()
            && let Some(mouth) = mouths.get_mut(place)
        {
            connect(&own.rtp, ear, mouth, self.now);
            if ear.begins_to_be_heard() {
                // Nobody may be listening any more.
                let _ = self.events.send(EngineEvent::Heard { leg: ear.leg });
            }
        }
        let heard = heard?;
        if let Some(digit) = heard.digit {
            if ear.is_pressed_too_often() {
                self.tally.add(Count::DigitsRefused);
            } else {
                // Nobody may be listening any more.
                let _ = self.events.send(EngineEvent::Digit { leg: ear.leg, digit });
            }
        }
        if let Some(Some(tape)) = tapes.get_mut(place) {
            say_on(tape, ear, &heard.packet, &self.buffer[heard.packet.payload.clone()]);
        }
        let Some((other, forwarder)) = ear.to.clone() else { return Ok(()) };
        self.hand_over(&heard, other, &forwarder)
    }

    /// Hands a packet that lies in the buffer over to the leg that hears it.
    #[inline]
    fn hand_over(&mut self, heard: &Heard, other: usize, forwarder: &Forwarder) -> Result<(), Count> {
        let Legs { sockets, ears, mouths, tapes, .. } = &mut self.legs;
        let (Some(Some(far)), Some(mouth)) = (sockets.get(other), mouths.get_mut(other)) else {
            return Ok(());
        };
        if !mouth.may_send {
            return Err(Count::OnHold);
        }
        if mouth.is_talking {
            return Err(Count::TalkedOver);
        }
        let bytes = &mut self.buffer[..heard.length];
        let lies = forwarder.forward(&heard.packet, bytes, &mut mouth.clock, self.now);
        let lies = lies.map_err(|dropped| match dropped {
            Dropped::PayloadType => Count::PayloadType,
            Dropped::Late => Count::Late,
        })?;
        if mouth.is_whispering
            && let Some(playback) = mouth.mix_into(&mut bytes[lies.clone()], self.now)
            && let Some(Ear { leg, .. }) = ears.get(other)
        {
            let _ = self.events.send(EngineEvent::Played { leg: *leg, playback });
        }
        if let Some(Some(tape)) = tapes.get_mut(other) {
            hear_on(tape, mouth, &bytes[lies.clone()]);
        }
        let Range { start, .. } = lies;
        let length = mouth.protect(&mut self.buffer[start..], lies.len()).ok_or(Count::NotSent)?;
        if socket::transmit(&far.rtp, &self.buffer[start..start + length], mouth.unconnected()) {
            self.tally.add(Count::Forwarded);
            Ok(())
        } else {
            Err(Count::NotSent)
        }
    }

    /// Takes what a socket of RTCP has.
    #[cold]
    fn take_report(&mut self, place: usize) -> Result<(), Count> {
        let Some(Some(own)) = self.legs.sockets.get(place) else { return Ok(()) };
        let Some((length, from)) = socket::receive_from(&own.rtcp, &mut self.buffer[..MOST_BYTES]) else {
            return Ok(());
        };
        self.take_report_of(place, length, from)
    }

    #[cold]
    fn take_report_of(&mut self, place: usize, length: usize, from: SocketAddr) -> Result<(), Count> {
        let (Some(ear), Some(mouth)) = (self.legs.ears.get_mut(place), self.legs.mouths.get(place)) else {
            return Ok(());
        };
        let ssrc = mouth.clock.ssrc();
        ear.take_report(&mut self.buffer[..length], from, ssrc, ntp_now(), self.now)?;
        self.tally.add(Count::ReportsReceived);
        Ok(())
    }
}

/// Binds a socket to the address that its packets come from, once that is sure: strangers then get no further than the kernel, which need
/// not look for the way out for each packet either.
#[cold]
fn connect(socket: &std::net::UdpSocket, ear: &mut Ear, mouth: &mut Mouth, now: Duration) {
    let Some(locked) = ear.locked() else { return };
    mouth.destination = ear.destination();
    if mouth.destination == Some(locked) && rustix::net::connect(socket, &locked).is_ok() {
        ear.connected = Some((locked, now));
        mouth.is_connected = true;
    }
}

/// Lets a socket take packets from anywhere again.
pub(super) fn disconnect(socket: &std::net::UdpSocket, ear: &mut Ear, mouth: &mut Mouth) {
    if ear.connected.take().is_some() {
        mouth.is_connected = false;
        // Should it fail, the gate still judges what comes; only another port is not learnt.
        let _ = rustix::net::connect_unspec(socket);
    }
}

/// Puts what a leg says on its tape.
#[cold]
fn say_on(tape: &mut Tape, ear: &Ear, packet: &Packet, payload: &[u8]) {
    if let Some(law) = ear.law(packet.header.payload_type) {
        tape.said(packet.header.ssrc, packet.header.timestamp, law, payload);
    }
}

/// Puts a packet that is sent to a leg on its tape, if it is voice.
#[cold]
pub(super) fn hear_on(tape: &mut Tape, mouth: &Mouth, bytes: &[u8]) {
    let voice: (u8, Option<Law>) = (mouth.payload_type(), mouth.law());
    if let (Ok(packet), (payload_type, Some(law))) = (Packet::parse(bytes), voice)
        && packet.header.payload_type == payload_type
    {
        tape.heard(packet.header.ssrc, packet.header.timestamp, law, &bytes[packet.payload]);
    }
}

/// The time of day as NTP counts it.
pub(super) fn ntp_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    since.as_secs().wrapping_add(NTP_TO_UNIX_SECONDS) << 32 | fraction
}
