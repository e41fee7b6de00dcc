//! TLS by rustls, for every transport that has it.

use std::{ffi::OsStr, sync::Arc};

use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::ca_bundle;
use crate::error::InvalidInput;

/// TLS as the transports set it up by themselves, to change and hand back to their `with_tls`.
///
/// TLS 1.2 or newer, without a client certificate. Trusted are the certificates in the file that
/// `AWS_CA_BUNDLE` names, and no others; without that variable the web's root certificates, which
/// are compiled in, or with the feature `native-roots` those of the machine. The cryptography is
/// ring's with the feature `ring`, else that of the process's default provider. Nothing is installed
/// for the whole process.
///
/// The type is rustls's; its version follows ours.
///
/// ```
/// use cognito_idp::transport::{HyperClient, tls_config};
///
/// let mut tls = tls_config()?;
/// tls.enable_early_data = true;
/// let http = HyperClient::with_tls(tls)?;
/// # let _ = http;
/// # Ok::<(), cognito_idp::error::InvalidInput>(())
/// ```
///
/// # Errors
/// If `AWS_CA_BUNDLE` names no file of PEM certificates, if the machine's certificates cannot be
/// read, or if there is no cryptography: neither the feature `ring` nor a default provider.
pub fn tls_config() -> Result<ClientConfig, InvalidInput> {
    let builder = ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(|_| InvalidInput::new("http_client", "TLS 1.2 or 1.3 must be available"))?;
    let Some(bundle) = ca_bundle::path() else {
        return trust_the_usual(builder);
    };
    let roots = read_roots(&bundle).ok_or_else(ca_bundle::refused)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

// ring, not aws-lc-rs: that one gathers entropy for 40 ms before the first call.
#[cfg(feature = "ring")]
#[expect(clippy::unnecessary_wraps, reason = "without `ring` there may be none")]
fn provider() -> Result<Arc<CryptoProvider>, InvalidInput> {
    Ok(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(not(feature = "ring"))]
fn provider() -> Result<Arc<CryptoProvider>, InvalidInput> {
    CryptoProvider::get_default().cloned().ok_or_else(|| {
        InvalidInput::new(
            "http_client",
            "needs the feature `ring`, or a rustls crypto provider that the program installed before",
        )
    })
}

type TrustBuilder = ConfigBuilder<ClientConfig, WantsVerifier>;

#[cfg(not(feature = "native-roots"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the machine's roots can fail to load"
)]
fn trust_the_usual(builder: TrustBuilder) -> Result<ClientConfig, InvalidInput> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(feature = "native-roots")]
fn trust_the_usual(builder: TrustBuilder) -> Result<ClientConfig, InvalidInput> {
    use rustls_platform_verifier::BuilderVerifierExt as _;

    let config = builder.with_platform_verifier().map_err(|_| {
        InvalidInput::new(
            "http_client",
            "the machine's root certificates must be readable",
        )
    })?;
    Ok(config.with_no_client_auth())
}

/// The certificates in a file; `None` if there is none, or one that is malformed.
fn read_roots(bundle: &OsStr) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(bundle).ok()? {
        roots.add(certificate.ok()?).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}
