//! Reading a session description within limits.

use std::fmt;

use sdp_types::{ParserError, Session};

/// What a description may have at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Bytes in all.
    Bytes,
    /// Bytes in a line.
    LineBytes,
    /// Lines.
    Lines,
    /// Media streams (`m=`).
    Streams,
}

impl Limit {
    /// The most that is taken.
    pub const fn most(self) -> usize {
        match self {
            Self::Bytes => 16 * 1024,
            Self::LineBytes => 2 * 1024,
            Self::Lines => 400,
            Self::Streams => 16,
        }
    }

    fn check(self, count: usize) -> Result<(), SdpError> {
        if count > self.most() { Err(SdpError::TooMuch(self)) } else { Ok(()) }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Bytes => "bytes",
            Self::LineBytes => "bytes in a line",
            Self::Lines => "lines",
            Self::Streams => "media streams",
        };
        write!(f, "{} {what}", self.most())
    }
}

/// Bytes that are no session description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// There is more than we take.
    #[error("more than {0}")]
    TooMuch(Limit),
    /// It does not follow the grammar. What is wrong, and in which line.
    #[error("{0}")]
    Malformed(String),
}

impl From<ParserError> for SdpError {
    fn from(error: ParserError) -> Self {
        // The error may quote the line, which is as long as its sender likes.
        Self::Malformed(error.to_string().chars().take(120).collect())
    }
}

/// Reads a session description. Lines may end with CR LF or LF, and with spaces; empty lines are skipped, missing `o=`, `s=` and `t=`
/// are forgiven, text that is not UTF-8 is damaged but no reason to refuse a call.
///
/// # Errors
/// There is more than the [`Limit`]s, or a line that cannot be understood.
pub fn parse(bytes: &[u8]) -> Result<Session, SdpError> {
    Limit::Bytes.check(bytes.len())?;
    let text = String::from_utf8_lossy(bytes);
    let mut lines = Vec::new();
    for line in text.split('\n').map(str::trim_end).filter(|line| !line.is_empty()) {
        Limit::LineBytes.check(line.len())?;
        lines.push(line);
        Limit::Lines.check(lines.len())?;
    }
    Limit::Streams.check(lines.iter().filter(|line| line.starts_with("m=")).count())?;
    Ok(Session::parse(lines.join("\n").as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

    #[test]
    fn what_telephones_send_is_read() {
        for text in [
            SMALL.to_owned(),
            SMALL.replace("\r\n", "\n"),
            SMALL.replace("s=-\r\n", ""),
            SMALL.replace("s=-", "s= "),
            SMALL.replace("t=0 0\r\n", "t=0 0 \r\n\r\n"),
            SMALL.replace("m=audio 4000 RTP/AVP 0", "m=audio 4000 RTP/AVP 0 \r\na=sendrecv\r\n\r\n"),
        ] {
            assert_eq!(parse(text.as_bytes()).map(|session| session.medias.len()), Ok(1), "{text}");
        }
        let latin = [&b"v=0\r\ns=Caf\xE9\r\n"[..], b"m=audio 4000 RTP/AVP 0\r\n"].concat();
        assert!(parse(&latin).is_ok());
    }

    #[test]
    fn more_than_the_limits_is_refused() {
        let line = |length| format!("{SMALL}a={}\r\n", "x".repeat(length));
        assert!(parse(line(Limit::LineBytes.most() - 2).as_bytes()).is_ok());
        for (text, limit) in [
            (line(Limit::LineBytes.most() - 1), Limit::LineBytes),
            (format!("{SMALL}{}", "a=x\r\n".repeat(Limit::Lines.most())), Limit::Lines),
            (format!("{SMALL}{}", "m=audio 0 RTP/AVP 0\r\n".repeat(Limit::Streams.most())), Limit::Streams),
            ("x".repeat(Limit::Bytes.most() + 1), Limit::Bytes),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(SdpError::TooMuch(limit)));
        }
    }

    #[test]
    fn an_error_names_the_line_and_stays_short() {
        let broken = SMALL.replace("s=-", &"s".repeat(2_000));
        let error = parse(broken.as_bytes()).expect_err("no line").to_string();
        assert!(error.contains("line 3") && error.len() <= 480, "{error}");
        assert!(parse(b"").is_err() && parse(b"\0\xFF").is_err());
    }
}
