//! The turns that a call takes where targets are sought for it: offered, held, called back later, sent elsewhere.

use ringfall_domain::{
    call::{
        event::Input,
        instructions::{Instruction, Instructions},
        step::Next,
    },
    config::QueuePolicy,
    flow::{Node, NodeId},
    plan::Plan,
    queue::{Asked, CallbackQuestion, OverflowReason, Told, answer, resumed_spill},
    routing::Ruling,
};
use ringfall_store::port::StoreError;

use super::{
    callback,
    drive::without_target,
    offer::Offer,
    queue::{
        line::Line,
        spill::{Spilt, go_elsewhere, overflows},
        wait::{Waiting, Waits},
    },
    routing::{Current, Routed, Sought, route},
};
use crate::{connection::Connected, platform::Platform};

/// What a turn comes to.
pub(super) enum Turn {
    /// The provider is told this.
    Reply(Instructions),
    /// This is next.
    Next(Next),
    /// Another copy of the webhook was faster and judged the caller otherwise: the event is taken up anew.
    Anew,
}

/// An answer to a question on being called back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) node: &'a NodeId,
    pub(super) index: Option<u8>,
    pub(super) question: &'a CallbackQuestion,
    pub(super) input: &'a Input,
}

/// Takes the turns of one event.
pub(super) struct Turns<'a> {
    pub(super) platform: &'a Platform,
    pub(super) connected: &'a Connected,
    pub(super) plan: &'a Plan,
    /// What a caller who waits has been told so far.
    pub(super) told: &'a Told,
}

impl Turns<'_> {
    /// A `route` node seeks a target.
    pub(super) async fn route(&self, current: &mut Current, node: &NodeId) -> Result<Turn, StoreError> {
        self.route_from(current, node, None).await
    }

    /// The same, where the caller's own queue was just read.
    async fn route_from(
        &self,
        current: &mut Current,
        node: &NodeId,
        own: Option<Line>,
    ) -> Result<Turn, StoreError> {
        if let Some(from) = resumed_spill(self.plan, &current.call, node) {
            return Ok(Turn::Next(Next::Overflow { node: node.clone(), from }));
        }
        let sought = Sought { node, tiers: None };
        match route(self.platform, self.connected, self.plan, current, sought, own).await? {
            Routed::Connect(instruction) => Ok(Turn::Reply(vec![instruction])),
            Routed::Over => Ok(Turn::Reply(vec![Instruction::Hangup])),
            Routed::JudgedOtherwise => Ok(Turn::Anew),
            Routed::Exhausted { after_hours } => Ok(self.without_target(current, node, after_hours)),
            Routed::Nobody(offer, line) => match &self.plan.queue {
                Some(policy) => self.hold(policy, current, node, &offer, &line).await,
                None => Ok(self.without_target(current, node, offer.is_after_hours())),
            },
        }
    }

    /// Nobody takes the caller now. One whom nobody would ever take is not held, nor one
    /// whom another node of the flow could not hold already.
    async fn hold(
        &self,
        policy: &QueuePolicy,
        current: &mut Current,
        node: &NodeId,
        offer: &Offer,
        line: &Line,
    ) -> Result<Turn, StoreError> {
        let is_wanted = !offer.prospects(self.plan, &current.call).is_empty();
        let has_overflowed = current.call.overflowed.is_some();
        if has_overflowed || (!is_wanted && current.call.queued.is_none()) {
            return self.give_up(current, node, offer).await;
        }
        let was_stored = current.is_stored;
        match self.waiting(policy, node).wait(current, offer, line).await? {
            Waits::Reply(instructions) => Ok(Turn::Reply(instructions)),
            Waits::Look(_) if was_stored => Ok(route_again(node)),
            Waits::Look(_) => Ok(Turn::Anew),
            // Who calls when all are closed is told so, where the flow has words for that; the policy is for those who could be held.
            Waits::Overflows(OverflowReason::NobodyComes { .. })
                if current.call.queued.is_none() && self.goes_on_after_hours(node, offer) =>
            {
                self.give_up(current, node, offer).await
            }
            Waits::Overflows(_) if !self.is_as_judged(current).await? => Ok(Turn::Anew),
            Waits::Overflows(reason) => {
                self.overflow(current, node, reason, Some(&offer.rulings(self.plan))).await
            }
        }
    }

    /// Writes the call if it is not.
    ///
    /// # Returns
    /// False if a copy of the webhook was faster, which may have judged the caller otherwise: `current` is then the call as that one left it.
    async fn is_as_judged(&self, current: &mut Current) -> Result<bool, StoreError> {
        if current.is_stored {
            return Ok(true);
        }
        let judged = current.call.clone();
        current.store(self.platform).await?;
        Ok(current.call == judged)
    }

    /// Keeps why nobody takes the caller, who goes on behind the node.
    async fn give_up(&self, current: &mut Current, node: &NodeId, offer: &Offer) -> Result<Turn, StoreError> {
        if !self.is_as_judged(current).await? {
            return Ok(Turn::Anew);
        }
        Ok(match offer.keep_why_nobody(self.platform, self.plan, current).await? {
            true => self.without_target(current, node, offer.is_after_hours()),
            false => route_again(node),
        })
    }

    fn goes_on_after_hours(&self, node: &NodeId, offer: &Offer) -> bool {
        let has_branch = match self.plan.flow.nodes.get(node) {
            Some(Node::Route(route)) => route.after_hours.is_some(),
            _ => false,
        };
        has_branch && offer.is_after_hours()
    }

    /// A step of the hold is over. `read`: who stands before the caller, if that was read with the call.
    pub(super) async fn wait(
        &self,
        current: &mut Current,
        node: &NodeId,
        input: &Input,
        read: Option<Line>,
    ) -> Result<Turn, StoreError> {
        let Some(policy) = &self.plan.queue else { return Ok(route_again(node)) };
        match self.waiting(policy, node).step(&current.call, input, read).await? {
            Waits::Reply(instructions) => Ok(Turn::Reply(instructions)),
            Waits::Look(line) => self.route_from(current, node, line).await,
            Waits::Overflows(reason) => self.overflow(current, node, reason, None).await,
        }
    }

    async fn overflow(
        &self,
        current: &mut Current,
        node: &NodeId,
        reason: OverflowReason,
        rulings: Option<&[Ruling]>,
    ) -> Result<Turn, StoreError> {
        Ok(match overflows(self.platform, current, node, reason, rulings).await? {
            true => Turn::Next(Next::Overflow { node: node.clone(), from: 0 }),
            false => route_again(node),
        })
    }

    /// Goes on with the policy's overflows from that one on.
    pub(super) async fn go_elsewhere(
        &self,
        current: &mut Current,
        node: &NodeId,
        from: u8,
    ) -> Result<Turn, StoreError> {
        let Self { platform, connected, plan, .. } = self;
        Ok(match go_elsewhere(platform, connected, plan, current, node, from).await? {
            Spilt::Reply(instructions) => Turn::Reply(instructions),
            Spilt::Otherwise => self.without_target(current, node, false),
        })
    }

    /// The caller was asked something about being called back.
    pub(super) async fn callback(
        &self,
        current: &mut Current,
        asking: Asking<'_>,
    ) -> Result<Turn, StoreError> {
        let Asking { node, index, question, input } = asking;
        let Some(policy) = &self.plan.queue else { return Ok(route_again(node)) };
        match answer(policy, &current.call, node, index, question, input) {
            Asked::Ask(instructions) => Ok(Turn::Reply(instructions)),
            Asked::Agreed(number) => {
                let kept = callback::keep(self.platform, self.plan, policy, current, node, number).await?;
                Ok(kept.map_or_else(|| route_again(node), Turn::Reply))
            }
            Asked::Declined => Ok(Turn::Next(match index {
                Some(index) => Next::Overflow { node: node.clone(), from: index.saturating_add(1) },
                None => Next::Wait { node: node.clone(), told: self.told.clone(), input: Input::Nothing },
            })),
        }
    }

    const fn waiting<'b>(&'b self, policy: &'b QueuePolicy, node: &'b NodeId) -> Waiting<'b> {
        let Self { platform, plan, told, .. } = self;
        Waiting { platform, plan, policy, sought: Sought { node, tiers: None }, told }
    }

    fn without_target(&self, current: &Current, node: &NodeId, after_hours: bool) -> Turn {
        Turn::Next(without_target(self.plan, &current.call, node, after_hours, self.platform.now()))
    }
}

fn route_again(node: &NodeId) -> Turn {
    Turn::Next(Next::Route { node: node.clone() })
}
