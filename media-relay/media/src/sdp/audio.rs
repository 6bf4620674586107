//! What one side says of its audio stream: an `m=audio` line with all that belongs to it, in our words.

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Media, Session};

use super::{agreement::Refusal, crypto::CryptoLine};
use crate::codec::Codec;

/// How many payload types of a stream are looked at.
const MOST_FORMATS: usize = 64;

/// Who sends, as one side sees it (RFC 8866 §6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both do.
    SendRecv,
    /// This side alone: the other is on hold.
    SendOnly,
    /// The other side alone.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    const ALL: [Self; 4] = [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive];

    /// The attribute that says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The direction in which this side sends and receives so.
    pub const fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether this side sends.
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether this side receives.
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// What is left of our wish when the other side says `theirs` (RFC 3264 §6.1): nobody sends to one who does not receive.
    #[must_use]
    pub const fn limited_by(self, theirs: Self) -> Self {
        Self::of(self.sends() && theirs.receives(), self.receives() && theirs.sends())
    }
}

/// The RTP profile of a stream: its transport protocol in `m=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `RTP/AVP`.
    Avp,
    /// `RTP/AVPF`.
    Avpf,
    /// `RTP/SAVP`: SRTP.
    Savp,
    /// `RTP/SAVPF`: SRTP.
    Savpf,
}

impl Profile {
    const ALL: [Self; 4] = [Self::Avp, Self::Avpf, Self::Savp, Self::Savpf];

    /// Its name in `m=`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Avp => "RTP/AVP",
            Self::Avpf => "RTP/AVPF",
            Self::Savp => "RTP/SAVP",
            Self::Savpf => "RTP/SAVPF",
        }
    }

    /// Whether packets are SRTP.
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Savp | Self::Savpf)
    }
}

/// A payload type and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// 0 to 127.
    pub payload_type: u8,
    /// The codec.
    pub codec: Codec,
    /// The value of its `a=fmtp`, without the payload type.
    pub parameters: Option<String>,
}

/// Where RTCP goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rtcp {
    /// Where RTP goes (RFC 5761).
    Mux,
    /// To a port of its own; the port after that of RTP unless `a=rtcp` says otherwise (RFC 3605).
    Apart(SocketAddr),
}

/// An audio stream as its side describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioStream {
    /// Where that side takes RTP; none where it asks for silence by an address of zeros (the hold of RFC 2543).
    pub rtp: Option<SocketAddr>,
    /// Where it takes RTCP.
    pub rtcp: Option<Rtcp>,
    /// Its direction, seen from there. An address of zeros takes receiving away.
    pub direction: Direction,
    /// Its profile.
    pub profile: Profile,
    /// The codecs that we know, as it prefers them.
    pub formats: Vec<Format>,
    /// The payload types and clock rates, in Hz, of telephone-event.
    pub digits: Vec<(u8, u32)>,
    /// How much audio it would like in a packet, in ms.
    pub packet_time_ms: Option<u16>,
    /// How much it takes at the most, in ms.
    pub most_packet_time_ms: Option<u16>,
    /// The keys that it offers, those that we can use.
    pub crypto: Vec<CryptoLine>,
}

impl AudioStream {
    /// Reads a stream of a session.
    ///
    /// # Errors
    /// It is no audio, declined, of a profile that we do not speak, or at no address.
    pub fn read(session: &Session, media: &Media) -> Result<Self, Refusal> {
        if !media.media.eq_ignore_ascii_case("audio") {
            return Err(Refusal::NoAudio);
        }
        if media.port == 0 {
            return Err(Refusal::Declined);
        }
        let profile =
            Profile::ALL.into_iter().find(|profile| profile.as_str().eq_ignore_ascii_case(&media.proto));
        let profile = profile.ok_or(Refusal::NoCommonProfile)?;
        let ip = address(session, media)?;
        let rtp = (!ip.is_unspecified()).then(|| SocketAddr::new(ip, media.port));
        let said = direction(session, media);
        let rtpmaps = Rtpmaps(&media.attributes);
        let (formats, digits) = rtpmaps.formats(&media.fmt);
        Ok(Self {
            rtp,
            rtcp: rtp.map(|rtp| rtcp(media, rtp)),
            direction: Direction::of(said.sends(), said.receives() && rtp.is_some()),
            profile,
            formats,
            digits,
            packet_time_ms: number(media, "ptime"),
            most_packet_time_ms: number(media, "maxptime"),
            crypto: values(&media.attributes, "crypto").filter_map(CryptoLine::parse).collect(),
        })
    }

    /// The payload type of telephone-event on a codec's clock (RFC 4733 §2.1), else on any.
    pub fn digits_beside(&self, codec: Codec) -> Option<(u8, u32)> {
        let same = self.digits.iter().find(|(_, clock_rate_hz)| *clock_rate_hz == codec.clock_rate_hz());
        same.or(self.digits.first()).copied()
    }
}

fn values<'a>(attributes: &'a [Attribute], name: &'static str) -> impl Iterator<Item = &'a str> {
    let named = attributes.iter().filter(move |attribute| attribute.attribute.eq_ignore_ascii_case(name));
    named.filter_map(|attribute| attribute.value.as_deref())
}

/// A number of milliseconds; some say `20.0`.
fn number(media: &Media, name: &'static str) -> Option<u16> {
    values(&media.attributes, name).find_map(|value| value.trim().split('.').next()?.parse().ok())
}

/// The stream's own address, else the session's.
fn address(session: &Session, media: &Media) -> Result<IpAddr, Refusal> {
    let connection = media.connections.first().or(session.connection.as_ref()).ok_or(Refusal::NoAddress)?;
    let address = connection.connection_address.split('/').next().unwrap_or_default();
    let address: IpAddr = address.parse().map_err(|_| Refusal::NoAddress)?;
    if address.is_multicast() { Err(Refusal::NoAddress) } else { Ok(address.to_canonical()) }
}

/// The stream's own direction, else the session's, else both ways.
fn direction(session: &Session, media: &Media) -> Direction {
    let said = |attributes: &[Attribute]| {
        attributes.iter().find_map(|attribute| {
            Direction::ALL
                .into_iter()
                .find(|direction| direction.as_str().eq_ignore_ascii_case(&attribute.attribute))
        })
    };
    said(&media.attributes).or_else(|| said(&session.attributes)).unwrap_or(Direction::SendRecv)
}

/// `a=rtcp-mux`, or `a=rtcp:<port> [IN IP4 <address>]`, or the next port.
fn rtcp(media: &Media, rtp: SocketAddr) -> Rtcp {
    if media.attributes.iter().any(|attribute| attribute.attribute.eq_ignore_ascii_case("rtcp-mux")) {
        return Rtcp::Mux;
    }
    let next = SocketAddr::new(rtp.ip(), rtp.port().checked_add(1).unwrap_or(rtp.port()));
    let said = values(&media.attributes, "rtcp").next().and_then(|value| {
        let mut words = value.split_ascii_whitespace();
        let port = words.next()?.parse().ok().filter(|port| *port != 0)?;
        let ip = words.nth(2).and_then(|ip| ip.parse().ok()).unwrap_or(rtp.ip());
        Some(SocketAddr::new(ip, port))
    });
    Rtcp::Apart(said.unwrap_or(next))
}

/// The attributes of a stream, asked for what its payload types mean.
struct Rtpmaps<'a>(&'a [Attribute]);

impl Rtpmaps<'_> {
    /// The codecs and the telephone-events of a list of payload types.
    fn formats(&self, list: &str) -> (Vec<Format>, Vec<(u8, u32)>) {
        let (mut formats, mut digits) = (Vec::new(), Vec::new());
        let payload_types = list.split_ascii_whitespace().take(MOST_FORMATS);
        for payload_type in payload_types.filter_map(|text| text.parse().ok()).filter(|number| *number < 128)
        {
            match self.meaning(payload_type) {
                Some(Meaning::Codec(codec)) => {
                    let parameters = self.value("fmtp", payload_type).map(str::to_owned);
                    formats.push(Format { payload_type, codec, parameters });
                }
                Some(Meaning::Digits(clock_rate_hz)) => digits.push((payload_type, clock_rate_hz)),
                None => {}
            }
        }
        (formats, digits)
    }

    fn meaning(&self, payload_type: u8) -> Option<Meaning> {
        let Some(rtpmap) = self.value("rtpmap", payload_type) else {
            return Codec::of_static_payload_type(payload_type).map(Meaning::Codec);
        };
        let mut parts = rtpmap.split('/');
        let name = parts.next()?.trim();
        let clock_rate_hz = parts.next()?.trim().parse().ok()?;
        let channels = parts.next().map_or(Some(1), |channels| channels.trim().parse().ok())?;
        if name.eq_ignore_ascii_case("telephone-event") {
            // Other clocks than those of our codecs are never needed.
            return matches!(clock_rate_hz, 8_000 | 48_000).then_some(Meaning::Digits(clock_rate_hz));
        }
        Codec::named(name, clock_rate_hz, channels).map(Meaning::Codec)
    }

    /// What an attribute `<payload type> <value>` says of a payload type.
    fn value(&self, name: &'static str, payload_type: u8) -> Option<&str> {
        values(self.0, name).find_map(|value| {
            let (number, rest) = value.trim_start().split_once(' ')?;
            (number.parse() == Ok(payload_type)).then(|| rest.trim())
        })
    }
}

enum Meaning {
    Codec(Codec),
    Digits(u32),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::parse;

    fn read(media: &str) -> Result<AudioStream, Refusal> {
        let text =
            format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{media}");
        let session = parse(text.as_bytes()).expect(&text);
        AudioStream::read(&session, &session.medias[0])
    }

    #[test]
    fn a_carriers_stream_is_read_whole() {
        let stream = read(
            "m=audio 49170 RTP/AVP 18 0 8 101\r\na=rtpmap:18 G729/8000\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:40\r\n",
        )
        .expect("a stream");
        assert_eq!(stream.rtp, Some("192.0.2.1:49170".parse().expect("an address")));
        assert_eq!(stream.rtcp, Some(Rtcp::Apart("192.0.2.1:49171".parse().expect("an address"))));
        let codecs: Vec<_> =
            stream.formats.iter().map(|format| (format.payload_type, format.codec)).collect();
        assert_eq!(codecs, [(0, Codec::Pcmu), (8, Codec::Pcma)]);
        assert_eq!((stream.digits.as_slice(), stream.direction), (&[(101, 8_000)][..], Direction::SendRecv));
        assert_eq!((stream.packet_time_ms, stream.most_packet_time_ms), (Some(20), Some(40)));
    }

    #[test]
    fn a_streams_own_address_direction_and_rtcp_stand_above_the_sessions() {
        let stream = read("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.7\r\na=rtcp:5001 IN IP4 198.51.100.8\r\na=recvonly\r\n")
            .expect("a stream");
        assert_eq!(stream.rtp, Some("198.51.100.7:4000".parse().expect("an address")));
        assert_eq!(stream.rtcp, Some(Rtcp::Apart("198.51.100.8:5001".parse().expect("an address"))));
        assert_eq!(stream.direction, Direction::RecvOnly);
        assert_eq!(read("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n").expect("a stream").rtcp, Some(Rtcp::Mux));
    }

    #[test]
    fn an_address_of_zeros_asks_for_silence() {
        let stream = read("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n").expect("a stream");
        assert_eq!((stream.rtp, stream.rtcp, stream.direction), (None, None, Direction::SendOnly));
    }

    #[test]
    fn what_is_no_stream_of_ours_is_refused() {
        for (media, refusal) in [
            ("m=video 4000 RTP/AVP 96\r\n", Refusal::NoAudio),
            ("m=audio 0 RTP/AVP 0\r\n", Refusal::Declined),
            ("m=audio 4000 UDP/TLS/RTP/SAVPF 111\r\n", Refusal::NoCommonProfile),
            ("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 media.example.com\r\n", Refusal::NoAddress),
            ("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 239.1.2.3/127\r\n", Refusal::NoAddress),
        ] {
            assert_eq!(read(media), Err(refusal), "{media}");
        }
    }

    #[test]
    fn payload_types_are_what_their_rtpmap_says() {
        let stream = read(
            "m=audio 4000 RTP/AVP 111 96 97 9 300 x\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1; minptime=10\r\n\
             a=rtpmap:96 telephone-event/48000\r\na=rtpmap:97 PCMA/8000/1\r\n",
        )
        .expect("a stream");
        let codecs: Vec<_> = stream.formats.iter().map(|format| format.codec).collect();
        assert_eq!(codecs, [Codec::Opus, Codec::Pcma, Codec::G722]);
        assert_eq!(stream.formats[0].parameters.as_deref(), Some("useinbandfec=1; minptime=10"));
        assert_eq!(stream.digits_beside(Codec::Pcma), Some((96, 48_000)));
    }

    #[test]
    fn nobody_sends_to_one_who_does_not_receive() {
        use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
        for (ours, theirs, left) in [
            (SendRecv, SendRecv, SendRecv),
            (SendRecv, SendOnly, RecvOnly),
            (SendRecv, RecvOnly, SendOnly),
            (SendOnly, SendOnly, Inactive),
            (SendRecv, Inactive, Inactive),
        ] {
            assert_eq!(ours.limited_by(theirs), left, "{ours:?} {theirs:?}");
        }
    }
}
