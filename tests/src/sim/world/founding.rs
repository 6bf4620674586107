//! The agencies configure themselves, as through the API.

use jiff::Timestamp;
use ringfall_domain::ids::AccountId;
use ringfall_store::{
    port::{Item, Key, Table, Update, Write},
    protocols::save::{Save, Wish, save},
    records::{
        account::{self, Account},
        capacity::{self, names},
        pointer::{ConnectionPointer, connection_key, encode_connection},
        resource::{self, Kind, Resource},
    },
};

use super::{Agency, World};

/// Saves everything that the agencies have.
///
/// # Panics
/// If a document is refused: the world is drawn wrong then.
pub async fn found(world: &World, table: &dyn Table) {
    for agency in &world.agencies {
        let (account, now) = (agency.account, world.begins_at);
        open(table, account, now).await;
        connect(agency, table, now).await;
        for (id, publisher) in &agency.publishers {
            create(table, account, *id, publisher, now).await;
        }
        for (id, buyer) in &agency.buyers {
            create(table, account, *id, buyer, now).await;
        }
        // Some have so few leases in their capacity that others stand elsewhere at once.
        for (id, within) in agency.buyers.keys().step_by(2).zip([1_u32, 2, 0].into_iter().cycle()) {
            let set = Update::Set(names::WITHIN.into(), within.into());
            let key = capacity::key(account, *id);
            let written = table.write(vec![Write::Update { key, updates: vec![set], condition: None }]).await;
            drop(written.expect("the engine in memory does not fail"));
        }
        for (id, target) in &agency.targets {
            create(table, account, *id, target, now).await;
        }
        for (id, campaign) in &agency.campaigns {
            create(table, account, *id, campaign, now).await;
        }
        for (id, number) in &agency.numbers {
            create(table, account, *id, number, now).await;
        }
        for (id, blocked) in agency.blocked_callers.iter().step_by(2) {
            create(table, account, *id, blocked, now).await;
        }
    }
}

async fn create<D: Save>(table: &dyn Table, account: AccountId, id: D::Id, document: &D, now: Timestamp) {
    let saved = save(table, account, id, &Wish::Create(document.clone()), now).await;
    drop(saved.expect("a new world takes every document that is drawn for it"));
}

async fn open(table: &dyn Table, id: AccountId, now: Timestamp) {
    let name = "Agency".to_owned().try_into().expect("a name");
    let opened = account::encode(&Account { name, created_at: now });
    put(table, account::key(id), opened.clone()).await;
    put(table, account::listed_key(id), opened).await;
}

async fn connect(agency: &Agency, table: &dyn Table, now: Timestamp) {
    let document = agency.connection_document();
    let pointer = ConnectionPointer { account: agency.account, document: document.to_string() };
    let resource = Resource { version: 1, created_at: now, updated_at: now, archived_at: None, document };
    put(table, connection_key(agency.connection), encode_connection(&pointer)).await;
    let key = resource::key(agency.account, Kind::Connection, &agency.connection);
    put(table, key, resource::encode(&resource)).await;
}

async fn put(table: &dyn Table, key: Key, item: Item) {
    let written = table.write(vec![Write::Put { key, item, condition: None }]).await;
    drop(written.expect("the engine in memory does not fail"));
}
