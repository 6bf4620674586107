use std::io::Cursor;

use ringfall_domain::ids::{AccountId, ConnectionId, KeyId};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::*;
use crate::{
    engines::memory::MemoryStore,
    port::{Item, Key, Table, Value, Write},
    protocols::trunks::list_trunks,
    records::{
        account::{self, Account, FirstAccount},
        api_key::{self, ApiKey, KeyPointer, SecretDigest},
        pointer::{self, ConnectionPointer},
        resource::{self, Kind, Resource},
        trunk,
    },
};

fn id(random: u128) -> AccountId {
    AccountId::from_parts(1, random)
}

async fn put(store: &MemoryStore, key: Key, item: Item) {
    store.write(vec![Write::Put { key, item, condition: None }]).await.expect("a write");
}

/// An account with something of every kind of value, a connection of a relay's with a number, and a key.
async fn open(store: &MemoryStore, number: u128, secret: &str) {
    let account = id(number);
    let created_at = jiff::Timestamp::UNIX_EPOCH;
    let opened = Account { name: "Agency".to_owned().try_into().expect("a name"), created_at };
    for key in [account::key(account), account::listed_key(account)] {
        put(store, key, account::encode(&opened)).await;
    }
    let map = Item::from([("ä \"b\"".to_owned(), Value::Number(Decimal::new(-110, 2)))]);
    let values = [Value::Text("x\n☎".to_owned()), Value::Bool(true), Value::Map(map), Value::List(vec![])];
    let item = Item::from([("list".to_owned(), Value::List(values.into()))]);
    put(store, Key::new(format!("{account}#C#1"), "CALL"), item.clone()).await;
    put(store, Key::new(format!("{account}#A#hour"), "a sum"), item.clone()).await;
    let connection = ConnectionId::from_parts(2, number);
    let at = resource::key(account, Kind::Connection, &connection);
    put(store, at, item.clone()).await;
    let document = "{}".to_owned();
    let pointed = pointer::encode_connection(&ConnectionPointer { account, document });
    put(store, pointer::connection_key(connection), pointed.clone()).await;
    put(store, trunk::key(connection), pointed).await;
    let digits = "+18005550111".parse().expect("a number");
    put(store, trunk::number_key(connection, &digits), trunk::encode_number()).await;
    put(store, pointer::number_key(connection, &digits), item).await;
    let digest = SecretDigest::of(secret.as_bytes());
    let key = KeyId::from_parts(3, 3);
    let document = ApiKey {
        name: "K".to_owned().try_into().expect("a name"),
        scopes: ["read".to_owned()].into(),
        digest: digest.clone(),
    };
    let scopes = document.scopes.clone();
    let saved = Resource { version: 1, created_at, updated_at: created_at, archived_at: None, document };
    put(store, resource::key(account, Kind::ApiKey, &key), resource::encode(&saved)).await;
    let pointer = KeyPointer { account, key, scopes };
    put(store, api_key::pointer_key(&digest), api_key::encode_pointer(&pointer)).await;
}

async fn exported(store: &MemoryStore, account: AccountId) -> String {
    let mut file = Vec::new();
    export(store, account, &mut file).await.expect("an export");
    String::from_utf8(file).expect("text")
}

async fn taken(store: &MemoryStore, file: &str) -> Result<Imported, String> {
    import(store, Cursor::new(file), |_, _| Ok(())).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn an_item_that_is_not_accepted_keeps_all_of_them_out() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    open(&from, 1, "one").await;
    let file = exported(&from, id(1)).await;
    let accepts = |key: &Key, _: &Item| match pointer::connection_of(key) {
        Some(connection) => Err(format!("not {connection}")),
        None => Ok(()),
    };
    let refused = import(&to, Cursor::new(file), accepts).await.expect_err("one is not accepted").to_string();
    assert!(refused.ends_with(&format!("not {}", ConnectionId::from_parts(2, 1))), "{refused}");
    assert_eq!(to.get(&account::key(id(1))).await, Ok(None));
}

#[tokio::test]
async fn what_was_moved_is_the_same_byte_for_byte_and_nothing_of_another_account() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    open(&from, 1, "one").await;
    let file = exported(&from, id(1)).await;
    assert_eq!(taken(&to, &file).await, Ok(Imported { account: id(1), items: 10 }));
    assert_eq!(exported(&to, id(1)).await, file);
    let [trunks, moved] =
        [list_trunks(&from).await, list_trunks(&to).await].map(|list| list.expect("trunks"));
    assert_eq!((&moved, moved[0].numbers.len()), (&trunks, 1), "relays are told the same");
    open(&from, 2, "two").await;
    assert!(!exported(&from, id(1)).await.contains(&id(2).to_string()));
    assert!(!file.contains("a sum"), "the new store's feed sums anew");
    let none = export(&to, id(2), Vec::new()).await.expect_err("it was not moved");
    assert!(matches!(none, ExportError::NoAccount(_)), "{none}");
}

#[tokio::test]
async fn the_first_account_stays_the_first_only_where_there_is_no_other() {
    let first = |number| {
        let first = FirstAccount { account: id(number), admin_key: Some(KeyId::from_parts(3, 3)) };
        account::encode_first(&first)
    };
    let (from, to, theirs) = (MemoryStore::new(), MemoryStore::new(), MemoryStore::new());
    open(&from, 1, "one").await;
    put(&from, account::first_key(), first(1)).await;
    let file = exported(&from, id(1)).await;
    taken(&to, &file).await.expect("it was not there");
    assert_eq!(exported(&to, id(1)).await, file);
    put(&theirs, account::first_key(), first(2)).await;
    taken(&theirs, &file).await.expect("it was not there");
    assert_eq!(theirs.get(&account::first_key()).await, Ok(Some(first(2).into())));
}

#[tokio::test]
async fn an_account_is_brought_once() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    open(&from, 1, "one").await;
    let file = exported(&from, id(1)).await;
    taken(&to, &file).await.expect("it was not there");
    let again = taken(&to, &file).await.expect_err("it is there");
    assert!(again.contains("is in this store already"), "{again}");
    assert_eq!(exported(&to, id(1)).await, file);
}

#[tokio::test]
async fn what_was_interrupted_goes_on_with_the_same_file_alone() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    open(&from, 1, "one").await;
    let file = exported(&from, id(1)).await;
    let end: line::End = serde_json::from_str(file.lines().last().expect("an end")).expect("an end");
    let marked = |sha256: &str| Item::from([("sha256".to_owned(), sha256.into())]);
    let key = Key::new(format!("{}#IMPORT", id(1)), "IMPORT");
    put(&to, key.clone(), marked("another")).await;
    assert!(taken(&to, &file).await.is_err());
    put(&to, key.clone(), marked(&end.sha256)).await;
    // It was interrupted at the very end.
    put(&to, account::key(id(1)), Item::from([("name".to_owned(), "Agency".into())])).await;
    taken(&to, &file).await.expect("it goes on");
    assert_eq!(exported(&to, id(1)).await, file);
    assert_eq!(to.get(&key).await, Ok(None));
}

#[tokio::test]
async fn a_key_that_lets_somebody_else_in_is_not_taken_over() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    open(&from, 1, "the same").await;
    let file = exported(&from, id(1)).await;
    let digest = SecretDigest::of(b"the same");
    let theirs = KeyPointer { account: id(2), key: KeyId::from_parts(4, 4), scopes: [].into() };
    put(&to, api_key::pointer_key(&digest), api_key::encode_pointer(&theirs)).await;
    let refused = taken(&to, &file).await.expect_err("the key is another's");
    assert!(refused.contains("leads to another account"), "{refused}");
    assert_eq!(to.get(&Key::new(format!("{}#C#1", id(1)), "CALL")).await, Ok(None), "nothing was written");
}

/// A file whose last line tells of the lines before it, whoever has changed them.
fn sealed(file: &str) -> String {
    let (before, _) = file.trim_end().rsplit_once('\n').expect("an end");
    let before = format!("{before}\n");
    let items = u64::try_from(before.lines().count() - 1).expect("few");
    let sha256 = export::hex(&Sha256::digest(&before));
    before + &line::Line::End(line::End { items, sha256 }).to_text().expect("text")
}

#[tokio::test]
async fn a_file_that_is_not_whole_or_was_changed_writes_nothing() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    open(&from, 1, "one").await;
    let file = exported(&from, id(1)).await;
    let lines: Vec<&str> = file.split_inclusive('\n').collect();
    let without = |left_out: usize| {
        let kept = lines.iter().enumerate().filter(|(index, _)| *index != left_out);
        kept.map(|(_, line)| *line).collect::<String>()
    };
    let twice = format!("{file}{}", lines[1]);
    let elsewhere = file.replacen(&format!("{}#C#1", id(1)), &format!("{}#C#1", id(2)), 1);
    let [own, theirs] = [1, 2].map(|number| ConnectionId::from_parts(2, number));
    let at_theirs = |before: &str| {
        assert!(file.contains(&format!("{before}{own}")), "{before}");
        sealed(&file.replacen(&format!("{before}{own}"), &format!("{before}{theirs}"), 1))
    };
    for (wrong, told) in [
        (String::new(), "begin with the head"),
        (without(0), "begin with the head"),
        (without(2), "tells of other lines"),
        (without(lines.len() - 1), "its last line is missing"),
        (
            file.replacen("\"version\":1", "\"version\":2", 1),
            "line 1: version 2: this release reads version 1",
        ),
        (file.replacen("-1.1", "-1.2", 1), "tells of other lines"),
        (file.replacen("\"-1.1\"", "\"eleven\"", 1), "\"eleven\" is no number"),
        (file.replacen("acc_", "con_", 1), "line 1: ringfall_account"),
        (elsewhere, "is not of acc_"),
        (at_theirs("\"N#"), "+18005550111 is not of acc_"),
        (at_theirs("\"C#"), "is not of acc_"),
        (at_theirs("S#trunks\",\"sk\":\""), "is not of acc_"),
        (file.replacen("{\"S\"", "{\"B\"", 1), "expected the head, an item or the end"),
        (file[..file.len() - 1].to_owned(), "a line does not end"),
        (twice, "goes on behind its end"),
    ] {
        let refused = taken(&to, &wrong).await.expect_err(told);
        assert!(refused.contains(told), "{refused}");
        assert_eq!(to.get(&account::key(id(1))).await, Ok(None));
    }
}
