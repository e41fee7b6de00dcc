//! An HTTP client in memory that answers from a list, and keeps what it was sent.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use cognito_idp::transport::{HttpClient, HttpFuture};
use serde_json::{Value, json};

/// Answers from a list, then with empty objects.
#[derive(Debug, Default)]
pub struct Answers {
    script: Mutex<VecDeque<(u16, Value)>>,
    sent: Mutex<Vec<http::Request<Bytes>>>,
    running: AtomicUsize,
    pub most_running: AtomicUsize,
}

impl Answers {
    pub fn new(answers: impl IntoIterator<Item = (u16, Value)>) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(answers.into_iter().collect()),
            ..Self::default()
        })
    }

    /// Puts one more answer at the end of the list.
    pub fn push(&self, answer: (u16, Value)) {
        self.script.lock().expect("not poisoned").push_back(answer);
    }

    /// Operation, whether signed, and body of every request.
    pub fn sent(&self) -> Vec<(String, bool, Value)> {
        let told = |request: &http::Request<Bytes>| {
            let target = request.headers()["x-amz-target"].to_str().expect("ASCII");
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            let signed = request.headers().contains_key("authorization");
            let body = serde_json::from_slice(request.body()).expect("a JSON body");
            (operation, signed, body)
        };
        let sent = self.sent.lock().expect("not poisoned");
        sent.iter().map(told).collect()
    }

    /// The hosts that were asked.
    pub fn hosts(&self) -> Vec<String> {
        let sent = self.sent.lock().expect("not poisoned");
        let host = |request: &http::Request<Bytes>| request.uri().host().map(str::to_owned);
        sent.iter().filter_map(host).collect()
    }
}

impl HttpClient for Answers {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_running.fetch_max(running, Ordering::SeqCst);
            self.sent.lock().expect("not poisoned").push(request);
            tokio::time::sleep(Duration::from_millis(1)).await;
            let answer = self.script.lock().expect("not poisoned").pop_front();
            let (status, body) = answer.unwrap_or((200, json!({})));
            let mut response = http::Response::new(Bytes::from(body.to_string()));
            *response.status_mut() = http::StatusCode::from_u16(status).expect("a valid status");
            self.running.fetch_sub(1, Ordering::SeqCst);
            Ok(response)
        })
    }
}

/// What Cognito refuses with this code.
pub fn refusal(code: &str) -> (u16, Value) {
    (400, json!({"__type": code, "message": "no"}))
}
