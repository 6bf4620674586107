//! What goes out on a leg.

use std::{net::SocketAddr, time::Duration};

use ringfall_media::{
    codec::{Codec, Law},
    dtmf::{Digit, DigitSender, DigitTiming},
    prompt::Playlist,
    rtcp::{ReportBlock, report_interval, write_bye, write_report},
    rtp::{HEADER_BYTES, Header, OutputClock, Packet},
    sdp::AgreedSrtp,
    srtp::{MOST_ADDED_BYTES, SrtpSender},
};

use super::speech::{Next, Speech};
use crate::engine::{
    PlaybackId,
    command::{Agreed, Lots},
};

/// A leg's mouth.
#[derive(Debug)]
pub(in crate::engine) struct Mouth {
    pub(in crate::engine) clock: OutputClock,
    /// Where RTP goes.
    pub(in crate::engine) destination: Option<SocketAddr>,
    /// Whether it may speak; not before anything is agreed on, and not on hold.
    pub(in crate::engine) may_send: bool,
    /// Whether the leg's socket takes packets from, and sends them to, that one address.
    pub(in crate::engine) is_connected: bool,
    /// Whether it is recorded in turns.
    pub(in crate::engine) has_tape_turns: bool,
    /// Whether it has turns on the wheel.
    pub(in crate::engine) has_turns: bool,
    /// Whether a prompt or digits are sent, so that the other leg is not.
    pub(in crate::engine) is_talking: bool,
    /// Whether anything is played over the other leg's voice.
    pub(in crate::engine) is_whispering: bool,
    payload_type: u8,
    /// None before anything is agreed on, and where the codec only passes through.
    law: Option<Law>,
    packet_time_ms: u16,
    speech: Speech,
    digits: Option<Box<DigitSender>>,
    srtp: Option<Box<(AgreedSrtp, SrtpSender)>>,
    /// Whether reports may be sent, and where to; with RTP if nowhere.
    reports: Option<Option<SocketAddr>>,
    report_at: Duration,
    lots: Lots,
}

/// What a turn comes to.
#[derive(Debug)]
pub(in crate::engine) enum Said {
    /// A packet to send: so many bytes of the buffer.
    Packet(usize),
    /// Nothing to send; the next turn may have.
    Pause,
    /// Nothing, and no more turns.
    Nothing,
}

impl Mouth {
    pub(in crate::engine) fn new(lots: Lots) -> Self {
        Self {
            clock: lots.clock(Codec::Pcmu.clock_rate_hz()),
            destination: None,
            may_send: false,
            is_connected: false,
            has_tape_turns: false,
            has_turns: false,
            is_talking: false,
            is_whispering: false,
            payload_type: 0,
            law: None,
            packet_time_ms: 20,
            speech: Speech::default(),
            digits: None,
            srtp: None,
            reports: None,
            report_at: Duration::ZERO,
            lots,
        }
    }

    /// Takes note of what was agreed on.
    pub(in crate::engine) fn agree(
        &mut self,
        agreed: &Agreed,
        destination: Option<SocketAddr>,
        now: Duration,
    ) {
        let agreement = &agreed.agreement;
        let codec = agreement.format.codec;
        if self.clock.clock_rate_hz() != codec.clock_rate_hz() {
            self.lots.draw_again();
            self.clock = self.lots.clock(codec.clock_rate_hz());
        }
        if self.reports.is_none() {
            self.report_at = now + report_interval(self.lots.next());
        }
        self.destination = destination;
        self.may_send = agreement.sends();
        self.payload_type = agreement.format.payload_type;
        self.law = codec.law();
        self.packet_time_ms = agreement.packet_time_ms;
        self.reports = agreement.rtcp.is_some().then_some(agreed.rtcp);
        let sender = agreement.digits.map(|digits| {
            let timing = DigitTiming::default();
            let (payload_type, rate) = (digits.send_payload_type, digits.clock_rate_hz);
            DigitSender::new(payload_type, rate, agreement.packet_time_ms, timing)
        });
        if self.digits.as_ref().is_none_or(|digits| !digits.is_sending()) {
            self.digits = sender.map(Box::new);
        }
        if self.srtp.as_ref().map(|known| known.0) != agreement.srtp {
            let sender = |agreed: AgreedSrtp| (agreed, SrtpSender::new(agreed.suite, &agreed.send));
            self.srtp = agreement.srtp.map(sender).map(Box::new);
        }
    }

    /// Plays a list instead of what is played.
    pub(in crate::engine) fn play(&mut self, playback: PlaybackId, playlist: Playlist) {
        self.speech.play(playback, playlist);
        self.is_talking = true;
    }

    /// Plays a list over the other leg's voice.
    pub(in crate::engine) fn whisper(&mut self, playback: PlaybackId, playlist: Playlist) {
        self.speech.whisper(playback, playlist);
        self.is_whispering = true;
    }

    /// Breaks off what is played.
    pub(in crate::engine) fn silence(&mut self) {
        self.speech.silence();
        self.look_up();
    }

    /// Adds digits to those that wait; false if they are too many.
    pub(in crate::engine) fn press(&mut self, digits: &[Digit]) -> bool {
        let is_pressed = self.digits.as_mut().is_some_and(|sender| sender.press(digits).is_ok());
        self.is_talking |= is_pressed;
        is_pressed
    }

    /// The time between two turns, in ms; none while there is nothing to say, or nobody to say it to.
    pub(in crate::engine) fn interval_ms(&self) -> Option<u16> {
        let is_agreed = self.reports.is_some() || self.destination.is_some();
        ((self.is_talking || self.is_whispering) && is_agreed).then_some(self.packet_time_ms)
    }

    /// Takes a turn: writes what is to be said into a buffer, and what was played to its end into `over`.
    pub(in crate::engine) fn say(
        &mut self,
        buffer: &mut [u8],
        over: &mut Option<PlaybackId>,
        now: Duration,
    ) -> Said {
        if let Some(digits) = self.digits.as_mut().filter(|digits| digits.is_sending()) {
            let Some((header, payload)) = digits.tick(&mut self.clock, now) else { return Said::Pause };
            return compose(&header, &payload, buffer);
        }
        let octets = usize::from(self.packet_time_ms) * 8;
        let Some(room) = buffer.get_mut(HEADER_BYTES..HEADER_BYTES + octets) else { return Said::Nothing };
        let next = self.speech.say(self.law, room, now);
        self.look_up();
        match next {
            Next::Nothing => return Said::Nothing,
            Next::Mixed => return Said::Pause,
            Next::Unspoken(playback) => {
                *over = Some(playback);
                return Said::Pause;
            }
            Next::Packet(playback) => *over = playback,
        }
        if !self.may_send {
            return Said::Pause;
        }
        let ticks = u32::try_from(octets).unwrap_or_default();
        let header = self.clock.play(self.payload_type, ticks, octets, now);
        buffer[..HEADER_BYTES].copy_from_slice(&header.to_bytes());
        Said::Packet(HEADER_BYTES + octets)
    }

    /// Mixes what is played over the other leg's voice into one of its packets: what is over with it.
    #[cold]
    pub(in crate::engine) fn mix_into(&mut self, packet: &mut [u8], now: Duration) -> Option<PlaybackId> {
        let place =
            Packet::parse(packet).ok().filter(|packet| packet.header.payload_type == self.payload_type);
        let over = self.speech.mix_into(self.law?, &mut packet[place?.payload], now);
        self.look_up();
        over
    }

    /// Where a packet has to be sent that the socket does not send there by itself.
    #[inline]
    pub(in crate::engine) fn unconnected(&self) -> Option<SocketAddr> {
        self.destination.filter(|_| !self.is_connected)
    }

    /// The law that it speaks in.
    pub(in crate::engine) const fn law(&self) -> Option<Law> {
        self.law
    }

    /// The payload type that it speaks in.
    pub(in crate::engine) const fn payload_type(&self) -> u8 {
        self.payload_type
    }

    /// Protects a packet, the first `length` bytes of a buffer, if the leg is secure: how long it then is. None if it cannot be.
    #[inline]
    pub(in crate::engine) fn protect(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        match &mut self.srtp {
            None => Some(length),
            Some(srtp) => srtp.1.protect(buffer, length).ok(),
        }
    }

    /// Whether it is time for a report; if it is, the next one is later.
    pub(in crate::engine) fn is_report_due(&mut self, now: Duration) -> bool {
        let is_due = self.reports.is_some() && now >= self.report_at;
        if is_due {
            self.report_at = now + report_interval(self.lots.next());
        }
        is_due
    }

    /// Writes a report, protected if the leg is secure: where to send it; with RTP if nowhere. None if there is nobody to send it to.
    pub(in crate::engine) fn report(
        &mut self,
        block: Option<&ReportBlock>,
        is_last: bool,
        ntp: u64,
        now: Duration,
        out: &mut Vec<u8>,
    ) -> Option<Option<SocketAddr>> {
        let to = self.reports?;
        out.clear();
        let info = self.clock.has_sent().then(|| self.clock.sender_info(ntp, now));
        write_report(self.clock.ssrc(), info.as_ref(), block, &self.lots.name(), out);
        if is_last {
            write_bye(self.clock.ssrc(), out);
        }
        if let Some(srtp) = &mut self.srtp {
            let length = out.len();
            out.resize(length + MOST_ADDED_BYTES, 0);
            let length = srtp.1.protect_rtcp(out, length).ok()?;
            out.truncate(length);
        }
        Some(to)
    }

    /// Lets go of what it holds: its leg is closed.
    pub(in crate::engine) fn retire(&mut self) {
        *self = Self::new(self.lots);
    }

    /// Whether digits or anything else is played, as packets have to know it.
    fn look_up(&mut self) {
        let is_pressing = self.digits.as_ref().is_some_and(|digits| digits.is_sending());
        self.is_talking = is_pressing || self.speech.is_instead();
        self.is_whispering = self.speech.is_over();
    }
}

fn compose(header: &Header, payload: &[u8], buffer: &mut [u8]) -> Said {
    buffer[..HEADER_BYTES].copy_from_slice(&header.to_bytes());
    buffer[HEADER_BYTES..HEADER_BYTES + payload.len()].copy_from_slice(payload);
    Said::Packet(HEADER_BYTES + payload.len())
}
