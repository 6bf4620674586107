//! Our own session descriptions.

use sdp_types::{Attribute, Connection, Media, Origin, Session, Time};

use super::{
    agreement::LocalAddress,
    audio::{Direction, Format, Profile},
    crypto::CryptoLine,
};

/// A stream's place in a session. Places are never given up (RFC 3264 §8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot {
    /// Our audio.
    Audio,
    /// A stream that we decline, as the other side named it.
    Declined { media: String, profile: String, formats: String },
}

impl Slot {
    pub(super) fn declined(media: &Media) -> Self {
        Self::Declined {
            media: media.media.clone(),
            profile: media.proto.clone(),
            formats: media.fmt.clone(),
        }
    }
}

/// What we say of our side, apart from its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) local: LocalAddress,
    pub(super) slots: Vec<Slot>,
    pub(super) direction: Direction,
    pub(super) profile: Profile,
    pub(super) formats: Vec<Format>,
    /// Payload types and clock rates of telephone-event.
    pub(super) digits: Vec<(u8, u32)>,
    pub(super) packet_time_ms: u16,
    pub(super) rtcp_mux: bool,
    pub(super) crypto: Vec<CryptoLine>,
}

impl Description {
    /// The body. Nothing in it tells more than where we take packets: no name, no program, nothing of the other leg.
    pub(super) fn write(&self, session_id: u64, version: u64) -> String {
        let origin =
            Origin { sess_id: session_id.to_string(), ..Origin::with_ip_addr("0", version, self.local.ip) };
        let mut session = Session::new(origin, "-");
        session.set_connection(Connection::from_ip_addr(self.local.ip));
        session.times = vec![Time::new(0, 0)];
        session.medias = self.slots.iter().map(|slot| self.media(slot)).collect();
        let mut body = Vec::new();
        // Writing into memory does not fail.
        let _ = session.write(&mut body);
        String::from_utf8_lossy(&body).into_owned()
    }

    fn media(&self, slot: &Slot) -> Media {
        match slot {
            Slot::Audio => self.audio(),
            Slot::Declined { media, profile, formats } => stream(media, 0, profile, formats.clone()),
        }
    }

    fn audio(&self) -> Media {
        let numbers = self
            .formats
            .iter()
            .map(|format| format.payload_type)
            .chain(self.digits.iter().map(|digits| digits.0));
        let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
        let mut media = stream("audio", self.local.rtp_port, self.profile.as_str(), numbers.join(" "));
        let mut say = |name: &str, value: String| {
            media.attributes.push(Attribute { attribute: name.to_owned(), value: Some(value) });
        };
        for Format { payload_type, codec, parameters } in &self.formats {
            let channels =
                if codec.channels() > 1 { format!("/{}", codec.channels()) } else { String::new() };
            say("rtpmap", format!("{payload_type} {codec}/{}{channels}", codec.clock_rate_hz()));
            if let Some(parameters) = parameters {
                say("fmtp", format!("{payload_type} {parameters}"));
            }
        }
        for (payload_type, clock_rate_hz) in &self.digits {
            say("rtpmap", format!("{payload_type} telephone-event/{clock_rate_hz}"));
            say("fmtp", format!("{payload_type} 0-15"));
        }
        say("ptime", self.packet_time_ms.to_string());
        if self.local.rtcp_port != self.local.rtp_port.wrapping_add(1) {
            say("rtcp", self.local.rtcp_port.to_string());
        }
        self.crypto.iter().for_each(|line| say("crypto", line.to_string()));
        if self.rtcp_mux {
            media.add_attribute_from_str("rtcp-mux");
        }
        media.add_attribute_from_str(self.direction.as_str());
        media
    }
}

fn stream(media: &str, port: u16, profile: &str, formats: String) -> Media {
    Media {
        media: media.to_owned(),
        port,
        num_ports: None,
        proto: profile.to_owned(),
        fmt: formats,
        media_title: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        attributes: Vec::new(),
    }
}
