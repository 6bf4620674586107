//! The values of the settings, each with a sentence for what it should be.

use std::net::SocketAddr;

use url::Url;

use crate::serve::{AdminKey, logs::Format};

pub(super) fn listen(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:8080")
}

/// Only what can stand before `/webhooks/…` as providers sign it.
pub(super) fn public_url(text: &str) -> Result<Url, &'static str> {
    let is_base = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    Url::parse(text).ok().filter(is_base).ok_or(
        "expected an http or https URL without user, query and fragment, such as https://calls.example.com",
    )
}

/// Which engine keeps the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    Sqlite,
    DynamoDb,
}

pub(super) fn store(text: &str) -> Result<Store, &'static str> {
    match text {
        "sqlite" => Ok(Store::Sqlite),
        "dynamodb" => Ok(Store::DynamoDb),
        _ => Err("expected sqlite or dynamodb"),
    }
}

/// DynamoDB's rule for names of tables.
pub(super) fn table(text: &str) -> Result<String, &'static str> {
    let is_name = (3..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    is_name.then(|| text.to_owned()).ok_or("expected 3 to 255 letters, digits, dots, dashes and underscores")
}

/// SQS' rule for names of queues, or a URL.
pub(super) fn queue(text: &str) -> Result<String, &'static str> {
    let is_name = (1..=80).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let is_url =
        || Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    (is_name || is_url())
        .then(|| text.to_owned())
        .ok_or("expected up to 80 letters, digits, dashes and underscores, or the URL of a queue")
}

pub(super) fn log_format(text: &str) -> Result<Format, &'static str> {
    match text {
        "json" => Ok(Format::Json),
        "text" => Ok(Format::Text),
        _ => Err("expected json or text"),
    }
}

/// A key travels in a header, which takes no control characters and drops spaces at its ends.
pub(super) fn admin_key(text: &str) -> Result<AdminKey, &'static str> {
    let is_sendable = |text: &str| !text.chars().any(char::is_control) && text.trim() == text;
    let is_long = |text: &str| text.chars().count() >= AdminKey::LEAST_CHARACTERS;
    Some(text).filter(|text| is_long(text) && is_sendable(text)).map(AdminKey::new).ok_or(
        "expected 32 characters or more, without control characters, not beginning or ending with a space",
    )
}
