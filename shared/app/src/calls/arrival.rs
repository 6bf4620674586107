//! A caller comes in: whether they are let in.

use jiff::Timestamp;
use ringfall_domain::{
    call::Call,
    caller::{ArrivalCounts, Block, Suppression, suppress},
    ids::AccountId,
    phone::{CallerNumber, PhoneNumber},
    plan::Plan,
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        arrivals::{count_arrival, foresee_arrival},
        blocked,
    },
};

use crate::platform::Platform;

/// The block that holds for a caller: of the number itself, else of its longest prefix.
pub async fn find_block(
    platform: &Platform,
    account: AccountId,
    caller: &CallerNumber,
    at: Timestamp,
) -> Result<Option<Block>, StoreError> {
    let Some(number) = caller.known() else { return Ok(None) };
    let list = platform.block_list(account).await?;
    let block = match list.numbers {
        0 => None,
        _ => blocked::find_block(&*platform.table, account, number).await?,
    };
    let block = block.filter(|block| block.holds_at(at));
    Ok(block.or_else(|| list.find(number, at).cloned()))
}

/// Why a caller is turned away; none where they are let in. Their calls are counted only where the campaign limits them.
pub(super) async fn suppression(
    platform: &Platform,
    plan: &Plan,
    call: &Call,
    block: Option<&Block>,
) -> Result<Option<Suppression>, StoreError> {
    let counts = match counted_number(plan, call, block) {
        Some(number) => {
            count_arrival(&*platform.table, call.account, number, call.id, call.origin.arrived_at).await?
        }
        None => ArrivalCounts::default(),
    };
    Ok(suppress(plan.suppression.as_ref(), call, block, counts))
}

/// Why the caller of a dry run would be turned away: judged as [`suppression`] does, by the calls that are counted already.
pub async fn foreseen_suppression(
    platform: &Platform,
    plan: &Plan,
    call: &Call,
    block: Option<&Block>,
) -> Result<Option<Suppression>, StoreError> {
    let counts = match counted_number(plan, call, block) {
        Some(number) => {
            foresee_arrival(&*platform.table, call.account, number, call.origin.arrived_at).await?
        }
        None => ArrivalCounts::default(),
    };
    Ok(suppress(plan.suppression.as_ref(), call, block, counts))
}

/// The number whose calls are counted: one that is not turned away for certain, of a campaign that limits how often callers call.
fn counted_number<'a>(plan: &Plan, call: &'a Call, block: Option<&Block>) -> Option<&'a PhoneNumber> {
    let limits = plan.suppression.as_ref().and_then(|policy| policy.rate_limits);
    call.origin.caller.known().filter(|_| limits.is_some() && block.is_none())
}
