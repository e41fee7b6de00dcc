//! Answers every call at once and keeps the connection: `stub PORT [CERTIFICATES KEY]`.
//!
//! A thread for each connection, and what is slow in it does not matter: only clients are measured.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, tls @ ..] = arguments.as_slice() else {
        return Err(io::Error::other("stub PORT [CERTIFICATES KEY]"));
    };
    let wrap = wrapper(tls)?;
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    println!("{}", listener.local_addr()?.port());
    for connection in listener.incoming() {
        let connection = connection?;
        connection.set_nodelay(true)?;
        let wrap = wrap.clone();
        // A connection that breaks is the client's business.
        thread::spawn(move || wrap(connection).and_then(serve));
    }
    Ok(())
}

trait Connection: Read + Write {}

impl<T: Read + Write> Connection for T {}

type Wrapper = std::sync::Arc<dyn Fn(TcpStream) -> io::Result<Box<dyn Connection>> + Send + Sync>;

#[cfg(feature = "tls")]
fn wrapper(files: &[String]) -> io::Result<Wrapper> {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

    let [certificates, key] = files else {
        return Ok(plain());
    };
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let chain = CertificateDer::pem_file_iter(certificates).map_err(io::Error::other)?;
    let chain = chain.collect::<Result<_, _>>().map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(io::Error::other)?;
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(io::Error::other)?;
    let config = std::sync::Arc::new(config);
    Ok(std::sync::Arc::new(move |connection| {
        let session = rustls::ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        Ok(Box::new(rustls::StreamOwned::new(session, connection)) as Box<dyn Connection>)
    }))
}

#[cfg(not(feature = "tls"))]
fn wrapper(files: &[String]) -> io::Result<Wrapper> {
    if !files.is_empty() {
        return Err(io::Error::other("built without TLS"));
    }
    Ok(plain())
}

fn plain() -> Wrapper {
    std::sync::Arc::new(|connection| Ok(Box::new(connection) as Box<dyn Connection>))
}

fn serve(mut connection: Box<dyn Connection>) -> io::Result<()> {
    let tokens = answer(&tokens());
    let user = answer(
        r#"{"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"6e8c1b6e-0f3c-4d0a-9d57-3f1c7a5b2e44"}"#,
    );
    let mut received = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(length) = request_length(&received) {
            let is_sign_up = find(&received[..length], b"Service.SignUp").is_some();
            received.drain(..length);
            connection.write_all(if is_sign_up { &user } else { &tokens })?;
            connection.flush()?;
            continue;
        }
        match connection.read(&mut buffer)? {
            0 => return Ok(()),
            read => received.extend_from_slice(&buffer[..read]),
        }
    }
}

/// The length of the first request, once it is there whole.
fn request_length(received: &[u8]) -> Option<usize> {
    let head = find(received, b"\r\n\r\n")? + 4;
    let lower = received[..head].to_ascii_lowercase();
    let value = &lower[find(&lower, b"content-length:")? + 15..];
    let digits = value
        .iter()
        .filter(|byte| **byte != b' ')
        .take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    (received.len() >= head + body).then_some(head + body)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn answer(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nDate: Mon, 02 Nov 2026 10:00:00 GMT\r\n\
         Content-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\
         Connection: keep-alive\r\nx-amzn-RequestId: 8c9e5fb2-9f0d-4f2e-8b57-1d3b6c6e0d11\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Tokens of the size that Cognito's have.
fn tokens() -> String {
    let token = |length: usize| {
        "eyJraWQiOiJ4"
            .chars()
            .cycle()
            .take(length)
            .collect::<String>()
    };
    format!(
        r#"{{"AuthenticationResult":{{"AccessToken":"{}","ExpiresIn":3600,"IdToken":"{}","RefreshToken":"{}","TokenType":"Bearer"}},"ChallengeParameters":{{}}}}"#,
        token(1_070),
        token(1_130),
        token(1_800)
    )
}
