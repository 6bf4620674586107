//! TLS: our certificate, and what others' must be.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls_platform_verifier::BuilderVerifierExt;
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};

/// Where our certificate and its key are, both in PEM.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    /// The chain, ours first.
    pub(crate) certificates: PathBuf,
    /// The key.
    pub(crate) key: PathBuf,
}

/// For connections that others make.
pub(super) fn acceptor(files: &TlsFiles) -> io::Result<TlsAcceptor> {
    let unusable = |path: &Path, reason: &dyn std::fmt::Display| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{} cannot be used: {reason}", path.display()))
    };
    let chain = CertificateDer::pem_file_iter(&files.certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(&files.certificates, &error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable(&files.key, &error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| unusable(&files.certificates, &error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// For connections that we make: the other side's certificate must be one that the system trusts.
pub(super) fn connector() -> io::Result<TlsConnector> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(io::Error::other)?
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// What a peer's certificate must be made out to: the name that led to it, else its address.
pub(super) fn server_name(name: Option<&String>, address: SocketAddr) -> ServerName<'static> {
    let by_name = name.and_then(|name| ServerName::try_from(name.clone()).ok());
    by_name.unwrap_or_else(|| ServerName::IpAddress(address.ip().into()))
}
