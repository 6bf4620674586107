//! A caller is claimed by each attempt, and the claim is settled when the attempt is over.
//!
//! [`reserve`](super::reserve) writes the claim in the transaction that takes the slot, over the very claims that the call was judged by: of
//! two simultaneous calls of one caller one is refused, and judged again with the other's claim before it. So no rule is
//! broken by a race. [`release`](super::release) settles it: a claim that came to nothing is taken back.

use ringfall_domain::{
    call::{Call, Leg, Standing},
    caller::{Claim, ClaimEnd, ClaimState},
    ids::{AccountId, LegId},
    phone::PhoneNumber,
};

use crate::{
    port::{Condition, Operand, StoreError, Table, Update, Write, WriteError},
    records::caller::{self, CallerRecord},
};

/// What is known of a caller.
pub async fn read_caller(
    table: &dyn Table,
    account: AccountId,
    number: &PhoneNumber,
) -> Result<CallerRecord, StoreError> {
    let item = table.get(&caller::key(account, number)).await?;
    caller::decode(item.as_deref())
}

/// The claim of an attempt; none if the caller showed no number.
pub(super) fn claim(call: &Call, leg: &Leg, known: &CallerRecord) -> Option<Write> {
    Some(Write::Update {
        key: caller::key(call.account, call.origin.caller.known()?),
        updates: caller::write_claim(known, &Claim::new(call, leg)),
        condition: Some(caller::is_as_read(known)),
    })
}

/// Settles the claim of an attempt, once it is known what the attempt is worth. Safe to repeat.
pub(super) async fn settle_claim(
    table: &dyn Table,
    call: &Call,
    leg: &Leg,
    standing: Standing,
) -> Result<(), StoreError> {
    let Some(number) = call.origin.caller.known().filter(|_| leg.claims_caller) else { return Ok(()) };
    let id = LegId { call: call.id, attempt: leg.attempt };
    let update = match ClaimEnd::of(leg, standing) {
        ClaimEnd::Open => return Ok(()),
        ClaimEnd::Kept(state) => Update::Set(caller::claim_state(id), state.as_str().into()),
        ClaimEnd::Dropped => Update::Remove(caller::claim(id)),
    };
    let is_held = Condition::Equal(Operand::Path(caller::claim_state(id)), ClaimState::Held.as_str().into());
    let key = caller::key(call.account, number);
    match table.write(vec![Write::Update { key, updates: vec![update], condition: Some(is_held) }]).await {
        Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
        Err(WriteError::Store(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
