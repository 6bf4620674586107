//! Commands of the platform.

use std::{collections::BTreeMap, sync::Arc};

use ringfall_control::{
    Trunk,
    calls::{CallList, CallState},
    command::{ModifyCall, PlaceCall},
    limits::MOST_CALLS,
    order::Destination,
    text::Id,
};
use ringfall_sip::Moment;

use super::{Command, Driver, Live, Reply};
use crate::call::{CALLER, Call, Event, LegNumber, Placing, Plan};

impl Driver {
    pub(super) fn command(&mut self, now: Moment, command: Command) -> Reply {
        match command {
            Command::Place(connection, place) => self.place(now, &connection, place),
            Command::List(connection) => self.list(&connection),
            Command::Get(connection, id) => self.get(&connection, &id),
            Command::Modify(connection, id, change) => self.modify(now, &connection, &id, change),
            Command::End(connection, id) => self.end(now, &connection, &id),
        }
    }

    fn place(&mut self, now: Moment, connection: &Id, place: PlaceCall) -> Reply {
        let trunk = self.parts.trunks.borrow().of(connection).cloned();
        let Some(trunk) = trunk else { return Reply::NoSuchCall };
        if self.drain_until.is_some() {
            return Reply::Full("the relay takes no more calls: it is being stopped");
        }
        if let Destination::PhoneNumber(number) = &place.to {
            if !trunk.rules.may_dial(number) {
                return Reply::Forbidden("the number begins with none of the trunk's allowed_prefixes");
            }
            if trunk.rules.outbound.is_none() {
                return Reply::Forbidden("the trunk has no outbound: only SIP URIs can be reached");
            }
        }
        if self.is_full(&trunk) || !self.rates.take(connection, trunk.rules.most_calls_per_second, now) {
            return Reply::Full("the trunk has as many calls as it may have");
        }
        self.begin_placed(now, trunk, place)
    }

    fn begin_placed(&mut self, now: Moment, trunk: Arc<Trunk>, place: PlaceCall) -> Reply {
        let Some(id) = self.settings.instance.id(&self.parts.chance.word()) else {
            return Reply::Full("no id could be made");
        };
        let PlaceCall { to, from, ring_timeout_seconds, most_seconds, answered, progress } = place;
        let most_seconds = most_seconds.unwrap_or(trunk.rules.most_seconds).min(trunk.rules.most_seconds);
        let plan = Plan {
            id: id.clone(),
            from: from.to_string(),
            to: match &to {
                Destination::PhoneNumber(number) => number.to_string(),
                Destination::SipUri(uri) => uri.to_string(),
            },
            most_seconds,
            fallback: trunk.rules.fallback.clone(),
            first_url: answered,
            end_url: progress,
            takes_early_audio: false,
        };
        let placing = Placing { destination: to, caller_id: from, ring_timeout_seconds };
        let call = Call::placed(now, plan, placing);
        let number = self.add(call, trunk, None, BTreeMap::new());
        self.perform(now, number);
        self.settle_calls(now);
        Reply::Placed(id)
    }

    fn list(&self, connection: &Id) -> Reply {
        let is_listed = |live: &&Live| live.trunk.connection == *connection && !live.call.is_over();
        let live = self.calls.values().filter(is_listed).take(MOST_CALLS);
        Reply::List(CallList { calls: live.map(|live| self.state(live)).collect() })
    }

    fn state(&self, live: &Live) -> CallState {
        live.call.state(|moment| self.parts.clock.at(moment))
    }

    fn get(&self, connection: &Id, id: &Id) -> Reply {
        if let Some((live, _)) = self.find(connection, id) {
            return Reply::State(Box::new(self.state(live)));
        }
        let (call, _) = split(id);
        match self.ended.get(connection, id).or_else(|| self.ended.get(connection, call.as_ref()?)) {
            Some(state) => Reply::State(Box::new(state.clone())),
            None => self.unknown(id),
        }
    }

    /// Of another relay's call nothing is known here: that it is unknown does not say that it is over.
    fn unknown(&self, id: &Id) -> Reply {
        if self.settings.instance.is_anothers(id) { Reply::Elsewhere } else { Reply::NoSuchCall }
    }

    /// A live call of a connection by its id or that of one of its legs.
    fn find(&self, connection: &Id, id: &Id) -> Option<(&Live, (u64, LegNumber))> {
        let (call, leg) = match self.ids.get(id) {
            Some(number) => (*number, CALLER),
            None => {
                let (call, leg) = split(id);
                (*self.ids.get(&call?)?, leg?)
            }
        };
        let live = self.calls.get(&call)?;
        let is_theirs = live.trunk.connection == *connection && live.call.has_leg(leg);
        is_theirs.then_some((live, (call, leg)))
    }

    fn modify(&mut self, now: Moment, connection: &Id, id: &Id, change: ModifyCall) -> Reply {
        let Some((live, (number, leg))) = self.find(connection, id) else {
            let is_known = self.ended.get(connection, id).is_some();
            return if is_known { Reply::Over } else { self.unknown(id) };
        };
        if leg != CALLER {
            return Reply::NoSuchCall;
        }
        if !live.call.can_be_modified() {
            return Reply::Over;
        }
        let event = match change {
            ModifyCall::Instructions(orders) => Event::Modify(orders),
            ModifyCall::Continue(url) => Event::Continue(url),
        };
        self.tell(now, number, event);
        Reply::Done
    }

    fn end(&mut self, now: Moment, connection: &Id, id: &Id) -> Reply {
        if let Some((_, (number, leg))) = self.find(connection, id) {
            self.tell(now, number, Event::End(leg));
            return Reply::Done;
        }
        let (call, _) = split(id);
        let was = |id: &Id| self.ended.get(connection, id).is_some();
        if was(id) || call.is_some_and(|call| was(&call)) { Reply::Done } else { self.unknown(id) }
    }
}

/// The call and the number of a leg's id.
fn split(id: &Id) -> (Option<Id>, Option<LegNumber>) {
    match id.as_str().rsplit_once('-') {
        Some((call, leg)) => (call.parse().ok(), leg.parse().ok()),
        None => (None, None),
    }
}
