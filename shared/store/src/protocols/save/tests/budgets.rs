use ringfall_domain::{
    call::{Leg, LegEnd, LegFact, Stamp, event::EndCause},
    money::Money,
    problem::Problem,
};

use super::super::SaveError;
use super::kit::{buyer, buyer_id, create, replace, target, target_id};
use crate::{
    engines::memory::MemoryStore,
    fixtures::{at, call, capacity, leg},
    protocols::{
        arrive::arrive,
        release::release,
        reserve::{Request, Reserved, reserve},
    },
};

struct Books {
    store: MemoryStore,
    calls: u128,
}

impl Books {
    async fn open(budget: Option<&str>) -> Self {
        let store = MemoryStore::new();
        create(&store, buyer_id(1), buyer(budget)).await.expect("a buyer");
        create(&store, target_id(1), target(buyer_id(1), "Desk")).await.expect("a target");
        Self { store, calls: 0 }
    }

    async fn set_budget(&self, budget: Option<&str>) {
        replace(&self.store, buyer_id(1), buyer(budget)).await.expect("a buyer");
    }

    /// Reserves 45.00 for a new call.
    async fn reserve(&mut self) -> (ringfall_domain::call::Call, Leg) {
        self.calls += 1;
        let call = arrive(&self.store, &call(self.calls)).await.expect("a call");
        let (known, leg) = (capacity(&self.store).await, leg(1));
        let request = Request {
            call: &call,
            is_stored: true,
            leg: &leg,
            expires_at: at(60),
            known: &known,
            rulings: &[],
            caller: None,
            takes_out: None,
        };
        assert_eq!(reserve(&self.store, &request).await, Ok(Reserved::Held));
        (call, leg)
    }

    async fn give_back(&self, (call, mut leg): (ringfall_domain::call::Call, Leg)) {
        let stamp = Stamp { arrived_at: at(9), occurred_at: None };
        leg.learn(LegFact::Ended(LegEnd { stamp, cause: EndCause::NoAnswer, duration_seconds: None }));
        release(&self.store, &call, &leg, at(9)).await.expect("a release");
    }

    async fn left(&self) -> Option<String> {
        capacity(&self.store).await.available.as_ref().map(Money::to_string)
    }
}

#[tokio::test]
async fn a_changed_budget_changes_what_is_left_by_the_difference() {
    let mut books = Books::open(Some("100.00")).await;
    let held = books.reserve().await;
    books.set_budget(Some("300.00")).await;
    assert_eq!(books.left().await.as_deref(), Some("255.00"));
    books.set_budget(Some("50.00")).await;
    assert_eq!(books.left().await.as_deref(), Some("5.00"));
    books.give_back(held).await;
    assert_eq!(books.left().await.as_deref(), Some("50.00"));
}

#[tokio::test]
async fn a_budget_below_what_is_spent_and_held_is_refused_with_the_figure() {
    let mut books = Books::open(Some("100.00")).await;
    let held = books.reserve().await;
    let message = "45.00 are spent or held by calls in flight: the budget cannot be less";
    let refused = Err(SaveError::Invalid(vec![Problem::new("budget", message)]));
    let cut = replace(&books.store, buyer_id(1), buyer(Some("44.99"))).await;
    assert_eq!(cut.map(drop), refused);
    books.set_budget(Some("45.00")).await;
    assert_eq!(books.left().await.as_deref(), Some("0.00"));
    books.set_budget(None).await;
    let new = replace(&books.store, buyer_id(1), buyer(Some("44.99"))).await;
    assert_eq!(new.map(drop), refused);
    books.give_back(held).await;
    books.set_budget(Some("44.99")).await;
    assert_eq!(books.left().await.as_deref(), Some("44.99"));
}

#[tokio::test]
async fn a_budget_set_during_calls_is_whole_once_they_gave_their_money_back() {
    let mut books = Books::open(None).await;
    let held = [books.reserve().await, books.reserve().await];
    assert_eq!(books.left().await, None);
    books.set_budget(Some("100.00")).await;
    assert_eq!(books.left().await.as_deref(), Some("10.00"));
    for held in held {
        books.give_back(held).await;
    }
    assert_eq!(books.left().await.as_deref(), Some("100.00"));
}

#[tokio::test]
async fn a_budget_that_is_taken_away_and_set_again_is_whole() {
    let mut books = Books::open(Some("100.00")).await;
    let held = books.reserve().await;
    books.set_budget(None).await;
    assert_eq!(books.left().await, None);
    books.give_back(held).await;
    books.set_budget(Some("80.00")).await;
    assert_eq!(books.left().await.as_deref(), Some("80.00"));
}
