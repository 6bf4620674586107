//! The agencies change their minds while calls go on: caps are lowered and raised, budgets topped up and cut, prices
//! changed, targets paused, callers blocked and let in again.

use std::{sync::Arc, time::Duration};

use ringfall_app::clock::Clock;
use ringfall_domain::{
    config::{BlockedCaller, Buyer, Campaign, Caps, MoneyCaps, Target},
    ids::{AccountId, BlockedCallerId, BuyerId, CampaignId, TargetId},
    money::Money,
    schedule::Schedule,
};
use ringfall_store::{
    port::Table,
    protocols::{
        resources::find,
        save::{Expected, Save, SaveError, Saved, Wish, save},
    },
};
use tokio::time::sleep;

use super::{
    chance::Chance,
    clock::SimulatedClock,
    faults::{FaultyTable, Lived, live},
    fleet::Fleet,
    trace::Trace,
    world::{Agency, World, hours},
};

/// The people who configure.
pub struct Agencies {
    /// What they have.
    pub world: Arc<World>,
    /// Where it is kept.
    pub table: FaultyTable,
    /// Who must notice.
    pub fleet: Arc<Fleet>,
    /// The time.
    pub clock: SimulatedClock,
    /// What happened.
    pub trace: Arc<Trace>,
}

/// When hours that are changed begin or end.
const WITHIN_MINUTES: Duration = Duration::from_secs(8 * 60);
/// How often one change is tried.
const TRIES: usize = 4;

impl Agencies {
    /// Changes something now and then, for as long as the run's callers call.
    pub async fn change_their_minds(self) {
        let chance = Chance::new(self.world.seed, "agencies");
        let length = self.world.callers.last().map_or(Duration::ZERO, |last| last.after);
        let changes = u32::try_from(chance.within(0..=12)).unwrap_or(0);
        for _ in 0..changes {
            let most = u64::try_from((length * 2 / changes).as_millis()).unwrap_or(0);
            sleep(chance.milliseconds(0..=most)).await;
            let agency = chance.one_of(&self.world.agencies);
            let buyers: Vec<BuyerId> = agency.buyers.keys().copied().collect();
            let targets: Vec<TargetId> = agency.targets.keys().copied().collect();
            if chance.happens(200) && !agency.blocked_callers.is_empty() {
                let blocked: Vec<BlockedCallerId> = agency.blocked_callers.keys().copied().collect();
                self.block_or_let_in(agency, *chance.one_of(&blocked)).await;
            } else if chance.happens(150) {
                let campaigns: Vec<CampaignId> = agency.campaigns.keys().copied().collect();
                let (campaign, hours) = (*chance.one_of(&campaigns), self.hours(&chance));
                self.change::<Campaign>(agency.account, campaign, &|document| {
                    let before = document.hours.clone();
                    change_campaign(&chance, document, &hours);
                    self.count(&before, &document.hours, [None, None]);
                })
                .await;
            } else if chance.happens(500) {
                let (buyer, hours) = (*chance.one_of(&buyers), self.hours(&chance));
                self.change::<Buyer>(agency.account, buyer, &|document| {
                    let (before, cap) = (document.hours.clone(), document.caps.concurrency);
                    change_buyer(&chance, document, &hours);
                    self.count(&before, &document.hours, [cap, document.caps.concurrency]);
                })
                .await;
            } else {
                let (target, hours) = (*chance.one_of(&targets), self.hours(&chance));
                self.change::<Target>(agency.account, target, &|document| {
                    let (before, cap) = (document.hours.clone(), document.caps.concurrency);
                    change_target(&chance, document, &hours);
                    self.count(&before, &document.hours, [cap, document.caps.concurrency]);
                })
                .await;
            }
        }
    }

    fn count(&self, before: &Option<Schedule>, after: &Option<Schedule>, lines: [Option<u32>; 2]) {
        if before != after {
            self.trace.count("configuration: hours changed");
        }
        if let [Some(before), Some(after)] = lines
            && after < before
        {
            self.trace.count("configuration: a concurrency cap lowered");
        }
    }

    /// Hours that begin or end within minutes, or none.
    fn hours(&self, chance: &Chance) -> Option<Schedule> {
        chance.happens(600).then(|| hours(chance, self.clock.now(), WITHIN_MINUTES))
    }

    /// Blocks a caller who is not blocked, or takes the block away.
    async fn block_or_let_in(&self, agency: &Agency, id: BlockedCallerId) {
        let document = &agency.blocked_callers[&id];
        let save = || async {
            let table: &dyn Table = &self.table;
            let wish = match find::<BlockedCaller>(table, agency.account, id).await? {
                None => Wish::Create(document.clone()),
                Some(_) => Wish::Archive { expected: Expected::Any },
            };
            save(table, agency.account, id, &wish, self.clock.now()).await
        };
        self.persist(agency.account, id, save).await;
    }

    /// Saves a changed document.
    async fn change<D: Save>(&self, account: AccountId, id: D::Id, alter: &(dyn Fn(&mut D) + Sync)) {
        self.persist(account, id, || self.save(account, id, alter)).await;
    }

    /// Tries again where the store fails, as a person would.
    async fn persist<D: Save, S: Future<Output = Result<Saved<D>, SaveError>>>(
        &self,
        account: AccountId,
        id: D::Id,
        save: impl Fn() -> S,
    ) {
        for _ in 0..TRIES {
            match live(Some(account), save()).await {
                Lived::Through { answer: Ok(saved), .. } => {
                    self.trace.note(format_args!("{id} was changed"));
                    self.trace.count("configuration: changed");
                    self.fleet.serve_after_change(account, &saved.plans).await;
                    self.fleet.forget(account, saved.plans);
                    return;
                }
                Lived::Through { answer: Err(error), .. } => {
                    self.trace.note(format_args!("{id} could not be changed: {error}"));
                }
                Lived::Died | Lived::Panicked => self.trace.note(format_args!("{id} may have been changed")),
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn save<D: Save>(
        &self,
        account: AccountId,
        id: D::Id,
        alter: &(dyn Fn(&mut D) + Sync),
    ) -> Result<Saved<D>, SaveError> {
        let table: &dyn Table = &self.table;
        let mut document = find::<D>(table, account, id).await?.ok_or(SaveError::Missing)?.document;
        alter(&mut document);
        let wish = Wish::Replace { document, expected: Expected::Any };
        save(table, account, id, &wish, self.clock.now()).await
    }
}

fn change_campaign(chance: &Chance, campaign: &mut Campaign, hours: &Option<Schedule>) {
    match campaign.queue.as_mut().filter(|_| chance.happens(600)) {
        None => campaign.hours.clone_from(hours),
        Some(policy) if chance.happens(500) => {
            policy.max_size = u32::try_from(chance.within(1..=10)).unwrap_or(1);
        }
        Some(policy) => policy.max_wait_seconds = u32::try_from(chance.within(20..=300)).unwrap_or(20),
    }
}

fn change_buyer(chance: &Chance, buyer: &mut Buyer, hours: &Option<Schedule>) {
    if chance.happens(150) {
        buyer.hours.clone_from(hours);
        return;
    }
    if chance.happens(200) {
        return match buyer.groups.first_mut() {
            Some(group) if chance.happens(500) => change_money_caps(chance, &mut group.money_caps),
            Some(group) => change_caps(chance, &mut group.caps),
            None => change_money_caps(chance, &mut buyer.money_caps),
        };
    }
    match buyer.budget {
        Some(budget) if chance.happens(500) => {
            let by = Money::from_cents(i64::try_from(chance.within(0..=30_000)).unwrap_or(0));
            let cut = if by > budget { Money::ZERO } else { budget - by };
            buyer.budget = Some(if chance.happens(500) { budget + by } else { cut });
        }
        Some(_) | None => change_caps(chance, &mut buyer.caps),
    }
}

fn change_target(chance: &Chance, target: &mut Target, hours: &Option<Schedule>) {
    match chance.index(6) {
        5 => target.hours.clone_from(hours),
        4 => change_money_caps(chance, &mut target.money_caps),
        0 => target.paused = !target.paused,
        1 => target.price = Money::from_cents(i64::try_from(chance.within(500..=7_000)).unwrap_or(0)),
        _ => change_caps(chance, &mut target.caps),
    }
}

fn change_money_caps(chance: &Chance, caps: &mut MoneyCaps) {
    let drawn = i64::try_from(chance.within(0..=40_000)).unwrap_or(0);
    let cap = chance.happens(800).then(|| Money::from_cents(drawn));
    match chance.index(2) {
        0 => caps.hourly = cap,
        _ => caps.daily = cap,
    }
}

/// Most changes lower a cap that calls are held by.
fn change_caps(chance: &Chance, caps: &mut Caps) {
    let changed = |cap: Option<u32>, most: u64| {
        let drawn = u32::try_from(chance.within(0..=most)).ok();
        match (cap, chance.index(4)) {
            (Some(cap), 0 | 1) => Some(cap.saturating_sub(1)),
            (_, 2) => None,
            (_, _) => drawn,
        }
    };
    match chance.index(4) {
        0 | 1 => caps.concurrency = changed(caps.concurrency, 4),
        2 => caps.hourly = changed(caps.hourly, 12),
        _ => caps.daily = changed(caps.daily, 20),
    }
}
