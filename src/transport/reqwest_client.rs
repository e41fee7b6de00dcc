//! The transport over reqwest.

use std::{sync::OnceLock, time::Duration};

use bytes::Bytes;

#[cfg(feature = "reqwest-native-tls")]
use super::ca_bundle;
use super::{
    HttpClient, HttpFuture,
    common::{Body, CONNECT_TIMEOUT, MAX_RESPONSE_SIZE, POOL_IDLE_TIMEOUT, is_not_http},
    lookups::Lookups,
    proxy::Proxy,
};
use crate::error::{InvalidInput, TransportError, TransportErrorKind};

/// The transport over reqwest, for programs that want its stack.
///
/// It speaks HTTP/1.1, follows no redirect, repeats nothing, speaks TLS 1.2 or newer, gives up
/// connecting after 3.1 seconds, and drops responses over 16 MiB. It asks for no compression, even in
/// a build with reqwest's `gzip`; the one header that reqwest adds is `accept: */*`. Names are looked
/// up by the system's resolver, even with reqwest's `hickory-dns`. Clones share their connections.
///
/// Requests over HTTPS go through the proxy that `HTTPS_PROXY` names, else `ALL_PROXY`, except to
/// hosts in `NO_PROXY` and to this machine; all three are also read in lower case. Requests over
/// plain HTTP are always sent directly, because a proxy would read their passwords.
///
/// It has TLS with one of the features `reqwest-rustls` and `reqwest-native-tls`, and without
/// both reaches no address that says `https`.
#[derive(Clone, Debug)]
pub struct ReqwestClient {
    client: reqwest::Client,
    endpoint: OnceLock<(http::Uri, reqwest::Url)>,
    max_response_size: usize,
}

impl ReqwestClient {
    /// Makes the transport with its defaults.
    ///
    /// With the feature `reqwest-rustls` TLS is as [`HyperClient`](super::HyperClient) has it, else
    /// with `reqwest-native-tls` as `with_native_tls` does.
    ///
    /// # Errors
    /// If TLS cannot be set up, for example for a CA bundle that is malformed, or if the variable
    /// that names the proxy is.
    pub fn new() -> Result<Self, InvalidInput> {
        through_proxy(own_tls(begin())?).and_then(finish)
    }

    /// Makes the transport with TLS by rustls, as you set it up: your root certificates, a client
    /// certificate.
    ///
    /// [`tls_config`](super::tls_config) gives one to begin with. Its application protocols are
    /// replaced, since this transport speaks HTTP/1.1. Neither the roots that a feature chooses nor
    /// `AWS_CA_BUNDLE` count here. The type is rustls's; its version follows ours.
    ///
    /// ```
    /// use cognito_idp::transport::{ReqwestClient, tls_config};
    ///
    /// let http = ReqwestClient::with_tls(tls_config()?)?;
    /// # let _ = http;
    /// # Ok::<(), cognito_idp::error::InvalidInput>(())
    /// ```
    ///
    /// # Errors
    /// If the variable that names the proxy is malformed.
    #[cfg(feature = "reqwest-rustls")]
    pub fn with_tls(config: rustls::ClientConfig) -> Result<Self, InvalidInput> {
        through_proxy(by_rustls(begin(), config)).and_then(finish)
    }

    /// Makes the transport with TLS by the system's library.
    ///
    /// It trusts the machine's root certificates, or those alone that are in the file which
    /// `AWS_CA_BUNDLE` names.
    ///
    /// # Errors
    /// If that file is malformed, or the variable that names the proxy.
    #[cfg(feature = "reqwest-native-tls")]
    pub fn with_native_tls() -> Result<Self, InvalidInput> {
        through_proxy(by_the_system(begin())?).and_then(finish)
    }

    /// Makes the transport from a reqwest builder that you change: proxies, pool, DNS, TLS.
    ///
    /// It begins without a proxy and **without TLS, which you choose**: `tls_backend_preconfigured`
    /// takes what [`tls_config`](super::tls_config) gives, `tls_backend_native` or
    /// `tls_backend_rustls` let every TLS setting of the builder count. What reqwest chooses when
    /// nobody does depends on features that other crates turn on, so that is refused here. Whatever
    /// `AWS_CA_BUNDLE` and the variables for proxies say does not count.
    ///
    /// Redirects stay off whatever the closure does, because reqwest would send passwords and
    /// security tokens along, and so do reqwest's own retries and compression. This is the one place
    /// of the public API where reqwest shows; its version follows ours.
    ///
    /// ```
    /// # #[cfg(feature = "reqwest-rustls")] {
    /// use cognito_idp::transport::{ReqwestClient, tls_config};
    ///
    /// let tls = tls_config()?;
    /// let http = ReqwestClient::configure(|builder| {
    ///     builder.tls_backend_preconfigured(tls).pool_max_idle_per_host(4)
    /// })?;
    /// # }
    /// # Ok::<(), cognito_idp::error::InvalidInput>(())
    /// ```
    ///
    /// # Errors
    /// If the changed builder does not build, as where TLS was not chosen.
    ///
    /// # Panics
    /// reqwest panics at `tls_backend_rustls` where rustls has no crypto provider: install one
    /// before.
    pub fn configure(
        change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self, InvalidInput> {
        finish(change(without_tls(begin())))
    }

    /// Makes the transport for what is near: with little time to connect, and never over a proxy.
    #[cfg_attr(
        any(feature = "hyper", not(feature = "credentials")),
        expect(dead_code, reason = "for sources of credentials, over the default")
    )]
    pub(crate) fn direct(connect_timeout: Duration) -> Result<Self, InvalidInput> {
        finish(own_tls(begin())?.connect_timeout(connect_timeout))
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

/// What every transport over reqwest begins with, and a closure may change.
fn begin() -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .dns_resolver(Lookups::default())
        .http1_only()
        .no_proxy();
    #[cfg(any(feature = "reqwest-rustls", feature = "reqwest-native-tls"))]
    let builder = builder.tls_version_min(reqwest::tls::Version::TLS_1_2);
    builder
}

/// What no closure may change.
fn finish(builder: reqwest::ClientBuilder) -> Result<ReqwestClient, InvalidInput> {
    let client = builder
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .build()
        .map_err(|_| {
            InvalidInput::new(
                "http_client",
                "must be a configuration that reqwest can build, with a TLS backend chosen",
            )
        })?;
    Ok(ReqwestClient {
        client,
        endpoint: OnceLock::new(),
        max_response_size: MAX_RESPONSE_SIZE,
    })
}

fn through_proxy(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, InvalidInput> {
    let Some(Proxy { url, except }) = Proxy::from_env()? else {
        return Ok(builder);
    };
    let proxy = reqwest::Proxy::https(url)
        .map_err(|_| InvalidInput::new("http_client", "must have a proxy that reqwest can use"))?;
    Ok(builder.proxy(proxy.no_proxy(reqwest::NoProxy::from_string(&except))))
}

#[cfg(feature = "reqwest-rustls")]
fn own_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, InvalidInput> {
    Ok(by_rustls(builder, super::tls::tls_config()?))
}

#[cfg(all(feature = "reqwest-native-tls", not(feature = "reqwest-rustls")))]
fn own_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, InvalidInput> {
    by_the_system(builder)
}

#[cfg(not(any(feature = "reqwest-rustls", feature = "reqwest-native-tls")))]
#[expect(clippy::unnecessary_wraps, reason = "where there is TLS it can fail")]
fn own_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, InvalidInput> {
    Ok(builder)
}

#[cfg(feature = "reqwest-rustls")]
fn by_rustls(
    builder: reqwest::ClientBuilder,
    mut config: rustls::ClientConfig,
) -> reqwest::ClientBuilder {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    builder.tls_backend_preconfigured(config)
}

#[cfg(feature = "reqwest-native-tls")]
fn by_the_system(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, InvalidInput> {
    let builder = builder.tls_backend_native();
    let Some(bundle) = ca_bundle::path() else {
        return Ok(builder);
    };
    let pem = std::fs::read(bundle).map_err(|_| ca_bundle::refused())?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem);
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(builder.tls_certs_only(certificates)),
        _ => Err(ca_bundle::refused()),
    }
}

/// A builder that does not build until somebody chooses TLS.
///
/// If reqwest chose, it would take no notice of the closure's settings where ours are handed to it
/// whole, and panic where rustls has no crypto provider.
#[cfg(any(feature = "reqwest-rustls", feature = "reqwest-native-tls"))]
fn without_tls(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    struct NotChosen;
    builder.tls_backend_preconfigured(NotChosen)
}

#[cfg(not(any(feature = "reqwest-rustls", feature = "reqwest-native-tls")))]
fn without_tls(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder
}
