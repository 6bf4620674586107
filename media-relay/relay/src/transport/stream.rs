//! One connection of TCP or TLS: its messages in, our messages out.

use std::time::Duration;

use bytes::Bytes;
use ringfall_sip::{
    message::{Frame, Framer, Unframed},
    transport::{ConnectionId, Peer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    time::timeout,
};

/// A connection on which nothing comes for so long is closed. Pings count.
const IDLE: Duration = Duration::from_secs(600);

/// The rest of a message that has begun must come within so long.
const UNFINISHED: Duration = Duration::from_secs(32);

/// The other side must take what is sent within so long.
const WRITE: Duration = Duration::from_secs(10);

/// How many messages may wait to be written.
pub(super) const MOST_WAITING: usize = 256;

/// What a connection tells.
#[derive(Debug)]
pub(super) enum FromStream {
    /// It is there, and takes what is to be sent.
    Opened { connection: ConnectionId, peer: Peer, writer: mpsc::Sender<Bytes> },
    /// It brought a message.
    Message { peer: Peer, bytes: Bytes },
    /// It is closed, or was never opened.
    Closed { connection: ConnectionId, peer: Peer },
}

/// Runs a connection until either side closes it or it cannot be followed.
pub(super) async fn run(
    stream: impl AsyncRead + AsyncWrite,
    peer: Peer,
    inbox: &mpsc::Sender<FromStream>,
    to_write: mpsc::Receiver<Bytes>,
    answers: mpsc::Sender<Bytes>,
) {
    let (reader, writer) = tokio::io::split(stream);
    tokio::select! {
        last = read(reader, peer, inbox, answers) => last,
        () = write(writer, to_write) => {}
    }
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut to_write: mpsc::Receiver<Bytes>) {
    while let Some(bytes) = to_write.recv().await {
        let is_last = bytes.is_empty();
        let written = timeout(WRITE, async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        });
        if is_last || !matches!(written.await, Ok(Ok(()))) {
            break;
        }
    }
    let _ = timeout(WRITE, writer.shutdown()).await;
}

async fn read(
    mut reader: impl AsyncRead + Unpin,
    peer: Peer,
    inbox: &mpsc::Sender<FromStream>,
    answers: mpsc::Sender<Bytes>,
) {
    let (mut framer, mut buffer, mut is_within) = (Framer::default(), [0; 8 * 1_024], false);
    loop {
        let patience = if is_within { UNFINISHED } else { IDLE };
        let Ok(Ok(length @ 1..)) = timeout(patience, reader.read(&mut buffer)).await else { return };
        framer.push(&buffer[..length]);
        is_within = true;
        loop {
            match framer.next_frame() {
                Ok(Some(Frame::Message(bytes))) => {
                    is_within = false;
                    if inbox.send(FromStream::Message { peer, bytes }).await.is_err() {
                        return;
                    }
                }
                Ok(Some(Frame::Ping)) => {
                    is_within = false;
                    // Who does not read what we send gets no answers to pings either.
                    let _ = answers.try_send(Bytes::from_static(b"\r\n"));
                }
                Ok(None) => break,
                Err(Unframed { problem, answer }) => {
                    tracing::debug!(%problem, from = %peer.address, "a stream cannot be followed");
                    finish(answers, answer).await;
                    return;
                }
            }
        }
    }
}

/// Lets the last answer be written: the empty message behind it ends the writer.
async fn finish(answers: mpsc::Sender<Bytes>, answer: Option<Bytes>) {
    let Some(answer) = answer else { return };
    let _ = answers.send(answer).await;
    let _ = answers.send(Bytes::new()).await;
    let _ = timeout(WRITE, answers.closed()).await;
}
