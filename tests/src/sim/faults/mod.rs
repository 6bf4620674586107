//! What goes wrong: drawn from the seed for each request on its own, in a weather that is drawn for the whole run.

mod crowds;
mod feed;
mod life;
mod messages;
mod table;
mod weather;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ringfall_store::port::StoreError;
use tokio::time::sleep;

use self::crowds::Crowds;
pub use self::{
    feed::FaultyFeed,
    life::{Lived, live},
    messages::FaultyMessages,
    table::{FaultyTable, ObservedTable},
    weather::Weather,
};
use super::{chance::Chance, trace::Trace};

/// Draws the faults of a run.
#[derive(Debug)]
pub struct Faults {
    /// How often they strike.
    pub weather: Weather,
    chance: Chance,
    trace: Arc<Trace>,
    is_calm: AtomicBool,
    crowds: Crowds,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is carried out and answered.
    Answered,
    /// It is refused: throttled, in conflict, or lost on its way.
    Refused,
    /// It is carried out, and its answer is lost.
    Unanswered,
    /// Who asked dies before it is sent.
    DeathBefore,
    /// It is carried out, and who asked is dead by then.
    DeathAfter,
}

/// One request's way there and back.
#[derive(Debug, Clone, Copy)]
struct Passage {
    there: Duration,
    back: Duration,
    fate: Fate,
}

impl Faults {
    /// The faults of a run, in a weather drawn from its seed.
    pub fn of_run(seed: u64, trace: Arc<Trace>) -> Self {
        let weather = Weather::drawn(&Chance::new(seed, "weather"));
        trace.note(format_args!("weather: {weather:?}"));
        let chance = Chance::new(seed, "faults");
        Self { weather, chance, trace, is_calm: AtomicBool::new(false), crowds: Crowds::default() }
    }

    /// From now on nothing goes wrong.
    pub fn calm_down(&self) {
        self.is_calm.store(true, Ordering::Relaxed);
        self.trace.note(format_args!("the weather calms down"));
    }

    /// Whether a fault of this likelihood strikes here.
    pub fn strikes(&self, per_mille: u32, kind: &'static str) -> bool {
        let strikes = !self.is_calm.load(Ordering::Relaxed) && self.chance.happens(per_mille);
        if strikes {
            self.trace.count(kind);
        }
        strikes
    }

    /// A delay within bounds, in milliseconds.
    pub fn delay(&self, bounds: std::ops::RangeInclusive<u64>) -> Duration {
        self.chance.milliseconds(bounds)
    }

    /// One of so many, by chance.
    pub fn index(&self, length: usize) -> usize {
        self.chance.index(length)
    }

    /// Whether a request whose sender has gone still takes effect.
    fn survives(&self) -> bool {
        self.chance.happens(self.weather.survives)
    }

    fn passage(&self) -> Passage {
        let weather = &self.weather;
        let takes = if self.strikes(weather.slow, "store: slow") {
            life::harm();
            self.delay(1_000..=7_000)
        } else {
            self.delay(0..=12)
        };
        let (there, back) =
            if self.chance.happens(500) { (takes, Duration::ZERO) } else { (Duration::ZERO, takes) };
        let fate = if self.strikes(weather.unavailable, "store: refused") {
            Fate::Refused
        } else if self.strikes(weather.unreported, "store: done, but reported as failed") {
            Fate::Unanswered
        } else if self.strikes(weather.death, "store: death") {
            if self.chance.happens(500) { Fate::DeathBefore } else { Fate::DeathAfter }
        } else {
            Fate::Answered
        };
        if fate != Fate::Answered {
            life::harm();
        }
        Passage { there, back, fate }
    }

    /// Carries out a request that changes nothing, or whose sender waits for it to arrive.
    async fn carry<T, E: From<StoreError>>(
        &self,
        what: &str,
        request: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let passage = self.passage();
        self.depart(what, passage).await?;
        let result = request.await;
        self.come_back(what, passage).await?;
        result
    }

    /// The way there.
    async fn depart(&self, what: &str, passage: Passage) -> Result<(), StoreError> {
        pause(passage.there).await;
        match passage.fate {
            Fate::Answered | Fate::Unanswered | Fate::DeathAfter => Ok(()),
            Fate::Refused => {
                self.trace.note(format_args!("{what}: refused by a fault"));
                Err(StoreError::Unavailable("a fault".to_owned()))
            }
            Fate::DeathBefore => {
                self.trace.note(format_args!("{what}: death before"));
                life::die().await;
                Err(StoreError::Unavailable("death".to_owned()))
            }
        }
    }

    /// The way back.
    async fn come_back(&self, what: &str, passage: Passage) -> Result<(), StoreError> {
        pause(passage.back).await;
        match passage.fate {
            Fate::Answered | Fate::Refused | Fate::DeathBefore => Ok(()),
            Fate::Unanswered => {
                self.trace.note(format_args!("{what}: done, but reported as failed"));
                Err(StoreError::Unavailable("a fault on the way back".to_owned()))
            }
            Fate::DeathAfter => {
                self.trace.note(format_args!("{what}: death after"));
                life::die().await;
                Err(StoreError::Unavailable("death".to_owned()))
            }
        }
    }

    /// A request to a provider's API: who asks may die before or after.
    pub async fn at_the_provider<T>(&self, request: impl Future<Output = T>) -> T {
        if self.strikes(self.weather.death, "provider's API: death before") {
            life::die().await;
        }
        let answer = request.await;
        if self.strikes(self.weather.death, "provider's API: death after") {
            life::die().await;
        }
        answer
    }
}

/// Sleeps, unless there is nothing to sleep for.
async fn pause(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}
