//! Digits in the body of a SIP INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`) and `application/dtmf` (`5`). Neither has a
//! standard; both are what gateways send.

use super::event::Digit;

/// The content type of the longer form.
pub const DTMF_RELAY_TYPE: &str = "application/dtmf-relay";

/// The content type of the shorter form.
pub const DTMF_TYPE: &str = "application/dtmf";

/// The longest body that is looked at.
const MOST_BYTES: usize = 256;

/// The digit of an INFO; none if its content type is another, or its body says no key. Parameters of the type are passed over.
pub fn read_info(content_type: &str, body: &[u8]) -> Option<Digit> {
    if body.len() > MOST_BYTES {
        return None;
    }
    let body = std::str::from_utf8(body).ok()?;
    let content_type = content_type.split(';').next()?.trim();
    if content_type.eq_ignore_ascii_case(DTMF_RELAY_TYPE) {
        signal(body).and_then(key)
    } else if content_type.eq_ignore_ascii_case(DTMF_TYPE) {
        // Some put the longer form under the shorter's name.
        signal(body).or(Some(body)).and_then(key)
    } else {
        None
    }
}

/// The body of an INFO of type [`DTMF_RELAY_TYPE`].
pub fn write_info(digit: Digit, duration_ms: u16) -> String {
    format!("Signal={digit}\r\nDuration={duration_ms}\r\n")
}

fn signal(body: &str) -> Option<&str> {
    body.lines()
        .filter_map(|line| line.split_once('='))
        .find_map(|(name, value)| name.trim().eq_ignore_ascii_case("signal").then_some(value))
}

/// One key; some name the last two by the numbers of their events.
fn key(text: &str) -> Option<Digit> {
    let text = text.trim();
    match text {
        "10" => Digit::from_char('*'),
        "11" => Digit::from_char('#'),
        _ => {
            let mut keys = text.chars();
            let digit = Digit::from_char(keys.next()?)?;
            keys.next().is_none().then_some(digit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gateways_send_is_read() {
        for (content_type, body, key) in [
            (DTMF_RELAY_TYPE, "Signal=5\r\nDuration=160\r\n", '5'),
            (DTMF_RELAY_TYPE, "Signal= *\nDuration= 250", '*'),
            ("Application/DTMF-Relay; charset=utf-8", "Duration=160\r\nsignal=d", 'D'),
            (DTMF_RELAY_TYPE, "Signal=11\r\n", '#'),
            (DTMF_TYPE, "7", '7'),
            (DTMF_TYPE, " #\r\n", '#'),
            (DTMF_TYPE, "Signal=0\r\nDuration=100\r\n", '0'),
        ] {
            assert_eq!(read_info(content_type, body.as_bytes()).map(Digit::as_char), Some(key), "{body}");
        }
    }

    #[test]
    fn what_is_no_digit_is_none() {
        let long = format!("Signal=5\r\n{}", "x".repeat(MOST_BYTES));
        for (content_type, body) in [
            (DTMF_RELAY_TYPE, ""),
            (DTMF_RELAY_TYPE, "5"),
            (DTMF_RELAY_TYPE, "Signal=12"),
            (DTMF_RELAY_TYPE, "Signal="),
            (DTMF_RELAY_TYPE, long.as_str()),
            (DTMF_TYPE, "123"),
            (DTMF_TYPE, "x"),
            ("text/plain", "5"),
        ] {
            assert_eq!(read_info(content_type, body.as_bytes()), None, "{body}");
        }
        assert_eq!(read_info(DTMF_TYPE, &[0xFF]), None);
    }

    #[test]
    fn what_is_written_is_read() {
        for event in 0..16 {
            let digit = Digit::from_event(event).expect("a digit");
            assert_eq!(read_info(DTMF_RELAY_TYPE, write_info(digit, 100).as_bytes()), Some(digit));
        }
    }
}
