//! Operations whose name is known only at run time.

use serde_json::Value;

use super::{AuthScheme, RetrySafety};
use crate::sensitive::Sensitive;

/// An operation as JSON, for tools that take its name from their user.
///
/// Nothing about it is checked: whoever knows the operation beforehand is better served by its request
/// type. Send it with [`Client::send_any`](crate::Client::send_any). Its members may be secrets, so
/// `Debug` does not show them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AnyOperation {
    /// The operation's name, as it stands in `X-Amz-Target`.
    pub name: &'static str,
    /// Whether the request is signed.
    pub auth: AuthScheme,
    /// Whether the request may be sent again when the outcome of an attempt is unknown.
    pub retry: RetrySafety,
    /// The request, an object with the members' names on the wire.
    pub request: Sensitive<Value>,
}

impl AnyOperation {
    /// Makes an operation that is signed and sent only once, the safe choice for one that nothing is
    /// known of.
    #[must_use]
    pub fn new(name: &'static str, request: impl Into<Sensitive<Value>>) -> Self {
        Self {
            name,
            auth: AuthScheme::SigV4,
            retry: RetrySafety::Once,
            request: request.into(),
        }
    }

    /// Sets whether the request is signed.
    #[must_use]
    pub fn auth(mut self, auth: AuthScheme) -> Self {
        self.auth = auth;
        self
    }

    /// Sets whether the request may be sent again when the outcome of an attempt is unknown.
    #[must_use]
    pub fn retry(mut self, retry: RetrySafety) -> Self {
        self.retry = retry;
        self
    }
}
