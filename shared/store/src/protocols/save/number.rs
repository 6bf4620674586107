//! A tracking number is saved: webhooks find it by its connection and digits.

use std::collections::BTreeSet;

use ringfall_domain::{
    config::{Campaign, Publisher, TrackingNumber},
    ids::{ConnectionId, NumberId},
    problem::Problem,
};

use super::{Change, Conflict, Consequences, Save, SaveError, Scene};
use crate::{
    port::{Condition, Key, Operand, StoreError, Write},
    records::{
        pointer::{self, NumberPointer},
        resource::{self, Kind},
        trunk,
    },
};

impl Save for TrackingNumber {
    async fn consequences(
        scene: &Scene<'_>,
        id: NumberId,
        change: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        match change {
            Change::Create(number) => place(scene, id, number, None).await,
            Change::Replace { before, after } => place(scene, id, after, Some(before)).await,
            Change::Archive(number) => {
                let delete = Write::Delete { key: pointer_key(number), condition: None };
                let trunk = leave_trunk(scene, number).await?;
                Ok(Consequences::of([delete].into_iter().chain(trunk).collect()))
            }
        }
    }
}

async fn place(
    scene: &Scene<'_>,
    id: NumberId,
    number: &TrackingNumber,
    before: Option<&TrackingNumber>,
) -> Result<Consequences, SaveError> {
    check_names(scene, number).await?;
    let key = pointer_key(number);
    let holder = scene.table.get(&key).await?.map(|item| pointer::decode_number(&item)).transpose()?;
    if let Some(holder) = holder.filter(|holder| holder.number != id) {
        return Err(Conflict::NumberTaken { number: holder.number }.into());
    }
    let left = before.map(pointer_key).filter(|left| *left != key);
    let leave = left.map(|key| Write::Delete { key, condition: None });
    let leave_trunk = match before.filter(|_| leave.is_some()) {
        Some(before) => leave_trunk(scene, before).await?,
        None => None,
    };
    let join_trunk = join_trunk(scene, number).await?;
    let item = pointer::encode_number(&NumberPointer {
        number: id,
        campaign: number.campaign_id,
        publisher: number.publisher_id,
        tags: number.tags.clone(),
        paused: number.paused,
    });
    Ok(Consequences {
        writes: leave
            .into_iter()
            .chain([Write::Put { key, item, condition: Some(is_free_for(id)) }])
            .chain(leave_trunk)
            .chain(join_trunk)
            .collect(),
        names: BTreeSet::from([
            number.connection_id.to_string(),
            number.campaign_id.to_string(),
            number.publisher_id.to_string(),
        ]),
        plans: Vec::new(),
    })
}

/// Relays must know which numbers are reached over which trunk. A connection is a trunk from its first save to its archiving, or never.
async fn join_trunk(scene: &Scene<'_>, number: &TrackingNumber) -> Result<Option<Write>, StoreError> {
    let key = trunk::number_key(number.connection_id, &number.phone_number);
    let is_trunk = is_trunk(scene, number.connection_id).await?;
    Ok(is_trunk.then(|| Write::Put { key, item: trunk::encode_number(), condition: None }))
}

async fn leave_trunk(scene: &Scene<'_>, number: &TrackingNumber) -> Result<Option<Write>, StoreError> {
    let key = trunk::number_key(number.connection_id, &number.phone_number);
    let is_trunk = is_trunk(scene, number.connection_id).await?;
    Ok(is_trunk.then_some(Write::Delete { key, condition: None }))
}

async fn is_trunk(scene: &Scene<'_>, connection: ConnectionId) -> Result<bool, StoreError> {
    Ok(scene.table.get(&trunk::key(connection)).await?.is_some())
}

/// Two numbers may want the same digits at the same time.
fn is_free_for(id: NumberId) -> Condition {
    let holder = Operand::Path(pointer::NUMBER.into());
    Condition::Any(vec![
        Condition::Absent(pointer::NUMBER.into()),
        Condition::Equal(holder, id.to_string().into()),
    ])
}

fn pointer_key(number: &TrackingNumber) -> Key {
    pointer::number_key(number.connection_id, &number.phone_number)
}

async fn check_names(scene: &Scene<'_>, number: &TrackingNumber) -> Result<(), SaveError> {
    let connection = connection_problem(scene, number.connection_id).await?;
    let campaign = scene.live::<Campaign>("campaign_id", number.campaign_id).await?.err();
    let publisher = scene.live::<Publisher>("publisher_id", number.publisher_id).await?.err();
    let problems: Vec<Problem> = [connection, campaign, publisher].into_iter().flatten().collect();
    if problems.is_empty() { Ok(()) } else { Err(SaveError::Invalid(problems)) }
}

/// A connection's document is not this crate's to read; whether it is there, is.
async fn connection_problem(scene: &Scene<'_>, id: ConnectionId) -> Result<Option<Problem>, StoreError> {
    let item = scene.table.get(&resource::key(scene.account, Kind::Connection, &id)).await?;
    let message = match item {
        None => format!("there is no connection {id}"),
        Some(item) if resource::is_archived(&item) => format!("the connection {id} is archived"),
        Some(_) => return Ok(None),
    };
    Ok(Some(Problem::new("connection_id", message)))
}
