//! The lean transport, over hyper's own client.

use std::{
    error::Error as StdError,
    io,
    pin::Pin,
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

use super::{
    HttpClient, HttpFuture,
    common::{Body, CONNECT_TIMEOUT, MAX_RESPONSE_SIZE, POOL_IDLE_TIMEOUT, cause, is_not_http},
    lookups::Lookups,
    tls,
};
use crate::error::{InvalidInput, TransportError, TransportErrorKind};

/// The lean transport, over hyper and rustls: for programs that must be small.
///
/// **It knows no proxy**: `HTTPS_PROXY` and the like are not read, every connection is direct.
/// Behind a proxy, take `ReqwestClient` of the feature `reqwest`, or bring an [`HttpClient`] of your
/// own.
///
/// It speaks HTTP/1.1, follows no redirect, repeats nothing, speaks TLS 1.2 or newer wherever the
/// address says `https`, gives up connecting after 3.1 seconds, and drops responses over 16 MiB.
/// Clones share their connections. It is the default where the feature `hyper` is on and `reqwest`
/// is not.
#[derive(Clone, Debug)]
pub struct HyperClient {
    client: legacy::Client<Connector, Full<Bytes>>,
    max_response_size: usize,
}

impl HyperClient {
    /// Makes the transport with its defaults.
    ///
    /// It trusts the web's root certificates, which are compiled in. With the feature
    /// `native-roots`, which brings reqwest into the build, it trusts those of the machine or of the
    /// file that `AWS_CA_BUNDLE` names; without, [`with_tls`](Self::with_tls) takes yours.
    ///
    /// # Errors
    /// If TLS cannot be set up, for example for a CA bundle that is malformed.
    pub fn new() -> Result<Self, InvalidInput> {
        Self::connecting_within(CONNECT_TIMEOUT)
    }

    /// Makes the transport with TLS as you set it up: your root certificates, a client certificate.
    ///
    /// Its application protocols are replaced, since this transport speaks HTTP/1.1 only. This is
    /// the one place where rustls shows; its version follows ours.
    pub fn with_tls(config: rustls::ClientConfig) -> Self {
        Self::build(config, CONNECT_TIMEOUT)
    }

    /// Sets the size in bytes above which a response is dropped; 16 MiB by default.
    #[must_use]
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = bytes;
        self
    }

    pub(crate) fn connecting_within(timeout: Duration) -> Result<Self, InvalidInput> {
        Ok(Self::build(tls::config()?, timeout))
    }

    fn build(tls: rustls::ClientConfig, connect_timeout: Duration) -> Self {
        let client = legacy::Client::builder(TokioExecutor::new())
            // Even what was never sent is for the client to repeat, which counts and reports it.
            .retry_canceled_requests(false)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_timer(TokioTimer::new())
            .build(Connector::new(tls, connect_timeout));
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

/// Connects within a time that counts the look-up of the name and TLS, as hyper's own does not.
#[derive(Clone, Debug)]
struct Connector {
    https: HttpsConnector<HttpConnector<Lookups>>,
    timeout: Duration,
}

impl Connector {
    fn new(mut tls: rustls::ClientConfig, timeout: Duration) -> Self {
        // A server that picked HTTP/2 would get what it cannot read.
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let mut tcp = HttpConnector::new_with_resolver(Lookups::default());
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let https = HttpsConnector::from((tcp, tls));
        Self { https, timeout }
    }
}

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<HttpConnector<Lookups>> as Service<Uri>>::Response;
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
