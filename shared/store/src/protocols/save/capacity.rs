//! CAPACITY as saves see it.

use ringfall_domain::ids::BuyerId;

use super::Scene;
use crate::{
    port::{Condition, Operand, StoreError, Update, Write},
    records::capacity::{self, CapacityRecord, Place, names},
};

/// The capacity of a buyer that is there.
pub(super) async fn read(scene: &Scene<'_>, buyer: BuyerId) -> Result<CapacityRecord, StoreError> {
    find(scene, buyer).await?.ok_or_else(|| StoreError::Damaged(format!("{buyer} has no capacity")))
}

/// The capacity of a buyer; none where there is no such buyer.
pub(super) async fn find(scene: &Scene<'_>, buyer: BuyerId) -> Result<Option<CapacityRecord>, StoreError> {
    let item = scene.table.get(&capacity::key(scene.account, buyer)).await?;
    item.as_deref().map(capacity::decode).transpose()
}

/// Changes limits. Whoever reserves by the limits that stood before is refused, and reads again.
pub(super) fn change(
    scene: &Scene<'_>,
    buyer: BuyerId,
    updates: impl IntoIterator<Item = Update>,
    conditions: Vec<Condition>,
) -> Write {
    let count_up = Update::Add(names::REVISION.into(), 1.into());
    Write::Update {
        key: capacity::key(scene.account, buyer),
        updates: [count_up].into_iter().chain(updates).collect(),
        condition: (!conditions.is_empty()).then_some(Condition::All(conditions)),
    }
}

/// No other save came between.
pub(super) fn is_as_read(record: &CapacityRecord) -> Condition {
    Condition::Equal(Operand::Path(names::REVISION.into()), record.revision.into())
}

/// No call holds anything of a scope, or may yet: one that is undecided may be of any.
pub(super) fn is_idle(place: Place<'_>) -> [Condition; 3] {
    let is_empty = |legs| Condition::Equal(Operand::Size(legs), 0_u32.into());
    let elsewhere = place.path([names::ELSEWHERE]);
    [
        is_empty(place.path([names::LIVE])),
        is_empty(Place::Buyer.path([names::UNDECIDED])),
        Condition::Any(vec![
            Condition::Absent(elsewhere.clone()),
            Condition::Equal(Operand::Path(elsewhere), 0_u32.into()),
        ]),
    ]
}
