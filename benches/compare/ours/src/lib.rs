//! What the programs over this crate share.

use cognito_idp::{
    Client, Error,
    credentials::Credentials,
    operation::auth::{AdminInitiateAuthRequest, AdminInitiateAuthResponse},
    operation::sign_up::{SignUpRequest, SignUpResponse},
    types::AttributeType,
};

pub fn client(url: &str) -> Client {
    let builder = Client::builder()
        .region("eu-central-1")
        .endpoint_url(url)
        .credentials(Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "compare",
        ));
    #[cfg(any(feature = "lean", feature = "reqwest"))]
    let builder = match std::env::var_os("COMPARE_CA") {
        Some(file) => builder.http_client(trusting(&file)),
        None => builder,
    };
    builder.build().expect("a valid configuration")
}

pub async fn signed(client: &Client) -> Result<AdminInitiateAuthResponse, Error> {
    let request = AdminInitiateAuthRequest::new(
        "eu-central-1_aB3dE6gH9",
        "1h57kf5cpq17m0eml12EXAMPLE",
        "ADMIN_USER_PASSWORD_AUTH",
    )
    .auth_parameters([
        ("USERNAME", "alice@example.com"),
        ("PASSWORD", "P@ssw0rd!"),
        (
            "SECRET_HASH",
            "LoIX/oPJWZzFYv8liJYRo+CHv16FNDY10JlZEDjL3Vg=",
        ),
    ]);
    client.send(&request).await
}

pub async fn unsigned(client: &Client) -> Result<SignUpResponse, Error> {
    let request = SignUpRequest::new("1h57kf5cpq17m0eml12EXAMPLE", "alice@example.com")
        .password("P@ssw0rd!")
        .secret_hash("LoIX/oPJWZzFYv8liJYRo+CHv16FNDY10JlZEDjL3Vg=")
        .user_attributes([
            AttributeType::new("email").value("alice@example.com"),
            AttributeType::new("given_name").value("Alice"),
        ]);
    client.send(&request).await
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// The web's certificates as by default, and the stub's besides.
#[cfg(any(feature = "lean", feature = "reqwest"))]
fn trusting(file: &std::ffi::OsStr) -> impl cognito_idp::transport::HttpClient + 'static {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};

    let mut roots = rustls::RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots
        .add(CertificateDer::from_pem_file(file).expect("a certificate"))
        .expect("a root certificate");
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    #[cfg(feature = "lean")]
    let client = cognito_idp::transport::HyperClient::with_tls(config);
    #[cfg(not(feature = "lean"))]
    let client = cognito_idp::transport::ReqwestClient::with_tls(config);
    client.expect("a valid configuration")
}
