//! `ringfall demo`: a platform of its own with its relay, an agency that is set up through the REST API, and SIP phones on this machine that call through
//! the relay and are called by it. Then a small carrier that plays more calls, faster, through the signed webhooks. After each where every call went and
//! why, what was earned, and whether the phones' or the carrier's books agree. At last a burst of calls, with the queue off and with it on.

mod api;
mod burst;
mod carrier;
mod cast;
mod checks;
mod evidence;
mod live;
mod report;
mod screen;
mod seed;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use tempfile::TempDir;

use self::{
    api::Api,
    carrier::{Carrier, Seen},
    cast::SCENES,
    checks::{Check, check},
    evidence::Evidence,
    screen::Screen,
    seed::{Agency, Terms},
};
use crate::serve::{self, AdminKey, Engine, KeyFile, MissingKey, Signals, Stack};

/// How long a second of a call takes.
const SECOND: Duration = Duration::from_millis(10);
/// How long the platform may take to settle what is under way: the watchdog looks after some seconds.
const SETTLES_IN: Duration = Duration::from_secs(20);
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// What `demo` is told.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where the data is kept, if it is.
    pub(crate) data_dir: Option<PathBuf>,
    /// The key of the first account, for a folder that has one.
    pub(crate) admin_key: Option<AdminKey>,
}

/// Plays the demonstration.
///
/// # Errors
/// The platform cannot be started, or refuses what the demonstration needs. Checks that fail are told by the exit code.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen().context("no handler for signals")?;
    let folder = Folder::of(settings.data_dir)?;
    let prompts = live::recorded_prompts().context("no folder for recorded prompts")?;
    let stack = Stack::start(serve::Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        admin_key: settings.admin_key.clone(),
        engine: Engine::Sqlite { data_dir: folder.path() },
        keys: KeyFile { path: folder.path().join(KeyFile::NAME), missing: MissingKey::Make },
        relay: relay(folder.path(), prompts.path()),
        relay_secret: None,
    })
    .await?;
    let made_key = stack.new_key().map(str::to_owned);
    let admin_key = settings.admin_key.as_ref().map(AdminKey::expose).or(made_key.as_deref());
    let screen = Screen::new();
    let played = tokio::select! {
        played = play(&stack, admin_key, &screen) => played,
        signal = signals.next() => Err(anyhow!("stopped by {signal}")),
    };
    stack.stop().await?;
    let played = played?;
    report::verdict(&screen, &played.checks);
    match &folder {
        Folder::Temporary(_) => report::nothing_is_kept(&screen),
        Folder::Kept(path) => report::what_is_kept(&screen, path, &played.key, made_key.as_deref()),
    }
    let all_hold = played.checks.iter().all(Check::holds);
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// At a port that is free, whoever else takes SIP on this machine.
fn relay(data_dir: PathBuf, prompts: &Path) -> serve::RelaySettings {
    let sip = serve::Sip::At(([127, 0, 0, 1], 0).into());
    serve::RelaySettings { sip, prompts: Some(prompts.to_owned()), ..serve::RelaySettings::off(data_dir) }
}

/// What came of it.
struct Played {
    checks: Vec<Check>,
    /// The key of the agency's account.
    key: String,
}

async fn play(stack: &Stack, admin_key: Option<&str>, screen: &Screen) -> anyhow::Result<Played> {
    let admin_key = admin_key.context(
        "the data folder has an account already: give its key as RINGFALL_ADMIN_KEY, or take an empty folder",
    )?;
    // Everything is on this machine: no proxy leads there.
    let http = reqwest::Client::builder().no_proxy().build().context("no HTTP client")?;
    let admin = Api::new(http.clone(), stack.url(), admin_key);
    report::opening(screen, stack.url());
    let of_phones = live::play(&admin, &http, stack, screen).await?;
    let carrier = Carrier::start(http.clone(), SECOND).await?;
    let terms = Terms::of_carrier(carrier.api_base_url());
    let agency = Agency::set_up(&admin, &terms, Timestamp::now()).await?;
    report::of_carrier(screen);
    let seen = play_scenes(&carrier, &agency, screen).await;
    let forged = carrier.post_forged(&agency.entrances, &SCENES[0].callers[0]).await?;
    let (evidence, checks) = settle(&carrier, &agency, &seen, forged).await?;
    report::calls(screen, &evidence, &agency, &seen);
    report::profit_and_loss(screen, &evidence, &agency);
    let of_burst = burst::play(&admin, &http, screen).await?;
    let checks: Vec<Check> = of_phones.into_iter().chain(checks).chain(of_burst).collect();
    report::checks(screen, &checks);
    Ok(Played { checks, key: agency.key })
}

async fn play_scenes(carrier: &Carrier, agency: &Agency, screen: &Screen) -> Vec<Seen> {
    let began = Instant::now();
    let mut seen = Vec::new();
    for scene in SCENES {
        report::scene(screen, scene.title);
        let tell = |call: &Seen| report::progress(screen, began.elapsed(), call);
        seen.extend(carrier.play(scene, seen.len() + 1, &agency.entrances, tell).await);
    }
    seen
}

/// Looks at what the platform says until it agrees with the carrier's books, or has had its time.
async fn settle(
    carrier: &Carrier,
    agency: &Agency,
    seen: &[Seen],
    forged: reqwest::StatusCode,
) -> anyhow::Result<(Evidence, Vec<Check>)> {
    let texan = seen.iter().find(|call| call.caller.place.state == "TX").context("no Texan has called")?;
    let deadline = Instant::now() + SETTLES_IN;
    loop {
        let evidence = Evidence::gather(&agency.api, &texan.caller).await?;
        let checks = check(&evidence, &agency.targets, carrier.exchange(), seen, forged);
        if Instant::now() > deadline || checks.iter().all(Check::holds) {
            return Ok((evidence, checks));
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

/// Where the data is.
enum Folder {
    /// For the demonstration alone.
    Temporary(TempDir),
    /// Kept.
    Kept(PathBuf),
}

impl Folder {
    fn of(kept: Option<PathBuf>) -> anyhow::Result<Self> {
        match kept {
            Some(path) => Ok(Self::Kept(path)),
            None => tempfile::tempdir().map(Self::Temporary).context("no folder for temporary data"),
        }
    }

    fn path(&self) -> PathBuf {
        match self {
            // One that the platform makes itself, for its owner alone.
            Self::Temporary(folder) => folder.path().join("data"),
            Self::Kept(path) => path.clone(),
        }
    }
}
