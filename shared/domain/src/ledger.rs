//! The double-entry journal: what is written when a call earns or costs money. Entries are never changed; a
//! correction is a new entry.

use std::{fmt, str::FromStr};

use jiff::Timestamp;

use crate::{
    call::{Call, Leg},
    ids::{BuyerId, CallId, CampaignId, NumberId, PublisherId},
    money::Money,
};

/// What an entry is about. A leg has at most one entry of each kind, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// The buyer owes the agency.
    Revenue,
    /// The agency owes the publisher.
    Payout,
    /// The agency owes the carrier.
    Telephony,
}

impl EntryKind {
    /// The word in keys and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Payout => "payout",
            Self::Telephony => "telephony",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Revenue, Self::Payout, Self::Telephony].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One account of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookAccount {
    /// What a buyer owes us: an asset.
    BuyerReceivable(BuyerId),
    /// What a campaign has earned: income.
    CampaignRevenue(CampaignId),
    /// What a campaign has paid for its calls: an expense.
    CampaignPayout(CampaignId),
    /// What we owe a publisher: a liability.
    PublisherPayable(PublisherId),
    /// What a campaign has paid for telephony: an expense.
    CampaignTelephony(CampaignId),
    /// What we owe the carriers: a liability.
    CarrierPayable,
}

impl fmt::Display for BookAccount {
    /// `receivable:buy_…`, as the API names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuyerReceivable(buyer) => write!(f, "receivable:{buyer}"),
            Self::CampaignRevenue(campaign) => write!(f, "revenue:{campaign}"),
            Self::CampaignPayout(campaign) => write!(f, "payout:{campaign}"),
            Self::PublisherPayable(publisher) => write!(f, "payable:{publisher}"),
            Self::CampaignTelephony(campaign) => write!(f, "telephony:{campaign}"),
            Self::CarrierPayable => f.write_str("payable:carriers"),
        }
    }
}

/// A text that names no account of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an account of the books, such as receivable:buy_01JD3Q4T7Y8Z9A0B1C2D3E4F5G")]
pub struct UnknownBookAccount;

impl FromStr for BookAccount {
    type Err = UnknownBookAccount;

    fn from_str(text: &str) -> Result<Self, UnknownBookAccount> {
        let (kind, id) = text.split_once(':').ok_or(UnknownBookAccount)?;
        let account = match (kind, id) {
            ("receivable", buyer) => buyer.parse().map(Self::BuyerReceivable).ok(),
            ("revenue", campaign) => campaign.parse().map(Self::CampaignRevenue).ok(),
            ("payout", campaign) => campaign.parse().map(Self::CampaignPayout).ok(),
            ("payable", "carriers") => Some(Self::CarrierPayable),
            ("payable", publisher) => publisher.parse().map(Self::PublisherPayable).ok(),
            ("telephony", campaign) => campaign.parse().map(Self::CampaignTelephony).ok(),
            _ => None,
        };
        account.ok_or(UnknownBookAccount)
    }
}

/// One half of an entry: debits are positive, credits negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// Whose.
    pub account: BookAccount,
    /// How much.
    pub amount: Money,
}

/// One entry: its postings sum to zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub kind: EntryKind,
    /// The call.
    pub call: CallId,
    /// The attempt; 0 for the call as a whole.
    pub attempt: u8,
    /// The amount that moves, never negative.
    pub amount: Money,
    /// Both halves.
    pub postings: [Posting; 2],
    /// The campaign, for reports.
    pub campaign: CampaignId,
    /// The publisher, for reports.
    pub publisher: PublisherId,
    /// The tracking number, for reports.
    pub number: NumberId,
    /// The buyer of the attempt, for reports.
    pub buyer: Option<BuyerId>,
    /// Why a payout is nothing: the publisher is not paid twice for one caller.
    pub unpaid_duplicate_of: Option<CallId>,
    /// When the call came in, for reports.
    pub call_arrived_at: Timestamp,
}

/// The entries that a call's facts call for so far. More facts can only add entries, never change one.
pub fn entries_of(call: &Call) -> Vec<Entry> {
    let inbound = telephony_of_call(call);
    inbound.into_iter().chain(call.legs.iter().flat_map(|leg| entries_of_leg(call, leg))).collect()
}

fn entries_of_leg(call: &Call, leg: &Leg) -> impl Iterator<Item = Entry> {
    let campaign = call.origin.campaign;
    let revenue = leg.is_converted().then(|| {
        let (debit, credit) =
            (BookAccount::BuyerReceivable(leg.buyer), BookAccount::CampaignRevenue(campaign));
        entry(call, Some(leg), EntryKind::Revenue, leg.revenue(), debit, credit)
    });
    let payout = leg.is_converted().then(|| {
        let (debit, credit) =
            (BookAccount::CampaignPayout(campaign), BookAccount::PublisherPayable(call.origin.publisher));
        let entry = entry(call, Some(leg), EntryKind::Payout, leg.payout(), debit, credit);
        Entry { unpaid_duplicate_of: leg.unpaid_duplicate_of(), ..entry }
    });
    revenue.into_iter().chain(payout).chain(telephony_of_leg(call, leg))
}

fn telephony_of_call(call: &Call) -> Option<Entry> {
    let seconds = call.ended?.duration_seconds?;
    telephony(call, None, seconds, call.origin.rates.inbound_per_minute)
}

fn telephony_of_leg(call: &Call, leg: &Leg) -> Option<Entry> {
    let seconds = leg.ended?.duration_seconds?;
    telephony(call, Some(leg), seconds, call.origin.rates.outbound_per_minute)
}

/// Carriers bill begun minutes. What costs nothing is not entered.
fn telephony(call: &Call, leg: Option<&Leg>, seconds: u32, per_minute: Money) -> Option<Entry> {
    let amount = per_minute.times(seconds.div_ceil(60));
    let (debit, credit) = (BookAccount::CampaignTelephony(call.origin.campaign), BookAccount::CarrierPayable);
    (amount != Money::ZERO).then(|| entry(call, leg, EntryKind::Telephony, amount, debit, credit))
}

fn entry(
    call: &Call,
    leg: Option<&Leg>,
    kind: EntryKind,
    amount: Money,
    debit: BookAccount,
    credit: BookAccount,
) -> Entry {
    Entry {
        kind,
        call: call.id,
        attempt: leg.map_or(0, |leg| leg.attempt),
        amount,
        postings: [Posting { account: debit, amount }, Posting { account: credit, amount: -amount }],
        campaign: call.origin.campaign,
        publisher: call.origin.publisher,
        number: call.origin.number,
        buyer: leg.map(|leg| leg.buyer),
        unpaid_duplicate_of: None,
        call_arrived_at: call.origin.arrived_at,
    }
}
