//! Messages as bytes.

use std::fmt::Display;

use bytes::{Bytes, BytesMut};

use super::{Essentials, Headers, Message, Name, Request, Response};

/// Writes one header. A line end within the value becomes a space: whatever a value is made of, it stays one header.
pub(super) fn write_header(bytes: &mut BytesMut, name: &Name, value: &[u8]) {
    bytes.extend_from_slice(name.as_str().as_bytes());
    bytes.extend_from_slice(b": ");
    let start = bytes.len();
    bytes.extend_from_slice(value);
    for byte in &mut bytes[start..] {
        if matches!(*byte, b'\r' | b'\n') {
            *byte = b' ';
        }
    }
    bytes.extend_from_slice(b"\r\n");
}

/// Writes Content-Length and the empty line.
pub(super) fn write_length(bytes: &mut BytesMut, length: usize) {
    write_header(bytes, &Name::ContentLength, length.to_string().as_bytes());
    bytes.extend_from_slice(b"\r\n");
}

fn write_rest(bytes: &mut BytesMut, essentials: &Essentials, headers: &Headers, body: &Bytes) {
    let mut write =
        |name: Name, value: &dyn Display| write_header(bytes, &name, value.to_string().as_bytes());
    for via in &essentials.via {
        write(Name::Via, via);
    }
    write(Name::From, &essentials.from);
    write(Name::To, &essentials.to);
    write(Name::CallId, &essentials.call_id);
    write(Name::CSeq, &essentials.cseq);
    for (name, value) in headers.iter() {
        write_header(bytes, name, value);
    }
    write_length(bytes, body.len());
    bytes.extend_from_slice(body);
}

impl Request {
    /// The request as it is sent.
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(1_024 + self.body.len());
        bytes.extend_from_slice(format!("{} {} SIP/2.0\r\n", self.method, self.uri).as_bytes());
        write_rest(&mut bytes, &self.essentials, &self.headers, &self.body);
        bytes.freeze()
    }
}

impl Response {
    /// The response as it is sent.
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(1_024 + self.body.len());
        let reason = self.reason.replace(['\r', '\n'], " ");
        bytes.extend_from_slice(format!("SIP/2.0 {} {reason}\r\n", self.status).as_bytes());
        write_rest(&mut bytes, &self.essentials, &self.headers, &self.body);
        bytes.freeze()
    }
}

impl Message {
    /// The message as it is sent.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}
