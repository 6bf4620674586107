//! Twilio's signature of a webhook: an HMAC over the URL and the form's fields ("Webhooks security").

#[cfg(test)]
mod tests;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::credentials::TwilioCredentials;
use crate::{
    form::{Field, Fields, without_fragment},
    secret::Secret,
    webhook::{SignatureRefused, WebhookRequest},
};

const SIGNATURE: &str = "x-twilio-signature";
const SIGNATURE_SETTINGS: &str = "x-twilio-webhooks-signature-settings";
/// The field in a URL's query by which Twilio vouches for a body that is no form.
const BODY_DIGEST: &str = "bodySHA256";

/// Checks that Twilio, or somebody who knows the account's token, sent this request.
pub(super) fn verify(
    credentials: &TwilioCredentials,
    request: &WebhookRequest<'_>,
) -> Result<(), SignatureRefused> {
    let claimed = claimed_signature(request.headers)?;
    let fields = signed_fields(request)?;
    let scheme = Scheme::of(credentials, request.headers).ok_or(SignatureRefused::Mismatch)?;
    let proven = url_variants(request.url).iter().any(|url| scheme.proves(url, &fields, &claimed));
    if proven { Ok(()) } else { Err(SignatureRefused::Mismatch) }
}

fn claimed_signature(headers: &HeaderMap) -> Result<Vec<u8>, SignatureRefused> {
    let header = headers.get(SIGNATURE).ok_or(SignatureRefused::Missing)?;
    BASE64.decode(header.as_bytes().trim_ascii()).map_err(|_| SignatureRefused::Mismatch)
}

/// The fields that are signed behind the URL: none if the URL itself, which is signed, holds the digest of the body.
fn signed_fields<'a>(request: &WebhookRequest<'a>) -> Result<Vec<Field<'a>>, SignatureRefused> {
    match Fields::of_query(request.url).get(BODY_DIGEST) {
        None => Ok(Fields::of_body(request).sorted_and_unique()),
        Some(digest) if digest == hex::encode(Sha256::digest(request.body)) => Ok(Vec::new()),
        Some(_) => Err(SignatureRefused::Mismatch),
    }
}

/// How a request is signed.
enum Scheme<'a> {
    /// By HMAC-SHA1 under the account's token.
    AuthToken(&'a Secret),
    /// By HMAC-SHA256 under a shared key, as the request's settings header says.
    SharedKey(&'a Secret),
}

impl<'a> Scheme<'a> {
    /// The settings header counts only where a shared key is configured. An algorithm that is not known proves nothing.
    fn of(credentials: &'a TwilioCredentials, headers: &HeaderMap) -> Option<Self> {
        let by_token = Self::AuthToken(credentials.auth_token());
        let Some(key) = credentials.signature_key() else {
            return Some(by_token);
        };
        match algorithm(headers) {
            None | Some("HMAC_SHA1") => Some(by_token),
            Some("HMAC_SHA256") => Some(Self::SharedKey(key)),
            Some(_) => None,
        }
    }

    fn proves(&self, url: &str, fields: &[Field<'_>], claimed: &[u8]) -> bool {
        match self {
            Self::AuthToken(secret) => is_mac_of::<Hmac<Sha1>>(secret, url, fields, claimed),
            Self::SharedKey(secret) => is_mac_of::<Hmac<Sha256>>(secret, url, fields, claimed),
        }
    }
}

/// The algorithm of a header such as `key=…,algorithm=HMAC_SHA256`.
fn algorithm(headers: &HeaderMap) -> Option<&str> {
    let settings = headers.get(SIGNATURE_SETTINGS)?.to_str().ok()?;
    let mut pairs = settings.split(',').filter_map(|pair| pair.split_once('='));
    let (_, algorithm) = pairs.find(|(name, _)| name.trim() == "algorithm")?;
    Some(algorithm.trim())
}

/// Compares in constant time.
fn is_mac_of<M: Mac + KeyInit>(secret: &Secret, url: &str, fields: &[Field<'_>], claimed: &[u8]) -> bool {
    let mut mac = <M as KeyInit>::new_from_slice(secret.expose().as_bytes())
        .expect("HMAC takes a key of any length (RFC 2104 §2)");
    mac.update(url.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac.verify_slice(claimed).is_ok()
}

/// The URLs that Twilio may have signed for this one: it is not consistent about ports. As given, without a port, and with the
/// scheme's default port.
fn url_variants(url: &str) -> Vec<String> {
    let url = without_fragment(url);
    let Some((scheme, rest)) = url.split_once("://") else {
        return vec![url.to_owned()];
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = without_port(authority);
    let default_port = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    vec![
        url.to_owned(),
        format!("{scheme}://{host}{path}"),
        format!("{scheme}://{host}:{default_port}{path}"),
    ]
}

/// An authority (RFC 3986 §3.2: a user, a host, which may be an IPv6 address in brackets, and a port) without its port.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => authority,
    }
}
