//! TLS by rustls, for every transport that has it.

use std::sync::Arc;

use crate::error::InvalidInput;

/// TLS 1.2 or newer, trusting whom the features say.
pub(super) fn config() -> Result<rustls::ClientConfig, InvalidInput> {
    // ring, not aws-lc-rs: that one gathers entropy for 40 ms before the first call.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| InvalidInput::new("http_client", "TLS 1.2 or 1.3 must be available"))?;
    trust(config)
}

type TrustBuilder = rustls::ConfigBuilder<rustls::ClientConfig, rustls::WantsVerifier>;

#[cfg(not(feature = "native-roots"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the machine's roots can fail to load"
)]
fn trust(builder: TrustBuilder) -> Result<rustls::ClientConfig, InvalidInput> {
    let mut roots = rustls::RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(feature = "native-roots")]
fn trust(builder: TrustBuilder) -> Result<rustls::ClientConfig, InvalidInput> {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    use rustls_platform_verifier::BuilderVerifierExt as _;

    let Some(bundle) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) else {
        let config = builder.with_platform_verifier().map_err(|_| {
            InvalidInput::new(
                "http_client",
                "the machine's root certificates must be readable",
            )
        })?;
        return Ok(config.with_no_client_auth());
    };
    let refused = || InvalidInput::new("AWS_CA_BUNDLE", "must name a file of PEM certificates");
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(bundle).map_err(|_| refused())? {
        let certificate = certificate.map_err(|_| refused())?;
        roots.add(certificate).map_err(|_| refused())?;
    }
    if roots.is_empty() {
        return Err(refused());
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
