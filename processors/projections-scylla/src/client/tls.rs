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
    use rustls::server::WebPkiClientVerifier;
    use rustls::{ClientConnection, ServerConfig, ServerConnection};
    use std::path::PathBuf;

    fn file(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/client/tls").join(name)
    }

    /// A node that takes nobody without a certificate of its authority.
    fn node() -> ServerConnection {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(&file("authority.pem")).unwrap());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients.build().unwrap())
            .with_single_cert(
                certificates(&file("node.pem")).unwrap(),
                PrivateKeyDer::from_pem_file(file("node.key.pem")).unwrap(),
            );
        ServerConnection::new(Arc::new(config.unwrap())).unwrap()
    }

    /// What the node says of a client with this certificate.
    fn greeted(client: Option<(PathBuf, PathBuf)>) -> Result<(), rustls::Error> {
        let tls = Tls { authorities_file: file("authority.pem"), client };
        let mut node = node();
        let name = "node.test".try_into().unwrap();
        let mut client = ClientConnection::new(context(&tls).unwrap(), name)?;
        while client.is_handshaking() || node.is_handshaking() {
            let mut sent = Vec::new();
            client.write_tls(&mut sent).unwrap();
            node.read_tls(&mut &sent[..]).unwrap();
            node.process_new_packets()?;
            let mut sent = Vec::new();
            node.write_tls(&mut sent).unwrap();
            client.read_tls(&mut &sent[..]).unwrap();
            client.process_new_packets()?;
        }
        Ok(())
    }

    #[test]
    fn a_node_that_asks_for_a_certificate_is_shown_it() {
        let alone = greeted(None);
        assert!(matches!(alone, Err(rustls::Error::NoCertificatesPresented)), "{alone:?}");
        greeted(Some((file("city.pem"), file("city.key.pem")))).unwrap();
    }

    #[test]
    fn a_key_that_is_none_or_of_another_certificate_is_told_with_its_file() {
        for (key, named) in [("node.pem", "node.pem"), ("node.key.pem", "city.pem")] {
            let client = Some((file("city.pem"), file(key)));
            let error = context(&Tls { authorities_file: file("authority.pem"), client }).unwrap_err();
            assert!(matches!(&error, OpenError::File { path, .. } if *path == file(named)), "{error}");
        }
    }

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
