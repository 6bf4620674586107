//! An agency: its carrier, its buyers and targets, its campaigns and numbers.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    config::{BlockedCaller, Buyer, Campaign, Publisher, Target, TrackingNumber},
    ids::{AccountId, BlockedCallerId, BuyerId, CampaignId, ConnectionId, NumberId, PublisherId, TargetId},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{super::chance::Chance, Party, Scene, address, flows, queues, suppression, targets};

/// An agency with all that it has configured.
#[derive(Debug)]
pub struct Agency {
    /// The tenant.
    pub account: AccountId,
    /// Its account at the carrier.
    pub connection: ConnectionId,
    /// The name by which the carrier knows it.
    pub account_sid: String,
    /// How the carrier behaves.
    pub manners: Manners,
    /// Who sends calls.
    pub publishers: BTreeMap<PublisherId, Publisher>,
    /// Who pays.
    pub buyers: BTreeMap<BuyerId, Buyer>,
    /// Who is rung.
    pub targets: BTreeMap<TargetId, Target>,
    /// What callers go through.
    pub campaigns: BTreeMap<CampaignId, Campaign>,
    /// What callers dial.
    pub numbers: BTreeMap<NumberId, TrackingNumber>,
    /// Who may be blocked in the course of the run; about half of them are from its beginning.
    pub blocked_callers: BTreeMap<BlockedCallerId, BlockedCaller>,
    forward: String,
    fallback: String,
}

/// How a carrier behaves, within what is documented of Twilio and its like.
#[derive(Debug, Clone)]
pub struct Manners {
    /// How long it waits for a reply.
    pub read_timeout: Duration,
    /// How often it tries a webhook that was not received; all within 15 s.
    pub tries: u8,
    /// Whether one that was received and not answered is tried again, too.
    pub repeats_unanswered: bool,
    /// Whether it tells, at the end of a dial, if the two were joined.
    pub tells_bridged: bool,
    /// Whether it reports the end of a dial whose caller has hung up.
    pub reports_dial_after_hangup: bool,
    /// How far its clock is ahead of ours.
    pub clock_ahead: SignedDuration,
}

impl Manners {
    fn drawn(chance: &Chance) -> Self {
        let (read_timeout_seconds, tries, repeats_unanswered) =
            *chance.one_of(&[(15, 2, false), (15, 1, false), (10, 1, false), (5, 2, true)]);
        Self {
            read_timeout: Duration::from_secs(read_timeout_seconds),
            tries,
            repeats_unanswered,
            tells_bridged: chance.happens(500),
            reports_dial_after_hangup: chance.happens(500),
            clock_ahead: SignedDuration::from_millis(
                i64::try_from(chance.within(0..=10_000)).unwrap_or(0) - 5_000,
            ),
        }
    }
}

pub(super) fn read<D: DeserializeOwned>(document: Value) -> D {
    let shown = document.to_string();
    serde_json::from_value(document)
        .unwrap_or_else(|error| unreachable!("a document that is none: {error}: {shown}"))
}

impl Agency {
    pub(super) fn drawn(
        chance: &Chance,
        index: u64,
        (begins_at, length): (Timestamp, Duration),
        scene: Scene,
    ) -> Self {
        let mut ids = Ids { milliseconds: 1_700_000_000_000, last: u128::from(index) * 1_000 };
        let mut agency = Self {
            account: AccountId::from_parts(ids.milliseconds, ids.next()),
            connection: ConnectionId::from_parts(ids.milliseconds, ids.next()),
            account_sid: format!("AC{index}"),
            manners: Manners::drawn(chance),
            publishers: BTreeMap::new(),
            buyers: BTreeMap::new(),
            targets: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            numbers: BTreeMap::new(),
            blocked_callers: BTreeMap::new(),
            forward: format!("+1303555{index:04}"),
            fallback: format!("+1404555{index:04}"),
        };
        let is_crowded = chance.happens(500);
        for number in 1..=chance.within(1..=if is_crowded { 2 } else { 4 }) {
            agency.add_buyer(chance, &mut ids, number, (begins_at, length), is_crowded);
        }
        let publisher = PublisherId::from_parts(ids.milliseconds, ids.next());
        agency.publishers.insert(publisher, read(json!({"name": "Radio One"})));
        for number in 1..=chance.within(1..=2) {
            agency.add_campaign(chance, &mut ids, number, publisher, is_crowded);
        }
        for document in suppression::blocked_callers(chance, begins_at, length) {
            let id = BlockedCallerId::from_parts(ids.milliseconds, ids.next());
            agency.blocked_callers.insert(id, read(document));
        }
        scene.set(&mut agency);
        agency
    }

    fn add_buyer(
        &mut self,
        chance: &Chance,
        ids: &mut Ids,
        number: u64,
        (begins_at, length): (Timestamp, Duration),
        is_crowded: bool,
    ) {
        let buyer = BuyerId::from_parts(ids.milliseconds, ids.next());
        let only_lines = |document| if is_crowded { targets::only_lines(chance, document) } else { document };
        let owner: Buyer = read(only_lines(targets::buyer(chance, number)));
        for _ in 0..chance.within(1..=3) {
            let n = ids.next();
            let address = if chance.happens(200) {
                format!("sip:desk{n}@sip.example.com")
            } else {
                format!("+1214{n:07}")
            };
            let document = targets::target(chance, (buyer, &owner), &address, begins_at, length);
            self.targets.insert(TargetId::from_parts(ids.milliseconds, n), read(only_lines(document)));
        }
        self.buyers.insert(buyer, owner);
    }

    fn add_campaign(
        &mut self,
        chance: &Chance,
        ids: &mut Ids,
        number: u64,
        publisher: PublisherId,
        is_crowded: bool,
    ) {
        let (campaign, tracking) = (
            CampaignId::from_parts(ids.milliseconds, ids.next()),
            NumberId::from_parts(ids.milliseconds, ids.next()),
        );
        let mut tiers = [Vec::new(), Vec::new()];
        for target in self.targets.keys() {
            let place = json!({"target_id": target, "priority": chance.within(1..=3), "weight": chance.within(1..=9)});
            tiers[chance.index(2)].push(place);
        }
        let payout = match chance.index(2) {
            0 => json!({"kind": "fixed", "amount": format!("{}.50", chance.within(0..=20))}),
            _ => json!({"kind": "revenue_share", "percent": "35"}),
        };
        let policy = chance.happens(350).then(|| suppression::policy(chance));
        let holds = is_crowded || chance.happens(300);
        // Only a flow that leaves a tier alone has one to spare for those who cannot be held.
        let spare = (holds && chance.happens(250)).then_some(2);
        let mut document = json!({
            "name": format!("Campaign {number}"),
            "flow": flows::drawn(chance, &self.forward, policy.as_ref().is_some_and(suppression::sends_on), spare.is_some()),
            "routing": {"tiers": tiers.map(|targets| json!({"method": "waterfall", "targets": targets}))},
            "conversion": {"minimum_seconds": chance.one_of(&[0, 10, 30, 60, 90])},
            "payout": payout,
        });
        if let Some(policy) = policy {
            document["suppression"] = policy;
        }
        if holds {
            document["queue"] = queues::policy(chance, &self.forward, spare);
        }
        if chance.happens(500) {
            document["fallback_number"] = Value::from(self.fallback.as_str());
        }
        if chance.happens(500) {
            document["routing"]["second_chance"] =
                json!({"before_seconds": chance.within(1..=60), "most_reroutes": chance.within(1..=3)});
        }
        if chance.happens(250) {
            document["duplicates"] = json!({
                "within_days": chance.within(1..=30),
                "counts": chance.one_of(&["connected", "converted"]),
                "action": chance.one_of(&["reject", "original_buyer", "different_buyer"]),
                "pay_publisher": chance.happens(500),
            });
        }
        self.campaigns.insert(campaign, read(document));
        let mut number_document = json!({
            "phone_number": format!("+1800{:07}", ids.last),
            "connection_id": self.connection,
            "campaign_id": campaign,
            "publisher_id": publisher,
        });
        if chance.happens(400) {
            number_document["tags"] = json!({"language": chance.one_of(&["en", "es", "es-MX", "fr"])});
        }
        self.numbers.insert(tracking, read(number_document));
    }

    pub(super) fn parties(&self) -> impl Iterator<Item = (String, Party)> {
        let of_targets = self
            .targets
            .iter()
            .map(|(id, target)| (address(&target.destination).to_owned(), self.party(Some(*id))));
        let others = [&self.forward, &self.fallback].map(|number| (number.clone(), self.party(None)));
        of_targets.chain(others)
    }

    const fn party(&self, target: Option<TargetId>) -> Party {
        Party { account: self.account, target }
    }

    pub(super) fn owned(&self) -> impl Iterator<Item = (String, AccountId)> {
        let own = [self.account.to_string(), self.connection.to_string()];
        own.into_iter()
            .chain(self.publishers.keys().map(ToString::to_string))
            .chain(self.buyers.keys().map(ToString::to_string))
            .chain(self.targets.keys().map(ToString::to_string))
            .chain(self.campaigns.keys().map(ToString::to_string))
            .chain(self.numbers.keys().map(ToString::to_string))
            .chain(self.blocked_callers.keys().map(ToString::to_string))
            .map(|id| (id, self.account))
    }

    /// Short names for what the agency has, each with what it stands for.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, String)> {
        let buyers = self.buyers.keys().enumerate().map(|(n, id)| (format!(".buyer{n}"), id.to_string()));
        let targets = self.targets.iter().enumerate().flat_map(|(n, (id, target))| {
            let address = address(&target.destination).to_owned();
            [(format!(".target{n}"), id.to_string()), (format!(".target{n}"), address)]
        });
        let campaigns =
            self.campaigns.keys().enumerate().map(|(n, id)| (format!(".campaign{n}"), id.to_string()));
        let others = [
            (".connection".to_owned(), self.connection.to_string()),
            (String::new(), self.account.to_string()),
            (".forward".to_owned(), self.forward.clone()),
            (".fallback".to_owned(), self.fallback.clone()),
        ];
        buyers.chain(targets).chain(campaigns).chain(others)
    }

    /// The connection's document, as the API keeps it.
    pub(super) fn connection_document(&self) -> Value {
        json!({
            "provider": "twilio",
            "credentials": {"account_sid": self.account_sid, "auth_token": "a token that signs nothing here"},
            "rates": {"inbound_per_minute": "0.0085", "outbound_per_minute": "0.0140"},
        })
    }
}

struct Ids {
    milliseconds: u64,
    last: u128,
}

impl Ids {
    const fn next(&mut self) -> u128 {
        self.last += 1;
        self.last
    }
}
