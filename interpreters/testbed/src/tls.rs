//! Certificates for servers and clients that speak TLS.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

use crate::error::TestbedError;

/// An authority, and what it signed for one server and one client, in a folder that goes with this value.
///
/// ```
/// let certificates = escadre_testbed::Certificates::make()?;
/// let config = certificates.server_config();
/// let options = escadre_testbed::Options { config, ..Default::default() };
/// escadre_testbed::NatsServer::start_with(&options)?;
/// # Ok::<(), escadre_testbed::TestbedError>(())
/// ```
#[derive(Debug)]
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// New ones, for a server on 127.0.0.1.
    ///
    /// # Errors
    /// They cannot be made or written.
    pub fn make() -> Result<Self, TestbedError> {
        let folder =
            tempfile::tempdir().map_err(TestbedError::io(Path::new("a temporary folder")))?;
        let certificates = Self { folder };
        certificates.write()?;
        Ok(certificates)
    }

    fn write(&self) -> Result<(), TestbedError> {
        let made = |error: rcgen::Error| TestbedError::Certificate { why: error.to_string() };
        let key = KeyPair::generate().map_err(made)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(made)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Of the same name as what it signs, OpenSSL would take that for signed by itself.
        params.distinguished_name.push(DnType::CommonName, "testbed");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = params.self_signed(&key).map_err(made)?;
        self.put("ca.pem", &authority.pem())?;
        let issuer = Issuer::new(params, key);
        for (name, host) in [("server", "127.0.0.1"), ("client", "client")] {
            let key = KeyPair::generate().map_err(made)?;
            let mut params = CertificateParams::new(vec![host.to_owned()]).map_err(made)?;
            params.use_authority_key_identifier_extension = true;
            let certificate = params.signed_by(&key, &issuer).map_err(made)?;
            self.put(&format!("{name}.pem"), &certificate.pem())?;
            self.put(&format!("{name}.key"), &key.serialize_pem())?;
        }
        Ok(())
    }

    fn put(&self, name: &str, text: &str) -> Result<(), TestbedError> {
        let path = self.path(name);
        fs::write(&path, text).map_err(TestbedError::io(&path))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The authority's certificate, which clients trust.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The client's certificate and its key.
    #[must_use]
    pub fn client(&self) -> (PathBuf, PathBuf) {
        (self.path("client.pem"), self.path("client.key"))
    }

    /// The server's certificate and its key.
    #[must_use]
    pub fn server(&self) -> (PathBuf, PathBuf) {
        (self.path("server.pem"), self.path("server.key"))
    }

    /// The block of a server's configuration that wants TLS, and a certificate of every client.
    #[must_use]
    pub fn server_config(&self) -> String {
        let quoted = |name: &str| format!("{:?}", self.path(name).display().to_string());
        format!(
            "tls {{ cert_file: {}, key_file: {}, ca_file: {}, verify: true }}\n",
            quoted("server.pem"),
            quoted("server.key"),
            quoted("ca.pem"),
        )
    }
}
