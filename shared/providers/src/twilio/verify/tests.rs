//! The signatures expected here were computed with Twilio's own SDK.

use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::callback::WebhookEvent;

const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const FORM: &str =
    "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";
const SIGNATURE_OF_FORM: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
const SHA256_OF_FORM: &str = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=";

/// A webhook as it comes: a signed form post unless a test says otherwise.
struct Sent<'a> {
    method: Method,
    url: &'a str,
    content_type: Option<&'a str>,
    body: &'a [u8],
    signature: Option<&'a str>,
    settings: Option<&'a str>,
    signature_key: Option<&'a str>,
}

impl Default for Sent<'_> {
    fn default() -> Self {
        Self {
            method: Method::POST,
            url: URL,
            content_type: Some("application/x-www-form-urlencoded"),
            body: FORM.as_bytes(),
            signature: Some(SIGNATURE_OF_FORM),
            settings: None,
            signature_key: None,
        }
    }
}

impl Sent<'_> {
    fn verified(&self) -> Result<(), SignatureRefused> {
        let mut credentials = TwilioCredentials::new("AC123", "12345").expect("valid");
        if let Some(key) = self.signature_key {
            credentials = credentials.with_signature_key(key).expect("valid");
        }
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (CONTENT_TYPE.as_str(), self.content_type),
            (SIGNATURE, self.signature),
            (SIGNATURE_SETTINGS, self.settings),
        ] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
            }
        }
        let request = WebhookRequest {
            event: WebhookEvent::Voice,
            method: &self.method,
            url: self.url,
            headers: &headers,
            body: self.body,
            arrived_at: Timestamp::UNIX_EPOCH,
        };
        verify(&credentials, &request)
    }
}

fn check(url: &str, body: &str, signature: &str, expected: Result<(), SignatureRefused>) {
    let sent = Sent { url, body: body.as_bytes(), signature: Some(signature), ..Sent::default() };
    assert_eq!(sent.verified(), expected, "{url} {body} {signature}");
}

#[test]
fn twilios_signatures_are_accepted() {
    for (url, body, signature) in [
        (URL, FORM, SIGNATURE_OF_FORM),
        (URL, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234", "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        (
            "https://mycompany.com/a",
            "Digits=5678&Sid=CA123&Digits=1234&SidAccount=AC123&Digits=5678",
            "YaDdIf6ns/lnGuJPuv3OMHxKSl0=",
        ),
        ("https://mycompany.com/a", "C=x&B=%C3%A9+%E2%82%AC&A=", "kp78g/rW2dKbK9VMmtt1V73NPfY="),
        ("https://mycompany.com/a", "a=3&B=1&b=2", "jgqOI8kJHNCMjj9Imw7GmgMpW7I="),
        (URL, "", "zYQTYrRWXE7LtzbG4PfP7/bkkGo="),
    ] {
        check(url, body, signature, Ok(()));
    }
}

#[test]
fn any_port_that_twilio_may_have_signed_is_accepted() {
    let signed_with_443 = "kvajT1Ptam85bY51eRf/AJRuM3w=";
    let signed_with_80 = "0ZXoZLH/DfblKGATFgpif+LLRf4=";
    let signed_with_1234 = "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=";
    for (url, signature) in [
        (URL, signed_with_443),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", signed_with_443),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", SIGNATURE_OF_FORM),
        ("https://mycompany.com:8443/myapp.php?foo=1&bar=2", SIGNATURE_OF_FORM),
        ("http://mycompany.com/myapp.php?foo=1&bar=2", signed_with_80),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", signed_with_80),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", signed_with_1234),
        ("https://user:pa:ss@mycompany.com:443/myapp.php?foo=1&bar=2", "arkcR1Q0+k9UttEI+TWIpLTxPYM="),
        ("https://user:pa:ss@mycompany.com/myapp.php?foo=1&bar=2", "arkcR1Q0+k9UttEI+TWIpLTxPYM="),
    ] {
        check(url, FORM, signature, Ok(()));
    }
    check("http://[2001:db8::1]:8080/a", FORM, "1FFNeHvxevmmfu3T/AWiaQSML9Q=", Ok(()));
    check(
        "http://mycompany.com/myapp.php?foo=1&bar=2",
        FORM,
        signed_with_1234,
        Err(SignatureRefused::Mismatch),
    );
}

#[test]
fn a_fragment_is_no_part_of_what_is_signed() {
    check(&format!("{URL}#rc=2&rt=3000"), FORM, SIGNATURE_OF_FORM, Ok(()));
}

#[test]
fn any_change_is_refused() {
    for (url, body) in [
        ("https://mycompany.com/myapp.php?foo=1&bar=3", FORM.to_owned()),
        ("https://mycompany.com/myapp.php", FORM.to_owned()),
        ("http://mycompany.com/myapp.php?foo=1&bar=2", FORM.to_owned()),
        (URL, FORM.replace("1234&", "1235&")),
        (URL, format!("{FORM}&Extra=1")),
        (URL, String::new()),
    ] {
        check(url, &body, SIGNATURE_OF_FORM, Err(SignatureRefused::Mismatch));
    }
}

#[test]
fn a_missing_or_unreadable_signature_is_refused() {
    for (signature, refusal) in [
        (None, SignatureRefused::Missing),
        (Some(""), SignatureRefused::Mismatch),
        (Some("RSOY"), SignatureRefused::Mismatch),
        (Some("not base64"), SignatureRefused::Mismatch),
        (Some("é"), SignatureRefused::Mismatch),
        (Some("RSOYDt4T1cUTdK1PDd93/VVr8B8=AAAA"), SignatureRefused::Mismatch),
    ] {
        let sent = Sent { signature, ..Sent::default() };
        assert_eq!(sent.verified(), Err(refusal), "{signature:?}");
    }
}

#[test]
fn the_fields_of_a_get_are_those_of_its_url() {
    let get = |signature| Sent { method: Method::GET, signature: Some(signature), ..Sent::default() };
    assert_eq!(get("zYQTYrRWXE7LtzbG4PfP7/bkkGo=").verified(), Ok(()));
    assert_eq!(get(SIGNATURE_OF_FORM).verified(), Err(SignatureRefused::Mismatch));
}

#[test]
fn a_body_that_is_no_form_has_no_fields() {
    let signature_without_fields = Some("zYQTYrRWXE7LtzbG4PfP7/bkkGo=");
    for (content_type, is_form) in [
        (Some("application/x-www-form-urlencoded; charset=UTF-8"), true),
        (Some("Application/X-WWW-Form-URLEncoded"), true),
        (Some("application/json"), false),
        (None, false),
    ] {
        let sent = |signature| Sent { content_type, signature, ..Sent::default() };
        assert_eq!(sent(Some(SIGNATURE_OF_FORM)).verified().is_ok(), is_form, "{content_type:?}");
        assert_eq!(sent(signature_without_fields).verified().is_ok(), !is_form, "{content_type:?}");
    }
}

#[test]
fn a_digest_in_the_url_vouches_for_the_body() {
    let url = format!("{URL}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620");
    let body = br#"{"property": "value", "boolean": true}"#;
    let sent = |content_type, body| Sent {
        url: &url,
        content_type: Some(content_type),
        body,
        signature: Some("a9nBmqA0ju/hNViExpshrM61xv4="),
        ..Sent::default()
    };
    assert_eq!(sent("application/json", body).verified(), Ok(()));
    assert_eq!(sent("application/x-www-form-urlencoded", body).verified(), Ok(()));
    assert_eq!(sent("application/json", b"{}").verified(), Err(SignatureRefused::Mismatch));
}

#[test]
fn the_newer_signature_needs_a_shared_key() {
    let newer = Some("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256");
    let unknown = Some("key=webhooks_sharedkey_1,algorithm=HMAC_MD5");
    for (settings, signature_key, signature, accepted) in [
        (newer, Some("12345"), SHA256_OF_FORM, true),
        (newer, Some("other"), SHA256_OF_FORM, false),
        (newer, None, SHA256_OF_FORM, false),
        (newer, None, SIGNATURE_OF_FORM, true),
        (newer, Some("12345"), SIGNATURE_OF_FORM, false),
        (None, Some("12345"), SHA256_OF_FORM, false),
        (None, Some("12345"), SIGNATURE_OF_FORM, true),
        (unknown, Some("12345"), SIGNATURE_OF_FORM, false),
        (Some("nonsense"), Some("12345"), SIGNATURE_OF_FORM, true),
    ] {
        let sent = Sent { signature: Some(signature), settings, signature_key, ..Sent::default() };
        assert_eq!(sent.verified().is_ok(), accepted, "{settings:?} {signature_key:?} {signature}");
    }
}

#[test]
fn text_that_is_not_utf8_is_signed_as_it_is_read() {
    let url = "https://mycompany.com/a";
    let signature_of_a_replacement_character = "EPou6cnMaKOTAk1eDR09Be9WlQg=";
    check(url, "A=%EF%BF%BD", signature_of_a_replacement_character, Ok(()));
    check(url, "A=%FF%FE", signature_of_a_replacement_character, Err(SignatureRefused::Mismatch));
    check(URL, &format!("{FORM}&A=%FF"), SIGNATURE_OF_FORM, Err(SignatureRefused::Mismatch));
}

proptest! {
    #[test]
    fn no_request_proves_itself_by_chance_or_panics(
        url in ".{0,80}",
        query in "[ -~]{0,80}",
        body in prop::collection::vec(any::<u8>(), 0..200),
        signature in prop::collection::vec(any::<u8>(), 0..40),
        settings in "[ -~]{0,40}",
    ) {
        for url in [url, format!("{URL}&{query}")] {
            let sent = Sent {
                url: &url,
                body: &body,
                signature: Some(&BASE64.encode(&signature)),
                settings: Some(&settings),
                signature_key: Some("12345"),
                ..Sent::default()
            };
            prop_assert_eq!(sent.verified(), Err(SignatureRefused::Mismatch));
        }
    }
}
