//! The driver's side of HTTP/1.1: one connection, one webhook at a time, as little work as can be.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use ringfall_tests::stack::{AUTH_TOKEN, Signer, Webhook};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Larger than any answer.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// A connection that is kept open.
pub(crate) struct Wire {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(4 * 1024) })
    }

    /// Posts a webhook and gives the body of its answer.
    pub(crate) async fn post(&mut self, request: &[u8]) -> Result<&str> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            ensure!(self.stream.read_buf(&mut self.answer).await? > 0, "the connection was closed");
            ensure!(self.answer.len() <= MOST_ANSWER_BYTES, "the answer has no end");
            if let Some(body) = whole_body(&self.answer)? {
                let text = std::str::from_utf8(&self.answer)?;
                ensure!(text.starts_with("HTTP/1.1 200 "), "{text}");
                return Ok(&text[body..]);
            }
        }
    }
}

/// Where the body begins, once all of it is there.
fn whole_body(answer: &[u8]) -> Result<Option<usize>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end])?.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.context("the answer has no length")?.trim().parse()?;
    Ok((answer.len() >= end + 4 + length).then_some(end + 4))
}

/// A webhook as it goes over the wire, signed.
pub(crate) fn request(webhook: &Webhook, host: SocketAddr) -> Vec<u8> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&webhook.fields).finish();
    let signature = Signer::new(AUTH_TOKEN).sign(&webhook.url, &webhook.fields);
    let path = webhook.url.splitn(4, '/').nth(3).unwrap_or_default();
    let length = body.len();
    format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         user-agent: TwilioProxy/1.1\r\nx-twilio-signature: {signature}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
