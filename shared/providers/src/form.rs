//! The fields of a form, as several providers send them.

use std::borrow::Cow;

use http::{Method, header::CONTENT_TYPE};
use url::form_urlencoded;

use crate::webhook::WebhookRequest;

/// A decoded field: its name and its value.
pub(crate) type Field<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The fields of one webhook, in the order in which they came. A name may come twice.
///
/// What is signed and what is read are the same fields, made by the same functions: a body that was not signed, such
/// as one of another content type, has none. Text that is not UTF-8 is decoded with replacement characters.
#[derive(Debug)]
pub(crate) struct Fields<'a>(Vec<Field<'a>>);

impl<'a> Fields<'a> {
    /// The fields that say what happened: of the query in a `GET`, of the form in the body in any other request.
    pub(crate) fn of(request: &WebhookRequest<'a>) -> Self {
        if request.method == Method::GET { Self::of_query(request.url) } else { Self::of_body(request) }
    }

    /// The fields of the form in the body; none in a `GET` or if the body is something else.
    pub(crate) fn of_body(request: &WebhookRequest<'a>) -> Self {
        if request.method != Method::GET && has_form(request) {
            Self(form_urlencoded::parse(request.body).collect())
        } else {
            Self(Vec::new())
        }
    }

    /// The fields of a URL's query.
    pub(crate) fn of_query(url: &'a str) -> Self {
        Self(form_urlencoded::parse(query(url).as_bytes()).collect())
    }

    /// The first field of a name, without the spaces around it; none if it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(field, _)| field == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// Every field once, sorted by name, then by value, each by code point.
    pub(crate) fn sorted_and_unique(self) -> Vec<Field<'a>> {
        let mut fields = self.0;
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}

/// A URL's query, without a fragment; empty if there is none.
pub(crate) fn query(url: &str) -> &str {
    let url = without_fragment(url);
    url.split_once('?').map_or("", |(_, query)| query)
}

/// A URL without its fragment, which no client sends.
pub(crate) fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(url, _)| url)
}

fn has_form(request: &WebhookRequest<'_>) -> bool {
    let content_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or("");
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
