//! From the webhook that frees a line to the order that redirects the next caller.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use tokio::time::timeout;

use super::{
    agency::{Agency, Buyers, Held, QUEUES, Talks},
    times::describe,
    wire::{self, Wire},
};
use ringfall_tests::stack::Element;

const WAITING: usize = 5_000;
const RELEASES: usize = 1_000;
/// The first ones fill what is remembered, and do not count.
const WARM_UP: usize = 100;
const EVERY: Duration = Duration::from_millis(20);
/// A caller who is not redirected by then is lost.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn measure(buyers: Buyers) -> Result<()> {
    let agency = Agency::set_up(buyers).await?;
    let mut talking: VecDeque<Talks> = agency.talk(0..QUEUES).await?.into();
    let began = Instant::now();
    let held: Vec<Held> = agency.hold(QUEUES..QUEUES + WAITING).await?;
    let to_hold = began.elapsed();
    let mut rounds = 1 + held.len().div_ceil(QUEUES);
    let (mut wire, mut times) = (Wire::open(agency.stack.address()).await?, Vec::new());
    let mut due = Instant::now();
    for release in 0..WARM_UP + RELEASES {
        due += EVERY;
        tokio::time::sleep_until(due.into()).await;
        let Some(talks) = talking.pop_front() else { bail!("nobody talks") };
        let began = Instant::now();
        hang_up(&agency, &mut wire, &talks).await?;
        let Ok(order) = timeout(PATIENCE, agency.orders.next()).await else { bail!("nobody is redirected") };
        let order = order?;
        if release >= WARM_UP {
            times.push(order.at.saturating_duration_since(began));
        }
        // The caller goes on at the dial, and somebody new comes into the queue that they have left.
        let call = agency.call(order.index);
        let fetched = call.webhook(&order.url, "in-progress", &[]);
        let document = wire.post(&wire::request(&fetched, agency.stack.address())).await?;
        talking.push_back(Talks::of(call, &Element::read(document)?)?);
        rounds += 1;
        agency.arrives(&mut wire, rounds * QUEUES + Agency::queue_of(order.index)).await?;
    }
    println!("a line is freed with {WAITING} waiting in {QUEUES} queues, {buyers:?}:");
    println!("  until the next caller is redirected: {}", describe(times));
    let each = to_hold.as_secs_f64() * 1_000.0 / WAITING as f64;
    println!("  coming into the queues took {each:.2} ms a caller");
    Ok(())
}

async fn hang_up(agency: &Agency, wire: &mut Wire, talks: &Talks) -> Result<()> {
    let leg = talks.call.leg_sid(1);
    let about = [
        ("DialCallSid", leg.as_str()),
        ("DialCallStatus", "completed"),
        ("DialCallDuration", "95"),
        ("DialBridged", "true"),
    ];
    let ended = talks.call.webhook(&talks.action, "in-progress", &about);
    wire.post(&wire::request(&ended, agency.stack.address())).await?;
    Ok(())
}
