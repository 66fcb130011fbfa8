//! Encryption of the connections.

use crate::error::OpenError;
use crate::options::Tls;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

fn unusable(path: &Path) -> impl Fn(String) -> OpenError {
    move |reason| OpenError::File { path: path.to_owned(), reason }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, OpenError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|error| unusable(path)(error.to_string()))?;
    if read.is_empty() { Err(unusable(path)("it holds no certificate".to_owned())) } else { Ok(read) }
}

/// What the driver encrypts by: the authorities named, and nothing that the system trusts beside them.
pub(super) fn context(tls: &Tls) -> Result<Arc<ClientConfig>, OpenError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(&tls.authorities_file)? {
        roots.add(authority).map_err(|error| unusable(&tls.authorities_file)(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&tls.authorities_file)(error.to_string()))?
        .with_root_certificates(roots);
    let config = match &tls.client {
        None => config.with_no_client_auth(),
        Some((chain, key)) => {
            let key_file = key;
            let key =
                PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key_file)(error.to_string()))?;
            config
                .with_client_auth_cert(certificates(chain)?, key)
                .map_err(|error| unusable(chain)(error.to_string()))?
        }
    };
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_no_certificate_is_named() {
        let not_pem = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        for path in [not_pem, "/no/such/file".into()] {
            let tls = Tls { authorities_file: path.clone(), client: None };
            let error = context(&tls).unwrap_err();
            assert!(matches!(&error, OpenError::File { path: named, .. } if *named == path), "{error}");
            assert!(!error.is_retryable());
        }
    }
}
