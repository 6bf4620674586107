//! What stands in a request's address: the id in its path, and the parameters of its query, each read once, all of them
//! known.

use std::{fmt::Display, str::FromStr};

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use url::form_urlencoded;

use super::problem::{ProblemKind, Refusal};

/// The `{id}` in a path, whatever text it is.
pub(super) struct PathId(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id))
            .map_err(|_| Refusal::new(ProblemKind::NotFound, "the path holds an id that is no text"))
    }
}

/// The parameters that were not read yet.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// A parameter, if it is there.
    ///
    /// # Errors
    /// Names the parameter: it does not read as it should, or is given twice.
    pub(super) fn take<T>(&mut self, name: &str) -> Result<Option<T>, Refusal>
    where
        T: FromStr,
        T::Err: Display,
    {
        let of_this =
            |error: &dyn Display| Refusal::of_field(ProblemKind::Malformed, name, error.to_string());
        let (taken, rest) = std::mem::take(&mut self.0).into_iter().partition(|(key, _)| key == name);
        self.0 = rest;
        let taken: Vec<(String, String)> = taken;
        match taken.as_slice() {
            [] => Ok(None),
            [(_, value)] => value.parse().map(Some).map_err(|error| of_this(&error)),
            _ => Err(of_this(&"is given more than once")),
        }
    }

    /// Refuses what was not read: a misspelt filter must not be taken for none.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(64).collect();
                Err(Refusal::of_field(ProblemKind::Malformed, name, "there is no such parameter"))
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn query(text: &str) -> Query {
        let request = http::Request::get(format!("/x?{text}")).body(()).expect("a request");
        let (mut parts, ()) = request.into_parts();
        Query::from_request_parts(&mut parts, &()).await.expect("a query")
    }

    fn field(refusal: &Refusal) -> String {
        format!("{refusal:?}")
    }

    #[tokio::test]
    async fn parameters_are_taken_once_and_none_is_left_over() {
        let mut parameters = query("limit=5&from=a%20b").await;
        assert_eq!(parameters.take::<u8>("limit"), Ok(Some(5)));
        assert_eq!(parameters.take::<u8>("limit"), Ok(None));
        assert_eq!(parameters.take::<String>("from"), Ok(Some("a b".to_owned())));
        assert_eq!(parameters.finish(), Ok(()));
    }

    #[tokio::test]
    async fn what_is_wrong_is_named() {
        for text in ["limit=x", "limit=256", "limit=", "limit", "limit=1&limit=2", "limit=%FF"] {
            let refusal = query(text).await.take::<u8>("limit").expect_err(text);
            assert!(field(&refusal).contains("field: \"limit\""), "{text}: {refusal:?}");
        }
        let refusal = query("limti=1").await.finish().expect_err("a parameter that there is not");
        assert!(field(&refusal).contains("field: \"limti\""), "{refusal:?}");
    }
}
