//! The transport over hyper's own client.

use std::{
    error::Error as StdError,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tower_service::Service;

use self::route::{Proxy, Route, route};
use super::{
    HttpClient, HttpFuture,
    common::{Body, CONNECT_TIMEOUT, MAX_RESPONSE_SIZE, POOL_IDLE_TIMEOUT, cause, is_not_http},
    lookups::Lookups,
    tls::tls_config,
};
use crate::error::{InvalidInput, TransportError, TransportErrorKind};

#[cfg_attr(not(feature = "proxy"), path = "hyper_client/direct.rs")]
mod route;

/// The transport over hyper and rustls, which is the default.
///
/// It speaks HTTP/1.1, follows no redirect, repeats nothing, speaks TLS 1.2 or newer wherever the
/// address says `https`, gives up connecting after 3.1 seconds, and drops responses over 16 MiB.
/// Clones share their connections.
///
/// With the feature `proxy`, requests over HTTPS go through the proxy that `HTTPS_PROXY` names, else
/// `ALL_PROXY`, except to hosts in `NO_PROXY` and to this machine; all three are also read in lower
/// case. The proxy's address may be `http` or `https`, with or without name and password. Requests
/// over plain HTTP are always sent directly, because a proxy would read their passwords. Without
/// that feature no proxy is used.
///
/// ```
/// use cognito_idp::{Client, transport::{HyperClient, tls_config}};
///
/// let mut tls = tls_config()?;
/// tls.enable_sni = false; // or with_client_auth_cert, other roots, …
/// let http = HyperClient::with_tls(tls)?.max_response_size(1024 * 1024);
/// let client = Client::builder().region("eu-central-1").http_client(http).build()?;
/// # let _ = client;
/// # Ok::<(), cognito_idp::error::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
pub struct HyperClient {
    client: legacy::Client<Connector, Full<Bytes>>,
    max_response_size: usize,
}

impl HyperClient {
    /// Makes the transport with TLS as [`tls_config`] has it.
    ///
    /// # Errors
    /// If there is no such TLS, or if the variable that names the proxy is malformed.
    pub fn new() -> Result<Self, InvalidInput> {
        Self::with_tls(tls_config()?)
    }

    /// Makes the transport with TLS as you set it up: your root certificates, a client certificate.
    ///
    /// [`tls_config`] gives one to begin with. Its application protocols are replaced, since this
    /// transport speaks HTTP/1.1 only. Neither the roots that a feature chooses nor `AWS_CA_BUNDLE`
    /// count here. The type is rustls's; its version follows ours.
    ///
    /// # Errors
    /// If the variable that names the proxy is malformed.
    pub fn with_tls(config: rustls::ClientConfig) -> Result<Self, InvalidInput> {
        Ok(Self::build(config, CONNECT_TIMEOUT, Proxy::from_env()?))
    }

    /// Sets the size in bytes above which a response is dropped; 16 MiB by default.
    #[must_use]
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = bytes;
        self
    }

    /// Makes the transport for what is near: with little time to connect, and never over a proxy.
    #[cfg_attr(
        not(any(test, feature = "credentials")),
        expect(dead_code, reason = "for sources of credentials")
    )]
    pub(crate) fn direct(connect_timeout: Duration) -> Result<Self, InvalidInput> {
        Ok(Self::build(tls_config()?, connect_timeout, None))
    }

    fn build(tls: rustls::ClientConfig, connect_timeout: Duration, proxy: Option<Proxy>) -> Self {
        let client = legacy::Client::builder(TokioExecutor::new())
            // Even what was never sent is for the client to repeat, which counts and reports it.
            .retry_canceled_requests(false)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_timer(TokioTimer::new())
            .build(Connector::new(tls, connect_timeout, proxy));
        Self {
            client,
            max_response_size: MAX_RESPONSE_SIZE,
        }
    }

    async fn answer(
        &self,
        response: http::Response<Incoming>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let (parts, mut incoming) = response.into_parts();
        let mut body = Body::new(self.max_response_size, incoming.size_hint().lower())?;
        while let Some(frame) = incoming.frame().await {
            // What is no data is trailers, which the protocol has no use for.
            if let Ok(chunk) = frame.map_err(broken)?.into_data() {
                body.push(chunk)?;
            }
        }
        Ok(http::Response::from_parts(parts, body.finish().await))
    }
}

impl HttpClient for HyperClient {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        // Made before the future, which else would hold room for the request all along.
        let response = self.client.request(request.map(Full::new));
        Box::pin(async move { self.answer(response.await.map_err(unanswered)?).await })
    }
}

fn unanswered(error: legacy::Error) -> TransportError {
    // Without the first, no connection was ever given the request; by the second, hyper hands back
    // one that it had not begun to write, as when a pooled connection turns out to be closed.
    let unsent =
        error.connect_info().is_none() || cause(&error).is_some_and(hyper::Error::is_canceled);
    if unsent {
        return TransportError::new(TransportErrorKind::Connect).with_source(error);
    }
    broken(error)
}

/// The error of a connection that had the request.
fn broken(error: impl StdError + Send + Sync + 'static) -> TransportError {
    let timed_out = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
    let kind = if cause(&error).is_some_and(timed_out) {
        TransportErrorKind::Timeout
    } else if is_not_http(&error) {
        TransportErrorKind::InvalidResponse
    } else {
        TransportErrorKind::Interrupted
    };
    TransportError::new(kind).with_source(error)
}

type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;
type BoxError = Box<dyn StdError + Send + Sync>;

type Tcp = HttpConnector<Lookups>;

/// Connects within a time that counts the look-up of the name, the proxy and TLS, as hyper's own
/// does not.
#[derive(Clone, Debug)]
struct Connector {
    https: HttpsConnector<Route>,
    timeout: Duration,
}

impl Connector {
    fn new(mut tls: rustls::ClientConfig, timeout: Duration, proxy: Option<Proxy>) -> Self {
        // A server that picked HTTP/2 would get what it cannot read.
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let tls = Arc::new(tls);
        let route = route(tcp(Lookups::default(), timeout), &tls, proxy);
        let https = HttpsConnector::from((route, tls));
        Self { https, timeout }
    }
}

fn tcp<R>(resolver: R, timeout: Duration) -> HttpConnector<R> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // It is divided among a host's addresses; else the first one could take all, and be dead.
    tcp.set_connect_timeout(Some(timeout));
    tcp
}

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<Route> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connected = tokio::time::timeout(self.timeout, self.https.call(uri));
        Box::pin(async { connected.await? })
    }
}

#[cfg(test)]
mod tests;
