use proptest::prelude::*;

use super::*;
use crate::rtp::Header;

const KEY: KeyAndSalt = KeyAndSalt([
    0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39, 0x0E,
    0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6,
]);

fn pair(suite: Suite) -> (SrtpSender, SrtpReceiver) {
    (SrtpSender::new(suite, &KEY), SrtpReceiver::new(suite, &KEY))
}

fn packet(ssrc: u32, sequence: u16) -> Vec<u8> {
    let header = Header { marker: false, payload_type: 0, sequence, timestamp: 7, ssrc };
    [&header.to_bytes()[..], &[0xAB; 160]].concat()
}

fn protect(sender: &mut SrtpSender, packet: &[u8]) -> Vec<u8> {
    let mut buffer = packet.to_vec();
    buffer.resize(packet.len() + 14, 0);
    let length = sender.protect(&mut buffer, packet.len()).expect("protected");
    buffer.truncate(length);
    buffer
}

fn unprotect(receiver: &mut SrtpReceiver, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut bytes = packet.to_vec();
    let length = receiver.unprotect(&mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}

#[test]
fn packets_are_those_of_other_implementations() {
    // The reference packets that libsrtp's own tests have for the key of RFC 3711, appendix B.3.
    let plain =
        [&[0x80, 0x0F, 0x12, 0x34, 0xDE, 0xCA, 0xFB, 0xAD, 0xCA, 0xFE, 0xBA, 0xBE][..], &[0xAB; 16]].concat();
    let protected = [
        0x4E, 0x55, 0xDC, 0x4C, 0xE7, 0x99, 0x78, 0xD8, 0x8C, 0xA4, 0xD2, 0x15, 0x94, 0x9D, 0x24, 0x02, 0xB7,
        0x8D, 0x6A, 0xCC, 0x99, 0xEA, 0x17, 0x9B, 0x8D, 0xBB,
    ];
    let (mut sender, mut receiver) = pair(Suite::AesCm128HmacSha1_80);
    let sent = protect(&mut sender, &plain);
    assert_eq!((&sent[..12], &sent[12..]), (&plain[..12], &protected[..]));
    assert_eq!(unprotect(&mut receiver, &sent), Ok(plain));
    let plain = [&[0x81, 0xC8, 0x00, 0x0B, 0xCA, 0xFE, 0xBA, 0xBE][..], &[0xAB; 16]].concat();
    let protected = [
        0x71, 0x28, 0x03, 0x5B, 0xE4, 0x87, 0xB9, 0xBD, 0xBE, 0xF8, 0x90, 0x41, 0xF9, 0x77, 0xA5, 0xA8, 0x80,
        0x00, 0x00, 0x01, 0x99, 0x3E, 0x08, 0xCD, 0x54, 0xD6, 0xC1, 0x23, 0x07, 0x98,
    ];
    let mut buffer = plain.clone();
    buffer.resize(38, 0);
    assert_eq!(sender.protect_rtcp(&mut buffer, 24), Ok(38));
    assert_eq!((&buffer[..8], &buffer[8..]), (&plain[..8], &protected[..]));
    assert_eq!(receiver.unprotect_rtcp(&mut buffer), Ok(24));
    assert_eq!(buffer[..24], plain);
}

#[test]
fn packets_come_through_in_any_order_while_the_numbers_go_round() {
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = pair(suite);
        let plain: Vec<_> = (0..70_000_u32)
            .step_by(50)
            .map(|place| packet(9, u16::try_from(place % 65_536).expect("small")))
            .collect();
        let mut sent: Vec<_> = plain.iter().map(|packet| protect(&mut sender, packet)).collect();
        assert_eq!(sent[0].len(), 172 + suite.rtp_tag_bytes());
        let mut plain = plain;
        (0..plain.len() - 1).step_by(2).for_each(|place| {
            sent.swap(place, place + 1);
            plain.swap(place, place + 1);
        });
        for (sent, plain) in sent.iter().zip(plain) {
            assert_eq!(unprotect(&mut receiver, sent), Ok(plain));
        }
    }
}

#[test]
fn a_packet_is_taken_once() {
    let (mut sender, mut receiver) = pair(Suite::AesCm128HmacSha1_80);
    let sent: Vec<_> = (0..300).map(|sequence| protect(&mut sender, &packet(9, sequence))).collect();
    assert!(unprotect(&mut receiver, &sent[250]).is_ok());
    for place in [250, 122] {
        assert_eq!(unprotect(&mut receiver, &sent[place]), Err(SrtpError::Replayed), "{place}");
    }
    assert!(unprotect(&mut receiver, &sent[123]).is_ok());
    let mut buffer = [[0x80, 201, 0, 1, 0, 0, 0, 9].as_slice(), &[0; 14]].concat();
    assert_eq!(sender.protect_rtcp(&mut buffer, 8), Ok(22));
    assert_eq!(receiver.unprotect_rtcp(&mut buffer.clone()), Ok(8));
    assert_eq!(receiver.unprotect_rtcp(&mut buffer), Err(SrtpError::Replayed));
}

#[test]
fn a_changed_packet_is_not_believed_and_changes_nothing() {
    let (mut sender, mut receiver) = pair(Suite::AesCm128HmacSha1_32);
    let sent = protect(&mut sender, &packet(9, 1));
    for place in 0..sent.len() {
        let mut forged = sent.clone();
        forged[place] ^= 0x01;
        assert!(unprotect(&mut receiver, &forged).is_err(), "{place}");
    }
    assert!(receiver.0.sources.is_empty());
    assert!(unprotect(&mut receiver, &sent).is_ok());
    let mut other = SrtpReceiver::new(Suite::AesCm128HmacSha1_32, &KeyAndSalt([1; 30]));
    assert_eq!(unprotect(&mut other, &sent), Err(SrtpError::WrongTag));
}

#[test]
fn sources_are_bounded_and_rooms_are_checked() {
    let (mut sender, mut receiver) = pair(Suite::AesCm128HmacSha1_80);
    for ssrc in 0..8 {
        assert!(unprotect(&mut receiver, &protect(&mut sender, &packet(ssrc, 1))).is_ok());
    }
    let mut buffer = packet(8, 1);
    buffer.resize(200, 0);
    assert_eq!(sender.protect(&mut buffer, 172), Err(SrtpError::TooManySources));
    for (length, room) in [(172, 181), (172, 100), (200, 200)] {
        let mut buffer = packet(1, 2);
        buffer.resize(room, 0);
        assert_eq!(sender.protect(&mut buffer, length), Err(SrtpError::NoRoom), "{length} of {room}");
    }
}

proptest! {
    #[test]
    fn no_bytes_break_the_receiver(mut bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let (_, mut receiver) = pair(Suite::AesCm128HmacSha1_80);
        prop_assert!(receiver.unprotect(&mut bytes.clone()).is_err());
        prop_assert!(receiver.unprotect_rtcp(&mut bytes).is_err());
    }
}
