//! https, for clients that speak nothing else: a certificate from a file, or one made for this machine.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("it cannot be read or written: {0}")]
    File(#[from] std::io::Error),
    #[error("a certificate could not be made: {0}")]
    Made(#[from] rcgen::Error),
    #[error("it does not hold a certificate and its key as PEM: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    #[error("its certificate and key do not fit: {0}")]
    Unfit(#[from] rustls::Error),
}

/// Reads certificate and key from the file. If there is no file yet, makes one: signed by itself, for the
/// address to listen on and for this machine's own names. Clients trust it by being given the same file.
pub(crate) fn config(file: &Path, listen: SocketAddr) -> Result<ServerConfig, TlsError> {
    if !file.try_exists()? {
        make(file, listen)?;
    }
    let pem = std::fs::read(file)?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(&pem)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_no_client_auth().with_single_cert(certificates, key)?)
}

fn make(file: &Path, listen: SocketAddr) -> Result<(), TlsError> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned(), listen.ip().to_string()];
    let made = rcgen::generate_simple_self_signed(names)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let content = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
    Ok(options.open(file)?.write_all(content.as_bytes())?)
}
