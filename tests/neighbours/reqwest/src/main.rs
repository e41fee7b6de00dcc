//! reqwest panics here if a crate in the tree takes its TLS by rustls without the cryptography for it.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _own = reqwest::Client::new();
    cognito_idp::Client::builder()
        .region("eu-central-1")
        .build()?;
    println!("ok");
    Ok(())
}
