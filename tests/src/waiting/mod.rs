//! The queue as anybody would keep it on paper: a sorted list and a few counters. Whatever is done, and however often it is repeated,
//! the store must agree with it on who stands where, and on who holds a slot.

mod desk;
mod list;
mod operation;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use proptest::{
    collection::vec,
    test_runner::{Config, TestCaseError, TestRunner},
};
use ringfall_domain::ids::AccountId;
use ringfall_store::port::Table;
use tokio::{runtime::Handle, task::block_in_place};

use self::{desk::Desk, list::List, operation::operation};

/// Operations of one run, at most.
const MOST_OPERATIONS: usize = 40;

/// Has the store and the list do the same random operations, in so many runs, each in an account of its own. To be called from a runtime of
/// several threads.
///
/// # Panics
/// With the shortest sequence after which they differ.
pub fn agrees_with_the_list(table: &Arc<dyn Table>, runs: u32) {
    let accounts = AtomicU64::new(1);
    let config = Config { cases: runs, failure_persistence: None, ..Config::default() };
    let agreed = TestRunner::new(config).run(&vec(operation(), 1..MOST_OPERATIONS), |operations| {
        let account = AccountId::from_parts(accounts.fetch_add(1, Ordering::Relaxed), 1);
        block_in_place(|| Handle::current().block_on(run(table, account, operations)))
    });
    assert!(agreed.is_ok(), "{}", agreed.err().map(|error| error.to_string()).unwrap_or_default());
}

async fn run(
    table: &Arc<dyn Table>,
    account: AccountId,
    operations: Vec<operation::Operation>,
) -> Result<(), TestCaseError> {
    let fail = |error: anyhow::Error| TestCaseError::fail(format!("{error:#}"));
    let mut desk = Desk::open(table.clone(), account).await.map_err(fail)?;
    let mut list = List::default();
    for (step, operation) in operations.into_iter().enumerate() {
        let (did, expected) =
            (desk.perform(step, &operation).await.map_err(fail)?, list.perform(step, &operation));
        if did != expected {
            return Err(TestCaseError::fail(format!("{step}: {operation:?} came to {did}, not {expected}")));
        }
        let (stands, expected) = (desk.standing().await.map_err(fail)?, list.standing());
        if stands != expected {
            let message = format!("{step}: after {operation:?} the line is\n{stands:#?}, not\n{expected:#?}");
            return Err(TestCaseError::fail(message));
        }
    }
    Ok(())
}
