//! One leg's packets on their way to the other: nothing is allocated, nothing is copied; the header is written before the payload where
//! it lies, and G.711 is translated there.

use std::{ops::Range, time::Duration};

use super::{
    output::{Content, OutputClock},
    packet::{HEADER_BYTES, Packet},
};
use crate::{
    codec::{Codec, Law},
    dtmf::EventPayload,
    sdp::Agreement,
};

/// Ticks of a packet of Opus, which does not say how long it is without being decoded: 20 ms.
const OPUS_TICKS: u32 = 960;

/// Two legs whose audio cannot be handed over: one has a codec that the other has not, and that we do not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{from} cannot be turned into {to}")]
pub struct NoRoute {
    /// What comes in.
    pub from: Codec,
    /// What should go out.
    pub to: Codec,
}

/// Why a packet is not handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// A payload type that was not agreed, or that the other leg has nothing for.
    PayloadType,
    /// It is a duplicate, or older than what its source began with on this leg.
    Late,
}

/// One direction of a bridge. It fits into half a cache line: it is looked at for every packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarder {
    routes: [Route; 3],
}

/// What becomes of a payload type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Route {
    /// A number above 127 is nobody's.
    from: u8,
    to: u8,
    handling: Handling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handling {
    /// A byte of payload is a tick: G.711, and G.722 by its half clock.
    Bytes,
    Opus,
    Translated(Law, Law),
    Event,
}

const NOTHING: Route = Route { from: u8::MAX, to: 0, handling: Handling::Bytes };

impl Forwarder {
    /// The way from a leg's packets to another's.
    ///
    /// # Errors
    /// Their codecs differ, and are not both G.711.
    pub fn between(from: &Agreement, to: &Agreement) -> Result<Self, NoRoute> {
        let (heard, spoken) = (from.format.codec, to.format.codec);
        let send_as = to.format.payload_type;
        let mut routes = [NOTHING; 3];
        routes[0] = match (heard.law(), spoken.law()) {
            (Some(heard), Some(spoken)) => {
                // A leg may change between the laws that we offered it without a word.
                let other = if heard == Law::Mu { (Codec::Pcma, Law::A) } else { (Codec::Pcmu, Law::Mu) };
                routes[1] = Route::g711(other.0.payload_type(), other.1, send_as, spoken);
                Route::g711(from.receive_payload_type, heard, send_as, spoken)
            }
            _ if heard == spoken => {
                let handling = if heard == Codec::Opus { Handling::Opus } else { Handling::Bytes };
                Route { from: from.receive_payload_type, to: send_as, handling }
            }
            _ => return Err(NoRoute { from: heard, to: spoken }),
        };
        if let (Some(heard), Some(spoken)) = (from.digits, to.digits)
            && heard.clock_rate_hz == spoken.clock_rate_hz
        {
            let (from, to) = (heard.receive_payload_type, spoken.send_payload_type);
            routes[2] = Route { from, to, handling: Handling::Event };
        }
        Ok(Self { routes })
    }

    /// Hands a packet over: rewrites it in place for the other leg, and tells where it now lies.
    ///
    /// # Errors
    /// It is not handed over.
    #[inline]
    pub fn forward(
        &self,
        packet: &Packet,
        bytes: &mut [u8],
        clock: &mut OutputClock,
        now: Duration,
    ) -> Result<Range<usize>, Dropped> {
        let route = self.routes.iter().find(|route| route.from == packet.header.payload_type);
        let route = route.ok_or(Dropped::PayloadType)?;
        let place = packet.payload.clone();
        let payload = bytes.get_mut(place.clone()).ok_or(Dropped::PayloadType)?;
        let content = route.handle(payload).ok_or(Dropped::PayloadType)?;
        let header = clock.forward(&packet.header, route.to, content, now).ok_or(Dropped::Late)?;
        let start = place.start - HEADER_BYTES;
        bytes[start..place.start].copy_from_slice(&header.to_bytes());
        Ok(start..place.end)
    }
}

impl Route {
    fn g711(from: u8, heard: Law, to: u8, spoken: Law) -> Self {
        let handling = if heard == spoken { Handling::Bytes } else { Handling::Translated(heard, spoken) };
        Self { from, to, handling }
    }

    /// Changes the payload if it has to be, and says what it is; none if it is not what its type says.
    fn handle(&self, payload: &mut [u8]) -> Option<Content> {
        let octets = payload.len();
        let bytes = u32::try_from(octets).unwrap_or_default();
        let (ticks, is_event) = match self.handling {
            Handling::Bytes => (bytes, false),
            Handling::Opus => (OPUS_TICKS, false),
            Handling::Translated(heard, spoken) => {
                heard.translate(spoken, payload);
                (bytes, false)
            }
            Handling::Event => (u32::from(EventPayload::parse(payload)?.duration_ticks), true),
        };
        Some(Content { ticks, is_event, octets })
    }
}

#[cfg(test)]
#[path = "forward_tests.rs"]
mod tests;
