//! Buyers who are called over TLS.

use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use ringfall_control::notice::Cause;

use crate::{
    phone::Phone,
    script::{buyer, caller},
    sipp::{ANSWERS, free, sipp},
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
    let orders = format!(
        r#"{{"instructions":[{{"connect":{{"targets":[{{"destination":{{"sip_uri":"sip:desk@{desk};transport=tls"}}}}],
        "ring_timeout_seconds":20,"most_seconds":600,"then":"http://127.0.0.1:1/done"}}}}]}}"#
    );
    let trusted = trusted.to_owned();
    Stack::start_with(
        desk,
        r#","allow":["127.0.0.0/8"]"#,
        |config| config.tls_roots = Some(trusted),
        move |_, _| (StatusCode::OK, orders.clone()),
    )
    .await
}

#[tokio::test]
async fn a_buyer_is_called_over_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = certificate(folder.path(), "127.0.0.4");
    let at = free("127.0.0.4").await;
    let stack = ringing(at, &files[0]).await;
    let [certificate, key] = files.map(|file| file.display().to_string());
    let relay = stack.relay.sip_address().to_string();
    let callers = ["> INVITE sdp", "< 100?", "< 180?", "< 200", "> ACK", "wait 300", "> BYE", "< 200"];
    let (callers, buyers) = (caller(&callers), buyer(&ANSWERS));
    let over_tls = ["-t", "l1", "-tls_cert", &certificate, "-tls_key", &key];
    let called = sipp(folder.path(), "buyer", &buyers, at, &over_tls);
    let calling = async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let from = free("127.0.0.3").await;
        sipp(folder.path(), "caller", &callers, from, &["-s", NUMBER, &relay]).await;
    };
    tokio::join!(called, calling);
    let end = stack.platform.hears("/status", |_| true).await.call.expect("a call");
    assert_eq!(end.cause, Some(Cause::Completed));
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
    assert!(caller.ended().await.contains("503"), "nobody was reached, and then nobody answers at `then`");
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
    let config = ServerConfig::builder_with_provider(std::sync::Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a pair");
    std::sync::Arc::new(config).into()
}
