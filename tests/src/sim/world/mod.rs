//! What a run takes place in: two agencies side by side, a date, and the callers to come. All of it is drawn from the seed.

mod agency;
mod calendar;
mod flows;
mod founding;
mod queues;
mod scene;
mod suppression;
mod targets;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use ringfall_domain::{
    ids::{AccountId, CallId, TargetId},
    target::Destination,
};

pub use self::{
    agency::{Agency, Manners},
    flows::{BUSY, REFUSED, TURNED_AWAY, answer},
    founding::found,
    scene::Scene,
    suppression::CALLERS,
    targets::hours,
};
use super::chance::Chance;

/// What a run takes place in.
#[derive(Debug)]
pub struct World {
    /// Everything else of the run is drawn from it, too.
    pub seed: u64,
    /// The date and time at which the run begins.
    pub begins_at: Timestamp,
    /// How far apart two clocks of our own machines are at most.
    pub own_clocks_apart: Duration,
    /// Two, so that something could cross between them.
    pub agencies: Vec<Agency>,
    /// The callers, in the order in which they call.
    pub callers: Vec<Caller>,
    parties: BTreeMap<String, Party>,
    owners: BTreeMap<String, AccountId>,
}

/// Clocks that a cloud keeps, those of machines that were not looked after, and those that hardly anybody still lets run.
const OWN_CLOCKS_APART_MILLISECONDS: [u64; 4] = [100, 500, 500, 5_000];

/// Somebody who is going to call.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Counted from 0, over both agencies.
    pub number: usize,
    /// How long after the run's beginning.
    pub after: Duration,
    /// Index into [`World::agencies`].
    pub agency: usize,
    /// Whose number it is, and which one is dialled; drawn when they call where none is said.
    pub person: Option<u64>,
}

/// Whose a destination is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    /// The agency whose calls may go there.
    pub account: AccountId,
    /// The target; none is a number that calls are forwarded to.
    pub target: Option<TargetId>,
}

impl Caller {
    /// The carrier's id of the call.
    pub fn sid(&self) -> String {
        format!("CA{:032x}", self.number)
    }
}

impl World {
    /// The world of a seed, with so many callers.
    pub fn drawn(seed: u64, calls: u32, scene: Scene) -> Self {
        let chance = Chance::new(seed, "world");
        let mut callers = callers(&chance, calls);
        scene.set_callers(&Chance::new(seed, "scene"), &mut callers);
        let own_clocks_apart = Duration::from_millis(*chance.one_of(&OWN_CLOCKS_APART_MILLISECONDS));
        let length = callers.last().map_or(Duration::ZERO, |last| last.after);
        let begins_at = calendar::beginning(&chance, length);
        let agencies: Vec<Agency> =
            (0..2).map(|index| Agency::drawn(&chance, index, (begins_at, length), scene)).collect();
        let parties = agencies.iter().flat_map(Agency::parties).collect();
        let owners = agencies.iter().flat_map(Agency::owned).collect();
        Self { seed, begins_at, own_clocks_apart, agencies, callers, parties, owners }
    }

    /// Whose a destination is; none if it is nobody's.
    pub fn party(&self, destination: &Destination) -> Option<Party> {
        self.parties.get(address(destination)).copied()
    }

    /// Whose a configured resource is; none if it is nobody's.
    pub fn owner(&self, id: &str) -> Option<AccountId> {
        self.owners.get(id).copied()
    }

    /// A text in which this world's ids and destinations have short names.
    pub fn with_short_names(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for caller in &self.callers {
            let sid = caller.sid();
            let id = CallId::of_provider_call(self.agencies[caller.agency].connection, &sid).to_string();
            let name = format!("c{}", caller.number);
            text = text.replace(&id, &name).replace(&sid, &name);
        }
        for (index, agency) in self.agencies.iter().enumerate() {
            for (name, id) in agency.names() {
                text = text.replace(&id, &format!("{}{name}", ["A", "B"][index % 2]));
            }
        }
        text
    }

    /// The agency of an account.
    pub fn agency(&self, account: AccountId) -> Option<&Agency> {
        self.agencies.iter().find(|agency| agency.account == account)
    }
}

/// The text of a destination.
pub fn address(destination: &Destination) -> &str {
    match destination {
        Destination::PhoneNumber(number) => number.as_str(),
        Destination::SipUri(uri) => uri.as_str(),
    }
}

/// They come alone and in crowds, more of them than there are lines.
fn callers(chance: &Chance, calls: u32) -> Vec<Caller> {
    let mean_gap_milliseconds = *chance.one_of(&[1_000, 4_000, 10_000, 25_000]);
    let mut after = Duration::from_secs(1);
    (0..calls as usize)
        .map(|number| {
            let is_crowd = chance.happens(250);
            let most = if is_crowd { 200 } else { 2 * mean_gap_milliseconds };
            after += chance.milliseconds(0..=most);
            // Now and then nobody calls for a while: hours end, counts are given back.
            if chance.happens(4) {
                after += Duration::from_secs(chance.within(600..=4_000));
            }
            Caller { number, after, agency: chance.index(2), person: None }
        })
        .collect()
}
