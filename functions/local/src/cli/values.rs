//! The values of the settings, each with a sentence for what it should be.

use std::net::{IpAddr, SocketAddr};

use ringfall_domain::ids::AccountId;
use ringfall_providers::relay::text::Secret;
use ringfall_store::engines::dynamodb;
use url::Url;

use crate::serve::{AdminKey, Sip, logs::Format};

pub(super) fn listen(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:8080")
}

pub(super) fn account(text: &str) -> Result<AccountId, &'static str> {
    text.parse().map_err(|_| "expected the id of an account, such as acc_01JZ8Q4V7N0000000000000000")
}

/// Where SIP is taken.
pub(super) fn sip(text: &str) -> Result<Sip, &'static str> {
    match text {
        "off" => Ok(Sip::Off),
        _ => text
            .parse()
            .map(Sip::At)
            .map_err(|_| "expected an IP address and a port, such as 127.0.0.1:5060, or off"),
    }
}

pub(super) fn ip(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| "expected an IP address, such as 203.0.113.7")
}

pub(super) fn relay_secret(text: &str) -> Result<Secret, &'static str> {
    text.parse().map_err(|_| "expected 16 to 256 printable characters without spaces")
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

/// SQS' rule for names of queues, or a URL.
pub(super) fn queue(text: &str) -> Result<String, &'static str> {
    let is_url =
        || Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    (dynamodb::queue_name(text).is_ok() || is_url())
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
