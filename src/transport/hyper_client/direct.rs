//! The way to a host in a build without the feature `proxy`: always straight.

use std::sync::Arc;

use super::Tcp;
use crate::error::InvalidInput;

pub(super) type Route = Tcp;

/// There is none.
pub(super) enum Proxy {}

impl Proxy {
    #[expect(clippy::unnecessary_wraps, reason = "with `proxy` it can be malformed")]
    pub(super) fn from_env() -> Result<Option<Self>, InvalidInput> {
        Ok(None)
    }
}

pub(super) fn route(tcp: Tcp, _: &Arc<rustls::ClientConfig>, _: Option<Proxy>) -> Route {
    tcp
}
