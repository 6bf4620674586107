//! From bytes to a start line, raw headers and a body; nothing is lost but folds and what stands behind the body.

use bytes::{Bytes, BytesMut};

use super::{
    Problem,
    headers::{Headers, Name},
    scan::number,
};

/// The longest message that is taken, in bytes: what a UDP datagram can hold.
pub const MOST_MESSAGE_BYTES: usize = 65_535;

/// The most headers of one message.
pub const MOST_HEADERS: usize = 256;

/// A message whose words are found and not yet understood.
#[derive(Debug)]
pub(super) struct Lexed {
    pub(super) start_line: Bytes,
    pub(super) headers: Headers,
    pub(super) body: Bytes,
    /// What is wrong with it, as far as the lexer can tell; the first thing found. The headers are there nevertheless, so that
    /// an answer can be written.
    pub(super) problem: Option<Problem>,
}

/// Where the empty line behind the headers ends, if it is there, looked for from `from`.
pub(super) fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let from = from.min(bytes.len());
    bytes[from..].windows(4).position(|four| four == b"\r\n\r\n").map(|place| from + place + 4)
}

/// The line ends that may stand before a message (RFC 3261 §7.5).
pub(super) fn skip_line_ends(bytes: &Bytes) -> Bytes {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    bytes.slice(start..)
}

/// Reads a datagram: what stands behind the body is left out, and a body shorter than it says is a problem (RFC 3261 §18.3).
pub(super) fn lex(bytes: &Bytes) -> Lexed {
    let bytes = skip_line_ends(bytes);
    let mut lexed =
        Lexed { start_line: Bytes::new(), headers: Headers::default(), body: Bytes::new(), problem: None };
    if bytes.len() > MOST_MESSAGE_BYTES {
        lexed.problem = Some(Problem::TooLong { most_bytes: MOST_MESSAGE_BYTES });
    }
    let end = end_of_head(&bytes, 0);
    if end.is_none() {
        lexed.problem.get_or_insert(Problem::Unfinished);
    }
    let end = end.unwrap_or(bytes.len().min(MOST_MESSAGE_BYTES));
    lexed.read_head(&bytes.slice(..end));
    lexed.read_body(&bytes.slice(end..));
    lexed
}

impl Lexed {
    fn read_head(&mut self, head: &Bytes) {
        let mut lines = Lines { rest: head.clone(), count: 0 };
        self.start_line = lines.next().unwrap_or_default();
        while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
            let number = lines.count;
            match header(&line) {
                Some(_) if self.headers.iter().count() >= MOST_HEADERS => {
                    self.problem.get_or_insert(Problem::TooManyHeaders { most: MOST_HEADERS });
                    return;
                }
                Some((name, value)) => self.headers.push(name, value),
                None => {
                    self.problem.get_or_insert(Problem::HeaderLine { line: number });
                }
            }
        }
    }

    fn read_body(&mut self, rest: &Bytes) {
        match content_length(&self.headers) {
            Ok(None) => self.body = rest.clone(),
            Ok(Some(length)) if length <= rest.len() => self.body = rest.slice(..length),
            Ok(Some(_)) => {
                let problem = Problem::of(&Name::ContentLength, "the message ends before its body does");
                self.problem.get_or_insert(problem);
            }
            Err(problem) => {
                self.problem.get_or_insert(problem);
            }
        }
    }
}

/// The length that a message says its body has.
pub(super) fn content_length(headers: &Headers) -> Result<Option<usize>, Problem> {
    let mut lengths = headers.raw(&Name::ContentLength);
    let Some(length) = lengths.next() else { return Ok(None) };
    if lengths.next().is_some() {
        return Err(Problem::Repeated(Name::ContentLength));
    }
    let length = std::str::from_utf8(length).ok().and_then(|text| number(text.trim()));
    length.map(Some).ok_or(Problem::of(&Name::ContentLength, "it is no number of bytes"))
}

/// Lines without their ends, folds undone.
struct Lines {
    rest: Bytes,
    count: usize,
}

impl Lines {
    fn next(&mut self) -> Option<Bytes> {
        let mut line = self.next_unfolded()?;
        // The start line does not fold: a space below it begins a header without a name.
        if self.count > 1 && !line.is_empty() && self.goes_on() {
            let mut folded = BytesMut::from(&line[..]);
            while self.goes_on() {
                let more = self.next_unfolded().unwrap_or_default();
                folded.truncate(folded.trim_ascii_end().len());
                folded.extend_from_slice(b" ");
                folded.extend_from_slice(more.trim_ascii_start());
            }
            line = folded.freeze();
        }
        Some(line)
    }

    fn goes_on(&self) -> bool {
        matches!(self.rest.first(), Some(b' ' | b'\t'))
    }

    fn next_unfolded(&mut self) -> Option<Bytes> {
        if self.rest.is_empty() {
            return None;
        }
        self.count += 1;
        let end = self.rest.windows(2).position(|two| two == b"\r\n");
        let line = self.rest.split_to(end.unwrap_or(self.rest.len()));
        if end.is_some() {
            let _ = self.rest.split_to(2);
        }
        Some(line)
    }
}

/// A line's name and value. A lone line end within is an attempt to smuggle a header past somebody who splits there.
fn header(line: &Bytes) -> Option<(Name, Bytes)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = std::str::from_utf8(line[..colon].trim_ascii_end()).ok().and_then(Name::parse)?;
    let value = line.slice_ref(line[colon + 1..].trim_ascii());
    has_no_line_end(&value).then_some((name, value))
}

fn has_no_line_end(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
}
