//! One leg's session with its audio.

use std::net::IpAddr;

use bytes::Bytes;
use ringfall_control::{notice::Cause, trunk::Srtp};
use ringfall_media::{
    codec::Codec,
    prompt::Playlist,
    sdp::{
        AudioStream, Capabilities, KEY_AND_SALT_BYTES, KeyAndSalt, Negotiation, OfferedCodec, Secrets,
        SrtpPolicy, parse,
    },
};
use ringfall_sip::agent::SessionId;

use super::Driver;
use crate::{
    call::{Dialled, Ending, Event},
    engine::{EngineError, LegId},
};

/// One leg.
#[derive(Debug, Default)]
pub(super) struct Leg {
    /// None before its INVITE is sent.
    pub(super) session: Option<SessionId>,
    /// What is said of its audio; none before anything was.
    pub(super) negotiation: Option<Negotiation>,
    /// The caller's offer, as long as it is not answered.
    pub(super) offer: Option<Bytes>,
    /// Our answer to it, as long as only a provisional response has told it.
    pub(super) early: Option<String>,
    /// Where its signalling comes from.
    pub(super) far: Option<IpAddr>,
    /// What plays, or will when it is had. 0: nothing.
    pub(super) playback: u64,
    /// What waits for another codec.
    pub(super) waits: Option<(u64, Playlist)>,
    /// Whom to ring.
    pub(super) dialled: Option<Box<Dialled>>,
}

impl Leg {
    /// The codec that is agreed on.
    pub(super) fn codec(&self) -> Option<OfferedCodec> {
        let agreement = self.negotiation.as_ref()?.agreement()?;
        let format = agreement.format.clone();
        Some(OfferedCodec { codec: format.codec, parameters: format.parameters })
    }

    /// Whether both sides have agreed on audio.
    pub(super) fn is_agreed(&self) -> bool {
        self.codec().is_some()
    }
}

/// G.711 alone: what the relay itself speaks, the preferred law first.
pub(super) fn spoken(srtp: Srtp, preferred: Option<Codec>) -> Capabilities {
    let srtp = match srtp {
        Srtp::Optional => SrtpPolicy::WhenOffered,
        Srtp::Required => SrtpPolicy::Required,
        Srtp::Off => SrtpPolicy::Never,
    };
    let mut capabilities = Capabilities { srtp, ..Capabilities::default() };
    capabilities.codecs.sort_by_key(|offered| Some(offered.codec) != preferred);
    capabilities
}

/// The codecs of an offer, in its order. None of what cannot be read.
pub(super) fn offered(body: &[u8]) -> Vec<OfferedCodec> {
    let Ok(session) = parse(body) else { return Vec::new() };
    let streams = session.medias.iter().filter_map(|media| AudioStream::read(&session, media).ok());
    let formats = streams.take(1).flat_map(|stream| stream.formats);
    formats.map(|format| OfferedCodec { codec: format.codec, parameters: format.parameters }).collect()
}

/// The random part of a leg's descriptions.
///
/// # Errors
/// The system gives no random bytes.
pub(super) fn secrets() -> Result<Secrets, EngineError> {
    let mut keys = [KeyAndSalt([0; KEY_AND_SALT_BYTES]); 2];
    for key in &mut keys {
        getrandom::fill(&mut key.0).map_err(std::io::Error::other)?;
    }
    // Some take it for a signed number.
    let session_id = getrandom::u64().map_err(std::io::Error::other)? >> 2;
    Ok(Secrets { session_id, keys })
}

impl Driver {
    pub(super) fn leg(&mut self, leg: LegId) -> Option<&mut Leg> {
        self.calls.get_mut(&leg.call)?.legs.get_mut(&leg.leg)
    }

    /// Gives a leg its ports, and what it can do.
    pub(super) fn open(
        &mut self,
        leg: LegId,
        towards: IpAddr,
        capabilities: Capabilities,
    ) -> Result<(), EngineError> {
        let secrets = secrets()?;
        let local = self.parts.engine.open(leg, Some(towards))?;
        if let Some(leg) = self.leg(leg) {
            leg.negotiation = Some(Negotiation::new(local, capabilities, secrets));
            leg.far = Some(towards);
        }
        Ok(())
    }

    /// Tells the engine what was agreed on, and does what waited for it.
    pub(super) fn agree(&mut self, now: ringfall_sip::Moment, id: LegId) {
        let Some(leg) = self.leg(id) else { return };
        let far = leg.far;
        let Some(agreement) = leg.negotiation.as_ref().and_then(|known| known.agreement().cloned()) else {
            return;
        };
        let waits = leg.waits.take();
        if let Err(error) = self.parts.engine.agree(id, agreement, far) {
            tracing::debug!(leg = %id, %error, "a leg's new audio does not go with the other's");
            if let (EngineError::NoRoute(_), Some(live)) = (&error, self.calls.get_mut(&id.call)) {
                live.to_join = live.call.joined();
            }
        }
        if let Some((playback, playlist)) = waits {
            self.start_playing(now, id, playback, playlist);
        }
        self.try_recording(now, id.call);
        self.try_to_join(now, id.call);
    }

    /// A leg cannot go on: it is told to be over, and ended if it was begun.
    pub(super) fn fail(&mut self, now: ringfall_sip::Moment, id: LegId) {
        self.hang_up(now, id);
        let ending = Ending { cause: Cause::Failed, sip_status: None };
        self.told.push_back((id.call, Event::Over(id.leg, ending)));
    }

    /// Ends a leg's session and gives its ports back.
    pub(super) fn hang_up(&mut self, now: ringfall_sip::Moment, id: LegId) {
        self.parts.engine.close(id);
        let Some(live) = self.calls.get_mut(&id.call) else { return };
        if let Some(session) = live.legs.remove(&id.leg).and_then(|leg| leg.session) {
            // It may have ended by itself: that is told already.
            let _ = self.parts.agent.end(now, session);
        }
    }
}
