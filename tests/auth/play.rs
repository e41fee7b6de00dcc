//! Plays a fixture flow in memory: each request must be the next one, and all must come.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use bytes::Bytes;
use cognito_idp::{
    Client,
    transport::{HttpClient, HttpFuture},
};
use serde_json::Value;

pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[derive(Clone, Debug)]
pub struct Play {
    exchanges: Arc<Mutex<VecDeque<Value>>>,
}

impl Play {
    pub fn load(flow: &str) -> Outcome<Self> {
        let file = format!("fixtures/flows/{flow}.json");
        let text = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file))?;
        let fixture: Value = serde_json::from_slice(&text)?;
        let exchanges = fixture["exchanges"].as_array().ok_or("no exchanges")?;
        Ok(Self {
            exchanges: Arc::new(Mutex::new(exchanges.iter().cloned().collect())),
        })
    }

    /// A client that plays the flow, in the first second of 1970.
    pub fn client(&self) -> Outcome<Client> {
        let client = Client::builder()
            .region("eu-west-1")
            .time_source(|| UNIX_EPOCH)
            .http_client(self.clone());
        #[cfg(feature = "sigv4")]
        let client = client.credentials(cognito_idp::credentials::Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ));
        Ok(client.build()?)
    }

    /// Fails if the flow has not come to its end.
    pub fn finish(&self) {
        let left = self.exchanges();
        assert!(left.is_empty(), "not all was asked for: {left:?}");
    }

    fn exchanges(&self) -> std::sync::MutexGuard<'_, VecDeque<Value>> {
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClient for Play {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let exchange = self.exchanges().pop_front().expect("one more exchange");
        let target = request.headers()["x-amz-target"].to_str().expect("ASCII");
        let operation = exchange["operation"].as_str().unwrap_or_default();
        assert_eq!(target.rsplit('.').next(), Some(operation));
        let body: Value = serde_json::from_slice(request.body()).expect("JSON");
        assert_eq!(body, exchange["request"], "{operation}");

        let answer = &exchange["response"];
        let mut response = http::Response::new(Bytes::from(answer["body"].to_string()));
        let status = answer["status"]
            .as_u64()
            .and_then(|code| u16::try_from(code).ok());
        *response.status_mut() = status
            .and_then(|code| http::StatusCode::from_u16(code).ok())
            .expect("a status");
        Box::pin(async move { Ok(response) })
    }
}
