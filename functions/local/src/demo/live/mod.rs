//! Calls by SIP: phones on this machine dial in at the relay and are rung by it, with every packet a real one. Each says a tone of its own, and
//! tells whose it has heard.

mod books;
mod caller;
mod checks;
mod desk;
mod report;
mod sounds;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use futures::future::join_all;
use jiff::Timestamp;
use ringfall_phone::Phone;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use url::Url;

pub(super) use self::sounds::recorded_prompts;
use self::{books::Books, caller::Called, checks::check};
use super::{
    api::Api,
    carrier::Seen,
    cast::{Desk, LIVE},
    checks::Check,
    evidence::Evidence,
    report::{calls, profit_and_loss},
    screen::Screen,
    seed::{Agency, Terms},
};
use crate::serve::Stack;

/// Talk time from which a call is billed: these seconds are real.
pub(super) const BILLABLE_AFTER_SECONDS: u32 = 4;
/// How long a desk rings.
const RING_TIMEOUT_SECONDS: u32 = 5;
/// How long the platform may take until its books are closed.
const SETTLES_IN: Duration = Duration::from_secs(20);
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Plays the calls, and shows what came of them.
///
/// # Errors
/// The platform refuses something, the relay does not run, or there is no port for a phone.
pub(super) async fn play(
    admin: &Api,
    http: &reqwest::Client,
    stack: &Stack,
    screen: &Screen,
) -> anyhow::Result<Vec<Check>> {
    let sip = stack.sip().context("the relay does not run")?;
    let relay = Relay { http, url: stack.relay_url()?.context("the relay does not run")? };
    let mut desks = BTreeMap::new();
    for desk in Desk::ALL {
        let phone = Phone::plug_in(Ipv4Addr::LOCALHOST.into(), sounds::of_desk(desk), &sounds::known()).await;
        desks.insert(desk, phone.context("no port for a desk's phone")?);
    }
    let agency = Agency::set_up(admin, &terms(&desks), Timestamp::now()).await?;
    report::opening(screen, sip);
    let books = Arc::new(Books::default());
    let mut staffed = JoinSet::new();
    for (desk, phone) in desks {
        staffed.spawn(desk::answer(desk, phone, Arc::clone(&books)));
    }
    let called = place_calls(sip, &books, screen).await?;
    books.close().await;
    let (evidence, checks) = settle(&agency, &called, &books, &relay).await?;
    let seen: Vec<Seen> = called.iter().map(|called| called.seen(&evidence)).collect();
    calls(screen, &evidence, &agency, &seen);
    profit_and_loss(screen, &evidence, &agency);
    close_trunk(&agency).await?;
    Ok(checks)
}

/// All of them at once.
async fn place_calls(sip: SocketAddr, books: &Arc<Books>, screen: &Screen) -> anyhow::Result<Vec<Called>> {
    let began = Instant::now();
    let calls = LIVE.iter().zip(1..).map(async |(caller, number)| {
        let called = caller::call(number, caller, sip, books).await;
        if let Ok(called) = &called {
            report::progress(screen, began.elapsed(), called, books);
        }
        called
    });
    join_all(calls).await.into_iter().collect()
}

fn terms(desks: &BTreeMap<Desk, Phone>) -> Terms {
    let destination =
        |(desk, phone): (&Desk, &Phone)| (*desk, json!({"sip_uri": format!("sip:desk@{}", phone.address())}));
    Terms {
        account: "Ringfall demo, SIP",
        connection: json!({
            "provider": "relay",
            "name": "SIP phones on this machine",
            "trunk": {"allow": ["127.0.0.1/32"]},
            // What the carrier behind such a trunk would be paid.
            "rates": {"inbound_per_minute": "0.0050", "outbound_per_minute": "0.0070"},
        }),
        destinations: desks.iter().map(destination).collect(),
        ring_timeout_seconds: RING_TIMEOUT_SECONDS,
        billable_after_seconds: BILLABLE_AFTER_SECONDS,
    }
}

/// Looks at what the platform and the relay say until they agree with the phones' books, or have had their time.
async fn settle(
    agency: &Agency,
    called: &[Called],
    books: &Books,
    relay: &Relay<'_>,
) -> anyhow::Result<(Evidence, Vec<Check>)> {
    let texan =
        called.iter().find(|called| called.caller.place.state == "TX").context("no Texan has called")?;
    let deadline = Instant::now() + SETTLES_IN;
    loop {
        let evidence = Evidence::gather(&agency.api, texan.caller).await?;
        let checks = check(&evidence, &agency.targets, called, books, &relay.metrics().await?);
        if Instant::now() > deadline || checks.iter().all(Check::holds) {
            return Ok((evidence, checks));
        }
        sleep(LOOK_INTERVAL).await;
    }
}

/// Where the relay tells what it has in use.
struct Relay<'a> {
    http: &'a reqwest::Client,
    url: Url,
}

impl Relay<'_> {
    async fn metrics(&self) -> anyhow::Result<String> {
        let answer =
            self.http.get(self.url.join("/metrics")?).send().await.context("no answer from the relay")?;
        Ok(answer.text().await?)
    }
}

/// Nobody is to call any more over a trunk that lets this whole machine in: another demonstration in the same folder has one of its own.
async fn close_trunk(agency: &Agency) -> anyhow::Result<()> {
    // Of addresses that are nobody's (RFC 5737).
    let nobody = json!({"trunk": {"allow": ["192.0.2.1/32"]}});
    agency.api.patch::<Value>(&format!("/v1/connections/{}", agency.connection), &nobody).await?;
    Ok(())
}
