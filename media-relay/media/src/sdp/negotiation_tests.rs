use super::*;
use crate::{codec::Codec, sdp::KEY_AND_SALT_BYTES};

const OFFER: &str = "v=0\r\no=carrier 7 1 IN IP4 192.0.2.1\r\ns=call\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
    m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n";

fn leg(capabilities: Capabilities) -> Negotiation {
    let local =
        LocalAddress { ip: "203.0.113.9".parse().expect("an address"), rtp_port: 20_000, rtcp_port: 20_001 };
    let keys = [KeyAndSalt([1; KEY_AND_SALT_BYTES]), KeyAndSalt([2; KEY_AND_SALT_BYTES])];
    Negotiation::new(local, capabilities, Secrets { session_id: 42, keys })
}

fn plain() -> Negotiation {
    leg(Capabilities::default())
}

fn g711_and(codec: Codec, parameters: &str) -> Capabilities {
    Capabilities::default()
        .passing_through(&[OfferedCodec { codec, parameters: Some(parameters.to_owned()) }])
}

fn line<'a>(body: &'a str, start: &str) -> Vec<&'a str> {
    body.lines().filter(|line| line.starts_with(start)).collect()
}

fn answer(leg: &mut Negotiation, offer: &str) -> String {
    leg.take_offer(offer.as_bytes(), Direction::SendRecv)
        .unwrap_or_else(|refusal| panic!("{refusal}: {offer}"))
}

/// Our offer, answered by its own reader: the answer that another leg of ours would give.
fn answered(offer: &str) -> String {
    answer(&mut plain(), offer)
}

#[test]
fn an_offer_is_answered_with_one_codec_and_digits_under_its_own_numbers() {
    let mut leg = plain();
    let body = answer(&mut leg, OFFER);
    assert_eq!(line(&body, "m="), ["m=audio 20000 RTP/AVP 8 101"]);
    assert_eq!(line(&body, "o="), ["o=- 42 1 IN IP4 203.0.113.9"]);
    assert_eq!(line(&body, "a=rtcp"), [""; 0]);
    assert!(body.ends_with("a=sendrecv\r\n"), "{body}");
    let agreement = leg.agreement().expect("agreed");
    assert_eq!((agreement.format.codec, agreement.format.payload_type), (Codec::Pcma, 8));
    assert_eq!(agreement.rtp, Some("192.0.2.1:4000".parse().expect("an address")));
    assert_eq!(agreement.rtcp, Some(Rtcp::Apart("192.0.2.1:4001".parse().expect("an address"))));
    assert_eq!(agreement.digits.map(|digits| digits.send_payload_type), Some(101));
}

#[test]
fn nothing_of_the_other_side_stands_in_our_answer() {
    let offer = OFFER.replace("s=call", "s=secret\r\ni=secret\r\nu=http://secret\r\ne=secret\r\nb=AS:64")
        + "a=x-secret:1\r\n";
    let body = answer(&mut plain(), &offer);
    assert!(!body.contains("secret") && !body.contains("192.0.2.1") && !body.contains("carrier"), "{body}");
}

#[test]
fn an_offerless_invite_gets_our_offer_and_its_answer_decides() {
    let mut leg = plain();
    let offer = leg.offer(Direction::SendRecv).expect("an offer");
    assert_eq!(line(&offer, "m="), ["m=audio 20000 RTP/AVP 0 8 101"]);
    assert_eq!(line(&offer, "a=rtcp"), ["a=rtcp-mux"]);
    assert!(leg.is_offering() && leg.agreement().is_none());
    let reply = OFFER.replace("8 0 101", "8 96").replace("101", "96");
    let agreement = leg.take_answer(reply.as_bytes()).expect("agreed").clone();
    assert_eq!((agreement.format.codec, agreement.receive_payload_type), (Codec::Pcma, 8));
    let digits = Digits { send_payload_type: 96, receive_payload_type: 101, clock_rate_hz: 8_000 };
    assert_eq!(agreement.digits, Some(digits));
    assert!(!leg.is_offering());
}

#[test]
fn hold_is_never_answered_with_sendrecv() {
    for (said, answered, sends) in [
        ("a=sendonly", "a=recvonly", false),
        ("a=inactive", "a=inactive", false),
        ("a=recvonly", "a=sendonly", true),
        ("c=IN IP4 0.0.0.0", "a=recvonly", false),
        ("c=IN IP4 0.0.0.0\r\na=inactive", "a=inactive", false),
        ("a=sendrecv", "a=sendrecv", true),
    ] {
        let mut leg = plain();
        answer(&mut leg, OFFER);
        let body = answer(&mut leg, &OFFER.replace("a=sendrecv", said));
        assert!(body.ends_with(&format!("{answered}\r\n")), "{said}: {body}");
        assert_eq!(leg.agreement().map(Agreement::sends), Some(sends), "{said}");
    }
}

#[test]
fn a_hold_and_its_end_are_two_new_versions_and_a_refresh_is_none() {
    let mut leg = plain();
    let versions: Vec<_> =
        [OFFER.to_owned(), OFFER.to_owned(), OFFER.replace("sendrecv", "sendonly"), OFFER.to_owned()]
            .iter()
            .map(|offer| line(&answer(&mut leg, offer), "o=").concat())
            .collect();
    let version = |number| format!("o=- 42 {number} IN IP4 203.0.113.9");
    assert_eq!(versions, [version(1), version(1), version(2), version(3)]);
}

#[test]
fn a_refresh_of_our_own_says_the_same_and_a_hold_of_ours_says_sendonly() {
    let mut leg = plain();
    let first = leg.offer(Direction::SendRecv).expect("an offer");
    leg.take_answer(answered(&first).as_bytes()).expect("agreed");
    assert_eq!(leg.offer(Direction::SendRecv), Ok(first));
    leg.withdraw();
    let hold = leg.offer(Direction::SendOnly).expect("an offer");
    assert!(line(&hold, "o=")[0].starts_with("o=- 42 2 ") && hold.contains("a=sendonly"), "{hold}");
    let agreement = leg.take_answer(answered(&hold).as_bytes()).expect("agreed");
    assert_eq!(agreement.direction, Direction::SendOnly);
}

#[test]
fn streams_that_we_do_not_speak_are_declined_in_their_place_and_keep_it() {
    let mut leg = plain();
    let many = OFFER.replace(
        "m=audio",
        "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 6000 RTP/AVP 18\r\nm=audio",
    ) + "m=image 5004 udptl t38\r\n";
    let body = answer(&mut leg, &many);
    let expected = [
        "m=video 0 RTP/AVP 96",
        "m=audio 0 RTP/AVP 18",
        "m=audio 20000 RTP/AVP 8 101",
        "m=image 0 udptl t38",
    ];
    assert_eq!(line(&body, "m="), expected);
    let offer = leg.offer(Direction::SendRecv).expect("an offer");
    let places: Vec<_> = line(&offer, "m=").iter().map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(places, [Some("0"), Some("0"), Some("20000"), Some("0")]);
    assert_eq!(leg.take_answer(OFFER.as_bytes()), Err(Refusal::OtherStreams));
    leg.withdraw();
    assert_eq!(leg.take_offer(OFFER.as_bytes(), Direction::SendRecv), Err(Refusal::OtherStreams));
}

#[test]
fn payload_types_never_change_their_meaning_in_a_session() {
    let mut leg = leg(g711_and(Codec::Opus, "useinbandfec=1"));
    // The other side uses for digits the number that we would use for Opus.
    answer(&mut leg, &OFFER.replace("101", "111"));
    let offer = leg.offer(Direction::SendRecv).expect("an offer");
    assert_eq!(line(&offer, "m="), ["m=audio 20000 RTP/AVP 8 96 0 111 110"]);
    assert!(
        offer.contains("a=rtpmap:111 telephone-event/8000") && offer.contains("a=rtpmap:96 opus/48000/2"),
        "{offer}"
    );
    assert!(offer.contains("a=fmtp:96 useinbandfec=1"), "{offer}");
}

#[test]
fn what_we_cannot_speak_passes_through_when_both_legs_have_it() {
    let opus = "m=audio 4000 RTP/AVP 111 0 96\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=0\r\na=rtpmap:96 telephone-event/48000";
    let offer = OFFER.replace(
        "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16",
        opus,
    );
    let mut one = plain();
    answer(&mut one, &offer);
    assert_eq!(one.agreement().map(|agreement| agreement.format.codec), Some(Codec::Pcmu));
    let mut other = leg(g711_and(Codec::Opus, "usedtx=1"));
    let body = answer(&mut other, &offer);
    assert!(line(&body, "m=")[0].ends_with(" 111 96") && body.contains("a=fmtp:111 usedtx=1"), "{body}");
    let agreement = other.agreement().expect("agreed");
    assert_eq!(agreement.format.parameters.as_deref(), Some("stereo=0"));
    assert_eq!(agreement.digits.map(|digits| digits.clock_rate_hz), Some(48_000));
}

#[test]
fn early_medias_answer_may_be_replaced_by_the_final_one() {
    let mut leg = plain();
    leg.offer(Direction::SendRecv).expect("an offer");
    leg.take_answer(OFFER.as_bytes()).expect("early media");
    let other = OFFER.replace("192.0.2.1", "198.51.100.2").replace("8 0 101", "0");
    let agreement = leg.take_answer(other.as_bytes()).expect("the final answer");
    assert_eq!(agreement.rtp, Some("198.51.100.2:4000".parse().expect("an address")));
    assert_eq!((agreement.format.codec, agreement.digits), (Codec::Pcmu, None));
}

#[test]
fn two_offers_at_once_are_refused_and_a_bad_one_changes_nothing() {
    let mut leg = plain();
    answer(&mut leg, OFFER);
    let before = leg.agreement().cloned();
    for (body, refusal) in [
        (OFFER.replace("8 0 101", "18"), Refusal::NoCommonCodec),
        (OFFER.replace("RTP/AVP", "RTP/SAVP"), Refusal::NoCommonProtection),
        (OFFER.replace("m=audio 4000", "m=audio 0"), Refusal::Declined),
        (
            OFFER.split("m=").next().expect("a start").to_owned() + "m=video 4 RTP/AVP 96\r\n",
            Refusal::NoAudio,
        ),
    ] {
        assert_eq!(leg.take_offer(body.as_bytes(), Direction::SendRecv), Err(refusal), "{body}");
    }
    assert!(matches!(leg.take_offer(b"v=1", Direction::SendRecv), Err(Refusal::Unreadable(_))));
    assert_eq!(leg.take_answer(OFFER.as_bytes()), Err(Refusal::NoOffer));
    leg.offer(Direction::SendRecv).expect("an offer");
    assert_eq!(leg.take_offer(OFFER.as_bytes(), Direction::SendRecv), Err(Refusal::OfferPending));
    assert_eq!(leg.offer(Direction::SendRecv), Err(Refusal::OfferPending));
    assert_eq!(leg.agreement().cloned(), before);
}

#[test]
fn srtp_is_agreed_with_a_key_of_each_side() {
    let required = || leg(Capabilities { srtp: SrtpPolicy::Required, ..Capabilities::default() });
    let mut ours = required();
    let offer = ours.offer(Direction::SendRecv).expect("an offer");
    assert_eq!(
        (line(&offer, "m=")[0], line(&offer, "a=crypto").len()),
        ("m=audio 20000 RTP/SAVP 0 8 101", 2)
    );
    let mut theirs = plain();
    theirs.secrets.keys = [KeyAndSalt([8; KEY_AND_SALT_BYTES]), KeyAndSalt([9; KEY_AND_SALT_BYTES])];
    // One that speaks the second suite alone.
    let short: String =
        offer.lines().filter(|line| !line.contains("SHA1_80")).map(|line| format!("{line}\r\n")).collect();
    let body = theirs.take_offer(short.as_bytes(), Direction::SendRecv).expect("an answer");
    assert_eq!(line(&body, "a=crypto").len(), 1);
    let agreed = ours.take_answer(body.as_bytes()).expect("agreed").srtp.expect("SRTP");
    let suite = Suite::AesCm128HmacSha1_32;
    let keys = ours.secrets.keys;
    assert_eq!(agreed, AgreedSrtp { suite, send: keys[1], receive: theirs.secrets.keys[1] });
    let other = theirs.agreement().and_then(|agreement| agreement.srtp);
    assert_eq!(other, Some(AgreedSrtp { suite, send: agreed.receive, receive: agreed.send }));
    // A refresh stays with what is agreed.
    assert_eq!(line(&ours.offer(Direction::SendRecv).expect("an offer"), "a=crypto").len(), 1);
}

#[test]
fn srtp_is_neither_forced_on_a_leg_nor_taken_from_it() {
    let body = answered(&plain().offer(Direction::SendRecv).expect("an offer"));
    let mut required = leg(Capabilities { srtp: SrtpPolicy::Required, ..Capabilities::default() });
    assert_eq!(required.take_offer(OFFER.as_bytes(), Direction::SendRecv), Err(Refusal::NoCommonProtection));
    required.offer(Direction::SendRecv).expect("an offer");
    assert_eq!(required.take_answer(body.as_bytes()), Err(Refusal::NoCommonProtection));
    let mut secure = leg(Capabilities { srtp: SrtpPolicy::Required, ..Capabilities::default() });
    let offer = secure.offer(Direction::SendRecv).expect("an offer");
    let mut never = leg(Capabilities { srtp: SrtpPolicy::Never, ..Capabilities::default() });
    assert_eq!(never.take_offer(offer.as_bytes(), Direction::SendRecv), Err(Refusal::NoCommonProtection));
}

#[test]
fn packets_are_as_long_as_the_other_side_wants_and_can_take() {
    for (said, expected) in [
        ("a=ptime:30", 30),
        ("a=ptime:20.0", 20),
        ("a=ptime:17", 20),
        ("a=maxptime:10", 10),
        ("a=ptime:60\r\na=maxptime:40", 20),
        ("a=ptime:0", 20),
    ] {
        let mut leg = plain();
        let body = answer(&mut leg, &OFFER.replace("a=sendrecv", said));
        assert_eq!(leg.agreement().map(|agreement| agreement.packet_time_ms), Some(expected), "{said}");
        assert!(body.contains(&format!("a=ptime:{expected}\r\n")), "{body}");
    }
}

#[test]
fn ports_that_are_no_pair_are_told() {
    let mut leg = plain();
    leg.local.rtcp_port = 30_000;
    assert!(answer(&mut leg, OFFER).contains("a=rtcp:30000\r\n"));
    assert_eq!(line(&answer(&mut leg, &(OFFER.to_owned() + "a=rtcp-mux\r\n")), "a=rtcp-mux").len(), 1);
    assert_eq!(leg.agreement().and_then(|agreement| agreement.rtcp), Some(Rtcp::Mux));
}
