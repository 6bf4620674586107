//! The least that a call's way to the desk takes on this machine: a socket that hands messages over as they are, and asks the platform before it does
//! so with a new call.

use std::{
    io::{Read, Write, stdin, stdout},
    net::SocketAddr,
    sync::Arc,
    thread,
};

use anyhow::{Context, Result, ensure};
use tokio::net::UdpSocket;

struct Chain {
    socket: UdpSocket,
    client: reqwest::Client,
    voice_url: String,
    desk: SocketAddr,
}

/// Is the chain between callers, a platform and a desk, until its input ends.
///
/// # Errors
/// It does not start.
pub fn serve_bare(platform: SocketAddr, desk: SocketAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let socket = runtime.block_on(UdpSocket::bind("127.0.0.1:0"))?;
    writeln!(stdout(), "{}", socket.local_addr()?)?;
    stdout().flush()?;
    let client = reqwest::Client::builder().tcp_nodelay(true).build()?;
    let chain = Arc::new(Chain { socket, client, voice_url: format!("http://{platform}/voice"), desk });
    thread::spawn(move || runtime.block_on(hand_over(chain)));
    let _ = stdin().read(&mut [0; 1])?;
    Ok(())
}

async fn hand_over(chain: Arc<Chain>) -> Result<()> {
    let (mut buffer, mut caller) = (vec![0; 65_536], None);
    loop {
        let (length, from) = chain.socket.recv_from(&mut buffer).await?;
        let message = buffer[..length].to_vec();
        if from == chain.desk {
            let caller = caller.context("the desk answers before anybody called")?;
            chain.socket.send_to(&message, caller).await?;
            continue;
        }
        caller = Some(from);
        let chain = Arc::clone(&chain);
        tokio::spawn(async move { chain.ask_and_hand_over(message).await });
    }
}

impl Chain {
    async fn ask_and_hand_over(&self, message: Vec<u8>) -> Result<()> {
        if message.starts_with(b"INVITE ") {
            let answer = self.client.post(&self.voice_url).body(message.clone()).send().await?;
            ensure!(answer.status().is_success(), "the platform answers {}", answer.status());
            answer.bytes().await?;
        }
        self.socket.send_to(&message, self.desk).await?;
        Ok(())
    }
}
