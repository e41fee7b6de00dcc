//! A raw TCP server that answers as badly as told, and keeps count of what it was sent.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use std::{
    collections::HashMap,
    fmt::Write as _,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What the server does with one request.
#[derive(Clone, Debug)]
pub enum Action {
    /// Closes the connection before it reads anything.
    CloseUnread,
    /// Reads the request, then closes the connection.
    Close,
    /// Writes these bytes, then closes the connection.
    Write(Vec<u8>),
    /// Writes these bytes and waits for the next request on the same connection.
    WriteAndKeep(Vec<u8>),
    /// Writes the first bytes, then the second again and again until the client hangs up.
    Endless(Vec<u8>, Vec<u8>),
    /// Writes these bytes one at a time, with a pause after each.
    Drip(Vec<u8>, Duration),
    /// Writes these bytes and then keeps the connection open and silent.
    Stall(Vec<u8>),
}

/// A request that arrived whole.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub method: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The operation, without the prefix that all have.
    pub fn operation(&self) -> &str {
        let target = self.header("x-amz-target").unwrap_or_default();
        target.rsplit('.').next().unwrap_or_default()
    }
}

/// Counts of one server.
#[derive(Debug, Default)]
struct Seen {
    connections: AtomicUsize,
    written: AtomicUsize,
    arrived: AtomicUsize,
    requests: Mutex<Vec<Received>>,
}

/// So that a long test does not measure this server's memory.
const MOST_KEPT: usize = 1_000;

type Script = dyn Fn(usize, &Received) -> Action + Send + Sync;

/// The server; it stops when the test's runtime does.
#[derive(Clone, Debug)]
pub struct FaultServer {
    address: SocketAddr,
    seen: Arc<Seen>,
}

impl FaultServer {
    /// Starts a server that does the same with every request.
    pub async fn always(action: Action) -> io::Result<Self> {
        Self::scripted(move |_, _| action.clone()).await
    }

    /// Starts a server that decides by the request and its number, counted from 0.
    pub async fn scripted(
        script: impl Fn(usize, &Received) -> Action + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = Self {
            address: listener.local_addr()?,
            seen: Arc::default(),
        };
        let seen = server.seen.clone();
        let script: Arc<Script> = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, seen.clone(), script.clone()));
            }
        });
        Ok(server)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How many bytes of answers left the server.
    pub fn written(&self) -> usize {
        self.seen.written.load(Ordering::SeqCst)
    }

    /// How many requests arrived whole.
    pub fn arrived(&self) -> usize {
        self.seen.arrived.load(Ordering::SeqCst)
    }

    /// The first thousand requests that arrived whole, in order.
    pub fn requests(&self) -> Vec<Received> {
        self.seen
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// An HTTP answer with the right length.
pub fn answer(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(bytes, "{name}: {value}\r\n");
    }
    bytes.push_str("\r\n");
    [bytes.as_bytes(), body].concat()
}

/// A success of AWS JSON.
pub fn ok(body: &str) -> Vec<u8> {
    answer(
        "200 OK",
        &[("content-type", "application/x-amz-json-1.1")],
        body,
    )
}

async fn serve(stream: TcpStream, seen: Arc<Seen>, script: Arc<Script>) {
    // The peer hangs up in most tests; that is no failure of the server.
    let _ = serve_connection(stream, &seen, &*script).await;
}

async fn serve_connection(mut stream: TcpStream, seen: &Seen, script: &Script) -> io::Result<()> {
    let mut buffer = Vec::new();
    // A script that closes unread must say so before there is a request.
    let nothing = Received {
        path: String::new(),
        method: String::new(),
        headers: HashMap::new(),
        body: String::new(),
    };
    let number = seen.connections.load(Ordering::SeqCst) - 1;
    if matches!(script(number, &nothing), Action::CloseUnread) {
        return Ok(());
    }
    while let Some(request) = read_request(&mut stream, &mut buffer).await? {
        let number = seen.arrived.fetch_add(1, Ordering::SeqCst);
        if number < MOST_KEPT {
            let mut requests = seen.requests.lock().unwrap_or_else(PoisonError::into_inner);
            requests.push(request.clone());
        }
        match script(number, &request) {
            Action::CloseUnread | Action::Close => return Ok(()),
            Action::Write(bytes) => {
                write(&mut stream, seen, &bytes).await?;
                return stream.shutdown().await;
            }
            Action::WriteAndKeep(bytes) => write(&mut stream, seen, &bytes).await?,
            Action::Endless(first, again) => {
                write(&mut stream, seen, &first).await?;
                loop {
                    write(&mut stream, seen, &again).await?;
                }
            }
            Action::Drip(bytes, pause) => {
                for byte in bytes {
                    write(&mut stream, seen, &[byte]).await?;
                    tokio::time::sleep(pause).await;
                }
                return stream.shutdown().await;
            }
            Action::Stall(bytes) => {
                write(&mut stream, seen, &bytes).await?;
                // Ends when the client hangs up.
                let mut rest = [0; 64];
                while stream.read(&mut rest).await? > 0 {}
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn write(stream: &mut TcpStream, seen: &Seen, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    seen.written.fetch_add(bytes.len(), Ordering::SeqCst);
    Ok(())
}

/// Reads one request with a `Content-Length` or without a body; `None` at the end of the stream.
async fn read_request(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Received>> {
    loop {
        if let Some((request, length)) = parse(buffer) {
            buffer.drain(..length);
            return Ok(Some(request));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn parse(buffer: &[u8]) -> Option<(Received, usize)> {
    let head_length = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&buffer[..head_length]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body_length = headers
        .get("content-length")
        .and_then(|length| length.parse::<usize>().ok())
        .unwrap_or(0);
    let body = buffer.get(head_length..head_length + body_length)?;
    let body = String::from_utf8_lossy(body).into_owned();
    let request = Received {
        path,
        method,
        headers,
        body,
    };
    Some((request, head_length + body_length))
}
