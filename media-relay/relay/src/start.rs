//! From settings to a running relay.

use std::{io, net::SocketAddr, path::Path, sync::Arc, thread, time::Duration};

use ringfall_control::text::Secret;
use ringfall_sip::{
    Chance,
    agent::{Agent, Config as AgentConfig},
    message::{Host, SipUri},
    transaction::Limits,
    transport::SentBy,
};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::{mpsc, watch},
    task::LocalSet,
};

use crate::{
    Config,
    audio::{Library, LibrarySettings, SpeechSettings},
    clock::Clock,
    driver::{Driver, Inbox, Parts, Settings},
    engine::{Engine, EngineConfig, MediaAddress},
    fetching::{Fetching, Source},
    files,
    http::{Door, serve},
    instance::Instance,
    metrics::Metrics,
    platform::Platform,
    resolver::Resolver,
    retention::Retention,
    transport::{Gate, Listen, TlsFiles, Transports},
    trunks::Trunks,
    uploads::Uploads,
};

/// The folder of recordings, within that of the relay's data.
pub(crate) const RECORDINGS: &str = "recordings";

/// Threads for HTTP, names and audio files.
const HELPERS: usize = 2;

/// Longer than any order lets somebody ring.
const MOST_RINGING: Duration = Duration::from_secs(660);

/// What is kept for 64 × T1 of sessions and of transactions that are over: enough for 2,000 calls a second, each of two sessions with two such
/// transactions. It costs memory only where there are so many.
const JUST_OVER: usize = 2 * 2 * 2_000 * 33;

/// What is left of helpers' work is given up after so long.
const LAST_WORK: Duration = Duration::from_secs(1);

/// A running relay. It stops when this is dropped.
#[derive(Debug)]
pub struct Handle {
    sip: SocketAddr,
    tls: Option<SocketAddr>,
    http: SocketAddr,
    inbox: mpsc::UnboundedSender<Inbox>,
    draining: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
}

impl Handle {
    /// Where SIP is taken over UDP and TCP.
    pub const fn sip_address(&self) -> SocketAddr {
        self.sip
    }

    /// Where SIP is taken over TLS, if it is.
    pub const fn tls_address(&self) -> Option<SocketAddr> {
        self.tls
    }

    /// Where commands are taken.
    pub const fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Takes no more calls, and stops once the last one is over and told, after that time at the latest.
    pub fn drain(&self, limit: Duration) {
        self.draining.send_replace(true);
        // A relay that has stopped takes no more calls.
        let _ = self.inbox.send(Inbox::Drain(limit));
    }

    /// Returns once it has stopped.
    pub async fn stopped(&self) {
        // The only failure is that the relay is gone.
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.drain(Duration::ZERO);
    }
}

/// Starts a relay in threads of its own. Trunks are fetched from then on; nobody is heard before.
///
/// # Errors
/// A setting cannot be used, an address is taken, or the system refuses a thread. The sentence says which and what would be right.
pub fn start(config: Config) -> io::Result<Handle> {
    let told = config.told_ip().map_err(invalid)?;
    check_keeping(&config).map_err(invalid)?;
    let recordings = config.data_dir.join(RECORDINGS);
    make_folder(&recordings)?;
    files::check_for(config.most_calls);
    let instance = Instance::of(&config.data_dir)?;
    let metrics = Metrics::new();
    let library = Library::new(LibrarySettings {
        speech: SpeechSettings { prompts: config.prompts.clone(), command: config.speech_command.clone() },
        music: config.music.clone(),
        private_files: config.private_audio,
    })?;
    let (trunks_sender, trunks) = watch::channel(Arc::<Trunks>::default());
    let platform =
        Platform::new(config.answer_within, metrics.clone(), trunks.clone()).map_err(io::Error::other)?;
    let fetching = Fetching::new(source(&config)).map_err(io::Error::other)?;
    let (engine, engine_events) = Engine::start(&EngineConfig {
        ports: config.media_ports.clone(),
        threads: config.media_threads,
        ..EngineConfig::at(MediaAddress { bound: config.sip.ip(), told })
    })?;
    let helpers = Builder::new_multi_thread()
        .worker_threads(HELPERS)
        .thread_name("relay-helper")
        .enable_all()
        .build()?;
    let (http, http_address) = listen_for_commands(&helpers, config.http)?;
    helpers.spawn(fetching.run(trunks_sender));
    let (to_inbox, inbox) = mpsc::unbounded_channel();
    let (draining, is_draining) = watch::channel(false);
    let door = Door {
        inbox: to_inbox.clone(),
        trunks: trunks.clone(),
        metrics: metrics.clone(),
        engine: engine.clone(),
        recordings: recordings.clone(),
        bucket: config.bucket.clone(),
        draining: is_draining,
    };
    helpers.spawn(serve(http, door));
    let retention =
        Retention { kept_for: config.recordings_kept_for, most_bytes: config.recordings_most_bytes };
    helpers.spawn(retention.run(recordings.clone()));
    let links_begin = config.links_begin(http_address).map_err(io::Error::other)?;
    let uploads =
        Uploads::start(config.bucket.clone(), &recordings, helpers.handle().clone(), metrics.clone())?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let (ready, is_ready) = std::sync::mpsc::channel();
    let (stopping, stopped) = watch::channel(false);
    let (most_calls, runtime, to_driver) = (config.most_calls, helpers.handle().clone(), to_inbox.clone());
    let sip = move || async move {
        let gate = Gate::new(trunks.clone(), metrics.clone());
        let tls =
            config.tls.map(|tls| (tls.listen, TlsFiles { certificates: tls.certificates, key: tls.key }));
        let opened =
            Transports::open(&Listen { plain: config.sip, tls, roots: config.tls_roots }, gate.clone()).await;
        let transports = match opened {
            Ok(transports) => transports,
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        let plain = transports.plain_address();
        let tls = transports.tls_address();
        let _ = ready.send(Ok((plain, tls)));
        let mut chance = Chance::from_seed(seed);
        let agent_chance = Chance::from_seed(chance.bytes());
        let agent = Agent::new(
            agent_config(told.into(), plain.port(), tls.map(|tls| tls.port()), most_calls),
            agent_chance,
        );
        let parts = Parts {
            clock: Clock::start(),
            agent,
            chance,
            transports,
            gate,
            resolver: Resolver::new(),
            engine,
            engine_events,
            inbox,
            to_inbox: to_driver,
            trunks,
            platform,
            library,
            uploads,
            runtime,
            metrics,
        };
        let settings = Settings { host: told.into(), instance, recordings, links_begin, most_calls };
        Driver::new(parts, settings).run().await;
    };
    thread::Builder::new().name("relay-sip".to_owned()).spawn(move || {
        if let Err(error) = run(sip, helpers) {
            tracing::error!(%error, "the thread of SIP cannot run");
        }
        stopping.send_replace(true);
    })?;
    let (sip, tls) = is_ready.recv().map_err(|_| io::Error::other("the thread of SIP has not started"))??;
    Ok(Handle { sip, tls, http: http_address, inbox: to_inbox, draining, stopped })
}

/// Whoever starts the relay may be a task: nothing is waited for.
fn listen_for_commands(helpers: &Runtime, at: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(at)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot take commands at {at}: {error}")))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let _entered = helpers.enter();
    Ok((TcpListener::from_std(listener)?, address))
}

/// Runs the thread of SIP to its end, and lets the helpers go.
fn run<F: Future<Output = ()>>(sip: impl FnOnce() -> F, helpers: Runtime) -> io::Result<()> {
    let local = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&local, sip());
    helpers.shutdown_timeout(LAST_WORK);
    Ok(())
}

/// Fetches the trunks once, and refuses one that would let everybody in from the public internet. A platform that does not answer is waited for
/// later, and its open trunks are left out then.
///
/// # Errors
/// A trunk lets everybody in. The sentence says what to set.
pub async fn check_trunks(config: &Config) -> io::Result<()> {
    let mut fetching = Fetching::new(source(config)).map_err(io::Error::other)?;
    match fetching.fetch().await {
        Ok(Some(list)) => match Trunks::new(list, config.is_public()).1.into_iter().next() {
            Some(refused) => Err(invalid(&refused)),
            None => Ok(()),
        },
        Ok(None) => Ok(()),
        Err(reason) => {
            tracing::warn!(reason, "the trunks cannot be fetched yet");
            Ok(())
        }
    }
}

fn source(config: &Config) -> Source {
    let secret: Secret = config.secret.clone();
    Source {
        platform: config.platform.clone(),
        secret,
        every: config.trunks_every,
        file: Some(config.data_dir.join("trunks.json")),
        is_public: config.is_public(),
    }
}

fn agent_config(host: Host, port: u16, tls_port: Option<u16>, most_calls: usize) -> AgentConfig {
    let contact = SipUri::new(None, host.clone(), Some(port));
    AgentConfig {
        tls_port,
        product: "Ringfall".to_owned(),
        // A caller, somebody who rings, and one who has just been let go; and what is kept of calls that are over, for late copies.
        most_sessions: most_calls.saturating_mul(4).max(64).saturating_add(JUST_OVER),
        limits: Limits { most_clients: JUST_OVER, most_servers: JUST_OVER },
        most_ringing: MOST_RINGING,
        ..AgentConfig::new(SentBy { host, port: Some(port) }, contact)
    }
}

/// What is on the disk with a bucket is not in it yet.
fn check_keeping(config: &Config) -> Result<(), &'static str> {
    let forgets = config.recordings_kept_for.is_some() || config.recordings_most_bytes.is_some();
    if config.bucket.is_some() && forgets {
        return Err(
            "recordings go into a bucket (RINGFALL_RELAY_RECORDINGS_BUCKET), whose lifecycle says how long they are kept: leave out \
             RINGFALL_RELAY_RECORDINGS_DAYS and RINGFALL_RELAY_RECORDINGS_MEGABYTES",
        );
    }
    Ok(())
}

fn make_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{} cannot be made: {error}", path.display())))
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason.to_owned())
}
