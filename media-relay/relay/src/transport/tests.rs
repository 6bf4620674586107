//! The sockets over loopback: streams in pieces, strangers, failures, TLS.

use std::{sync::Arc, time::Duration};

use ringfall_control::TrunkList;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream, UdpSocket},
    sync::watch,
    task::LocalSet,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer},
};

use super::*;
use crate::config::Pem;
use crate::{
    metrics::Metrics,
    trunks::{Trunks, tests::trunk},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Callers come from 127.0.0.3 alone.
async fn open(tls: Option<(SocketAddr, TlsFiles)>) -> (Transports, watch::Sender<Arc<Trunks>>) {
    let list = TrunkList { trunks: vec![trunk("one", "127.0.0.3", "+18005550111")] };
    let (sender, trunks) = watch::channel(Arc::new(Trunks::new(list, false).0));
    let gate = Gate::new(trunks, Metrics::new());
    let plain = "127.0.0.1:0".parse().expect("an address");
    (Transports::open(&Listen { plain, tls, roots: None }, gate).await.expect("sockets"), sender)
}

/// A connection from an address of its own.
async fn connect(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(format!("{from}:0").parse().expect("an address")).expect("a port");
    socket.connect(to).await.expect("a connection")
}

fn options(branch: &str) -> String {
    format!(
        "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.3;branch=z9hG4bK{branch}\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:x@h>\r\n\
         Call-ID: {branch}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

async fn next(transports: &mut Transports) -> Arrived {
    timeout(PATIENCE, transports.next()).await.expect("something comes")
}

async fn message(transports: &mut Transports) -> (Peer, String) {
    match next(transports).await {
        Arrived::Message(peer, message) => (peer, message.essentials().call_id.clone()),
        Arrived::Failed(peers) => unreachable!("{peers:?}"),
    }
}

/// A stream's messages in pieces and together, a ping, and an answer on the same connection.
async fn talk(transports: &mut Transports, mut stream: impl AsyncRead + AsyncWrite + Unpin, over: Transport) {
    let one = options("one");
    let (start, rest) = one.split_at(70);
    stream.write_all(start.as_bytes()).await.expect("written");
    stream.flush().await.expect("flushed");
    assert!(timeout(Duration::from_millis(100), transports.next()).await.is_err(), "half a message is none");
    let together = format!("{rest}\r\n\r\n{}{}", options("two"), options("three"));
    stream.write_all(together.as_bytes()).await.expect("written");
    stream.flush().await.expect("flushed");
    let mut connections = Vec::new();
    for expected in ["one", "two", "three"] {
        let (peer, call_id) = message(transports).await;
        assert_eq!((call_id.as_str(), peer.transport), (expected, over));
        connections.push(peer);
    }
    assert!(connections.iter().all(|peer| *peer == connections[0] && peer.connection.is_some()));
    transports.send(Transmit { to: connections[0], bytes: "SIP/2.0 200 OK\r\n\r\n".into() });
    let mut heard = [0; 20];
    // The ping's answer comes first.
    let reading = async {
        tokio::select! {
            read = stream.read_exact(&mut heard) => { read.expect("an answer"); }
            _ = transports.next() => unreachable!("nothing more was sent"),
        }
    };
    timeout(PATIENCE, reading).await.expect("an answer");
    assert_eq!(&heard, b"\r\nSIP/2.0 200 OK\r\n\r\n");
}

#[tokio::test]
async fn a_stream_may_be_cut_anywhere_and_is_answered_on_its_connection() {
    let test = async {
        let (mut transports, _trunks) = open(None).await;
        let stream = connect("127.0.0.3", transports.plain_address()).await;
        talk(&mut transports, stream, Transport::Tcp).await;
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn tls_is_spoken_with_the_certificate_from_a_file_and_a_key_from_the_environment() {
    let test = async {
        let made =
            rcgen::generate_simple_self_signed(vec!["relay.example.com".to_owned()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cert.pem");
        std::fs::write(&path, made.cert.pem()).expect("a file");
        let pem = |text: &str| text.parse::<Pem>().expect("a file or a text");
        let (certificates, key) =
            (pem(path.to_str().expect("a path")), pem(&made.signing_key.serialize_pem()));
        assert!(!format!("{key:?}").contains("BEGIN"), "a key is never shown");
        let listen = "127.0.0.1:0".parse().expect("an address");
        let (mut transports, _trunks) = open(Some((listen, TlsFiles { certificates, key }))).await;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(made.cert.der().to_vec())).expect("a root");
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tcp = connect("127.0.0.3", transports.tls_address().expect("TLS")).await;
        let name = "relay.example.com".try_into().expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.expect("TLS");
        talk(&mut transports, stream, Transport::Tls).await;
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let test = async {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("missing.pem");
        let (_sender, trunks) = watch::channel(Arc::new(Trunks::default()));
        let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        let files = TlsFiles { certificates: Pem::File(missing.clone()), key: Pem::File(missing) };
        let gate = Gate::new(trunks, Metrics::new());
        let opened =
            Transports::open(&Listen { plain: any, tls: Some((any, files)), roots: None }, gate).await;
        let reason = opened.expect_err("no certificate").to_string();
        assert!(reason.starts_with("the certificates cannot be used: "), "{reason}");
        assert!(reason.contains("missing.pem"), "{reason}");
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn a_strangers_connection_is_closed_before_it_is_read() {
    let test = async {
        let (mut transports, _trunks) = open(None).await;
        let mut stranger = connect("127.0.0.5", transports.plain_address()).await;
        let _ = stranger.write_all(options("x").as_bytes()).await;
        let mut heard = Vec::new();
        let closed = async {
            tokio::select! {
                // Whether it ends or is reset, nothing was said.
                _ = stranger.read_to_end(&mut heard) => {}
                _ = transports.next() => unreachable!("a stranger was heard"),
            }
        };
        timeout(PATIENCE, closed).await.expect("the connection is closed");
        assert!(heard.is_empty());
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn a_peer_that_cannot_be_connected_to_is_told_and_one_that_can_is_connected_to_once() {
    let test = async {
        let (mut transports, _trunks) = open(None).await;
        // A port that was free just now.
        let nobody = {
            let listener = tokio::net::TcpListener::bind("127.0.0.4:0").await.expect("a port");
            listener.local_addr().expect("an address")
        };
        let to = Peer::new(Transport::Tcp, nobody);
        transports.send(Transmit { to, bytes: "x".into() });
        match next(&mut transports).await {
            Arrived::Failed(peers) => assert_eq!(peers, [to]),
            Arrived::Message(..) => unreachable!("nobody is there"),
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.4:0").await.expect("a port");
        let to = Peer::new(Transport::Tcp, listener.local_addr().expect("an address"));
        transports.send(Transmit { to, bytes: "one,".into() });
        transports.send(Transmit { to, bytes: "two".into() });
        let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("in time").expect("one");
        let mut heard = [0; 7];
        timeout(PATIENCE, stream.read_exact(&mut heard)).await.expect("in time").expect("both");
        assert_eq!(&heard, b"one,two");
        // It closes: whoever waits for it is told.
        drop(stream);
        assert!(matches!(next(&mut transports).await, Arrived::Failed(peers) if peers == [to]));
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn who_was_called_is_heard_as_long_as_the_call_lasts_but_may_not_call() {
    let test = async {
        let (mut transports, _trunks) = open(None).await;
        let buyer = UdpSocket::bind("127.0.0.4:0").await.expect("a port");
        let to = transports.plain_address();
        let gate = transports.gate.clone();
        buyer.send_to(options("before").as_bytes(), to).await.expect("sent");
        gate.call("127.0.0.4".parse().expect("an address"));
        buyer.send_to(options("new").as_bytes(), to).await.expect("sent");
        let within = options("within").replace("To: <sip:x@h>", "To: <sip:x@h>;tag=2");
        buyer.send_to(within.as_bytes(), to).await.expect("sent");
        // Of the three, the first came from a stranger or is a new request of one who may not begin anything.
        assert_eq!(message(&mut transports).await.1, "within");
    };
    LocalSet::new().run_until(test).await;
}

/// A certificate for a name, in files.
fn certificate(folder: &std::path::Path, name: &str) -> TlsFiles {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).expect("a certificate");
    let (certificates, key) = (folder.join("peer.pem"), folder.join("peer.key"));
    std::fs::write(&certificates, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    TlsFiles { certificates: Pem::File(certificates), key: Pem::File(key) }
}

/// Whether something that is sent over TLS to a peer, as it is named, reaches one with a certificate for `made_out_to`.
async fn reaches(made_out_to: &str, named: Option<&str>, is_trusted: bool) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let files = certificate(folder.path(), made_out_to);
    let acceptor = tls::acceptor(&files).expect("a certificate");
    let listener = tokio::net::TcpListener::bind("127.0.0.4:0").await.expect("a port");
    let mut to = Peer::new(Transport::Tls, listener.local_addr().expect("an address"));
    let (_sender, trunks) = watch::channel(Arc::new(Trunks::default()));
    let gate = Gate::new(trunks, Metrics::new());
    let plain = "127.0.0.1:0".parse().expect("an address");
    let roots = is_trusted.then(|| files.certificates.clone());
    let mut transports = Transports::open(&Listen { plain, tls: None, roots }, gate).await.expect("sockets");
    to.name = named.map(|name| transports.name(name));
    transports.send(Transmit { to, bytes: "said".into() });
    let hearing = async {
        let (tcp, _) = listener.accept().await.expect("a connection");
        let Ok(mut stream) = acceptor.accept(tcp).await else { return false };
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await.is_ok() && heard == *b"said"
    };
    let failing = async {
        loop {
            if matches!(transports.next().await, Arrived::Failed(peers) if peers == [to]) {
                return;
            }
        }
    };
    // Who is not believed is told as a failure, so that the call can go elsewhere.
    let (is_heard, has_failed) = tokio::join!(timeout(PATIENCE, hearing), async {
        timeout(Duration::from_secs(2), failing).await.is_ok()
    });
    let is_heard = is_heard.expect("in time");
    assert!(is_heard || has_failed, "{made_out_to} {named:?} {is_trusted}");
    is_heard
}

#[tokio::test]
async fn only_a_peer_with_a_certificate_for_its_name_that_is_vouched_for_is_spoken_to_over_tls() {
    let test = async {
        for (made_out_to, named, is_trusted, expected) in [
            ("carrier.example.com", Some("carrier.example.com"), true, true),
            ("carrier.example.com", Some("other.example.com"), true, false),
            ("carrier.example.com", Some("carrier.example.com"), false, false),
            ("carrier.example.com", None, true, false),
            ("127.0.0.4", None, true, true),
            ("127.0.0.5", None, true, false),
        ] {
            assert_eq!(reaches(made_out_to, named, is_trusted).await, expected, "{made_out_to} as {named:?}");
        }
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn what_is_for_one_name_does_not_go_over_the_connection_of_another_at_the_same_address() {
    let test = async {
        let folder = tempfile::tempdir().expect("a folder");
        let files = certificate(folder.path(), "one.example.com");
        let acceptor = tls::acceptor(&files).expect("a certificate");
        let listener = tokio::net::TcpListener::bind("127.0.0.4:0").await.expect("a port");
        let (_sender, trunks) = watch::channel(Arc::new(Trunks::default()));
        let listen = Listen {
            plain: "127.0.0.1:0".parse().expect("an address"),
            tls: None,
            roots: Some(files.certificates.clone()),
        };
        let mut transports =
            Transports::open(&listen, Gate::new(trunks, Metrics::new())).await.expect("sockets");
        let address = listener.local_addr().expect("an address");
        let [one, two, again] = ["one.example.com", "two.example.com", "ONE.example.com"]
            .map(|name| Peer { name: Some(transports.name(name)), ..Peer::new(Transport::Tls, address) });
        transports.send(Transmit { to: one, bytes: "for one,".into() });
        let accepting = async {
            let (tcp, _) = listener.accept().await.expect("a connection");
            acceptor.accept(tcp).await
        };
        let mut stream = timeout(PATIENCE, accepting).await.expect("in time").expect("TLS");
        transports.send(Transmit { to: two, bytes: "for two,".into() });
        // The certificate is not two's: another connection is made, and comes to nothing.
        let (refused, failed) =
            tokio::join!(timeout(PATIENCE, accepting_again(&listener, &acceptor)), next(&mut transports));
        assert!(refused.expect("in time").is_err(), "two is taken for one");
        assert!(matches!(failed, Arrived::Failed(peers) if peers == [two]));
        transports.send(Transmit { to: again, bytes: "for one again".into() });
        let mut heard = [0; 21];
        timeout(PATIENCE, stream.read_exact(&mut heard)).await.expect("in time").expect("both");
        assert_eq!(&heard, b"for one,for one again");
    };
    LocalSet::new().run_until(test).await;
}

async fn accepting_again(
    listener: &tokio::net::TcpListener,
    acceptor: &tokio_rustls::TlsAcceptor,
) -> std::io::Result<()> {
    let (tcp, _) = listener.accept().await?;
    let mut stream = acceptor.accept(tcp).await?;
    stream.read_exact(&mut [0; 1]).await.map(drop)
}

#[tokio::test]
async fn who_vouches_for_others_is_read_at_once() {
    let test = async {
        let (_sender, trunks) = watch::channel(Arc::new(Trunks::default()));
        let plain: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        let roots = Some(Pem::File("/no/such/roots.pem".into()));
        let opened =
            Transports::open(&Listen { plain, tls: None, roots }, Gate::new(trunks, Metrics::new())).await;
        let reason = opened.expect_err("no file").to_string();
        assert!(reason.starts_with("the roots cannot be used: /no/such/roots.pem"), "{reason}");
    };
    LocalSet::new().run_until(test).await;
}
