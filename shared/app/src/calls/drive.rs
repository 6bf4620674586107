//! From an event to instructions.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use jiff::Timestamp;
use ringfall_domain::{
    call::{
        Call, Fact, Finish, MOST_ATTEMPTS, Origin,
        event::{Arrival, Event, EventKind},
        fact::facts_of,
        instructions::{Instruction, Instructions, Speech},
        step::{Next, enter, step},
    },
    flow::{Node, NodeId},
    ids::{AccountId, BuyerId, CallId, CampaignId},
    phone::PhoneNumber,
    plan::Plan,
    queue::Told,
};
use ringfall_store::{
    port::StoreError,
    protocols::{find::find, record::record},
};

use super::{
    arrival::{find_block, suppression},
    callback::{self, Answered},
    legs,
    queue::{
        line::Line,
        serve::{leave_behind, serve},
    },
    routing::Current,
    turns::{Asking, Turn, Turns},
};
use crate::{connection::Connected, platform::Platform};

/// After this the last resort is answered: every provider still waits then (the shortest read time-out is 5 s), and the
/// watchdog does not look yet.
const DEADLINE: Duration = Duration::from_millis(4_500);

/// Why an event could not be driven to its end. It may or may not have been taken up: the provider may send it again.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It took too long.
    #[error("the webhook's deadline has passed")]
    Deadline,
    /// A fault of ours. It is in the log; the caller need not suffer for it.
    #[error("the platform panicked")]
    Panic,
}

/// An event that could not be driven to its end, with who can take the caller instead.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct Failure {
    /// What failed.
    pub fault: Fault,
    /// The campaign's fallback number, where it is known.
    pub fallback_number: Option<PhoneNumber>,
}

/// What an event comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the provider is told.
    pub instructions: Instructions,
    /// The call's campaign, for the callback URLs; none if the number is nobody's.
    pub campaign: Option<CampaignId>,
}

/// Drives one event of one call. `campaign` is what the callback URL says of it; none where the provider called an entry
/// URL.
///
/// # Errors
/// The store failed, or time ran out, or we did.
pub async fn handle(
    platform: &Platform,
    connected: &Connected,
    call: CallId,
    campaign: Option<CampaignId>,
    event: &Event,
) -> Result<Answer, Failure> {
    let mut driver = Driver { platform, connected, event, campaign };
    match driver.run_in_time(call).await {
        Ok(instructions) => Ok(Answer { instructions, campaign: driver.campaign }),
        Err(fault) => Err(Failure { fallback_number: driver.fallback_number().await, fault }),
    }
}

struct Driver<'a> {
    platform: &'a Platform,
    connected: &'a Connected,
    event: &'a Event,
    campaign: Option<CampaignId>,
}

impl Driver<'_> {
    async fn run_in_time(&mut self, id: CallId) -> Result<Instructions, Fault> {
        // Nothing outlives a run that was cut off but what the store holds, and that is whole after every write.
        let run = AssertUnwindSafe(self.run(id)).catch_unwind();
        match tokio::time::timeout(DEADLINE, run).await {
            Ok(Ok(ran)) => ran.map_err(Fault::Store),
            Ok(Err(_)) => Err(Fault::Panic),
            Err(_) => Err(Fault::Deadline),
        }
    }

    async fn run(&mut self, id: CallId) -> Result<Instructions, StoreError> {
        if let EventKind::CallbackAnswered { .. }
        | EventKind::CallbackAccepted { .. }
        | EventKind::CallbackProgress { .. } = &self.event.kind
        {
            return self.called_back(id).await;
        }
        let known = match &self.event.kind {
            EventKind::Arrived(arrival) => {
                self.arrived(id, arrival).await?.map(|(plan, current)| (plan, current, None))
            }
            _ => self.known(id).await?,
        };
        let Some((plan, current, line)) = known else { return Ok(to_a_stranger(&self.event.kind)) };
        let call = &current.call;
        let freed = legs::release_ended(self.platform, call, self.event).await?;
        if call.ended.is_some() {
            leave_behind(self.platform, call).await?;
            legs::look_after_orphan(self.platform, self.connected, call).await?;
        }
        let account = call.account;
        let (instructions, ()) =
            futures::try_join!(self.go_on(&plan, current, line), self.serve_others(account, freed))?;
        Ok(instructions)
    }

    /// What an attempt has given back is offered to those who wait for it.
    async fn serve_others(&self, account: AccountId, freed: Option<BuyerId>) -> Result<(), StoreError> {
        if let Some(buyer) = freed {
            serve(self.platform, account, &[buyer], None).await?;
        }
        Ok(())
    }

    /// Somebody who asked for it is called back: their new call is there only once they have pressed the key.
    async fn called_back(&mut self, id: CallId) -> Result<Instructions, StoreError> {
        let account = self.connected.account;
        let Some(campaign) = self.campaign else { return Ok(vec![Instruction::Hangup]) };
        let Some(plan) = self.platform.plan(account, campaign).await? else {
            return Ok(vec![Instruction::Hangup]);
        };
        if let EventKind::CallbackProgress { of, attempt, report } = &self.event.kind {
            let ended = self.known(id).await?;
            if let Some((_, current, _)) = &ended {
                leave_behind(self.platform, &current.call).await?;
                legs::look_after_orphan(self.platform, self.connected, &current.call).await?;
            }
            callback::answered(self.platform, self.connected, &plan, (*of, *attempt), report).await?;
            return Ok(Vec::new());
        }
        match callback::answer(self.platform, self.connected, &plan, id, &self.event.kind).await? {
            Answered::Reply(instructions) => Ok(instructions),
            Answered::Holds(current) => self.go_on(&plan, *current, None).await,
        }
    }

    /// A call comes in on a number: the number's campaign takes it. One that is to be offered at once is written with its first
    /// attempt, any other now.
    async fn arrived(
        &mut self,
        id: CallId,
        arrival: &Arrival,
    ) -> Result<Option<(Arc<Plan>, Current)>, StoreError> {
        let (number, block) = futures::try_join!(
            self.platform.number(self.connected.id, &arrival.dialled),
            find_block(self.platform, self.connected.account, &arrival.caller, self.event.arrived_at),
        )?;
        let Some(number) = number.filter(|number| !number.paused) else { return Ok(None) };
        self.campaign = Some(number.campaign);
        let Some(plan) = self.platform.plan(self.connected.account, number.campaign).await? else {
            return Ok(None);
        };
        let origin = Origin {
            connection: self.connected.id,
            provider_call_id: arrival.provider_call_id.clone(),
            campaign: number.campaign,
            publisher: number.publisher,
            number: number.number,
            dialled: arrival.dialled.clone(),
            caller: arrival.caller.clone(),
            caller_facts: arrival.caller_facts.clone(),
            rates: self.connected.rates,
            arrived_at: self.event.arrived_at,
        };
        let mut call = Call::new(id, self.connected.account, origin, number.tags);
        if let Some(suppression) = suppression(self.platform, &plan, &call, block.as_ref()).await? {
            call.turn_away(&plan, suppression);
        }
        let mut current = Current { call, is_stored: false };
        let next = step(&plan, &current.call, &self.event.kind, self.event.arrived_at);
        if !matches!(next, Next::Route { .. }) {
            current.store(self.platform).await?;
        }
        Ok(Some((plan, current)))
    }

    /// A call goes on: what the event proves is written, and the call is read as it then stands; of one who is held, at the same time, who
    /// stands before them. The end of a call is written even if its first webhook is still on its way.
    async fn known(&mut self, id: CallId) -> Result<Option<(Arc<Plan>, Current, Option<Line>)>, StoreError> {
        let (table, account) = (&*self.platform.table, self.connected.account);
        if self.campaign.is_none() {
            self.campaign = find(table, account, id).await?.map(|call| call.origin.campaign);
        }
        let plan = match self.campaign {
            Some(campaign) => self.platform.plan(account, campaign).await?,
            None => None,
        };
        let facts = facts_of(plan.as_deref(), &self.event.kind, self.event.arrived_at);
        let call = async {
            match record(table, account, id, &facts).await? {
                Some(call) => Ok(Some(call)),
                // The facts speak of an attempt that was never made: they are dropped, the call is not.
                None => find(table, account, id).await,
            }
        };
        let line = async {
            match &plan {
                Some(plan) => Line::as_told(self.platform, plan, &self.told(), id).await,
                None => Ok(None),
            }
        };
        let (call, line) = futures::try_join!(call, line)?;
        Ok(plan.zip(call).map(|(plan, call)| (plan, Current::stored(call), line)))
    }

    /// What a caller who is held has been told.
    fn told(&self) -> Told {
        match &self.event.kind {
            EventKind::Held { told, .. } => told.clone(),
            _ => Told::default(),
        }
    }

    /// `line`: who stands before a caller who is held, if it was read with the call.
    async fn go_on(
        &self,
        plan: &Plan,
        mut current: Current,
        mut line: Option<Line>,
    ) -> Result<Instructions, StoreError> {
        let told = self.told();
        let turns = Turns { platform: self.platform, connected: self.connected, plan, told: &told };
        let mut next = step(plan, &current.call, &self.event.kind, self.event.arrived_at);
        // Each turn that does not end leaves a route node for good, and a flow has no circle; or the call has changed meanwhile, which it
        // does once for each attempt at most.
        for _ in 0..=plan.flow.nodes.len() + usize::from(MOST_ATTEMPTS) {
            let turn = match next {
                Next::Nothing(_) => return Ok(Vec::new()),
                Next::Reply(instructions) => return Ok(instructions),
                Next::Finish(finish, instructions) => {
                    self.finish(&current.call, finish).await?;
                    return Ok(instructions);
                }
                Next::Route { node } => turns.route(&mut current, &node).await?,
                Next::Wait { node, input, .. } => {
                    turns.wait(&mut current, &node, &input, line.take()).await?
                }
                Next::Overflow { node, from } => turns.go_elsewhere(&mut current, &node, from).await?,
                Next::Callback { node, index, question, input } => {
                    let asking = Asking { node: &node, index, question: &question, input: &input };
                    turns.callback(&mut current, asking).await?
                }
            };
            next = match turn {
                Turn::Reply(instructions) => return Ok(instructions),
                Turn::Next(next) => next,
                Turn::Anew => step(plan, &current.call, &self.event.kind, self.event.arrived_at),
            };
        }
        Ok(vec![Instruction::Hangup])
    }

    async fn finish(&self, call: &Call, finish: Finish) -> Result<(), StoreError> {
        record(&*self.platform.table, call.account, call.id, &[Fact::Finished(finish)]).await?;
        Ok(())
    }

    /// Asks no store: it may be what has failed.
    async fn fallback_number(&self) -> Option<PhoneNumber> {
        let campaign = match (&self.event.kind, self.campaign) {
            (_, Some(campaign)) => campaign,
            (EventKind::Arrived(arrival), None) => {
                self.platform.remembered_campaign(self.connected.id, &arrival.dialled).await?
            }
            (_, None) => return None,
        };
        self.platform.remembered_fallback(self.connected.account, campaign).await
    }
}

/// Where a call goes on for which a `route` node has found nobody. `after_hours`: for the hours.
pub(super) fn without_target(
    plan: &Plan,
    call: &Call,
    node: &NodeId,
    after_hours: bool,
    at: Timestamp,
) -> Next {
    let next = match plan.flow.nodes.get(node) {
        Some(Node::Route(route)) => route.without_target(after_hours),
        _ => node,
    };
    enter(plan, call, next, at)
}

/// What the caller of a number hears that is nobody's. Where nobody waits, nothing is said.
fn to_a_stranger(event: &EventKind) -> Instructions {
    if matches!(event, EventKind::LegProgress { .. } | EventKind::CallProgress(_)) {
        return Vec::new();
    }
    let text = "The number you have dialed is not in service. Please check the number and call again.";
    vec![Instruction::Say(Speech { text: text.to_owned(), language: None }), Instruction::Hangup]
}
