//! A server in memory, for the targets that go through a whole sign-in.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use cognito_idp::{
    Client,
    auth::{AppClient, SignIn},
    error::{TransportError, TransportErrorKind},
    retry::RetryPolicy,
    transport::{HttpClient, HttpFuture},
};

#[derive(Debug)]
struct Canned(Mutex<VecDeque<Bytes>>);

impl HttpClient for Canned {
    fn call(&self, _request: http::Request<Bytes>) -> HttpFuture<'_> {
        let body = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        Box::pin(async {
            body.map(http::Response::new)
                .ok_or_else(|| TransportError::new(TransportErrorKind::Interrupted))
        })
    }
}

/// A sign-in against a server that gives these answers one after the other.
pub fn sign_in(answers: impl IntoIterator<Item = serde_json::Value>) -> SignIn {
    let bodies = answers
        .into_iter()
        .map(|answer| Bytes::from(answer.to_string()));
    let client = Client::builder()
        .region("eu-central-1")
        .http_client(Canned(Mutex::new(bodies.collect())))
        .retry_policy(RetryPolicy::never())
        .build()
        .expect("a client");
    SignIn::public(client, AppClient::new("client").secret("secret"))
        .user_pool_id("eu-central-1_aB3dE6gH9")
}

/// Runs to the end what never really waits.
pub fn run<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
