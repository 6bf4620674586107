//! What an offer and an answer agree on (RFC 3264): one audio stream, one codec, digits; all other streams are declined in their place.

use sdp_types::{Media, Session};

use super::{
    agreement::{
        AgreedSrtp, Agreement, Capabilities, Digits, LocalAddress, OfferedCodec, Refusal, Secrets, SrtpPolicy,
    },
    audio::{AudioStream, Direction, Format, Profile, Rtcp},
    crypto::{CryptoLine, KeyAndSalt, Suite},
    limits::parse,
    payload_types::PayloadTypes,
    write::{Description, Slot},
};

/// The offers and answers of one leg.
#[derive(Debug, Clone)]
pub struct Negotiation {
    local: LocalAddress,
    capabilities: Capabilities,
    secrets: Secrets,
    /// Every stream that the session ever had, in order.
    slots: Vec<Slot>,
    /// The payload types that codecs have in this session: they never change (RFC 3264 §8.3.2).
    payload_types: PayloadTypes,
    /// What was last sent, and its version.
    sent: Option<Description>,
    version: u64,
    offer: Option<Offer>,
    agreement: Option<Agreement>,
}

/// An offer of ours. It is kept when it is answered: early media of several branches, and their final answer, all answer it.
#[derive(Debug, Clone)]
struct Offer {
    description: Description,
    is_answered: bool,
}

impl Negotiation {
    /// A leg's negotiation, before its first offer.
    pub fn new(local: LocalAddress, capabilities: Capabilities, secrets: Secrets) -> Self {
        Self {
            local,
            capabilities,
            secrets,
            slots: Vec::new(),
            payload_types: PayloadTypes::default(),
            sent: None,
            version: 0,
            offer: None,
            agreement: None,
        }
    }

    /// What is agreed now.
    pub const fn agreement(&self) -> Option<&Agreement> {
        self.agreement.as_ref()
    }

    /// What the leg can do.
    pub const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether an offer of ours waits for its answer.
    pub fn is_offering(&self) -> bool {
        self.offer.as_ref().is_some_and(|offer| !offer.is_answered)
    }

    /// Changes what the leg can do from the next offer or answer on.
    pub fn set_capabilities(&mut self, capabilities: Capabilities) {
        self.capabilities = capabilities;
    }

    /// Our offer: the body to send. It is an error to make one while another waits.
    ///
    /// # Errors
    /// [`Refusal::OfferPending`].
    pub fn offer(&mut self, direction: Direction) -> Result<String, Refusal> {
        if self.is_offering() {
            return Err(Refusal::OfferPending);
        }
        if !self.slots.contains(&Slot::Audio) {
            self.slots.push(Slot::Audio);
        }
        let description = Description {
            local: self.local,
            slots: self.slots.clone(),
            direction,
            profile: self.offered_profile(),
            formats: self.offered_formats(),
            digits: self.offered_digits(),
            packet_time_ms: self.capabilities.packet_time_ms,
            rtcp_mux: true,
            crypto: self.offered_crypto(),
        };
        let body = self.send(description.clone());
        self.offer = Some(Offer { description, is_answered: false });
        Ok(body)
    }

    /// Takes our offer back: it was refused. What was agreed before still holds.
    pub fn withdraw(&mut self) {
        self.offer = None;
    }

    /// Takes the answer to our offer. A later answer to the same offer replaces it: the final one may differ from early media's.
    ///
    /// # Errors
    /// It does not answer what was offered; the offer waits on.
    pub fn take_answer(&mut self, body: &[u8]) -> Result<&Agreement, Refusal> {
        let offer = self.offer.as_ref().ok_or(Refusal::NoOffer)?;
        let session = parse(body)?;
        let description = &offer.description;
        if session.medias.len() != description.slots.len() {
            return Err(Refusal::OtherStreams);
        }
        let place = description.slots.iter().position(|slot| *slot == Slot::Audio).ok_or(Refusal::NoOffer)?;
        let stream = AudioStream::read(&session, &session.medias[place])?;
        let agreement = description.agreed_by(&stream)?;
        if let Some(offer) = &mut self.offer {
            offer.is_answered = true;
        }
        Ok(self.agreement.insert(agreement))
    }

    /// Takes an offer and answers it: the body to send. `wish` is the direction that we would like.
    ///
    /// # Errors
    /// There is nothing in it that we can agree to, or our own offer waits: what was agreed before still holds.
    pub fn take_offer(&mut self, body: &[u8], wish: Direction) -> Result<String, Refusal> {
        if self.is_offering() {
            return Err(Refusal::OfferPending);
        }
        let session = parse(body)?;
        if session.medias.len() < self.slots.len() {
            return Err(Refusal::OtherStreams);
        }
        let (place, stream, agreement) = self.acceptable(&session, wish)?;
        let audio_at = |(index, media): (usize, &Media)| {
            if index == place { Slot::Audio } else { Slot::declined(media) }
        };
        self.slots = session.medias.iter().enumerate().map(audio_at).collect();
        self.payload_types.learn(&stream);
        let description = Description {
            local: self.local,
            slots: self.slots.clone(),
            direction: agreement.direction,
            profile: stream.profile,
            formats: vec![self.answered_format(&agreement)],
            digits: agreement
                .digits
                .map(|digits| (digits.receive_payload_type, digits.clock_rate_hz))
                .into_iter()
                .collect(),
            packet_time_ms: agreement.packet_time_ms,
            rtcp_mux: stream.rtcp == Some(Rtcp::Mux) || offers_mux(&session.medias[place]),
            crypto: agreement.srtp.map(|srtp| self.answered_crypto(&stream, &srtp)).into_iter().collect(),
        };
        self.agreement = Some(agreement);
        self.offer = None;
        Ok(self.send(description))
    }

    /// The first audio stream that we can agree to, or why the first of all cannot be.
    fn acceptable(
        &self,
        session: &Session,
        wish: Direction,
    ) -> Result<(usize, AudioStream, Agreement), Refusal> {
        let mut refusal = Refusal::NoAudio;
        for (place, media) in session.medias.iter().enumerate() {
            let judged = AudioStream::read(session, media)
                .and_then(|stream| self.agree(&stream, wish).map(|agreement| (place, stream, agreement)));
            match judged {
                Ok(accepted) => return Ok(accepted),
                Err(reason) if refusal == Refusal::NoAudio => refusal = reason,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    fn agree(&self, stream: &AudioStream, wish: Direction) -> Result<Agreement, Refusal> {
        // The offerer's order decides (RFC 3264 §6.1): its first law is spared a translation on its side.
        let is_ours =
            |theirs: &&Format| self.capabilities.codecs.iter().any(|ours| ours.codec == theirs.codec);
        let format = stream.formats.iter().find(is_ours);
        let format = format.ok_or(Refusal::NoCommonCodec)?.clone();
        let digits = stream.digits_beside(format.codec).map(|(payload_type, clock_rate_hz)| Digits {
            send_payload_type: payload_type,
            receive_payload_type: payload_type,
            clock_rate_hz,
        });
        Ok(Agreement {
            rtp: stream.rtp,
            rtcp: stream.rtcp,
            direction: wish.limited_by(stream.direction),
            receive_payload_type: format.payload_type,
            format,
            digits,
            packet_time_ms: packet_time_ms(stream, self.capabilities.packet_time_ms),
            srtp: self.agreed_srtp(stream)?,
        })
    }

    fn agreed_srtp(&self, stream: &AudioStream) -> Result<Option<AgreedSrtp>, Refusal> {
        match (stream.profile.is_secure(), self.capabilities.srtp) {
            (false, SrtpPolicy::WhenOffered | SrtpPolicy::Never) => Ok(None),
            (false, SrtpPolicy::Required) | (true, SrtpPolicy::Never) => Err(Refusal::NoCommonProtection),
            (true, SrtpPolicy::WhenOffered | SrtpPolicy::Required) => {
                let line = stream.crypto.first().ok_or(Refusal::NoCommonProtection)?;
                Ok(Some(AgreedSrtp { suite: line.suite, send: self.key(line.suite), receive: line.key }))
            }
        }
    }

    fn key(&self, suite: Suite) -> KeyAndSalt {
        let [strong, short] = self.secrets.keys;
        match suite {
            Suite::AesCm128HmacSha1_80 => strong,
            Suite::AesCm128HmacSha1_32 => short,
        }
    }

    fn offered_profile(&self) -> Profile {
        let agreed_secure = self.agreement.as_ref().is_some_and(|agreement| agreement.srtp.is_some());
        if agreed_secure || self.capabilities.srtp == SrtpPolicy::Required {
            Profile::Savp
        } else {
            Profile::Avp
        }
    }

    /// Every codec of ours, what is agreed first, each under its number.
    fn offered_formats(&mut self) -> Vec<Format> {
        let agreed = self.agreement.as_ref().map(|agreement| agreement.format.codec);
        let mut codecs = self.capabilities.codecs.clone();
        codecs.sort_by_key(|offered| Some(offered.codec) != agreed);
        let name = |offered: OfferedCodec| Format {
            payload_type: self.payload_types.of_codec(offered.codec),
            codec: offered.codec,
            parameters: offered.parameters,
        };
        codecs.into_iter().map(name).collect()
    }

    /// Telephone-event on the clock of each codec.
    fn offered_digits(&mut self) -> Vec<(u8, u32)> {
        let rates = [8_000, 48_000].into_iter().filter(|rate| {
            self.capabilities.codecs.iter().any(|offered| offered.codec.clock_rate_hz() == *rate)
        });
        rates.map(|rate| (self.payload_types.of_digits(rate), rate)).collect()
    }

    fn offered_crypto(&self) -> Vec<CryptoLine> {
        if !self.offered_profile().is_secure() {
            return Vec::new();
        }
        // What is agreed stays alone, so that a refreshed session does not change its suite.
        let agreed = self.agreement.as_ref().and_then(|agreement| agreement.srtp).map(|srtp| srtp.suite);
        let suites = Suite::ALL.into_iter().filter(|suite| agreed.is_none_or(|agreed| agreed == *suite));
        (1..).zip(suites).map(|(tag, suite)| CryptoLine { tag, suite, key: self.key(suite) }).collect()
    }

    fn answered_format(&self, agreement: &Agreement) -> Format {
        let mine = self.capabilities.codecs.iter().find(|offered| offered.codec == agreement.format.codec);
        Format { parameters: mine.and_then(|offered| offered.parameters.clone()), ..agreement.format.clone() }
    }

    fn answered_crypto(&self, stream: &AudioStream, srtp: &AgreedSrtp) -> CryptoLine {
        let tag = stream.crypto.iter().find(|line| line.suite == srtp.suite).map_or(1, |line| line.tag);
        CryptoLine { tag, suite: srtp.suite, key: srtp.send }
    }

    /// Writes a description under the next version if it is not the last one (RFC 3264 §8).
    fn send(&mut self, description: Description) -> String {
        if self.sent.as_ref() != Some(&description) {
            self.version += 1;
        }
        let body = description.write(self.secrets.session_id, self.version);
        self.sent = Some(description);
        body
    }
}

impl Description {
    /// What an answer makes of this offer.
    fn agreed_by(&self, answer: &AudioStream) -> Result<Agreement, Refusal> {
        let is_ours = |theirs: &&Format| self.formats.iter().any(|ours| ours.codec == theirs.codec);
        let format = answer.formats.iter().find(is_ours).ok_or(Refusal::NoCommonCodec)?.clone();
        let ours =
            self.formats.iter().find(|ours| ours.codec == format.codec).ok_or(Refusal::NoCommonCodec)?;
        let digits = answer.digits_beside(format.codec).and_then(|(send_payload_type, clock_rate_hz)| {
            let (receive_payload_type, _) = self.digits.iter().find(|(_, rate)| *rate == clock_rate_hz)?;
            Some(Digits { send_payload_type, receive_payload_type: *receive_payload_type, clock_rate_hz })
        });
        Ok(Agreement {
            rtp: answer.rtp,
            rtcp: answer.rtcp,
            direction: self.direction.limited_by(answer.direction),
            receive_payload_type: ours.payload_type,
            format,
            digits,
            packet_time_ms: packet_time_ms(answer, self.packet_time_ms),
            srtp: self.srtp_agreed_by(answer)?,
        })
    }

    fn srtp_agreed_by(&self, answer: &AudioStream) -> Result<Option<AgreedSrtp>, Refusal> {
        if self.profile.is_secure() != answer.profile.is_secure() {
            return Err(Refusal::NoCommonProtection);
        }
        if !self.profile.is_secure() {
            return Ok(None);
        }
        let line = answer.crypto.first().ok_or(Refusal::NoCommonProtection)?;
        let ours = self.crypto.iter().find(|ours| ours.tag == line.tag && ours.suite == line.suite);
        let ours = ours.ok_or(Refusal::NoCommonProtection)?;
        Ok(Some(AgreedSrtp { suite: ours.suite, send: ours.key, receive: line.key }))
    }
}

/// A stream on hold by its address has no RTCP address, but may still ask for one port.
fn offers_mux(media: &Media) -> bool {
    media.attributes.iter().any(|attribute| attribute.attribute.eq_ignore_ascii_case("rtcp-mux"))
}

/// What the other side wants in a packet, if we can do it and it can take it.
fn packet_time_ms(stream: &AudioStream, ours: u16) -> u16 {
    let most = stream.most_packet_time_ms.unwrap_or(u16::MAX);
    let wanted = stream.packet_time_ms.unwrap_or(ours);
    [wanted, ours, 20, 10]
        .into_iter()
        .find(|time| matches!(time, 10 | 20 | 30 | 40 | 60) && *time <= most)
        .unwrap_or(20)
}

#[cfg(test)]
#[path = "negotiation_tests.rs"]
mod tests;
