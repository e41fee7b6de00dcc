//! The transport over reqwest.

use std::sync::OnceLock;

use bytes::Bytes;

use super::{
    HttpClient, HttpFuture,
    common::{Body, CONNECT_TIMEOUT, MAX_RESPONSE_SIZE, POOL_IDLE_TIMEOUT, is_not_http},
    lookups::Lookups,
};
use crate::error::{InvalidInput, TransportError, TransportErrorKind};

/// The transport over reqwest, which is the default.
///
/// It follows no redirect, speaks TLS 1.2 or newer, gives up connecting after 3.1 seconds, and
/// drops responses over 16 MiB. Proxies are taken from the environment (`HTTPS_PROXY`,
/// `NO_PROXY` and the like). Names are looked up by the system's resolver, even in a build with
/// reqwest's `hickory-dns`; [`configure`](Self::configure) takes another. Clones share their
/// connections.
#[derive(Clone, Debug)]
pub struct ReqwestClient {
    client: reqwest::Client,
    endpoint: OnceLock<(http::Uri, reqwest::Url)>,
    max_response_size: usize,
}

impl ReqwestClient {
    /// Makes the transport with its defaults.
    ///
    /// # Errors
    /// If TLS cannot be set up, for example for a proxy variable or a CA bundle that is malformed.
    pub fn new() -> Result<Self, InvalidInput> {
        Self::configure(|builder| builder)
    }

    /// Makes the transport from a reqwest builder that you may change: proxies, pool, DNS, TLS.
    ///
    /// Redirects stay off whatever the closure does, because reqwest would send passwords and
    /// security tokens along, and so do reqwest's own retries. This is the one place of the public
    /// API where reqwest shows; its version follows ours.
    ///
    /// # Errors
    /// If the changed builder does not build.
    pub fn configure(
        change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self, InvalidInput> {
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .dns_resolver(Lookups::default());
        let client = modern_tls_only(change(tls(builder)?))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .build()
            .map_err(|_| InvalidInput::new("http_client", "must be a valid configuration"))?;
        Ok(Self {
            client,
            endpoint: OnceLock::new(),
            max_response_size: MAX_RESPONSE_SIZE,
        })
    }

    /// Sets the size in bytes above which a response is dropped; 16 MiB by default.
    #[must_use]
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = bytes;
        self
    }

    fn request(&self, request: http::Request<Bytes>) -> Result<reqwest::Request, TransportError> {
        let (parts, body) = request.into_parts();
        let mut request = reqwest::Request::new(parts.method, self.url(&parts.uri)?);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body.into());
        Ok(request)
    }

    /// The address as reqwest wants it. A client has one, so the first is parsed only once.
    fn url(&self, uri: &http::Uri) -> Result<reqwest::Url, TransportError> {
        if let Some((_, url)) = self.endpoint.get().filter(|(kept, _)| kept == uri) {
            return Ok(url.clone());
        }
        let url = reqwest::Url::parse(&uri.to_string())
            .map_err(|error| TransportError::new(TransportErrorKind::Connect).with_source(error))?;
        // It fails if another address is kept already, which does no harm.
        let _ = self.endpoint.set((uri.clone(), url.clone()));
        Ok(url)
    }

    async fn answer(
        &self,
        mut response: reqwest::Response,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let announced = response.content_length().unwrap_or(0);
        let mut body = Body::new(self.max_response_size, announced)?;
        while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
            body.push(chunk)?;
        }
        let mut answer = http::Response::new(body.finish().await);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

impl HttpClient for ReqwestClient {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        // Made before the future, which else would hold room for the request all along.
        let pending = self.request(request).map(|it| self.client.execute(it));
        Box::pin(async move { self.answer(pending?.await.map_err(transport_error)?).await })
    }
}

fn transport_error(error: reqwest::Error) -> TransportError {
    // A connect time-out is both; only the first tells that nothing was sent.
    let kind = if error.is_connect() || error.is_builder() {
        TransportErrorKind::Connect
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if is_not_http(&error) {
        TransportErrorKind::InvalidResponse
    } else {
        TransportErrorKind::Interrupted
    };
    TransportError::new(kind).with_source(error.without_url())
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn modern_tls_only(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder.tls_version_min(reqwest::tls::Version::TLS_1_2)
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn modern_tls_only(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder
}

#[cfg(feature = "native-tls")]
#[expect(clippy::unnecessary_wraps, reason = "the other kinds of TLS can fail")]
fn tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, InvalidInput> {
    Ok(builder.tls_backend_native())
}

#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
fn tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, InvalidInput> {
    Ok(builder.tls_backend_preconfigured(super::tls::config()?))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[expect(clippy::unnecessary_wraps, reason = "the other kinds of TLS can fail")]
fn tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, InvalidInput> {
    Ok(builder)
}
