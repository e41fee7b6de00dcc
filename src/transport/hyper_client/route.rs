//! The way to a host: straight, or through a proxy.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::{legacy::connect::proxy::Tunnel, proxy::matcher::Matcher};
use tower_service::Service;

use super::{BoxError, Connecting, Tcp};
pub(super) use crate::transport::proxy::Proxy;

/// Connects to the host of a request, without the TLS that the host wants.
#[derive(Clone, Debug)]
pub(super) struct Route {
    tcp: Tcp,
    /// Connects to the proxy, which may want TLS as well.
    to_proxy: HttpsConnector<Tcp>,
    proxies: Option<Arc<Matcher>>,
}

pub(super) fn route(tcp: Tcp, tls: &Arc<rustls::ClientConfig>, proxy: Option<Proxy>) -> Route {
    let matcher = |Proxy { url, except }| Matcher::builder().https(url).no(except).build();
    Route {
        to_proxy: HttpsConnector::from((tcp.clone(), tls.clone())),
        tcp,
        proxies: proxy.map(matcher).map(Arc::new),
    }
}

impl Service<Uri> for Route {
    type Response = MaybeHttpsStream<<Tcp as Service<Uri>>::Response>;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let proxies = self.proxies.as_ref();
        let Some(proxy) = proxies.and_then(|proxies| proxies.intercept(&uri)) else {
            let connected = self.tcp.call(uri);
            return Box::pin(async { Ok(MaybeHttpsStream::Http(connected.await?)) });
        };
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
        if let Some(name_and_password) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(name_and_password.clone());
        }
        let connected = tunnel.call(uri);
        Box::pin(async { Ok(connected.await?) })
    }
}
