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
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::server::WebPkiClientVerifier;
    use rustls::{ClientConnection, ServerConfig, ServerConnection};
    use std::path::PathBuf;

    const NODE: &str = "node.test";

    /// An authority, and under it a node and a client, each with its key, as files.
    struct Files(tempfile::TempDir);

    impl Files {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let write = |name: &str, pem: String| std::fs::write(folder.path().join(name), pem).unwrap();
            let mut authority = CertificateParams::default();
            authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            write("authority.pem", authority.self_signed(&key).unwrap().pem());
            let authority = Issuer::new(authority, key);
            for (name, subject) in [("node", NODE), ("city", "city.test")] {
                let key = KeyPair::generate().unwrap();
                let params = CertificateParams::new([subject.to_owned()]).unwrap();
                write(&format!("{name}.pem"), params.signed_by(&key, &authority).unwrap().pem());
                write(&format!("{name}.key.pem"), key.serialize_pem());
            }
            Self(folder)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }
    }

    /// A node that takes nobody without a certificate of its authority.
    fn node(files: &Files) -> ServerConnection {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(&files.path("authority.pem")).unwrap());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients.build().unwrap())
            .with_single_cert(
                certificates(&files.path("node.pem")).unwrap(),
                PrivateKeyDer::from_pem_file(files.path("node.key.pem")).unwrap(),
            );
        ServerConnection::new(Arc::new(config.unwrap())).unwrap()
    }

    /// What the node says of a client with this certificate.
    fn greeted(files: &Files, client: Option<(PathBuf, PathBuf)>) -> Result<(), rustls::Error> {
        let tls = Tls { authorities_file: files.path("authority.pem"), client };
        let mut node = node(files);
        let name = NODE.try_into().unwrap();
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
        let files = Files::new();
        let alone = greeted(&files, None);
        assert!(matches!(alone, Err(rustls::Error::NoCertificatesPresented)), "{alone:?}");
        greeted(&files, Some((files.path("city.pem"), files.path("city.key.pem")))).unwrap();
    }

    #[test]
    fn a_key_that_is_none_or_of_another_certificate_is_told_with_its_file() {
        let files = Files::new();
        for (key, named) in [("node.pem", "node.pem"), ("node.key.pem", "city.pem")] {
            let client = Some((files.path("city.pem"), files.path(key)));
            let error = context(&Tls { authorities_file: files.path("authority.pem"), client }).unwrap_err();
            assert!(matches!(&error, OpenError::File { path, .. } if *path == files.path(named)), "{error}");
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
