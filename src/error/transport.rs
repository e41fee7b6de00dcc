//! What a transport reports when no complete answer came.

use std::fmt;

use super::{BoxError, Labelled, fmt_with_sources};

/// The transport failed: there is no complete answer.
///
/// ```
/// use cognito_idp::{Error, error::{TransportError, TransportErrorKind}};
///
/// let cut = TransportError::new(TransportErrorKind::Interrupted).with_host("cognito-idp.eu-central-1.amazonaws.com");
/// assert_eq!(cut.host(), Some("cognito-idp.eu-central-1.amazonaws.com"));
/// assert_eq!(cut.kind(), TransportErrorKind::Interrupted);
/// assert!(Error::transport("SignUp", cut).outcome_unknown());
/// ```
#[derive(thiserror::Error)]
#[error("{kind}{}", Labelled(" (host ", host.as_deref(), ")"))]
pub struct TransportError {
    kind: TransportErrorKind,
    host: Option<Box<str>>,
    source: Option<BoxError>,
    pub(super) after_unknown: bool,
}

impl TransportError {
    /// Makes an error of a kind.
    #[must_use]
    pub fn new(kind: TransportErrorKind) -> Self {
        Self {
            kind,
            host: None,
            source: None,
            after_unknown: false,
        }
    }

    /// Adds the host that was called, with its port unless it is the scheme's own; the client does
    /// so for every transport.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<Box<str>>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Adds what the HTTP client said; it must not hold secrets.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What broke, and with it whether the server can have acted.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// The host that was called, as the endpoint names it; `None` before the client has added it.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_with_sources(self, f)
    }
}

/// How far a request came before the transport failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection was made (name, route, TLS, proxy), or it closed before the request was begun:
    /// the request was not sent.
    #[error("no connection, so the request was not sent")]
    Connect,
    /// No answer in time: the operation may have taken effect.
    #[error("no answer in time, the outcome is unknown")]
    Timeout,
    /// The connection broke after the request was on its way: the operation may have taken effect.
    #[error("the connection broke, the outcome is unknown")]
    Interrupted,
    /// The answer was larger than allowed and was dropped: the operation may have taken effect.
    #[error("the answer is larger than allowed and was dropped, the outcome is unknown")]
    ResponseTooLarge,
    /// The answer was not HTTP: the operation may have taken effect.
    #[error("the answer is not HTTP, the outcome is unknown")]
    InvalidResponse,
}
