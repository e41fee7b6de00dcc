//! An HTTP client in memory that answers by a list, and remembers when it was asked what.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use cognito_idp::{
    Client, ClientBuilder,
    credentials::Credentials,
    error::{TransportError, TransportErrorKind},
    transport::{HttpClient, HttpFuture},
};
use tokio::time::Instant;

/// What becomes of one request.
#[derive(Clone, Debug)]
pub struct Step {
    after: Duration,
    end: End,
}

#[derive(Clone, Debug)]
enum End {
    Answer(u16, Vec<(&'static str, String)>, Bytes),
    Fail(TransportErrorKind),
    Never,
}

/// An answer of this status and body.
pub fn answer(status: u16, body: &str) -> Step {
    let body = Bytes::copy_from_slice(body.as_bytes());
    Step {
        after: Duration::ZERO,
        end: End::Answer(status, Vec::new(), body),
    }
}

/// A success that fits most operations.
pub fn ok() -> Step {
    answer(
        200,
        r#"{"Username":"alice","UserSub":"sub","UserConfirmed":true}"#,
    )
}

/// A service error with this code.
pub fn refusal(status: u16, code: &str) -> Step {
    answer(status, &format!("{{\"__type\":\"{code}\"}}"))
}

/// A failure of the transport.
pub fn failure(kind: TransportErrorKind) -> Step {
    Step {
        after: Duration::ZERO,
        end: End::Fail(kind),
    }
}

/// Silence.
pub fn silence() -> Step {
    Step {
        after: Duration::ZERO,
        end: End::Never,
    }
}

impl Step {
    #[must_use]
    pub fn after(mut self, after: Duration) -> Self {
        self.after = after;
        self
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let End::Answer(_, headers, _) = &mut self.end {
            headers.push((name, value.into()));
        }
        self
    }
}

/// A request that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Since the script was made.
    pub at: Duration,
    pub request: http::Request<Bytes>,
}

impl Sent {
    pub fn header(&self, name: &str) -> &str {
        let value = self.request.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// Answers by a list, whose last step stays.
#[derive(Clone, Debug)]
pub struct Scripted {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    made: Instant,
    steps: Mutex<VecDeque<Step>>,
    sent: Mutex<Vec<Sent>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scripted {
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            shared: Arc::new(Shared {
                made: Instant::now(),
                steps: Mutex::new(steps.into_iter().collect()),
                sent: Mutex::default(),
            }),
        }
    }

    pub fn sent(&self) -> Vec<Sent> {
        lock(&self.shared.sent).clone()
    }

    /// A wall clock that showed noon when the script was made, and goes with the runtime's time,
    /// paused or not.
    pub fn wall_clock(&self) -> SystemTime {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON);
        noon + self.shared.made.elapsed()
    }

    /// A client over this script and its clock, for one region and with credentials.
    pub fn client(
        &self,
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Client, cognito_idp::error::InvalidInput> {
        let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let script = self.clone();
        let builder = Client::builder()
            .region("eu-central-1")
            .credentials(keys)
            .time_source(move || script.wall_clock())
            .http_client(self.clone());
        change(builder).build()
    }
}

impl HttpClient for Scripted {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let at = self.shared.made.elapsed();
            lock(&self.shared.sent).push(Sent { at, request });
            let step = {
                let mut steps = lock(&self.shared.steps);
                let left = steps.len();
                if left > 1 {
                    steps.pop_front()
                } else {
                    steps.front().cloned()
                }
            };
            let Some(step) = step else {
                return Err(TransportError::new(TransportErrorKind::Connect));
            };
            tokio::time::sleep(step.after).await;
            match step.end {
                End::Fail(kind) => Err(TransportError::new(kind)),
                End::Never => std::future::pending().await,
                End::Answer(status, headers, body) => {
                    let mut response = http::Response::builder().status(status);
                    for (name, value) in headers {
                        response = response.header(name, value);
                    }
                    response
                        .body(body)
                        .map_err(|_| TransportError::new(TransportErrorKind::InvalidResponse))
                }
            }
        })
    }
}

/// Noon of 1 January 2026.
pub const NOON: u64 = 1_767_268_800;

/// A `Date` header so many seconds after noon.
pub fn date(after_noon: u64) -> String {
    let (hours, rest) = (12 + after_noon / 3600, after_noon % 3600);
    format!(
        "Thu, 01 Jan 2026 {hours:02}:{:02}:{:02} GMT",
        rest / 60,
        rest % 60
    )
}
