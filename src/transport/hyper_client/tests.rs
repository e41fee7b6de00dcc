//! Where it differs, and what hyper's client must be kept from. The faults are in tests/hostile.rs.

use std::{
    error::Error as StdError,
    future::{Ready, ready},
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::mpsc,
    thread,
    time::Instant,
};

use hyper_util::client::legacy::connect::dns::Name;
use tokio::net::TcpSocket;

use super::*;
use crate::fault_server::{Action, FaultServer, answer, ok};

type Outcome = Result<(), Box<dyn StdError>>;

fn post(uri: &str) -> Result<http::Request<Bytes>, http::Error> {
    http::Request::post(uri).body(Bytes::from_static(b"{}"))
}

#[tokio::test]
async fn the_request_arrives_as_it_is_with_no_header_but_what_http_needs() -> Outcome {
    let server = FaultServer::always(Action::WriteAndKeep(ok("{}"))).await?;
    let client = HyperClient::new()?;
    let mut request = post(&server.url())?;
    request.headers_mut().insert("x-own", "1".parse()?);
    request.headers_mut().insert("host", "as.given".parse()?);
    client.call(request).await?;
    client.call(post(&server.url())?).await?;

    let [first, second] = &server.requests()[..] else {
        return Err("two requests".into());
    };
    assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", "/"));
    assert_eq!(first.body, "{}");
    assert_eq!(first.header("host"), Some("as.given"));
    let mut names: Vec<_> = first.headers.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "host", "x-own"]);
    assert_eq!(second.header("host"), Some(&*server.address().to_string()));
    assert_eq!(server.connections(), 1);
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() -> Outcome {
    let elsewhere = FaultServer::always(Action::Write(ok("{}"))).await?;
    let location = [("location", &*elsewhere.url())];
    let redirect = answer("307 Temporary Redirect", &location, "");
    let server = FaultServer::always(Action::Write(redirect)).await?;
    let response = HyperClient::new()?.call(post(&server.url())?).await?;
    assert_eq!(response.status(), 307);
    assert_eq!(elsewhere.connections(), 0);
    Ok(())
}

#[tokio::test]
async fn a_connection_that_breaks_under_a_request_is_not_followed_by_another() -> Outcome {
    let server = FaultServer::scripted(|number, _| match number {
        0 => Action::WriteAndKeep(ok("{}")),
        _ => Action::Close,
    })
    .await?;
    let client = HyperClient::new()?;
    client.call(post(&server.url())?).await?;
    let error = client
        .call(post(&server.url())?)
        .await
        .expect_err("no answer");
    assert_eq!(error.kind(), TransportErrorKind::Interrupted);
    assert_eq!((server.connections(), server.requests().len()), (1, 2));
    Ok(())
}

#[tokio::test]
async fn what_meets_a_closed_connection_is_unsent_and_left_to_the_caller() -> Outcome {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (close, closing) = mpsc::channel::<()>();
    let (closed, connections) = mpsc::channel();
    // Beside the runtime, so that it closes while the runtime sees nothing of it.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream?;
            answer_once(&mut stream)?;
            let _ = closing.recv();
            drop(stream);
            let _ = closed.send(());
        }
        io::Result::Ok(())
    });

    let client = HyperClient::new()?;
    client.call(post(&url)?).await?;
    // The runtime learns at once that the time is over and that the server has closed. This test
    // goes on first, with a connection in the pool of which nobody knows yet that it is closed.
    let later = tokio::time::sleep(Duration::from_millis(1));
    close.send(())?;
    connections.recv()?;
    thread::sleep(Duration::from_millis(20));
    later.await;
    let error = client.call(post(&url)?).await.expect_err("closed");
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    client.call(post(&url)?).await?;
    Ok(())
}

fn answer_once(stream: &mut TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"{}") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.extend(byte);
    }
    stream.write_all(&ok("{}"))
}

#[tokio::test]
async fn the_time_to_connect_counts_tls() -> Outcome {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let client = HyperClient::direct(Duration::from_millis(100))?;
    let call = client.call(post(&format!("https://{}", silent.local_addr()?))?);
    let answer = tokio::time::timeout(Duration::from_secs(10), call).await?;
    let error = answer.expect_err("nobody speaks TLS");
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    Ok(())
}

/// Gives every name these addresses.
#[derive(Clone)]
struct Addresses([SocketAddr; 2]);

impl Service<Name> for Addresses {
    type Response = std::array::IntoIter<SocketAddr, 2>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(self.0.into_iter()))
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_that_is_dead_leaves_time_for_the_next() -> Outcome {
    // A queue that is full: the kernel then drops whoever knocks, as a firewall does.
    let dead = TcpSocket::new_v4()?;
    dead.bind("127.0.0.2:0".parse()?)?;
    let dead = dead.listen(1)?;
    let address = dead.local_addr()?;
    let knock = || {
        let stream = tokio::net::TcpStream::connect(address);
        tokio::time::timeout(Duration::from_millis(100), stream)
    };
    let mut queued = Vec::new();
    while let Ok(stream) = knock().await {
        queued.push(stream?);
    }
    let port = address.port();
    let alive = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;

    let addresses = Addresses([address, alive.local_addr()?]);
    let timeout = Duration::from_secs(1);
    let mut tcp = tcp(addresses, timeout);
    let started = Instant::now();
    let connecting = tcp.call(format!("https://two.test:{port}").parse()?);
    tokio::time::timeout(timeout, connecting).await??;
    assert!(started.elapsed() >= timeout / 2, "the first was not dead");
    Ok(())
}

#[test]
fn a_connection_that_the_system_gave_up_is_a_time_out() {
    #[derive(Debug, thiserror::Error)]
    #[error("the connection failed")]
    struct OfConnection(#[source] io::Error);

    for (cause, kind) in [
        (io::ErrorKind::TimedOut, TransportErrorKind::Timeout),
        (
            io::ErrorKind::ConnectionReset,
            TransportErrorKind::Interrupted,
        ),
    ] {
        assert_eq!(broken(OfConnection(cause.into())).kind(), kind);
    }
}

#[tokio::test]
async fn what_is_meant_for_tls_is_never_sent_in_the_clear() -> Outcome {
    let server = FaultServer::always(Action::Write(ok("{}"))).await?;
    let request = post(&server.url().replace("http:", "https:"))?;
    let client = HyperClient::direct(Duration::from_millis(300))?;
    let answer = tokio::time::timeout(Duration::from_secs(10), client.call(request)).await?;
    let error = answer.expect_err("no TLS there");
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    assert_eq!(server.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn the_protocol_offered_is_the_one_that_is_spoken() -> Outcome {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut config = tls_config()?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = HyperClient::with_tls(config)?;
    let call = client.call(post(&format!("https://{}", server.local_addr()?))?);
    let hello = async {
        let (mut stream, _) = server.accept().await?;
        let mut hello = vec![0; 4096];
        let length = tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await?;
        hello.truncate(length);
        io::Result::Ok(hello)
    };
    let (answer, hello) = tokio::join!(call, hello);
    assert!(answer.is_err());
    let offer = b"\x00\x10\x00\x0b\x00\x09\x08http/1.1";
    assert!(hello?.windows(offer.len()).any(|bytes| bytes == offer));
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_none_is_no_panic() -> Outcome {
    for uri in ["/", "ftp://localhost/", "localhost:1"] {
        let error = HyperClient::new()?.call(post(uri)?).await.expect_err(uri);
        assert_eq!(error.kind(), TransportErrorKind::Connect, "{uri}");
    }
    Ok(())
}
