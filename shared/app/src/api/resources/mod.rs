//! What an account configures: seven kinds of documents, created, read, listed, replaced, patched and archived alike.

mod blocked_callers;
mod buyers;
mod campaigns;
mod connections;
mod endpoints;
mod handlers;
mod numbers;
mod outside;
mod publishers;
mod shown;
mod targets;
mod warned;

use ringfall_domain::{
    config::{BlockedCaller, Buyer, Campaign, Publisher, Target, TrackingNumber},
    ids::{AccountId, ConnectionId},
    problem::Problem,
};
use ringfall_store::{
    port::StoreError,
    protocols::save::{Save, Saved, Wish},
    records::{
        idempotency::Seed,
        resource::{Configured, Kind},
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::{PartialSchema, ToSchema, openapi::schema::Object};
use utoipa_axum::router::OpenApiRouter;

#[cfg(test)]
pub(super) use self::connections::SECRETS;
use self::{outside::Outside, shown::Shown};
use super::{
    Shared,
    auth::Caller,
    body::{Tree, read_all},
    problem::{FieldError, Refusal},
};
use crate::{connection::Connection, platform::Platform};

/// A kind of document as the API serves it.
pub(super) trait Resource: Save + Configured<Id: PartialSchema> + ToSchema {
    /// What is read from a body.
    type Input: DeserializeOwned + Into<Self> + Send + 'static;
    /// What is shown besides id, times and version.
    type Fields: Serialize + Send;

    /// The collection's path: `buyers`.
    const PATH: &'static str;
    /// The type's name in the description: `Buyer`.
    const NAME: &'static str;
    /// Members that are checked together: what is wrong with one may be another's fault.
    const TIED: &'static [&'static str] = &[];

    /// The id of a new one.
    fn id(seed: Seed) -> Self::Id;

    /// A document that can be sent.
    fn example() -> Value;

    /// Whether a document that replaces another leaves a part of it as it was.
    const KEEPS: bool = false;

    /// The document with what the platform keeps, or makes up, where it was left out.
    fn completed(self, _before: Option<&Self>, _platform: &Platform) -> (Self, MadeUp) {
        (self, MadeUp::Nothing)
    }

    /// The document as its author has given it: without what the platform keeps beside.
    fn given(&self) -> Value {
        serde_json::to_value(self).expect("a document always serialises")
    }

    /// The document in the place of another one: with what stays of that.
    fn following(self, _before: &Self, _platform: &Platform) -> Self {
        self
    }

    /// The document as it is to be kept.
    fn sealed(
        self,
        _id: Self::Id,
        _platform: &Platform,
    ) -> impl Future<Output = Result<Self, StoreError>> + Send {
        std::future::ready(Ok(self))
    }

    /// A document that was kept, as it was given.
    fn opened(
        self,
        _id: Self::Id,
        _platform: &Platform,
    ) -> impl Future<Output = Result<Self, StoreError>> + Send {
        std::future::ready(Ok(self))
    }

    /// What is shown of it in the one reply to the request for which a secret was made up.
    fn shown_once(&self) -> Option<Value> {
        None
    }

    /// What is wrong with it beyond what reading refuses.
    fn problems(&self, platform: &Platform) -> Vec<Problem>;

    /// What the world says of it as it is now: the account's other documents, and what is fetched.
    fn look_outside(
        &self,
        _platform: &Platform,
        _account: AccountId,
        _id: Self::Id,
    ) -> impl Future<Output = Result<Outside, StoreError>> + Send {
        std::future::ready(Ok(Outside::default()))
    }

    /// What is shown of it.
    fn fields(self, id: Self::Id, platform: &Platform) -> Self::Fields;

    /// What its author should know of it beside the account's other documents, as they stand.
    fn warnings_beside(
        &self,
        _platform: &Platform,
        _account: AccountId,
        _id: Self::Id,
    ) -> impl Future<Output = Result<Vec<Problem>, StoreError>> + Send {
        std::future::ready(Ok(Vec::new()))
    }

    /// Adds warnings to what is shown.
    fn warn(_fields: &mut Self::Fields, _warnings: Vec<Problem>) {}

    /// What is shown of it beyond the document.
    fn further_fields() -> Option<Object> {
        None
    }

    /// The connection that this process may have cached.
    fn cached_connection(_id: Self::Id) -> Option<ConnectionId> {
        None
    }
}

/// What the platform has made up of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MadeUp {
    /// Nothing.
    Nothing,
    /// A secret, which is shown once.
    Secret,
}

/// The endpoints of all kinds.
pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    [
        endpoints::of::<Connection>(platform),
        endpoints::of::<Publisher>(platform),
        endpoints::of::<Buyer>(platform),
        endpoints::of::<Target>(platform),
        endpoints::of::<Campaign>(platform),
        endpoints::of::<TrackingNumber>(platform),
        endpoints::of::<BlockedCaller>(platform),
    ]
    .into_iter()
    .fold(OpenApiRouter::default(), OpenApiRouter::merge)
}

/// The id in a path. Whatever is no id names nothing.
fn parse_id<R: Resource>(text: &str) -> Result<R::Id, Refusal> {
    text.parse().map_err(|_| Refusal::not_found(R::KIND.as_str(), text))
}

/// Reads a document, and refuses one that must not be saved with all that is wrong with it. Where a part cannot be read, what is said of it and of
/// those that are checked together with it would be said of something else, and is left out.
fn read_document<R: Resource>(
    body: Tree,
    before: Option<&R>,
    platform: &Platform,
) -> Result<(R, MadeUp), Refusal> {
    let reading = read_all::<R::Input>(body, &R::example());
    let touches_tied = R::TIED.iter().any(|member| reading.touched.contains(*member));
    let is_told = |problem: &Problem| {
        let member = problem.path.split(['.', '[']).next().unwrap_or_default();
        let depends_on_touched = touches_tied && R::TIED.contains(&member);
        !(depends_on_touched || reading.touched.contains(member))
    };
    let document = reading.document.map(|input| R::completed(input.into(), before, platform));
    let problems = document.iter().flat_map(|(document, _)| document.problems(platform)).filter(is_told);
    let checked = problems.map(|problem| FieldError::new(&problem.path, &problem.message));
    let mut faults = reading.faults;
    faults.extend(checked);
    document.filter(|_| faults.is_empty()).ok_or_else(|| Refusal::of_fields(faults))
}

/// Refuses a document that must not be saved as everything else is now.
///
/// # Returns
/// What its author should know although it may be saved.
async fn check_outside<R: Resource>(
    wish: &Wish<R>,
    platform: &Platform,
    account: AccountId,
    id: R::Id,
) -> Result<Vec<Problem>, Refusal> {
    match wish {
        Wish::Create(document) | Wish::Replace { document, .. } => {
            let Outside { problems, warnings } = document.look_outside(platform, account, id).await?;
            if problems.is_empty() { Ok(warnings) } else { Err(Refusal::of_document(problems)) }
        }
        Wish::Archive { .. } => Ok(Vec::new()),
    }
}

/// A change holds at once in this process; in others once their caches have run out.
async fn forget_cached<R: Resource>(platform: &Platform, caller: &Caller, id: R::Id, saved: &Saved<R>) {
    let campaigns: Vec<_> = saved.plans.iter().map(|campaign| (caller.account, *campaign)).collect();
    let connections: Vec<_> = R::cached_connection(id).into_iter().collect();
    platform.forget(&campaigns, &connections).await;
    if R::KIND == Kind::BlockedCaller {
        platform.forget_block_list(caller.account).await;
    }
    if R::KIND == Kind::Number {
        platform.forget_numbers();
    }
    platform.forget_queues();
}
