//! Several requests that share a commit.

use tempfile::TempDir;

use super::*;
use crate::{
    engines::sqlite::schema::open_writer,
    port::{Item, Value, Write},
};

struct Opened {
    transaction: Transaction,
    _folder: TempDir,
}

fn open() -> Opened {
    let folder = TempDir::new().expect("a folder");
    let connection = open_writer(&folder.path().join("store")).expect("the folder is new");
    let transaction = Transaction::on(connection, |_| true).expect("the store is new");
    Opened { transaction, _folder: folder }
}

fn key() -> Key {
    Key::new("p", "s")
}

fn item(number: u32) -> Item {
    Item::from([("n".to_owned(), Value::from(number))])
}

/// What a request makes of the item: puts a number, or deletes it.
type Step = Option<u32>;

impl Opened {
    /// Requests one after the other, and one commit.
    fn commit(&mut self, steps: &[Step]) {
        self.transaction.begin().expect("none is under way");
        steps.iter().for_each(|step| self.step(*step));
        self.transaction.commit().expect("a commit");
    }

    fn step(&mut self, step: Step) {
        let write = match step {
            Some(number) => Write::Put { key: key(), item: item(number), condition: None },
            None => Write::Delete { key: key(), condition: None },
        };
        items::write(&mut self.transaction, vec![write]).expect("nothing stands against it");
    }

    fn rows(&self) -> u32 {
        let count = "SELECT count(*) FROM items";
        self.transaction.connection.query_row(count, [], |row| row.get(0)).expect("a count")
    }

    fn on_disk(&self) -> Option<Item> {
        let known = items::find(&self.transaction.connection, &key()).expect("it can be read");
        known.map(|stored| Item::clone(&stored.item))
    }

    /// From what to what, as the file has it.
    fn changes(&self) -> Vec<(Option<Item>, Option<Item>)> {
        let changes = changes::read(&self.transaction.connection, Serial(0), 100).expect("they can be read");
        let image = |image: &Option<SharedItem>| image.as_deref().cloned();
        changes.iter().map(|change| (image(&change.old), image(&change.new))).collect()
    }
}

#[test]
fn what_changes_several_times_is_written_as_it_is_last_and_each_change_is_told() {
    for before in [None, Some(0)] {
        for steps in [
            &[Some(1), Some(2)][..],
            &[Some(1), None],
            &[None, Some(1)],
            &[Some(1), None, Some(2)],
            &[None, Some(1), None],
        ] {
            let mut opened = open();
            opened.commit(&[before]);
            opened.commit(steps);
            let last = steps.last().copied().flatten();
            assert_eq!(opened.on_disk(), last.map(item), "{before:?}, then {steps:?}");
            assert_eq!(opened.rows(), u32::from(last.is_some()), "{before:?}, then {steps:?}");
            let numbers: Vec<Step> = [None, before].into_iter().chain(steps.iter().copied()).collect();
            let told: Vec<_> =
                numbers.windows(2).map(|pair| (pair[0].map(item), pair[1].map(item))).collect();
            let told: Vec<_> = told.into_iter().filter(|(old, new)| old != new).collect();
            assert_eq!(opened.changes(), told, "{before:?}, then {steps:?}");
            // The row that it has by now is known.
            opened.commit(&[Some(9)]);
            assert_eq!((opened.on_disk(), opened.rows()), (Some(item(9)), 1), "{before:?}, then {steps:?}");
        }
    }
}

#[test]
fn what_is_taken_back_was_never_there() {
    let mut opened = open();
    opened.commit(&[Some(1)]);
    opened.transaction.begin().expect("none is under way");
    opened.step(None);
    opened.step(Some(2));
    opened.transaction.roll_back();
    assert_eq!(opened.on_disk(), Some(item(1)));
    opened.commit(&[Some(3)]);
    assert_eq!(opened.changes(), [(None, Some(item(1))), (Some(item(1)), Some(item(3)))]);
}

#[test]
fn changes_are_forgotten_that_came_in_the_same_transaction() {
    let mut opened = open();
    opened.transaction.begin().expect("none is under way");
    opened.step(Some(1));
    assert!(!opened.transaction.forget(Serial(u64::MAX)).expect("they can be forgotten"));
    opened.step(Some(2));
    opened.transaction.commit().expect("a commit");
    assert_eq!(opened.changes(), [(Some(item(1)), Some(item(2)))]);
}
