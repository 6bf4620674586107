//! What a relay is started with.

use std::{
    borrow::Cow,
    convert::Infallible,
    fmt, io,
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    ops::RangeInclusive,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use ringfall_control::text::Secret;
use url::Url;

use crate::Bucket;

/// What a relay is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where SIP is taken over UDP and TCP. Port 0 takes a free one.
    pub sip: SocketAddr,
    /// Where SIP is taken over TLS, and with which certificate.
    pub tls: Option<Tls>,
    /// Who vouches for the certificates of those that we call over TLS, besides whom the system trusts, in PEM.
    pub tls_roots: Option<Pem>,
    /// What others are told to reach us by, where it is not the address itself: behind NAT, or where all addresses are listened at.
    pub public_ip: Option<IpAddr>,
    /// The ports of RTP and RTCP.
    pub media_ports: RangeInclusive<u16>,
    /// How many threads move packets.
    pub media_threads: NonZeroUsize,
    /// Where commands are taken, over HTTP. Port 0 takes a free one.
    pub http: SocketAddr,
    /// What links to recordings begin with, where it is neither that address nor, with a bucket, the platform.
    pub http_url: Option<Url>,
    /// The platform's public base URL.
    pub platform: Url,
    /// What the relay signs its request for trunks with.
    pub secret: Secret,
    /// How often it asks for them.
    pub trunks_every: Duration,
    /// How long the platform may take for an answer, before the trunk's fallback is dialled.
    pub answer_within: Duration,
    /// Where recordings and the last good list of trunks are kept.
    pub data_dir: PathBuf,
    /// For how long recordings are kept; for ever where none is given.
    pub recordings_kept_for: Option<Duration>,
    /// How many bytes of recordings are kept, the newest; without end where none is given.
    pub recordings_most_bytes: Option<u64>,
    /// Where recordings go once they are whole, instead of being kept on the disk.
    pub bucket: Option<Bucket>,
    /// A folder of recorded prompts.
    pub prompts: Option<PathBuf>,
    /// A command that speaks: text on its standard input, WAV on its standard output, `{language}` in its arguments.
    pub speech_command: Option<String>,
    /// Hold music instead of the relay's own.
    pub music: Option<PathBuf>,
    /// Whether audio may be fetched from this machine and from private networks: on a developer's machine.
    pub private_audio: bool,
    /// How many calls there may be at once.
    pub most_calls: usize,
}

/// TLS for SIP.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Where. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The chain, ours first.
    pub certificates: Pem,
    /// Its key.
    pub key: Pem,
}

/// Where PEM is.
#[derive(Clone)]
pub enum Pem {
    /// In a file.
    File(PathBuf),
    /// Here: where secrets come by the environment.
    Text(String),
}

impl Pem {
    /// What stands there, with its file's name where it cannot be read.
    pub(crate) fn read(&self) -> io::Result<Cow<'_, [u8]>> {
        match self {
            Self::Text(text) => Ok(Cow::Borrowed(text.as_bytes())),
            Self::File(path) => match std::fs::read(path) {
                Ok(bytes) => Ok(Cow::Owned(bytes)),
                Err(error) => Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
            },
        }
    }
}

impl FromStr for Pem {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let is_text = text.trim_start().starts_with("-----BEGIN ");
        Ok(if is_text { Self::Text(text.to_owned()) } else { Self::File(PathBuf::from(text)) })
    }
}

/// Never with what stands in it: it may be a key.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.debug_tuple("Text").finish_non_exhaustive(),
        }
    }
}

impl Config {
    /// The usual settings: SIP and HTTP at those addresses, for that platform.
    pub fn new(sip: SocketAddr, http: SocketAddr, platform: Url, secret: Secret, data_dir: PathBuf) -> Self {
        Self {
            sip,
            tls: None,
            tls_roots: None,
            public_ip: None,
            media_ports: 10_000..=u16::MAX,
            media_threads: NonZeroUsize::MIN,
            http,
            http_url: None,
            platform,
            secret,
            trunks_every: Duration::from_secs(10),
            answer_within: Duration::from_secs(5),
            data_dir,
            recordings_kept_for: None,
            recordings_most_bytes: None,
            bucket: None,
            prompts: None,
            speech_command: None,
            music: None,
            private_audio: false,
            most_calls: 2_000,
        }
    }

    /// The address that others are told.
    ///
    /// # Errors
    /// All addresses are listened at, and none is said to be ours. The sentence says what to set.
    pub fn told_ip(&self) -> Result<IpAddr, &'static str> {
        match self.public_ip {
            Some(ip) => Ok(ip),
            None if self.sip.ip().is_unspecified() => Err(
                "public_ip (RINGFALL_RELAY_PUBLIC_IP) is missing: with all addresses listened at, set the one that callers reach",
            ),
            None => Ok(self.sip.ip()),
        }
    }

    /// What links to recordings begin with. A link must lead somewhere for as long as the recording is kept: a disk is its relay's own, what is in a
    /// bucket outlives the relay, and the platform leads there.
    pub(crate) fn links_begin(&self, http: SocketAddr) -> Result<Url, String> {
        if let Some(url) = &self.http_url {
            return Ok(url.clone());
        }
        if self.bucket.is_some() {
            let url = format!("{}/relay", self.platform.as_str().trim_end_matches('/'));
            return url.parse().map_err(|error| format!("{url}: {error}"));
        }
        let ip = if http.ip().is_unspecified() { self.told_ip()? } else { http.ip() };
        let url = format!("http://{}", SocketAddr::new(ip, http.port()));
        url.parse().map_err(|error| format!("{url}: {error}"))
    }

    /// Whether strangers can reach it.
    pub fn is_public(&self) -> bool {
        self.told_ip().is_ok_and(ringfall_control::address::is_public)
    }
}
