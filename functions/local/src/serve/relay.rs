//! The media relay that runs beside the platform, in threads of its own: a SIP phone can dial in.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context;
use ringfall_providers::relay::text::{BucketName, KeyPrefix, Secret};
use ringfall_relay::{Bucket, Config, Handle};
use url::Url;

use super::folder;

/// How often the relay asks for its trunks. It is on the same machine: whoever has just set one up wants to dial in.
const TRUNKS_EVERY: Duration = Duration::from_secs(1);
/// Where its recordings are served, by the platform.
pub(super) const RECORDINGS_PATH: &str = "/relay";
/// How long calls may go on once the process is told to stop.
const LAST_CALLS: Duration = Duration::from_secs(5);
/// How long it may take to stop then.
const PATIENCE: Duration = Duration::from_secs(8);

/// What the built-in relay is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelaySettings {
    /// Where SIP is taken.
    pub(crate) sip: Sip,
    /// Where recordings are kept.
    pub(crate) data_dir: PathBuf,
    /// The address that callers reach, where it is not the one that is listened at.
    pub(crate) public_ip: Option<IpAddr>,
    /// A folder of recorded prompts.
    pub(crate) prompts: Option<PathBuf>,
    /// A command that speaks.
    pub(crate) speech_command: Option<String>,
    /// Hold music instead of the relay's own.
    pub(crate) music: Option<PathBuf>,
    /// For how many days recordings are kept; for ever where none is given.
    pub(crate) recordings_days: Option<u32>,
    /// The bucket that recordings go into instead, and the folders there.
    pub(crate) recordings_bucket: Option<(BucketName, Option<KeyPrefix>)>,
}

impl RelaySettings {
    /// The relay's own folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.data_dir.join("relay")
    }

    /// The bucket of recordings, if there is one.
    ///
    /// # Errors
    /// The environment does not say how it is reached.
    pub(super) fn bucket(&self) -> anyhow::Result<Option<Bucket>> {
        let Some((name, prefix)) = &self.recordings_bucket else { return Ok(None) };
        let found = Bucket::from_environment(name, prefix.clone()).map_err(anyhow::Error::msg);
        found.map(Some).context("RINGFALL_RELAY_RECORDINGS_BUCKET cannot be used")
    }

    /// No relay.
    pub(crate) const fn off(data_dir: PathBuf) -> Self {
        let (public_ip, prompts, speech_command, music) = (None, None, None, None);
        let (recordings_days, recordings_bucket) = (None, None);
        Self {
            sip: Sip::Off,
            data_dir,
            public_ip,
            prompts,
            speech_command,
            music,
            recordings_days,
            recordings_bucket,
        }
    }
}

/// Where SIP is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sip {
    /// At [`Sip::DEFAULT`], if it is free: nobody has asked for it.
    IfFree,
    /// There, or the process does not start.
    At(SocketAddr),
    /// Nowhere.
    Off,
}

impl Sip {
    /// Where SIP phones look first (RFC 3261 §19.1.2).
    pub(crate) const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5060);
}

/// The built-in relay, while it runs.
#[derive(Debug)]
pub(super) struct OwnRelay(Option<Handle>);

impl OwnRelay {
    /// Starts it, for a platform that listens there and will know it by that secret.
    ///
    /// # Errors
    /// The address is taken or not ours, and somebody has asked for it; or a setting cannot be used.
    pub(super) async fn start(
        settings: &RelaySettings,
        platform: SocketAddr,
        public_url: &Url,
        secret: Secret,
    ) -> anyhow::Result<Self> {
        let (sip, must_start) = match settings.sip {
            Sip::Off => return Ok(Self(None)),
            Sip::At(address) => (address, true),
            Sip::IfFree => (Sip::DEFAULT, false),
        };
        let config = config(settings, sip, platform, public_url, secret)?;
        // It binds its sockets, and waits for its threads.
        let started = tokio::task::spawn_blocking(move || ringfall_relay::start(config)).await?;
        match started {
            Ok(handle) => Ok(Self(Some(handle))),
            Err(error) if !must_start && error.kind() == io::ErrorKind::AddrInUse => {
                tracing::warn!(
                    "no SIP: {sip} is taken, so no phone can dial in; --sip (RINGFALL_SIP) names another address, or off"
                );
                Ok(Self(None))
            }
            Err(error) => {
                Err(error).with_context(|| format!("cannot take SIP at {sip} (--sip, RINGFALL_SIP)"))
            }
        }
    }

    /// Where SIP is taken, if it is.
    pub(super) fn sip(&self) -> Option<SocketAddr> {
        self.0.as_ref().map(Handle::sip_address)
    }

    /// Where it takes the platform's commands, if it runs.
    pub(super) fn commands(&self) -> anyhow::Result<Option<Url>> {
        self.0.as_ref().map(|handle| web_address(handle.http_address())).transpose()
    }

    /// Takes no more calls, and lets those that are live go on for some seconds. The platform must still be there, to be told of their ends.
    pub(super) async fn stop(self) {
        let Some(handle) = self.0 else { return };
        handle.drain(LAST_CALLS);
        if tokio::time::timeout(PATIENCE, handle.stopped()).await.is_err() {
            tracing::warn!("the relay does not come to its end");
        }
    }
}

fn config(
    settings: &RelaySettings,
    sip: SocketAddr,
    platform: SocketAddr,
    public_url: &Url,
    secret: Secret,
) -> anyhow::Result<Config> {
    let data_dir = settings.data();
    folder::prepare(&data_dir).with_context(|| format!("the folder {} is not usable", data_dir.display()))?;
    let commands = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // Its own port is another one after each start: what stands in a call must lead to its recording for longer.
    let recordings = format!("{}{RECORDINGS_PATH}", public_url.as_str().trim_end_matches('/'));
    Ok(Config {
        http_url: Some(Url::parse(&recordings).context("no URL for recordings")?),
        public_ip: settings.public_ip,
        trunks_every: TRUNKS_EVERY,
        prompts: settings.prompts.clone(),
        speech_command: settings.speech_command.clone(),
        music: settings.music.clone(),
        recordings_kept_for: settings
            .recordings_days
            .map(|days| Duration::from_secs(u64::from(days) * 24 * 60 * 60)),
        bucket: settings.bucket()?,
        private_audio: platform.ip().is_loopback(),
        ..Config::new(sip, commands, web_address(reached_at(platform))?, secret, data_dir)
    })
}

/// How a listener is reached from this machine.
fn reached_at(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn web_address(address: SocketAddr) -> anyhow::Result<Url> {
    Url::parse(&format!("http://{address}")).context("no URL for the address")
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    fn settings(sip: Sip, data_dir: &std::path::Path) -> RelaySettings {
        RelaySettings {
            sip,
            data_dir: data_dir.to_owned(),
            public_ip: None,
            prompts: None,
            speech_command: None,
            music: None,
            recordings_days: None,
            recordings_bucket: None,
        }
    }

    async fn started(sip: Sip) -> anyhow::Result<OwnRelay> {
        let folder = tempfile::tempdir().expect("a folder");
        let secret = "a-secret-of-the-relay".parse().expect("a secret");
        let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let public = Url::parse("https://calls.example.com/x/").expect("a URL");
        OwnRelay::start(&settings(sip, folder.path()), nobody, &public, secret).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_starts_where_it_is_told_and_stops() {
        let relay = started(Sip::At(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))).await.expect("a relay");
        assert!(relay.sip().is_some_and(|address| address.port() != 0));
        assert!(relay.commands().expect("a URL").is_some());
        relay.stop().await;
        let off = started(Sip::Off).await.expect("nothing to start");
        assert_eq!((off.sip(), off.commands().expect("no URL")), (None, None));
        off.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_is_taken_and_was_asked_for_is_a_refusal_to_start() {
        let taken = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address");
        let refused = format!("{:#}", started(Sip::At(address)).await.expect_err("taken"));
        assert!(refused.contains(&address.to_string()) && refused.contains("--sip"), "{refused}");
    }

    #[test]
    fn all_addresses_are_reached_at_this_machines_own() {
        for (listen, expected) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("192.0.2.7:8080", "192.0.2.7:8080"),
        ] {
            assert_eq!(reached_at(listen.parse().expect("an address")).to_string(), expected);
        }
    }
}
