//! The messages of a stream (RFC 3261 §18.3, RFC 5626 §3.5.1).

use bytes::{Bytes, BytesMut};

use super::{
    Malformed, Message, Name, Problem,
    lex::{MOST_MESSAGE_BYTES, content_length, end_of_head, lex},
};

/// What a stream brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// One whole message, for [`Message::parse`].
    Message(Bytes),
    /// An empty line twice, to keep the connection open: it is answered with one.
    Ping,
}

/// A stream in which the next message cannot be found any more: it is closed, after the answer if there is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Unframed {
    /// What is wrong.
    pub problem: Problem,
    /// The answer to send before.
    pub answer: Option<Bytes>,
}

/// Finds messages in a stream, however it is cut. Holds one message's bytes at the most, besides what was given last.
#[derive(Debug, Default)]
pub struct Framer {
    bytes: BytesMut,
    /// How much of the bytes has been searched for the end of the headers.
    searched: usize,
    is_broken: bool,
}

impl Framer {
    /// Takes what the stream brought. After an error, nothing is taken any more.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.is_broken {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The next frame; none until more bytes come.
    ///
    /// # Errors
    /// The stream cannot be followed: a message without a length, with a wrong one, or one too long.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Unframed> {
        let frame = self.find();
        if frame.is_err() {
            self.is_broken = true;
            self.bytes.clear();
        }
        frame
    }

    fn find(&mut self) -> Result<Option<Frame>, Unframed> {
        if self.skip_line_ends() {
            return Ok(Some(Frame::Ping));
        }
        let Some(head) = end_of_head(&self.bytes, self.searched) else {
            // The end may lie across what has been searched and what will come.
            self.searched = self.bytes.len().saturating_sub(3);
            return if self.bytes.len() > MOST_MESSAGE_BYTES { Err(self.too_long()) } else { Ok(None) };
        };
        let lexed = lex(&Bytes::copy_from_slice(&self.bytes[..head]));
        let length = content_length(&lexed.headers);
        let length = match length.and_then(|length| length.ok_or(Problem::Missing(Name::ContentLength))) {
            Ok(length) => length,
            Err(problem) => return Err(self.unframed(head, problem)),
        };
        if head.saturating_add(length) > MOST_MESSAGE_BYTES {
            return Err(self.too_long());
        }
        if self.bytes.len() < head + length {
            return Ok(None);
        }
        self.searched = 0;
        Ok(Some(Frame::Message(self.bytes.split_to(head + length).freeze())))
    }

    /// Leaves out line ends before a message; true if they were two, which is a ping.
    fn skip_line_ends(&mut self) -> bool {
        loop {
            if self.bytes.starts_with(b"\r\n\r\n") {
                let _ = self.bytes.split_to(4);
                return true;
            }
            // One alone may be the first half of a ping, or the answer to ours.
            let is_more = self.bytes.len() > 2 && self.bytes.starts_with(b"\r\n") && self.bytes[2] != b'\r';
            if !is_more {
                return false;
            }
            let _ = self.bytes.split_to(2);
        }
    }

    fn too_long(&self) -> Unframed {
        Unframed { problem: Problem::TooLong { most_bytes: MOST_MESSAGE_BYTES }, answer: None }
    }

    /// A length that is wrong is told to the sender, who is found by the headers before the body.
    fn unframed(&self, head: usize, problem: Problem) -> Unframed {
        let parsed = Message::parse(&Bytes::copy_from_slice(&self.bytes[..head]));
        let answer = match parsed {
            Err(Malformed { answer, .. }) => answer,
            Ok(Message::Request(request)) if request.method != super::Method::Ack => {
                Some(request.stateless_reply(problem.status()).to_bytes())
            }
            Ok(Message::Request(_) | Message::Response(_)) => None,
        };
        Unframed { problem, answer }
    }
}
