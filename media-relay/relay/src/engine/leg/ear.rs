//! What comes in on a leg.

use std::{net::SocketAddr, time::Duration};

use ringfall_media::{
    codec::{Codec, Law},
    dtmf::{Digit, EventReceiver, Keypad, Way},
    gate::{SourceGate, Stranger},
    rtcp::{self, Message},
    rtp::{Forwarder, Header, Packet, Reception},
    sdp::{AgreedSrtp, Agreement},
    srtp::SrtpReceiver,
};

use crate::engine::{Count, LegId, Quality, command::Agreed};

/// How many keys a leg may press in a second; fingers are slower.
const MOST_DIGITS_A_SECOND: u8 = 32;

/// No payload type.
const NONE: u8 = u8::MAX;

/// A leg's ear.
#[derive(Debug)]
pub(in crate::engine) struct Ear {
    pub(in crate::engine) leg: LegId,
    /// Who hears it: the place of the other leg, and the way there.
    pub(in crate::engine) to: Option<(usize, Forwarder)>,
    /// The one address that the socket takes packets from, once it is known, and since when it does: the kernel then looks at each
    /// packet's, and we need not.
    pub(in crate::engine) connected: Option<(SocketAddr, Duration)>,
    /// None before anything is agreed on.
    gate: Option<SourceGate>,
    receives: bool,
    /// The payload type of digits.
    digits: u8,
    /// The payload type of the codec, and its law if it has one.
    voice: (u8, Option<Law>),
    reception: Reception,
    srtp: Option<Box<(AgreedSrtp, SrtpReceiver)>>,
    events: EventReceiver,
    keypad: Keypad,
    digits_left: u8,
    round_trip: Option<Duration>,
    /// Since when somebody should be heard.
    listening_since: Duration,
    is_silent: bool,
    /// Whether it was told that it is heard.
    is_heard: bool,
}

/// A packet that was taken.
#[derive(Debug)]
pub(in crate::engine) struct Heard {
    pub(in crate::engine) packet: Packet,
    /// How long it is without SRTP's tag.
    pub(in crate::engine) length: usize,
    pub(in crate::engine) digit: Option<Digit>,
}

impl Ear {
    /// An ear that hears nobody.
    pub(in crate::engine) fn new(leg: LegId) -> Self {
        Self {
            leg,
            to: None,
            connected: None,
            gate: None,
            receives: false,
            digits: NONE,
            voice: (NONE, None),
            reception: Reception::new(Codec::Pcmu.clock_rate_hz()),
            srtp: None,
            events: EventReceiver::default(),
            keypad: Keypad::default(),
            digits_left: MOST_DIGITS_A_SECOND,
            round_trip: None,
            listening_since: Duration::ZERO,
            is_silent: false,
            is_heard: false,
        }
    }

    /// Takes note of what was agreed on.
    pub(in crate::engine) fn agree(&mut self, agreed: &Agreed, now: Duration) {
        let Agreement { rtp, direction, format, receive_payload_type, digits, srtp, .. } = &agreed.agreement;
        match &mut self.gate {
            Some(gate) => gate.describe(*rtp),
            None => {
                self.gate = Some(SourceGate::new(*rtp, agreed.signalling));
                self.reception = Reception::new(format.codec.clock_rate_hz());
            }
        }
        if direction.receives() && !self.receives {
            (self.listening_since, self.is_silent) = (now, false);
        }
        self.receives = direction.receives();
        self.digits = digits.map_or(NONE, |digits| digits.receive_payload_type);
        self.voice = (*receive_payload_type, format.codec.law());
        if self.srtp.as_ref().map(|known| known.0) != *srtp {
            self.srtp =
                srtp.map(|agreed| Box::new((agreed, SrtpReceiver::new(agreed.suite, &agreed.receive))));
        }
    }

    /// Takes a packet from an address, or finds out why not.
    #[inline]
    pub(in crate::engine) fn take(
        &mut self,
        bytes: &mut [u8],
        from: SocketAddr,
        now: Duration,
    ) -> Result<Heard, Count> {
        let gate = self.gate.as_mut().ok_or(Count::FromNewSource)?;
        let length = match &mut self.srtp {
            None => bytes.len(),
            Some(srtp) => srtp.1.unprotect(bytes).map_err(|_| Count::NotGenuine)?,
        };
        let packet = Packet::parse(&bytes[..length]).map_err(|_| Count::NotRtp)?;
        gate.take(from, packet.header.ssrc, now).map_err(|stranger| match stranger {
            Stranger::Address => Count::FromStranger,
            Stranger::Locked => Count::FromOtherSource,
            Stranger::Learning => Count::FromNewSource,
        })?;
        if !self.receives {
            return Err(Count::OnHold);
        }
        self.reception.received(&packet.header, now);
        let digit = if packet.header.payload_type == self.digits {
            self.event(&packet.header, &bytes[packet.payload.clone()], now)
        } else {
            None
        };
        Ok(Heard { packet, length, digit })
    }

    /// A key that INFO tells of, if RTP did not.
    pub(in crate::engine) fn told_by_info(&mut self, digit: Digit, now: Duration) -> Option<Digit> {
        self.keypad.pressed(digit, Way::Info, now).then_some(digit)
    }

    /// Whether there is nothing left of this second's keys; if there is, one less is left.
    pub(in crate::engine) fn is_pressed_too_often(&mut self) -> bool {
        let is_too_often = self.digits_left == 0;
        self.digits_left = self.digits_left.saturating_sub(1);
        is_too_often
    }

    /// Takes a report from an address, whose sender's block about us, `ssrc`, tells how long packets take.
    pub(in crate::engine) fn take_report(
        &mut self,
        bytes: &mut [u8],
        from: SocketAddr,
        ours: u32,
        ntp: u64,
        now: Duration,
    ) -> Result<(), Count> {
        let gate = self.gate.as_ref().ok_or(Count::FromNewSource)?;
        if !gate.takes_rtcp(from) {
            return Err(Count::FromStranger);
        }
        let length = match &mut self.srtp {
            None => bytes.len(),
            Some(srtp) => srtp.1.unprotect_rtcp(bytes).map_err(|_| Count::NotGenuine)?,
        };
        for message in rtcp::parse(&bytes[..length]).map_err(|_| Count::NotRtp)? {
            let blocks = match message {
                Message::Sender { ssrc, info, blocks } => {
                    self.reception.sender_reported(ssrc, info.ntp, now);
                    blocks
                }
                Message::Receiver { blocks, .. } => blocks,
                // A farewell ends no call: that is for SIP to say.
                Message::Bye { .. } | Message::Other { .. } => continue,
            };
            let of_ours = blocks.iter().find(|block| block.ssrc == ours);
            self.round_trip = of_ours.and_then(|block| block.round_trip(ntp)).or(self.round_trip);
        }
        Ok(())
    }

    /// The address that packets come from, once that is sure.
    pub(in crate::engine) fn locked(&self) -> Option<SocketAddr> {
        self.gate.as_ref().and_then(SourceGate::locked)
    }

    /// Whether it is heard, and was not before.
    pub(in crate::engine) fn begins_to_be_heard(&mut self) -> bool {
        self.locked().is_some() && !std::mem::replace(&mut self.is_heard, true)
    }

    /// Where packets should be sent.
    pub(in crate::engine) fn destination(&self) -> Option<SocketAddr> {
        self.gate.as_ref().and_then(SourceGate::destination)
    }

    /// For how long nobody was heard who should be.
    pub(in crate::engine) fn silence(&self, now: Duration) -> Option<Duration> {
        let gate = self.gate.as_ref().filter(|_| self.receives)?;
        Some(now.saturating_sub(gate.heard_at().max(self.listening_since)))
    }

    /// How long ago anything came from the source that is locked on.
    pub(in crate::engine) fn unheard(&self, now: Duration) -> Duration {
        self.gate.as_ref().map_or(Duration::MAX, |gate| now.saturating_sub(gate.heard_at()))
    }

    /// Once a second: whether it has just become silent for as long as `after`.
    pub(in crate::engine) fn becomes_silent(&mut self, after: Duration, now: Duration) -> Option<Duration> {
        self.digits_left = MOST_DIGITS_A_SECOND;
        let silence = self.silence(now)?;
        let was_silent = std::mem::replace(&mut self.is_silent, silence >= after);
        (self.is_silent && !was_silent).then_some(silence)
    }

    pub(in crate::engine) const fn reception(&mut self) -> &mut Reception {
        &mut self.reception
    }

    /// The jitter now, if anybody was heard.
    pub(in crate::engine) fn jitter(&self) -> Option<Duration> {
        (self.reception.totals().received > 0).then(|| {
            let microseconds = u64::from(self.reception.jitter_ticks()) * 1_000_000
                / u64::from(self.reception.clock_rate_hz());
            Duration::from_micros(microseconds)
        })
    }

    pub(in crate::engine) fn quality(&self) -> Quality {
        let jitter = self.jitter().unwrap_or_default();
        Quality { totals: self.reception.totals(), jitter, round_trip: self.round_trip }
    }

    /// The law of a payload type that comes in.
    pub(in crate::engine) fn law(&self, payload_type: u8) -> Option<Law> {
        if payload_type == self.voice.0 {
            return self.voice.1;
        }
        // A leg may change between the laws that we offered it without a word.
        Codec::of_static_payload_type(payload_type).filter(|_| self.voice.1.is_some()).and_then(Codec::law)
    }

    #[cold]
    fn event(&mut self, header: &Header, payload: &[u8], now: Duration) -> Option<Digit> {
        let digit = self.events.received(header, payload)?;
        self.keypad.pressed(digit, Way::Event, now).then_some(digit)
    }
}
