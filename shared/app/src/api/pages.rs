//! Lists in pages: `limit` and an opaque `cursor`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use ringfall_domain::ids::AccountId;
use ringfall_store::records::idempotency::RequestDigest;
use serde::Serialize;
use utoipa::{
    ToSchema,
    openapi::{
        ObjectBuilder, RefOr, Schema,
        schema::{ArrayBuilder, Type},
    },
};

use super::{
    openapi::{Endpoint, object, optional, text},
    problem::{ProblemKind, Refusal},
    query::Query,
};

const MOST: usize = 100;
const DEFAULT: usize = 50;
/// Hexadecimal digits of a cursor's check.
const CHECK_LENGTH: usize = 16;
/// Longer than any place.
const MOST_CURSOR_CHARACTERS: usize = 1_024;

/// Which list, and with which filters: a cursor goes on in the list that it came from, and in no other.
pub(super) struct List {
    account: AccountId,
    name: String,
}

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PageRequest {
    /// How many at most.
    pub(super) limit: usize,
    /// The place to go on from, as the store names it.
    pub(super) after: Option<String>,
}

/// Some of a list.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    /// The newest first.
    pub(super) data: Vec<T>,
    /// Give it as `cursor` to go on; null at the end.
    pub(super) next_cursor: Option<String>,
}

impl Endpoint {
    /// The `limit` and `cursor` of a list.
    pub(super) fn pages(self) -> Self {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(MOST))
            .default(Some(DEFAULT.into()));
        self.query("limit", limit, "How many at most.").query(
            "cursor",
            text(),
            "The `next_cursor` of the page before.",
        )
    }

    /// The page that it replies with.
    pub(super) fn replies_page<T: ToSchema>(mut self) -> Self {
        let item = self.schema_of::<T>();
        self.replies_page_of(&T::name(), item)
    }

    /// The page that it replies with, where no type has its items' schema.
    pub(super) fn replies_page_of(mut self, name: &str, item: RefOr<Schema>) -> Self {
        let next = optional(text().description(Some("Give it as `cursor` to go on; null at the end.")));
        let page = object()
            .property("data", ArrayBuilder::new().items(item))
            .required("data")
            .property("next_cursor", next)
            .required("next_cursor");
        let page = self.named_schema(format!("{name}Page"), RefOr::T(page.into()));
        self.replies_schema(StatusCode::OK, "The newest first.", page)
    }
}

impl List {
    /// A list, named with the filters that it was asked for with.
    pub(super) fn new(account: AccountId, name: impl Into<String>) -> Self {
        Self { account, name: name.into() }
    }

    /// Reads `limit` and `cursor`.
    pub(super) fn page(&self, query: &mut Query) -> Result<PageRequest, Refusal> {
        let limit = query.take::<usize>("limit")?.unwrap_or(DEFAULT);
        if !(1..=MOST).contains(&limit) {
            let message = format!("expected a whole number from 1 to {MOST}");
            return Err(Refusal::of_field(ProblemKind::Malformed, "limit", message));
        }
        let cursor = query.take::<String>("cursor")?;
        let after = cursor.map(|cursor| self.place(&cursor)).transpose()?;
        Ok(PageRequest { limit, after })
    }

    /// The cursor that goes on from a place.
    pub(super) fn cursor(&self, place: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}{place}", self.check(place)))
    }

    fn place(&self, cursor: &str) -> Result<String, Refusal> {
        let known = || {
            let decoded =
                URL_SAFE_NO_PAD.decode(Some(cursor).filter(|c| c.len() <= MOST_CURSOR_CHARACTERS)?).ok()?;
            let text = String::from_utf8(decoded).ok()?;
            let (check, place) = text.split_at_checked(CHECK_LENGTH)?;
            (!place.is_empty() && check == self.check(place)).then(|| place.to_owned())
        };
        known().ok_or_else(|| {
            let message = "expected the `next_cursor` of an earlier page of this list, with the same filters";
            Refusal::of_field(ProblemKind::Malformed, "cursor", message)
        })
    }

    /// Not a secret: whoever makes a cursor up sees nothing but their own account. It tells a mistake from a place.
    fn check(&self, place: &str) -> String {
        let account = self.account.to_string();
        let digest = RequestDigest::of(&[account.as_bytes(), self.name.as_bytes(), place.as_bytes()]);
        digest.to_string().chars().take(CHECK_LENGTH).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(account: u64, name: &str) -> List {
        List::new(AccountId::from_parts(account, 1), name)
    }

    #[test]
    fn a_cursor_leads_back_to_its_place_in_its_own_list_alone() {
        let cursor = list(1, "buyers").cursor("buy_1");
        assert_eq!(list(1, "buyers").place(&cursor), Ok("buy_1".to_owned()));
        for other in [list(2, "buyers"), list(1, "targets"), list(1, "buyers?archived=true")] {
            assert!(other.place(&cursor).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_tampered_cursor_is_refused(place in "[ -~]{1,60}", at in 0_usize..100, to in "[A-Za-z0-9_=é-]") {
            let cursor = list(1, "buyers").cursor(&place);
            let at = at % cursor.len();
            let tampered = format!("{}{to}{}", &cursor[..at], &cursor[at + 1..]);
            prop_assert!(tampered == cursor || list(1, "buyers").place(&tampered).is_err());
        }

        #[test]
        fn a_cursor_of_anything_is_refused(cursor in ".{0,200}") {
            prop_assert!(list(1, "buyers").place(&cursor).is_err());
        }
    }
}
