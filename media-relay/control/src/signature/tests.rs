use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_700_000_000;
const NOTICE: Signed<'_> = Signed::Notice { body: br#"{"call_id":"c1"}"# };
const COMMAND: Signed<'_> = Signed::Request { method: "DELETE", path: "/v1/calls/c1", body: b"" };

fn secret() -> Secret {
    "0123456789abcdef0123456789abcdef".parse().expect("a secret")
}

/// Computed with `openssl dgst -sha256 -hmac`.
#[test]
fn a_signature_is_the_one_that_another_program_computes() {
    assert_eq!(
        sign(&secret(), NOTICE, NOW),
        "t=1700000000,v1=45154b50f6dace20082df956eea39abc8914086fec9357f5cab508b12a56eaac"
    );
    assert_eq!(
        sign(&secret(), COMMAND, NOW),
        "t=1700000000,v1=371196bc58b6041c4dd1199fb30313cf959a2142e2a9a06dc65c29a66ab56a14"
    );
}

#[test]
fn a_signature_is_good_for_five_minutes_either_way() {
    let header = sign(&secret(), NOTICE, NOW);
    for (now, expected) in [
        (NOW, Ok(())),
        (NOW + 300, Ok(())),
        (NOW - 300, Ok(())),
        (NOW + 301, Err(Refused::Expired)),
        (NOW - 301, Err(Refused::Expired)),
        (i64::MIN, Err(Refused::Expired)),
    ] {
        assert_eq!(verify(&secret(), &header, NOTICE, now), expected, "{now}");
    }
}

#[test]
fn whatever_is_changed_no_longer_matches() {
    let header = sign(&secret(), COMMAND, NOW);
    let other: Secret = "another secret of ours".replace(' ', "-").parse().expect("a secret");
    assert_eq!(verify(&secret(), &header, COMMAND, NOW), Ok(()));
    assert_eq!(verify(&other, &header, COMMAND, NOW), Err(Refused::Mismatch));
    for changed in [
        Signed::Request { method: "GET", path: "/v1/calls/c1", body: b"" },
        Signed::Request { method: "DELETE", path: "/v1/calls/c2", body: b"" },
        Signed::Request { method: "DELETE", path: "/v1/calls/c1", body: b"x" },
        Signed::Notice { body: b"" },
    ] {
        assert_eq!(verify(&secret(), &header, changed, NOW), Err(Refused::Mismatch), "{changed:?}");
    }
    let later = header.replace("t=1700000000", "t=1700000001");
    assert_eq!(verify(&secret(), &later, COMMAND, NOW), Err(Refused::Mismatch));
}

#[test]
fn any_of_several_signatures_proves_the_sender_and_unknown_parts_are_ignored() {
    let header = sign(&secret(), NOTICE, NOW);
    let (time, digest) = header.split_once(',').expect("two parts");
    let wrong = format!("v1={}", "0".repeat(64));
    for header in [
        format!("{time},{wrong},{digest}"),
        format!("{time},{digest},{wrong}"),
        format!("{time}, v0=zz, {digest}, v2=abc"),
        format!("{digest},{time}"),
    ] {
        assert_eq!(verify(&secret(), &header, NOTICE, NOW), Ok(()), "{header}");
    }
    let ninth = format!("{time}{},{digest}", format!(",{wrong}").repeat(8));
    assert_eq!(verify(&secret(), &ninth, NOTICE, NOW), Err(Refused::Mismatch));
}

#[test]
fn a_header_of_another_form_is_refused() {
    let header = sign(&secret(), NOTICE, NOW);
    let digest = header.split_once(',').expect("two parts").1.to_owned();
    for header in [
        String::new(),
        digest.clone(),
        "t=1700000000".to_owned(),
        format!("t=,{digest}"),
        format!("t=+1700000000,{digest}"),
        format!("t=-5,{digest}"),
        format!("t=9999999999999,{digest}"),
        format!("t=1700000000,t=1700000000,{digest}"),
        "t=1700000000,v1=zz".to_owned(),
        format!("{header},{}", "x".repeat(1024)),
    ] {
        assert_eq!(verify(&secret(), &header, NOTICE, NOW), Err(Refused::Malformed), "{header}");
    }
}

proptest! {
    #[test]
    fn what_was_signed_verifies_and_no_other_header_does(
        body in prop::collection::vec(any::<u8>(), 0..64), now in 0..2_000_000_000_i64, header in "\\PC{0,120}",
    ) {
        let signed = Signed::Notice { body: &body };
        prop_assert_eq!(verify(&secret(), &sign(&secret(), signed, now), signed, now), Ok(()));
        prop_assert!(verify(&secret(), &header, signed, now).is_err());
    }
}

#[test]
fn what_is_signed_by_two_secrets_is_believed_by_who_knows_either() {
    let [new, old, other] = ["the-new-one-of-two", "the-old-one-of-two", "another-secret-of-16"]
        .map(|text| text.parse::<Secret>().expect("a secret"));
    let header = sign_by_each([&new, &old], COMMAND, NOW);
    assert_eq!(header.matches(",v1=").count(), 2);
    for (secret, expected) in [(&new, Ok(())), (&old, Ok(())), (&other, Err(Refused::Mismatch))] {
        assert_eq!(verify(secret, &header, COMMAND, NOW), expected);
    }
}
