//! A campaign's compiled plan: everything that a call's decisions need, in the form in which they are made fastest.
//! Compiled from the documents that the agency saves; never changed afterwards.

use std::collections::BTreeMap;

use crate::{
    config::{
        Buyer, CallerIdShown, Campaign, Conversion, DuplicateWindow, Duplicates, PayoutRule, QueuePolicy,
        Screening, SecondChance, Skills, SuppressionPolicy, Target, TierPlan,
    },
    filter::Filter,
    flow::{Flow, Wording},
    ids::{AccountId, BuyerId, CampaignId, TargetId},
    money::Money,
    phone::PhoneNumber,
    problem::Problem,
    queue::QueueId,
    schedule::{Schedule, TimeZoneName},
    target::Destination,
    text::{LanguageTag, Name},
};

/// A campaign's compiled plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The agency.
    pub account: AccountId,
    /// The campaign.
    pub campaign: CampaignId,
    /// Its name, whispered to the person who answers.
    pub name: Name,
    /// What the caller is asked.
    pub flow: Flow,
    /// Where calls go, first tier first.
    pub tiers: Vec<Tier>,
    /// The targets that the tiers place, each once.
    pub targets: Vec<PlannedTarget>,
    /// Their buyers, each once.
    pub buyers: Vec<PlannedBuyer>,
    /// The opening hours that the campaign, its buyers and its targets keep, each once: many share the same.
    pub schedules: Vec<Schedule>,
    /// The campaign's own. Index into [`Plan::schedules`]; none is always open.
    pub hours: Option<usize>,
    /// What is done for a caller on whom a target hangs up early.
    pub second_chance: Option<SecondChance>,
    /// What is done with a caller whom one of the campaign's buyers has had already.
    pub duplicates: Option<Duplicates>,
    /// Which callers are turned away when they come in.
    pub suppression: Option<SuppressionPolicy>,
    /// How callers are held; they are not where none is given.
    pub queue: Option<QueuePolicy>,
    /// Counted up with each change of it.
    pub version: u64,
    /// When a call is billable.
    pub conversion: Conversion,
    /// What the publisher is paid for it.
    pub payout: PayoutRule,
    /// Who takes calls when the platform itself fails.
    pub fallback_number: Option<PhoneNumber>,
    /// Whether bridged calls are recorded.
    pub record: bool,
    /// What is said of the recording before it begins.
    pub recording_notice: Option<Wording>,
}

/// One step of the waterfall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Counted from 1.
    pub number: u8,
    /// Its targets, lowest priority number first.
    pub places: Vec<Place>,
}

/// A target's place in a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Index into [`Plan::targets`].
    pub target: usize,
    /// 1 is asked first.
    pub priority: u32,
    /// Its share among those of equal priority.
    pub weight: u32,
}

/// A target as calls see it.
#[derive(Debug, Clone)]
pub struct PlannedTarget {
    /// Its id.
    pub id: TargetId,
    /// Index into [`Plan::buyers`].
    pub buyer: usize,
    /// Its name.
    pub name: Name,
    /// The group of its buyer's that it is in.
    pub group: Option<Name>,
    /// Who is rung.
    pub destination: Destination,
    /// What a conversion costs the buyer.
    pub price: Money,
    /// Index into [`Plan::schedules`]; none is always open.
    pub hours: Option<usize>,
    /// Which calls it takes; none takes all.
    pub filter: Option<Filter>,
    /// What its people can do.
    pub skills: Skills,
    /// How long it may ring.
    pub ring_timeout_seconds: u32,
    /// How the answerer takes the call; none bridges at once.
    pub screening: Option<Screening>,
    /// What the answerer is told first.
    pub whisper: Option<Wording>,
    /// In which language the answerer is spoken to, where the words are not for the caller's.
    pub language: Option<LanguageTag>,
    /// The number that the target sees.
    pub caller_id: CallerIdShown,
    /// Seconds of the target's own greeting that do not count.
    pub timer_offset_seconds: u32,
    /// Takes no calls for now.
    pub paused: bool,
}

/// A buyer as calls see it.
#[derive(Debug, Clone)]
pub struct PlannedBuyer {
    /// Its id.
    pub id: BuyerId,
    /// Its name.
    pub name: Name,
    /// In which its hours, days and months are counted.
    pub time_zone: TimeZoneName,
    /// How long it does not want a caller again.
    pub duplicates: Option<DuplicateWindow>,
    /// Index into [`Plan::schedules`]; none is always open.
    pub hours: Option<usize>,
}

impl Plan {
    /// Compiles a campaign with the targets and buyers that it names.
    ///
    /// # Errors
    /// Each target that the routing names but `targets` lacks, and each buyer that a target names but `buyers` lacks.
    pub fn compile(
        account: AccountId,
        id: CampaignId,
        version: u64,
        campaign: &Campaign,
        targets: &BTreeMap<TargetId, Target>,
        buyers: &BTreeMap<BuyerId, Buyer>,
    ) -> Result<Self, Vec<Problem>> {
        let mut compiler = Compiler::new(targets, buyers);
        let tiers =
            (1..).zip(&campaign.routing.tiers).map(|(number, tier)| compiler.tier(number, tier)).collect();
        if !compiler.problems.is_empty() {
            return Err(compiler.problems);
        }
        let hours = compiler.hours(campaign.hours.as_ref());
        Ok(Self {
            account,
            campaign: id,
            name: campaign.name.clone(),
            flow: campaign.flow.clone(),
            tiers,
            targets: compiler.planned_targets,
            buyers: compiler.planned_buyers,
            schedules: compiler.schedules,
            hours,
            second_chance: campaign.routing.second_chance,
            duplicates: campaign.duplicates,
            suppression: campaign.suppression.clone(),
            queue: campaign.queue.clone(),
            version,
            conversion: campaign.conversion,
            payout: campaign.payout,
            fallback_number: campaign.fallback_number.clone(),
            record: campaign.record,
            recording_notice: campaign.recording_notice.clone(),
        })
    }

    /// The target of that id.
    pub fn target(&self, id: TargetId) -> Option<&PlannedTarget> {
        self.targets.iter().find(|target| target.id == id)
    }

    /// The buyer of a target.
    pub fn buyer_of(&self, target: &PlannedTarget) -> &PlannedBuyer {
        &self.buyers[target.buyer]
    }

    /// Connected seconds before which a target's hanging up gives the caller a second chance; none for one who has had `used` of them, if that
    /// is all.
    pub fn second_chance_after(&self, used: usize) -> Option<u32> {
        let rule = self.second_chance.filter(|rule| used < usize::from(rule.most_reroutes))?;
        Some(rule.before_seconds)
    }

    /// The ids of its buyers.
    pub fn buyer_ids(&self) -> impl Iterator<Item = BuyerId> {
        self.buyers.iter().map(|buyer| buyer.id)
    }

    /// The queue in which its callers wait; none where they do not.
    pub fn queue_id(&self) -> Option<QueueId> {
        self.queue.as_ref().map(|policy| QueueId::of(self.campaign, policy))
    }

    /// Whether its callers are remembered: only where a rule asks for it.
    pub fn remembers_callers(&self) -> bool {
        self.duplicates.is_some() || self.buyers.iter().any(|buyer| buyer.duplicates.is_some())
    }

    /// Connected seconds from which a call to this target is billable.
    pub fn billable_after_seconds(&self, target: &PlannedTarget) -> u32 {
        self.conversion.minimum_seconds.saturating_add(target.timer_offset_seconds)
    }
}

struct Compiler<'a> {
    targets: &'a BTreeMap<TargetId, Target>,
    buyers: &'a BTreeMap<BuyerId, Buyer>,
    planned_targets: Vec<PlannedTarget>,
    planned_buyers: Vec<PlannedBuyer>,
    schedules: Vec<Schedule>,
    problems: Vec<Problem>,
}

impl<'a> Compiler<'a> {
    const fn new(targets: &'a BTreeMap<TargetId, Target>, buyers: &'a BTreeMap<BuyerId, Buyer>) -> Self {
        Self {
            targets,
            buyers,
            planned_targets: Vec::new(),
            planned_buyers: Vec::new(),
            schedules: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn tier(&mut self, number: u8, tier: &TierPlan) -> Tier {
        let mut places = Vec::with_capacity(tier.targets.len());
        for (index, placed) in tier.targets.iter().enumerate() {
            let path = format!("routing.tiers[{}].targets[{index}].target_id", number - 1);
            if let Some(target) = self.target(placed.target_id, path) {
                places.push(Place { target, priority: placed.priority, weight: placed.weight });
            }
        }
        places.sort_by_key(|place| place.priority);
        Tier { number, places }
    }

    fn target(&mut self, id: TargetId, path: String) -> Option<usize> {
        let Some(target) = self.targets.get(&id) else {
            self.problems.push(Problem { path, message: format!("there is no target {id}") });
            return None;
        };
        let Some(buyer) = self.buyers.get(&target.buyer_id) else {
            self.problems
                .push(Problem { path, message: format!("its buyer {} does not exist", target.buyer_id) });
            return None;
        };
        let planned = PlannedTarget {
            id,
            buyer: self.buyer(target.buyer_id, buyer),
            name: target.name.clone(),
            group: target.group.clone(),
            destination: target.destination.clone(),
            price: target.price,
            hours: self.hours(target.hours.as_ref()),
            filter: target.filter.clone(),
            skills: target.skills.clone(),
            ring_timeout_seconds: target.ring_timeout_seconds,
            screening: target.screening.clone(),
            whisper: target.whisper.clone(),
            language: target.language.clone(),
            caller_id: target.caller_id,
            timer_offset_seconds: target.timer_offset_seconds,
            paused: target.paused,
        };
        self.planned_targets.push(planned);
        Some(self.planned_targets.len() - 1)
    }

    fn buyer(&mut self, id: BuyerId, buyer: &Buyer) -> usize {
        if let Some(known) = self.planned_buyers.iter().position(|planned| planned.id == id) {
            return known;
        }
        let hours = self.hours(buyer.hours.as_ref());
        self.planned_buyers.push(PlannedBuyer {
            id,
            name: buyer.name.clone(),
            time_zone: buyer.time_zone.clone(),
            duplicates: buyer.duplicates,
            hours,
        });
        self.planned_buyers.len() - 1
    }

    /// The index of an equal schedule, which is added where there is none.
    fn hours(&mut self, wanted: Option<&Schedule>) -> Option<usize> {
        let wanted = wanted?;
        Some(self.schedules.iter().position(|known| known == wanted).unwrap_or_else(|| {
            self.schedules.push(wanted.clone());
            self.schedules.len() - 1
        }))
    }
}
