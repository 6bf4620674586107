//! Buyers who are called over TLS.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use axum::http::StatusCode;
use ringfall_control::notice::Cause;
use ringfall_relay::Pem;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use crate::{
    phone::Phone,
    sipp::free,
    stack::{NUMBER, Stack},
};

/// A certificate for an address, and its key.
fn certificate(folder: &Path, address: &str) -> [PathBuf; 2] {
    let made = rcgen::generate_simple_self_signed(vec![address.to_owned()]).expect("a certificate");
    let files = [folder.join("certificate.pem"), folder.join("key.pem")];
    std::fs::write(&files[0], made.cert.pem()).expect("a file");
    std::fs::write(&files[1], made.signing_key.serialize_pem()).expect("a file");
    files
}

/// A relay that trusts a certificate, and rings somebody over TLS.
async fn ringing(desk: std::net::SocketAddr, trusted: &Path) -> Stack {
    let base = Arc::new(OnceLock::<String>::new());
    let known = base.clone();
    let orders = format!(
        r#"{{"instructions":[{{"connect":{{"targets":[{{"destination":{{"sip_uri":"sip:desk@{desk};transport=tls"}}}}],
        "ring_timeout_seconds":20,"most_seconds":600,"then":"BASE/done"}}}}]}}"#
    );
    let trusted = trusted.to_owned();
    let stack = Stack::start_with(
        desk,
        r#","allow":["127.0.0.0/8"]"#,
        |config| config.tls_roots = Some(Pem::File(trusted)),
        move |path, _| {
            let base = known.get().cloned().unwrap_or_default();
            let orders = orders.replace("BASE", &base);
            (StatusCode::OK, if path == "/voice" { orders } else { r#"{"instructions":[]}"#.to_owned() })
        },
    )
    .await;
    base.get_or_init(|| stack.url(""));
    stack
}

#[tokio::test]
async fn a_buyer_is_called_over_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let [certificate, key] = certificate(folder.path(), "127.0.0.4");
    let listener = tokio::net::TcpListener::bind("127.0.0.4:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let stack = ringing(at, &certificate).await;
    let acceptor = acceptor(&certificate, &key);
    let desk = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a connection");
        let mut stream = acceptor.accept(tcp).await.expect("TLS");
        let invite = message(&mut stream).await;
        let kept = |line: &&str| {
            ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name))
        };
        let headers = invite
            .lines()
            .filter(kept)
            .collect::<Vec<_>>()
            .join("\r\n")
            .replace("\r\nCall-ID", ";tag=d\r\nCall-ID");
        let busy = format!("SIP/2.0 486 Busy Here\r\n{headers}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(busy.as_bytes()).await.expect("written");
        stream.flush().await.expect("flushed");
        [invite, message(&mut stream).await]
    });
    let mut caller = Phone::at("127.0.0.3").await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let leg = stack.platform.hears("/done", |_| true).await.leg.expect("a leg");
    assert_eq!((leg.cause, leg.sip_status), (Some(Cause::Busy), Some(486)));
    let [invite, ack] = desk.await.expect("it runs");
    assert!(invite.starts_with(&format!("INVITE sip:desk@{at};transport=tls SIP/2.0\r\n")), "{invite}");
    assert!(invite.contains("Via: SIP/2.0/TLS 127.0.0.1"), "{invite}");
    assert!(ack.starts_with("ACK "), "{ack}");
}

/// The next message of a stream, with its body.
async fn message(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).await.expect("a header");
        bytes.extend(byte);
    }
    let text = String::from_utf8(bytes).expect("text");
    let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).await.expect("a body");
    text + &String::from_utf8_lossy(&body)
}

#[tokio::test]
async fn who_shows_a_certificate_for_another_is_not_spoken_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let [certificate, key] = certificate(folder.path(), "127.0.0.9");
    let at = free("127.0.0.4").await;
    let stack = ringing(at, &certificate).await;
    let acceptor = acceptor(&certificate, &key);
    let listener = tokio::net::TcpListener::bind(at).await.expect("the port");
    let impostor = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a connection");
        acceptor.accept(tcp).await.is_ok()
    });
    let mut caller = Phone::at("127.0.0.3").await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let leg = stack.platform.hears("/done", |_| true).await.leg.expect("a leg");
    assert_eq!(leg.cause, Some(Cause::Failed));
    assert!(!impostor.await.expect("it runs"), "the relay has not agreed to talk with it");
}

fn acceptor(certificate: &Path, key: &Path) -> tokio_rustls::TlsAcceptor {
    use tokio_rustls::rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    };
    let chain = vec![CertificateDer::from_pem_file(certificate).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a pair");
    Arc::new(config).into()
}
