//! A caller is offered: candidates are judged, capacity is reserved, and the attempt begins.

use ringfall_domain::{
    call::{
        Call, MOST_ATTEMPTS,
        instructions::Instruction,
        step::{connect, reconnect},
    },
    flow::NodeId,
    plan::Plan,
};
use ringfall_store::{port::StoreError, protocols::arrive::arrive};

use super::{
    offer::{Made, Offer, Wanted},
    queue::line::Line,
};
use crate::{connection::Connected, platform::Platform};

/// What came of offering a caller.
pub(super) enum Routed {
    /// A target is to be rung.
    Connect(Instruction),
    /// Nobody takes the call now. What was found stands in the offer. A call that has just come in is not written yet, if its campaign
    /// holds callers.
    Nobody(Box<Offer>, Line),
    /// Nobody is left who would take the call.
    Exhausted {
        /// Whether that is for the hours.
        after_hours: bool,
    },
    /// The caller is gone, or has been served meanwhile.
    Over,
    /// Another copy of the webhook has turned the caller away meanwhile, or let them in, where this one did not.
    JudgedOtherwise,
}

/// A call on its way through a webhook.
#[derive(Debug)]
pub struct Current {
    /// As last read, or as it came in.
    pub call: Call,
    /// Whether it is written. A call that is offered at once is written with its first attempt.
    pub is_stored: bool,
}

impl Current {
    /// Writes the call if it is not. Another copy of the webhook may have done so: then it is as that one left it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn store(&mut self, platform: &Platform) -> Result<(), StoreError> {
        if !self.is_stored {
            *self = Self::stored(arrive(&*platform.table, &self.call).await?);
        }
        Ok(())
    }

    /// A call as it was read.
    pub const fn stored(call: Call) -> Self {
        Self { call, is_stored: true }
    }
}

/// Which targets are sought for a caller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought<'a> {
    /// The `route` node that asks.
    pub(super) node: &'a NodeId,
    /// The tiers that are asked; those of the node where none are given.
    pub(super) tiers: Option<&'a [u8]>,
}

/// Offers a caller to the best target that has room, and that nobody waits for who is to be served first. `current` is brought up to date
/// with what happened. `own`: what was just read of the caller's own queue.
///
/// Per attempt, in this order: the watchdog is sent, capacity is reserved and the attempt written in one transaction, the dial is
/// answered. So whatever dies in between, someone will look after the slot.
pub(super) async fn route(
    platform: &Platform,
    connected: &Connected,
    plan: &Plan,
    current: &mut Current,
    sought: Sought<'_>,
    mut own: Option<Line>,
) -> Result<Routed, StoreError> {
    let judged_as = current.call.suppression.clone();
    // A copy of this webhook may be faster each time; it can be so at most once per attempt.
    for _ in 0..MOST_ATTEMPTS {
        let call = &current.call;
        if call.suppression != judged_as {
            return Ok(Routed::JudgedOtherwise);
        }
        if let Some(leg) = call.live_leg() {
            return Ok(Routed::Connect(reconnect(plan, call, leg, platform.now())));
        }
        if call.ended.is_some() || call.served_leg().is_some() {
            return Ok(Routed::Over);
        }
        if call.was_turned_away() {
            return Ok(Routed::Exhausted { after_hours: false });
        }
        let wanted = Wanted { node: sought.node, tiers: sought.tiers, is_fetched: false };
        let (mut offer, mut line) = futures::try_join!(
            Offer::prepare(platform, connected, plan, call, wanted),
            Line::read(platform, plan, call, own.take()),
        )?;
        line.let_go_first(platform, plan, call, &mut offer).await?;
        match offer.make(platform, plan, current, line.waiter_of(call.id)).await? {
            Made::Held(leg) => {
                let instruction = connect(plan, &current.call, &leg);
                current.call.legs.push(*leg);
                current.is_stored = true;
                return Ok(Routed::Connect(instruction));
            }
            // Who is to be held is written with their place.
            Made::Nobody if plan.queue.is_some() => return Ok(Routed::Nobody(Box::new(offer), line)),
            Made::Nobody => {
                current.store(platform).await?;
                if current.call.suppression != judged_as {
                    return Ok(Routed::JudgedOtherwise);
                }
                if offer.keep_why_nobody(platform, plan, current).await? {
                    return Ok(Routed::Exhausted { after_hours: offer.is_after_hours() });
                }
            }
            Made::Overtaken(newer) | Made::NotWaiting(newer) => *current = Current::stored(*newer),
            Made::EndedBefore => current.store(platform).await?,
            Made::CallerClaimed => {}
        }
    }
    Ok(Routed::Exhausted { after_hours: false })
}
