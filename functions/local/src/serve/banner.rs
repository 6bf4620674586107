//! What a person sees first.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use super::Stack;

/// Tells where everything is, and the first key if it was just made.
///
/// # Errors
/// Standard output is closed.
pub(super) fn show(stack: &Stack, data: &str) -> io::Result<()> {
    io::stdout().lock().write_all(
        text(stack.url().as_str().trim_end_matches('/'), stack.sip(), stack.new_key(), data).as_bytes(),
    )
}

fn text(url: &str, sip: Option<SocketAddr>, new_key: Option<&str>, data: &str) -> String {
    let sip = sip.map_or_else(|| "off".to_owned(), |address| format!("{address}, over UDP and TCP"));
    let key = new_key.map_or_else(String::new, |key| {
        format!("  admin key      {key}\n                 (shown this once: keep it)\n")
    });
    format!(
        "\nRingfall is ready.\n\n  API            {url}/v1\n  documentation  {url}/docs\n  SIP            {sip}\n  data           {data}\n{key}\n\
         See it take calls:  ringfall demo  (or: cargo run --release -- demo)\nStop it with Ctrl-C.\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_when_it_was_just_made_and_never_else() {
        let show =
            |key| text("http://127.0.0.1:8080", Some(([127, 0, 0, 1], 5060).into()), key, "./.ringfall");
        assert!(show(Some("key_abc")).contains("admin key      key_abc\n"));
        assert!(!show(None).contains("key"));
        assert!(show(None).contains("http://127.0.0.1:8080/docs\n"));
        assert!(show(None).contains("SIP            127.0.0.1:5060, over UDP and TCP\n"));
        assert!(text("http://127.0.0.1:8080", None, None, "./.ringfall").contains("SIP            off\n"));
    }
}
