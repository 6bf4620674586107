//! rtpengine, asked for calls by its control protocol: a cookie and a dictionary (bencode) in a datagram, and such an answer.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// How often an answer is waited for.
const TRIES: u32 = 20;

/// Starts rtpengine as it runs without its kernel module, with one thread, on a port of control.
///
/// # Errors
/// It cannot be started.
pub(super) fn start(program: &str, control: u16) -> Result<Child> {
    Command::new(program)
        .args(["--foreground", "--log-stderr", "--log-level=1", "--table=-1", "--num-threads=1"])
        .args(["--interface=127.0.0.1", "--port-min=10000", "--port-max=60000", "--timeout=3600"])
        .arg(format!("--listen-ng=127.0.0.1:{control}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{program} cannot be started"))
}

/// Sets up a call for each number: where each of its phones is to send.
///
/// # Errors
/// It does not answer, or not with an address.
pub(super) fn set_up(control: u16, calls: usize, phones: [SocketAddr; 2]) -> Result<Vec<[SocketAddr; 2]>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, control))?;
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    let ask = |cookie: &str, request: &str| ask(&socket, cookie, request);
    ask("first", "d7:command4:pinge")?;
    let mut addresses = Vec::with_capacity(calls);
    for call in 0..calls {
        let words = |command: &str, tag: &str, phone| {
            let sdp = sdp(phone);
            let id = format!("call-{call}");
            let mut text = String::from("d");
            for word in ["call-id", &id, "command", command, "from-tag", "a", "sdp", &sdp] {
                text += &format!("{}:{word}", word.len());
            }
            text + tag + "e"
        };
        let offer = ask(&format!("o{call}"), &words("offer", "", phones[0]))?;
        let answer = ask(&format!("a{call}"), &words("answer", "6:to-tag1:b", phones[1]))?;
        // What the offer becomes is for the second phone to send to, and what the answer becomes for the first.
        addresses.push([address(&answer)?, address(&offer)?]);
    }
    Ok(addresses)
}

fn ask(socket: &UdpSocket, cookie: &str, request: &str) -> Result<String> {
    let mut buffer = vec![0; 65_536];
    for _ in 0..TRIES {
        // It may not be there yet.
        let _ = socket.send(format!("{cookie} {request}").as_bytes());
        let Ok(length) = socket.recv(&mut buffer) else {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        let answer = String::from_utf8_lossy(&buffer[..length]);
        if answer.starts_with(cookie) {
            return Ok(answer.into_owned());
        }
    }
    bail!("rtpengine does not answer")
}

fn sdp(phone: SocketAddr) -> String {
    let (ip, port) = (phone.ip(), phone.port());
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
    )
}

fn address(answer: &str) -> Result<SocketAddr> {
    let after =
        |mark: &str| answer.split_once(mark).and_then(|(_, rest)| rest.split([' ', '\r', '\n']).next());
    let (ip, port) = (after("c=IN IP4 "), after("m=audio "));
    let (Some(ip), Some(port)) = (ip, port) else { bail!("rtpengine answers without an address: {answer}") };
    Ok(SocketAddr::new(ip.parse()?, port.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_from_an_answer() {
        let answer =
            "o1 d3:sdp99:v=0\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 31234 RTP/AVP 0\r\n6:result2:oke";
        assert_eq!(address(answer).expect("an address"), "127.0.0.1:31234".parse().expect("an address"));
        assert!(address("o1 d6:result5:errore").is_err());
    }
}
