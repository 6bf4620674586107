//! TLS: our certificate, and what others' must be.

use std::{fmt::Display, io, sync::Arc};

use rustls_platform_verifier::Verifier;
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::config::Pem;

/// Our certificate and its key.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    /// The chain, ours first.
    pub(crate) certificates: Pem,
    /// The key.
    pub(crate) key: Pem,
}

/// For connections that others make.
pub(super) fn acceptor(files: &TlsFiles) -> io::Result<TlsAcceptor> {
    let chain = chain(&files.certificates, "the certificates")?;
    let key = files.key.read().map_err(|error| unusable("the key", &error))?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|error| unusable("the key", &error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| unusable("the certificate with its key", &error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// For connections that we make: the other side's certificate must be one that the system trusts, or that one of these vouches for.
pub(super) fn connector(roots: Option<&Pem>) -> io::Result<TlsConnector> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let roots = roots.map(|roots| chain(roots, "the roots")).transpose()?.unwrap_or_default();
    let verifier = Verifier::new_with_extra_roots(roots, provider.clone()).map_err(io::Error::other)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn chain(pem: &Pem, what: &str) -> io::Result<Vec<CertificateDer<'static>>> {
    let text = pem.read().map_err(|error| unusable(what, &error))?;
    CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(what, &error))
}

fn unusable(what: &str, reason: &dyn Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what} cannot be used: {reason}"))
}
