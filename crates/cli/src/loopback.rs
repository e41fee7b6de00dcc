//! A small HTTP server on loopback, for a program or a browser of this machine.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

use crate::exit::Failure;

/// Far more than any request of Cognito's has.
const MAX_BODY: usize = 4 * 1024 * 1024;
/// How long open connections may take to end.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// A port of this machine, on which nobody else can connect.
#[derive(Debug)]
pub(crate) struct Loopback {
    /// Of IPv4, and of IPv6 if the port is free there: browsers take either for `localhost`.
    listeners: Vec<TcpListener>,
    port: u16,
}

impl Loopback {
    /// Listens on a port; on any that is free for 0.
    pub(crate) async fn bind(port: u16) -> Result<Self, Failure> {
        let failed = |error| Failure::Io(format!("127.0.0.1:{port}"), error);
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let mut listeners = vec![listener];
        listeners.extend(TcpListener::bind(("::1", port)).await);
        Ok(Self { listeners, port })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Answers requests until it is to finish; a connection whose request gets no answer is closed.
    pub(crate) fn serve<F>(
        self,
        answer: impl Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    ) -> Serving
    where
        F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
    {
        let answer = Arc::new(answer);
        let (open, closed) = mpsc::channel(1);
        let listening = self.listeners.into_iter();
        let listening = listening
            .map(|listener| tokio::spawn(accept(listener, answer.clone(), open.clone())))
            .collect();
        Serving { listening, closed }
    }
}

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Serving {
    listening: Vec<JoinHandle<()>>,
    /// Ends when every connection has.
    closed: mpsc::Receiver<()>,
}

impl Serving {
    /// Takes no more connections, and gives those that are open a moment.
    pub(crate) async fn finish(mut self) {
        for listening in self.listening {
            listening.abort();
        }
        let _ = tokio::time::timeout(LAST_MOMENT, self.closed.recv()).await;
    }
}

async fn accept<H, F>(listener: TcpListener, answer: Arc<H>, open: mpsc::Sender<()>)
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
{
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, answer.clone(), open.clone()));
            }
            // Too many open files, say: others will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve<H, F>(stream: TcpStream, answer: Arc<H>, open: mpsc::Sender<()>)
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
{
    let service = service_fn(move |request| respond(request, answer.clone()));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // Whoever hung up needs no answer.
    let _ = connection.await;
    drop(open);
}

async fn respond<H, F>(
    request: Request<Incoming>,
    answer: Arc<H>,
) -> Result<Response<Full<Bytes>>, io::Error>
where
    H: Fn(Request<Bytes>) -> F,
    F: Future<Output = Option<Response<Bytes>>>,
{
    if !is_for_loopback(&request) {
        return Ok(refusal(StatusCode::MISDIRECTED_REQUEST));
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let request = Request::from_parts(parts, body.to_bytes());
    let answer = answer(request).await;
    let answer = answer.ok_or(io::ErrorKind::ConnectionAborted)?;
    Ok(answer.map(Full::new))
}

/// Whether the caller meant this machine, and was not led here by a name that somebody made up for it.
fn is_for_loopback(request: &Request<Incoming>) -> bool {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}
