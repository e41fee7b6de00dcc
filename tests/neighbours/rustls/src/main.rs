//! rustls panics here if a crate in the tree compiles a second provider in.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // None is there yet, and this crate installs none for everybody: it says what is missing.
    let client = || {
        cognito_idp::Client::builder()
            .region("eu-central-1")
            .build()
    };
    let refused = client().expect_err("no provider");
    assert!(refused.to_string().contains("crypto provider"), "{refused}");
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());

    let _own = rustls::ClientConfig::builder();
    client()?;
    println!("ok");
    Ok(())
}
