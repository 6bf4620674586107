//! Several writes at once: all or none.

use std::sync::Arc;

use ringfall_store::port::{Condition, Item, Path, Update, Write, Written};

use super::{
    Engine, cases,
    requests::{check, decimal, delete, is_invalid, item, key, number, put, put_if, update, update_if},
};

cases![
    several_writes_of_every_kind_happen_together,
    one_refusal_refuses_all,
    every_refusal_is_told_in_its_place,
    a_check_holds_the_others_back,
    one_invalid_write_fails_all,
    an_item_may_be_named_once,
    a_hundred_writes_happen_and_no_more,
    nothing_is_no_request,
];

fn n(digits: &str) -> Item {
    item([("n", number(digits))])
}

fn add_one() -> Vec<Update> {
    vec![Update::Add("n".into(), decimal("1"))]
}

fn exists() -> Condition {
    Condition::Exists("n".into())
}

async fn several_writes_of_every_kind_happen_together(engine: Engine) {
    for sort in ["update", "delete", "check"] {
        engine.write_one(put(sort, n("1"))).await;
    }
    let delete = Write::Delete { key: key("delete"), condition: Some(exists()) };
    let writes =
        vec![put("put", n("9")), update_if("update", add_one(), exists()), delete, check("check", exists())];
    let written = engine.write(writes).await;
    let expected = [Some(n("9")), Some(n("2")), None, Some(n("1"))].map(|item| item.map(Arc::new));
    assert_eq!(written.len(), expected.len());
    for (written, expected) in written.into_iter().zip(&expected) {
        assert!(written == Written::Unknown || written == Written::Now(expected.clone()), "{written:?}");
    }
    let found = engine.table.get_many(&["put", "update", "delete", "check"].map(key)).await;
    assert_eq!(found, Ok(expected.to_vec()));
}

async fn one_refusal_refuses_all(engine: Engine) {
    engine.write_one(put("1", n("1"))).await;
    let refused =
        engine.refused(vec![update("1", add_one()), delete("2"), put_if("3", n("9"), exists())]).await;
    assert_eq!(refused, [None, None, Some(None)]);
    assert_eq!(
        engine.table.get_many(&["1", "2", "3"].map(key)).await,
        Ok(vec![Some(n("1").into()), None, None])
    );
}

async fn every_refusal_is_told_in_its_place(engine: Engine) {
    engine.write_one(put("2", n("2"))).await;
    engine.write_one(put("4", n("4"))).await;
    let absent = || Condition::Absent("n".into());
    let writes = vec![
        put_if("1", n("9"), absent()),
        put_if("2", n("9"), absent()),
        update_if("3", add_one(), exists()),
        check("4", Condition::All(vec![exists(), absent()])),
        delete("5"),
    ];
    let refused = engine.refused(writes).await;
    assert_eq!(refused, [None, Some(Some(n("2"))), Some(None), Some(Some(n("4"))), None]);
    assert_eq!(engine.get("1").await, None);
}

async fn a_check_holds_the_others_back(engine: Engine) {
    let refused = engine.refused(vec![put("1", n("1")), check("2", exists())]).await;
    assert_eq!(refused, [None, Some(None)]);
    assert_eq!(engine.get("1").await, None);
    engine.write(vec![put("1", n("1")), check("2", Condition::Absent("n".into()))]).await;
    assert_eq!(engine.get("1").await, Some(n("1")));
    assert_eq!(engine.get("2").await, None);
}

async fn one_invalid_write_fails_all(engine: Engine) {
    let nested = Update::Set(Path::of(["none", "x"]), number("1"));
    let found = engine.table.write(vec![put("1", n("1")), update("2", vec![nested])]).await;
    assert!(is_invalid(&found), "{found:?}");
    let found = engine.table.write(vec![put("1", n("1")), update("2", vec![])]).await;
    assert!(is_invalid(&found), "{found:?}");
    assert_eq!(engine.table.get_many(&["1", "2"].map(key)).await, Ok(vec![None, None]));
}

async fn an_item_may_be_named_once(engine: Engine) {
    let table = [
        vec![put("1", n("1")), put("1", n("2"))],
        vec![put("1", n("1")), put("2", n("2")), check("1", Condition::Absent("n".into()))],
        vec![update("1", add_one()), delete("1")],
    ];
    for writes in table {
        let found = engine.table.write(writes).await;
        assert!(is_invalid(&found), "{found:?}");
    }
    assert_eq!(engine.table.get_many(&["1", "2"].map(key)).await, Ok(vec![None, None]));
}

async fn a_hundred_writes_happen_and_no_more(engine: Engine) {
    let puts = |count: usize| (0..count).map(|place| put(&format!("{place:03}"), n("1"))).collect::<Vec<_>>();
    assert!(is_invalid(&engine.table.write(puts(101)).await));
    assert_eq!(engine.get("000").await, None);
    assert_eq!(engine.write(puts(100)).await.len(), 100);
    assert_eq!(engine.get("099").await, Some(n("1")));
}

async fn nothing_is_no_request(engine: Engine) {
    assert!(is_invalid(&engine.table.write(vec![]).await));
}
