//! The same burst of calls with the queue off and with it on, side by side: each side has an account, a carrier and five lines of its own,
//! and is set up through the API.

mod checks;
mod evidence;
mod fate;
mod report;
mod seed;

use std::{convert::Infallible, time::Duration};

use tokio::time::Instant;

use self::{checks::check, evidence::Evidence, fate::Fate, seed::Side};
use super::{api::Api, carrier::Seen, cast::BURST, checks::Check, screen::Screen};

/// How long a second of the burst takes. The platform's own times are not compressed, and the shortest of them that a caller could come up
/// against here is the policy's longest wait, [`seed::MAX_WAIT_SECONDS`].
const SECOND: Duration = Duration::from_millis(50);
/// How many seconds of the burst pass in one.
const TIMES_AS_FAST: u32 = 20;
/// How often it is shown how things stand, in seconds of the burst.
const SECONDS_BETWEEN_LOOKS: u32 = 30;
/// How long the platform may take until its books are closed.
const SETTLES_IN: Duration = Duration::from_secs(10);
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Plays it on both sides at once, and shows what came of it.
///
/// # Errors
/// The platform refuses something.
pub(super) async fn play(admin: &Api, http: &reqwest::Client, screen: &Screen) -> anyhow::Result<Vec<Check>> {
    let off = Side::set_up(admin, http, false).await?;
    let on = Side::set_up(admin, http, true).await?;
    report::opening(screen);
    let (seen_off, seen_on) = tokio::select! {
        seen = async { tokio::join!(off.play(), on.play()) } => seen,
        Err(error) = watch(&off, &on, screen) => return Err(error),
    };
    let (of_off, of_on) = tokio::try_join!(settle(&off, &seen_off), settle(&on, &seen_on))?;
    report::figures(screen, &of_off.0, &of_on.0);
    Ok(of_off.1.into_iter().chain(of_on.1).collect())
}

impl Side {
    async fn play(&self) -> Vec<Seen> {
        self.carrier.play_burst(&BURST, &self.entrances).await
    }
}

/// Shows now and again how things stand, as long as it is let.
async fn watch(off: &Side, on: &Side, screen: &Screen) -> anyhow::Result<Infallible> {
    let (began, mut seconds) = (Instant::now(), 0);
    loop {
        seconds += SECONDS_BETWEEN_LOOKS;
        tokio::time::sleep_until(began + SECOND * seconds).await;
        let line = evidence::queue(on).await?;
        report::moment(screen, seconds, off, on, &line);
    }
}

/// Looks at what the platform says until it agrees with the carrier's books, or has had its time.
async fn settle(side: &Side, seen: &[Seen]) -> anyhow::Result<(Evidence, Vec<Check>)> {
    let deadline = Instant::now() + SETTLES_IN;
    loop {
        let evidence = Evidence::gather(side).await?;
        let checks = check(side, &evidence, seen);
        if Instant::now() > deadline || checks.iter().all(Check::holds) {
            return Ok((evidence, checks));
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}
