//! A notice's signature, over the raw body.

use ringfall_control::{
    signature::{self, Refused, SIGNATURE_HEADER, Signed},
    text::Secret,
};

use crate::webhook::{SignatureRefused, WebhookRequest};

/// Checks that a relay which knows one of the connection's secrets sent this, and lately.
pub(super) fn verify<'a>(
    secrets: impl Iterator<Item = &'a Secret>,
    request: &WebhookRequest<'_>,
) -> Result<(), SignatureRefused> {
    let header = request.headers.get(SIGNATURE_HEADER).ok_or(SignatureRefused::Missing)?;
    let header = header.to_str().map_err(|_| SignatureRefused::Mismatch)?;
    let signed = Signed::Notice { body: request.body };
    let mut refused = Refused::Mismatch;
    for secret in secrets {
        match signature::verify(secret, header, signed, request.arrived_at.as_second()) {
            Ok(()) => return Ok(()),
            // That it is too old says more than that the other secret did not make it.
            Err(Refused::Expired) => refused = Refused::Expired,
            Err(Refused::Malformed | Refused::Mismatch) => {}
        }
    }
    Err(match refused {
        Refused::Malformed | Refused::Mismatch => SignatureRefused::Mismatch,
        Refused::Expired => SignatureRefused::Expired,
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};
    use jiff::Timestamp;

    use super::*;
    use crate::callback::WebhookEvent;

    const NOW: i64 = 1_700_000_000;
    const BODY: &[u8] = br#"{"call_id":"c1"}"#;

    fn verified(header: Option<&[u8]>, body: &[u8], now: i64) -> Result<(), SignatureRefused> {
        let secret: Secret = "0123456789abcdef0123456789abcdef".parse().expect("a secret");
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert("Ringfall-Signature", HeaderValue::from_bytes(header).expect("a header"));
        }
        let request = WebhookRequest {
            event: WebhookEvent::Voice,
            method: &Method::POST,
            url: "https://calls.example.com/webhooks/con_1/voice",
            headers: &headers,
            body,
            arrived_at: Timestamp::from_second(now).expect("a time"),
        };
        let secrets: [Secret; 2] = ["another-secret-of-16".parse().expect("a secret"), secret];
        let verified = verify(secrets.iter(), &request);
        assert_eq!(verify(secrets.iter().rev(), &request).is_ok(), verified.is_ok(), "in whichever order");
        verified
    }

    /// The digest is that of `openssl dgst -sha256 -hmac`.
    #[test]
    fn only_what_the_relay_signed_lately_is_believed() {
        let header: &[u8] =
            b"t=1700000000,v1=45154b50f6dace20082df956eea39abc8914086fec9357f5cab508b12a56eaac";
        assert_eq!(verified(Some(header), BODY, NOW), Ok(()));
        assert_eq!(verified(Some(header), BODY, NOW + 300), Ok(()));
        assert_eq!(verified(Some(header), BODY, NOW + 301), Err(SignatureRefused::Expired));
        assert_eq!(verified(Some(header), BODY, NOW - 301), Err(SignatureRefused::Expired));
        assert_eq!(verified(Some(header), b"{}", NOW), Err(SignatureRefused::Mismatch));
        assert_eq!(verified(None, BODY, NOW), Err(SignatureRefused::Missing));
        for header in [&b""[..], b"t=1700000000", b"\xff", b"t=1700000000,v1=00"] {
            assert_eq!(verified(Some(header), BODY, NOW), Err(SignatureRefused::Mismatch), "{header:?}");
        }
    }
}
