//! A caller who cannot be held goes where the policy says.

use ringfall_domain::{
    call::{
        Call, Fact, Finish,
        instructions::{Instruction, Instructions},
    },
    flow::NodeId,
    plan::Plan,
    queue::{OverflowReason, Overflowed, Spill, spill},
    routing::Ruling,
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        queue::{Left, overflow},
        record::record,
    },
};

use super::super::routing::{Current, Routed, Sought, route};
use crate::{connection::Connected, platform::Platform};

/// What came of it.
pub(in super::super) enum Spilt {
    /// The provider is told this.
    Reply(Instructions),
    /// Nothing of the policy is left: the flow goes on behind the `route` node.
    Otherwise,
}

/// Takes a caller out of the queue, if they are in it, and keeps why; and why nobody takes them, where that was judged.
///
/// # Returns
/// False if they are served, or gone, after all: `current` is then the call as it stands.
pub(in super::super) async fn overflows(
    platform: &Platform,
    current: &mut Current,
    node: &NodeId,
    reason: OverflowReason,
    rulings: Option<&[Ruling]>,
) -> Result<bool, StoreError> {
    current.store(platform).await?;
    let overflowed = Overflowed { at: platform.now(), node: node.clone(), reason };
    match overflow(&*platform.table, &current.call, &overflowed, rulings, &[]).await? {
        Left::Out => {
            current.call.overflowed = Some(overflowed);
            current.call.routed |= rulings.is_some();
            Ok(true)
        }
        Left::Overtaken(call) => {
            *current = Current::stored(*call);
            Ok(false)
        }
    }
}

/// Does the first of the policy's overflows, from that place on, that comes about.
pub(in super::super) async fn go_elsewhere(
    platform: &Platform,
    connected: &Connected,
    plan: &Plan,
    current: &mut Current,
    node: &NodeId,
    from: u8,
) -> Result<Spilt, StoreError> {
    let mut next = from;
    loop {
        let (tiers, index) = match spill(plan, &current.call, node, next) {
            Spill::Otherwise => return Ok(Spilt::Otherwise),
            Spill::Reply(instructions) => return Ok(Spilt::Reply(instructions)),
            Spill::Finish(kind, instructions) => {
                finish(platform, &current.call, Finish { node: node.clone(), kind }).await?;
                return Ok(Spilt::Reply(instructions));
            }
            Spill::Tiers { tiers, index } => (tiers, index),
        };
        match route(platform, connected, plan, current, Sought { node, tiers: Some(&tiers) }, None).await? {
            Routed::Connect(instruction) => return Ok(Spilt::Reply(vec![instruction])),
            Routed::Over => return Ok(Spilt::Reply(vec![Instruction::Hangup])),
            // A call that was held is stored, and keeps the verdict that it was stored with.
            Routed::Exhausted { .. } | Routed::JudgedOtherwise => return Ok(Spilt::Otherwise),
            Routed::Nobody(offer, _) => {
                if !offer.keep_why_nobody(platform, plan, current).await? {
                    continue;
                }
            }
        }
        next = index.saturating_add(1);
    }
}

async fn finish(platform: &Platform, call: &Call, finish: Finish) -> Result<(), StoreError> {
    record(&*platform.table, call.account, call.id, &[Fact::Finished(finish)]).await?;
    Ok(())
}
