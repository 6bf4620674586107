use proptest::prelude::*;

use super::*;

const BLOCK: ReportBlock = ReportBlock {
    ssrc: 7,
    fraction_lost: 64,
    lost: -3,
    highest_sequence: 0x0001_0002,
    jitter_ticks: 40,
    last_report: 0x1234_5678,
    delay_since_report: 1 << 15,
};

const INFO: SenderInfo =
    SenderInfo { ntp: 0x0123_4567_89AB_CDEF, rtp_timestamp: 8_000, packets: 50, octets: 8_000 };

#[test]
fn reports_read_back_as_they_were_written() {
    for name in ["", "a", "abc", "a-random-name", &"x".repeat(300)] {
        let mut bytes = Vec::new();
        write_report(9, Some(&INFO), Some(&BLOCK), name, &mut bytes);
        write_bye(9, &mut bytes);
        let sender = Message::Sender { ssrc: 9, info: INFO, blocks: vec![BLOCK] };
        let bye = Message::Bye { sources: vec![9] };
        assert_eq!(parse(&bytes), Ok(vec![sender, Message::Other { packet_type: 202 }, bye]), "{name}");
    }
    let mut bytes = Vec::new();
    write_report(9, None, None, "n", &mut bytes);
    let receiver = Message::Receiver { ssrc: 9, blocks: Vec::new() };
    assert_eq!(parse(&bytes), Ok(vec![receiver, Message::Other { packet_type: 202 }]));
}

#[test]
fn a_report_is_laid_out_as_the_rfc_draws_it() {
    let mut bytes = Vec::new();
    write_report(0x0A0B_0C0D, Some(&INFO), Some(&BLOCK), "ab", &mut bytes);
    assert_eq!(&bytes[..8], &[0x81, 200, 0, 12, 0x0A, 0x0B, 0x0C, 0x0D]);
    assert_eq!(&bytes[8..16], &INFO.ntp.to_be_bytes());
    assert_eq!(&bytes[28..36], &[0, 0, 0, 7, 64, 0xFF, 0xFF, 0xFD]);
    assert_eq!(&bytes[52..], &[0x81, 202, 0, 3, 0x0A, 0x0B, 0x0C, 0x0D, 1, 2, b'a', b'b', 0, 0, 0, 0]);
}

#[test]
fn what_is_no_rtcp_is_told_why() {
    let mut bytes = Vec::new();
    write_report(9, Some(&INFO), Some(&BLOCK), "n", &mut bytes);
    for (bytes, reason) in [
        (&bytes[..3], NotRtcp::Short),
        (&bytes[..51], NotRtcp::Short),
        (&[][..], NotRtcp::Short),
        // Two blocks that are not there; a farewell of nobody's sources.
        (&[0x82, 201, 0, 1, 0, 0, 0, 9], NotRtcp::Short),
        (&[0x9F, 203, 0, 0], NotRtcp::Short),
        (&[0x40, 201, 0, 0], NotRtcp::OtherKind),
        (&[0x80, 100, 0, 0], NotRtcp::OtherKind),
    ] {
        assert_eq!(parse(bytes), Err(reason), "{bytes:?}");
    }
    let many = [0x80, 204, 0, 0].repeat(100);
    assert_eq!(parse(&many).map(|messages| messages.len()), Ok(16));
}

#[test]
fn the_round_trip_is_what_is_left_of_the_time_since_the_report() {
    // The example of RFC 3550 §6.4.1: 6.125 s.
    let block = ReportBlock { last_report: 0xB705_2000, delay_since_report: 0x0005_4000, ..BLOCK };
    let ntp = 0xB44D_B710_8000_0000;
    assert_eq!(block.round_trip(ntp), Some(Duration::from_millis(6_125)));
    let of_nothing = ReportBlock { last_report: 0, delay_since_report: 0, ..block };
    assert_eq!(of_nothing.round_trip(1 << 32), None, "no report came there yet");
    assert_eq!(ReportBlock { delay_since_report: u32::MAX >> 1, ..block }.round_trip(ntp), None);
}

#[test]
fn reports_come_every_five_seconds_but_not_in_step() {
    assert_eq!(report_interval(0), Duration::from_millis(2_500));
    assert_eq!(report_interval(1 << 31), Duration::from_secs(5));
    assert!(report_interval(u32::MAX) < Duration::from_millis(7_500));
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..120), kind in 192..=223_u8) {
        let _ = parse(&bytes);
        let mut likely = bytes;
        if let [flags, packet_type, high, ..] = likely.as_mut_slice() {
            (*flags, *packet_type, *high) = (*flags & 0x3F | 0x80, kind, 0);
            let _ = parse(&likely);
        }
    }
}
