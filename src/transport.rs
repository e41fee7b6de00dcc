//! How requests travel: the [`HttpClient`] trait and its implementations over reqwest and hyper.

use std::{fmt, pin::Pin, sync::Arc};

use bytes::Bytes;

use crate::error::{InvalidInput, TransportError};

#[cfg(feature = "hyper")]
pub use self::hyper_client::HyperClient;
#[cfg(feature = "reqwest")]
pub use self::reqwest_client::ReqwestClient;
#[cfg(any(feature = "hyper", feature = "reqwest-rustls"))]
pub use self::tls::tls_config;

/// The ready-made transport that a client has unless it is given one. Where both are there it is
/// `HyperClient`, so that a feature which another crate turns on takes nobody's transport away.
#[cfg(feature = "hyper")]
pub(crate) use self::hyper_client::HyperClient as DefaultClient;
#[cfg(all(feature = "reqwest", not(feature = "hyper")))]
pub(crate) use self::reqwest_client::ReqwestClient as DefaultClient;

#[cfg(any(
    feature = "hyper",
    feature = "reqwest-rustls",
    feature = "reqwest-native-tls"
))]
mod ca_bundle;
#[cfg(any(feature = "reqwest", feature = "hyper"))]
mod common;
#[cfg(feature = "hyper")]
mod hyper_client;
#[cfg(any(feature = "reqwest", feature = "hyper"))]
mod lookups;
#[cfg(all(feature = "proxy", any(feature = "reqwest", feature = "hyper")))]
mod proxy;
#[cfg(feature = "reqwest")]
mod reqwest_client;
#[cfg(any(feature = "hyper", feature = "reqwest-rustls"))]
mod tls;

/// The future of [`HttpClient::call`].
pub type HttpFuture<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

/// Sends one HTTP request and collects the response.
///
/// Implement it to bring your own HTTP stack, to record or to replay. An implementation must send
/// exactly the headers and bytes that it is given, follow no redirect (the body holds passwords
/// and the headers a security token), retry nothing, and bound the size of a response. The client
/// bounds the time of an attempt and may drop the future.
///
/// Of the errors only [`Connect`](crate::error::TransportErrorKind::Connect) says that nothing was
/// sent; the call is then repeated whatever it is. Report any failure that may have come later as
/// [`Interrupted`](crate::error::TransportErrorKind::Interrupted).
///
/// ```
/// use bytes::Bytes;
/// use cognito_idp::transport::{HttpClient, HttpFuture};
///
/// /// Answers every call with an empty object.
/// #[derive(Debug)]
/// struct Canned;
///
/// impl HttpClient for Canned {
///     fn call(&self, _request: http::Request<Bytes>) -> HttpFuture<'_> {
///         Box::pin(async { Ok(http::Response::new(Bytes::from_static(b"{}"))) })
///     }
/// }
/// ```
pub trait HttpClient: fmt::Debug + Send + Sync {
    /// Sends the request; any answer, whatever its status, is `Ok`.
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_>;
}

impl<T: HttpClient + ?Sized> HttpClient for Arc<T> {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        (**self).call(request)
    }
}

/// The ready-made transport of whoever names none; `limit` bounds an answer's size, in bytes.
#[cfg(any(feature = "hyper", feature = "reqwest"))]
pub(crate) fn default_http_client(
    limit: Option<usize>,
) -> Result<Arc<dyn HttpClient>, InvalidInput> {
    let client = DefaultClient::new()?;
    Ok(Arc::new(match limit {
        Some(limit) => client.max_response_size(limit),
        None => client,
    }))
}

#[cfg(not(any(feature = "hyper", feature = "reqwest")))]
pub(crate) fn default_http_client(_: Option<usize>) -> Result<Arc<dyn HttpClient>, InvalidInput> {
    Err(InvalidInput::new(
        "http_client",
        "must be set in a build without the features `reqwest` and `hyper`",
    ))
}

#[cfg(test)]
mod tests {
    #[cfg(any(feature = "hyper", feature = "reqwest"))]
    #[test]
    fn a_feature_that_another_crate_turns_on_takes_no_default_transport_away() {
        let default = std::any::type_name::<super::DefaultClient>();
        let expected = if cfg!(feature = "hyper") {
            "HyperClient"
        } else {
            "ReqwestClient"
        };
        assert!(default.ends_with(expected), "{default}");
    }
}
