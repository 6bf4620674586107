//! Ways in which such a platform is built wrong. The simulator must find each of them: a proof that could not fail would be none.
//!
//! A defect is put in below the product, at its ports, so that the product's own code stays what it is.

mod left_out;
mod slots;
mod waiting;

use std::str::FromStr;

use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Page, StoreError, Table, Write},
    records::capacity::names,
};

use super::{CAPACITY, Invariant, Scene};

/// A product that is built wrong in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Live calls are counted instead of held by name: a second hang-up frees a slot that belongs to somebody else.
    PlainCounter,
    /// Slots are held by call instead of by attempt: a late hang-up of one attempt frees the next one's slot.
    SlotsByCall,
    /// Slots are freed once their time is up, without asking the provider.
    ExpiryAlone,
    /// Slots are not given back.
    SlotsKept,
    /// Calls in flight are not counted against caps of windows.
    CallsUncounted,
    /// What calls in flight will cost is not counted against caps in money.
    MoneyUncounted,
    /// Calls in flight leave the budget as it is.
    BudgetUntouched,
    /// Nobody notes when the call before was reserved.
    PaceUnnoted,
    /// What did not convert stays counted.
    CountsKept,
    /// Callers are forgotten as soon as those to whom they were sold have hung up.
    CallersForgotten,
    /// A caller is claimed whether another call has claimed them meanwhile or not.
    ClaimUnconditional,
    /// Blocks are saved and not looked at.
    BlocksOverlooked,
    /// How often callers call is not noted.
    ArrivalsUncounted,
    /// Plans lack the targets' skills.
    SkillsLeftOut,
    /// Plans lack the least length of a call that is billed.
    LengthOverlooked,
    /// The last report of a leg's end stands, not the first.
    LastReportStands,
    /// Journal entries are put without the condition that there is none yet.
    JournalUnconditional,
    /// Sums are written whether another consumer has written them meanwhile or not.
    SumsUnconditional,
    /// Why candidates were passed over is not kept.
    ReasonsLeftOut,
    /// What is known of a caller is kept for all accounts together.
    CallersShared,
    /// Who comes takes what is free, whoever waits for it.
    NewcomersJump,
    /// A slot is taken for a caller who stays in line.
    TakenOutSeparately,
    /// Who has hung up stays in line.
    GoneStay,
    /// It is not known which targets would take the first in line, and so all are kept free for them.
    HeadBlocks,
    /// Each copy of a webhook gets a place of its own.
    EntryUnconditional,
    /// Why callers are not held any longer is not kept.
    OverflowUnnoted,
    /// That somebody is being rung is not kept: they are rung again.
    CallbackTwice,
    /// Who is called back stands at the end of the line.
    PlaceForgotten,
    /// Whatever answers a callback is put through, whether it presses the key or not.
    VoicemailTaken,
    /// A limit that is changed does not take hold.
    LimitsStand,
    /// Plans lack all hours.
    HoursLeftOut,
    /// What a gap in the change feed leaves behind is not repaired.
    GapsUnrepaired,
    /// After a gap sums are compared, and calls that nobody was told of are not looked for.
    GapsUnwalked,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 33] = [
        Self::PlainCounter,
        Self::SlotsByCall,
        Self::ExpiryAlone,
        Self::SlotsKept,
        Self::CallsUncounted,
        Self::MoneyUncounted,
        Self::BudgetUntouched,
        Self::PaceUnnoted,
        Self::CountsKept,
        Self::CallersForgotten,
        Self::ClaimUnconditional,
        Self::BlocksOverlooked,
        Self::ArrivalsUncounted,
        Self::SkillsLeftOut,
        Self::LengthOverlooked,
        Self::LastReportStands,
        Self::JournalUnconditional,
        Self::SumsUnconditional,
        Self::ReasonsLeftOut,
        Self::CallersShared,
        Self::NewcomersJump,
        Self::TakenOutSeparately,
        Self::GoneStay,
        Self::HeadBlocks,
        Self::EntryUnconditional,
        Self::OverflowUnnoted,
        Self::CallbackTwice,
        Self::PlaceForgotten,
        Self::VoicemailTaken,
        Self::LimitsStand,
        Self::HoursLeftOut,
        Self::GapsUnrepaired,
        Self::GapsUnwalked,
    ];

    /// What it breaks. A run that finds it must find one of these: another would have been broken for another reason.
    pub const fn shows_as(self) -> &'static [Invariant] {
        use Invariant::{
            Admission, Budget, Callback, Concurrency, Decision, Duplicate, Hold, Hours, Isolation, Journal,
            Leftover, Order, Place, ProfitAndLoss, Skill, Slot, Terms, Window,
        };
        match self {
            Self::PlainCounter | Self::SlotsByCall | Self::ExpiryAlone => &[Slot, Concurrency],
            Self::SlotsKept | Self::CountsKept => &[Leftover],
            Self::CallsUncounted => &[Window, Leftover],
            Self::PaceUnnoted => &[Window],
            Self::MoneyUncounted | Self::BudgetUntouched => &[Budget, Leftover],
            Self::CallersForgotten | Self::ClaimUnconditional => &[Duplicate],
            Self::BlocksOverlooked | Self::ArrivalsUncounted => &[Admission],
            Self::SkillsLeftOut => &[Skill],
            Self::LengthOverlooked => &[Terms],
            Self::LastReportStands => &[Journal, Leftover],
            Self::JournalUnconditional => &[Journal],
            Self::SumsUnconditional => &[ProfitAndLoss],
            Self::ReasonsLeftOut => &[Decision],
            Self::CallersShared => &[Isolation],
            Self::NewcomersJump => &[Order],
            Self::TakenOutSeparately | Self::GoneStay | Self::EntryUnconditional => &[Place],
            Self::OverflowUnnoted => &[Place, Slot],
            Self::HeadBlocks => &[Hold],
            Self::CallbackTwice | Self::PlaceForgotten | Self::VoicemailTaken => &[Callback],
            Self::LimitsStand => &[Concurrency, Window, Budget],
            Self::HoursLeftOut => &[Hours],
            Self::GapsUnrepaired | Self::GapsUnwalked => &[ProfitAndLoss, Journal, Leftover],
        }
    }

    /// Whether it shows although sums are repaired.
    pub(super) fn outlives_repair(self) -> bool {
        self != Self::SumsUnconditional
    }

    /// The runs that show it. Most show in any.
    pub const fn scene(self) -> Scene {
        match self {
            Self::ClaimUnconditional => Scene::CallsAtOnce,
            Self::HeadBlocks => Scene::UnlikeWaiters,
            _ => Scene::Any,
        }
    }

    /// Makes of the product's writes what the broken product would write.
    pub(super) async fn spoil(self, table: &MemoryStore, writes: &mut [Write]) -> Result<(), StoreError> {
        match self {
            Self::TakenOutSeparately => waiting::place_of_served(writes),
            Self::GoneStay => waiting::place_of_gone(writes),
            Self::HeadBlocks => waiting::plan_of_place(writes),
            Self::EntryUnconditional => waiting::condition_of_entry(writes),
            Self::OverflowUnnoted => waiting::overflow(writes),
            Self::CallbackTwice => waiting::attempt_to_call_back(writes),
            Self::PlaceForgotten => waiting::kept_place(writes),
            _ => self.spoil_each(table, writes).await?,
        }
        Ok(())
    }

    /// Makes of what the product reads of a queue what the broken product would read.
    pub(super) fn spoil_page(self, partition: &str, limit: usize, page: Page) -> Page {
        if self == Self::NewcomersJump { waiting::line(partition, limit, page) } else { page }
    }

    async fn spoil_each(self, table: &MemoryStore, writes: &mut [Write]) -> Result<(), StoreError> {
        for write in writes {
            let is_of_capacity = write.key().sort == CAPACITY;
            match self {
                Self::PlainCounter if is_of_capacity => {
                    if let Some(item) = table.get(write.key()).await? {
                        slots::count_down(&item, write);
                    }
                }
                Self::SlotsByCall if is_of_capacity => slots::rename(write, &slots::without_attempt),
                Self::SlotsKept if is_of_capacity => left_out::slots_freed(write),
                Self::CallsUncounted if is_of_capacity => left_out::added_to(write, names::COUNTED),
                Self::MoneyUncounted if is_of_capacity => left_out::added_to(write, names::COMMITTED),
                Self::BudgetUntouched if is_of_capacity => left_out::added_to(write, names::AVAILABLE),
                Self::PaceUnnoted if is_of_capacity => left_out::pace(write),
                Self::CountsKept if is_of_capacity => left_out::counts_given_back(write),
                Self::CallersForgotten => left_out::claim_settled(write),
                Self::ClaimUnconditional => left_out::condition_of_claim(write),
                Self::BlocksOverlooked => left_out::blocks(write),
                Self::ArrivalsUncounted => left_out::arrivals(write),
                Self::SkillsLeftOut => left_out::skills(write),
                Self::LengthOverlooked => left_out::length(write),
                Self::LastReportStands => left_out::first_end(write),
                Self::JournalUnconditional => left_out::condition_of_entries(write),
                Self::SumsUnconditional => left_out::condition_of_sums(write),
                Self::ReasonsLeftOut => left_out::reasons(write),
                Self::LimitsStand if is_of_capacity => left_out::limits(write),
                Self::HoursLeftOut => left_out::hours(write),
                Self::GapsUnrepaired => left_out::repair(write),
                Self::GapsUnwalked => left_out::walk(write),
                Self::CallersShared => left_out::account_of_caller(write),
                Self::PlainCounter
                | Self::SlotsByCall
                | Self::ExpiryAlone
                | Self::SlotsKept
                | Self::CallsUncounted
                | Self::MoneyUncounted
                | Self::BudgetUntouched
                | Self::PaceUnnoted
                | Self::CountsKept
                | Self::NewcomersJump
                | Self::TakenOutSeparately
                | Self::GoneStay
                | Self::HeadBlocks
                | Self::EntryUnconditional
                | Self::OverflowUnnoted
                | Self::CallbackTwice
                | Self::PlaceForgotten
                | Self::VoicemailTaken
                | Self::LimitsStand => {}
            }
        }
        Ok(())
    }
}

impl FromStr for Defect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|defect| format!("{defect:?}") == name);
        found.ok_or_else(|| format!("no such defect; there are {:?}", Self::ALL))
    }
}
