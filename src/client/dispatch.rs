//! Sending: attempts, credentials, time, and what an answer is.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::header;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::{Instant, Timeout};

#[cfg(not(feature = "sigv4"))]
use std::convert::Infallible as Credentials;

use super::SendOptions;
#[cfg(feature = "sigv4")]
use crate::{
    credentials::{Credentials, CredentialsCache},
    sigv4::Signer,
};
use crate::{
    endpoint::{Endpoint, Region},
    error::{Error, InvalidInput, TransportError, TransportErrorKind},
    operation::{AuthScheme, RetrySafety},
    pacing::Pacer,
    protocol,
    random::random,
    retry::{ClockSkew, RetryPolicy, RetryQuota, RetryReason, classify},
    sensitive::Secrets,
    trace::Trace,
    transport::HttpClient,
};

/// What the clones of a client share.
pub(super) struct Shared {
    pub(super) http_client: Arc<dyn HttpClient>,
    pub(super) endpoint: Endpoint,
    /// For the spans, if there are any.
    pub(super) region: Option<Region>,
    #[cfg(feature = "sigv4")]
    pub(super) signing: Option<Signing>,
    pub(super) retry_policy: RetryPolicy,
    pub(super) retry_quota: RetryQuota,
    pub(super) clock_skew: ClockSkew,
    pub(super) attempt_timeout: Duration,
    pub(super) operation_timeout: Duration,
    pub(super) time_source: fn() -> SystemTime,
    pub(super) clock_skew_correction: bool,
    pub(super) pacer: Option<Pacer>,
}

#[cfg(feature = "sigv4")]
pub(super) struct Signing {
    pub(super) credentials: CredentialsCache,
    pub(super) signer: Signer,
}

/// An operation after its type is gone, so that the sending below is compiled once.
struct Call {
    operation: &'static str,
    auth: AuthScheme,
    safety: RetrySafety,
    body: Bytes,
    retry_policy: Option<RetryPolicy>,
    attempt_timeout: Duration,
    operation_timeout: Duration,
}

/// A success, with what it takes to read it.
pub(super) struct Answer {
    call: Call,
    parts: http::response::Parts,
    body: Bytes,
}

impl Answer {
    pub(super) fn decode<R: DeserializeOwned>(self) -> Result<R, Error> {
        protocol::decode(&self.body).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &serde_json::Error) -> Error {
        let error = protocol::unreadable(self.call.operation, &self.parts, error);
        redacted(error, &self.call.body, None)
    }
}

pub(super) type DispatchFuture = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

impl Shared {
    /// Sends what an operation is without its type.
    ///
    /// Boxed, so that the sending compiles in this crate and not again in every caller's.
    pub(super) fn dispatch(
        self: Arc<Self>,
        operation: &'static str,
        auth: AuthScheme,
        safety: RetrySafety,
        json: serde_json::Result<Vec<u8>>,
        options: SendOptions,
    ) -> DispatchFuture {
        let body = match protocol::body(operation, json) {
            Ok(body) => body,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let call = Call {
            operation,
            auth,
            safety,
            body,
            retry_policy: options.retry_policy,
            attempt_timeout: options.attempt_timeout.unwrap_or(self.attempt_timeout),
            operation_timeout: options.operation_timeout.unwrap_or(self.operation_timeout),
        };
        Box::pin(async move {
            let trace = Trace::operation(operation, self.region.as_ref());
            let response = trace.run(self.attempts(&call, &trace)).await?;
            let (parts, body) = response.into_parts();
            Ok(Answer { call, parts, body })
        })
    }

    /// Attempts the call until it succeeds, may not be repeated, or has no time left.
    async fn attempts(
        &self,
        call: &Call,
        operation: &Trace,
    ) -> Result<http::Response<Bytes>, Error> {
        let mut deadline = Deadline::after(call.operation_timeout);
        let policy = call.retry_policy.as_ref().unwrap_or(&self.retry_policy);
        let mut cost = None;
        let mut attempt = 1;
        let mut outcome_unknown = false;
        let mut credentials_renewed = false;
        loop {
            let leave = match &self.pacer {
                Some(pacer) => {
                    let began = Instant::now();
                    let leave = pacer.admit(call.operation).await;
                    // Whoever lets calls queue for their turn does not want them to time out there.
                    deadline = deadline.later(began.elapsed());
                    leave
                }
                None => None,
            };
            let credentials = self.credentials(call, deadline).await?;
            let skew = self.clock_skew.millis();
            let trace = Trace::attempt(call.operation, attempt);
            operation.attempts(attempt);
            let result = trace
                .run(self.attempt(call, credentials.as_ref(), deadline))
                .await;
            if let (Some(pacer), Some(leave)) = (&self.pacer, leave) {
                pacer.learn(leave, result.as_ref().is_err_and(Error::is_throttled));
            }
            let mut error = match result {
                Ok(response) => {
                    self.retry_quota.succeeded(cost);
                    return Ok(response);
                }
                Err(error) => error,
            };
            let reason = if self.clock_skew.explains(&error, skew) {
                Some(RetryReason::ClockSkew)
            } else {
                classify(&error, call.safety)
            };
            if outcome_unknown {
                error.follows_unknown_outcome();
            }
            let Some(reason) = reason.filter(|_| attempt < policy.attempts()) else {
                return Err(error);
            };
            if reason == RetryReason::ExpiredCredentials {
                let renewal = Box::pin(self.renew_credentials(credentials.as_ref()));
                if credentials_renewed || !deadline.limit(renewal).await.unwrap_or(false) {
                    return Err(error);
                }
                credentials_renewed = true;
            }
            let wait = policy.delay(attempt - 1, reason, retry_after(&error), random());
            // What is known of this attempt says more than that the time ran out waiting.
            if deadline.is_within(wait) {
                return Err(error);
            }
            cost = self.retry_quota.acquire(reason);
            if cost.is_none() {
                return Err(error);
            }
            outcome_unknown = error.outcome_unknown();
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    fn request(
        &self,
        call: &Call,
        credentials: Option<&Credentials>,
    ) -> Result<http::Request<Bytes>, Error> {
        let mut request = protocol::request(call.operation, &self.endpoint, call.body.clone())?;
        self.sign(call, &mut request, credentials)?;
        Ok(request)
    }

    async fn attempt(
        &self,
        call: &Call,
        credentials: Option<&Credentials>,
        deadline: Deadline,
    ) -> Result<http::Response<Bytes>, Error> {
        let request = self.request(call, credentials)?;
        let sent = (self.time_source)();
        let started = Instant::now();
        let response = deadline
            .min(Deadline::after(call.attempt_timeout))
            .limit(self.http_client.call(request))
            .await
            .unwrap_or_else(|_| Err(TransportError::new(TransportErrorKind::Timeout)))
            .map_err(|error| Error::Transport {
                operation: call.operation,
                error,
            })?;
        if self.clock_skew_correction {
            self.clock_skew
                .observe(response.headers(), sent, started.elapsed());
        }

        let (parts, body) = response.into_parts();
        let checked = protocol::check_status(call.operation, &parts, &body)
            .and_then(|()| check_whole(call.operation, &parts, &body));
        match checked {
            Ok(()) => Ok(http::Response::from_parts(parts, body)),
            Err(error) => Err(redacted(error, &call.body, credentials)),
        }
    }
}

/// When a call must have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deadline(Instant);

impl Deadline {
    /// As good as never, for what is further off than the clock can count.
    const FAR: Duration = Duration::from_hours(24 * 365);

    fn after(timeout: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(timeout).unwrap_or_else(|| now + Self::FAR))
    }

    fn later(self, by: Duration) -> Self {
        Self(self.0.checked_add(by).unwrap_or(self.0))
    }

    /// Whether a wait from now on lasts until then.
    fn is_within(self, wait: Duration) -> bool {
        Self::after(wait) >= self
    }

    /// Runs the work until then.
    fn limit<F: Future>(self, work: F) -> Timeout<F> {
        tokio::time::timeout_at(self.0, work)
    }
}

#[cfg(feature = "sigv4")]
#[derive(Debug, thiserror::Error)]
#[error("the credentials provider did not answer in time")]
struct TooSlow;

#[cfg(feature = "sigv4")]
impl Shared {
    /// The credentials to sign with; `None` for a call that goes without.
    async fn credentials(
        &self,
        call: &Call,
        deadline: Deadline,
    ) -> Result<Option<Credentials>, Error> {
        let cache = match &self.signing {
            Some(signing) if call.auth != AuthScheme::NoAuth => &signing.credentials,
            None if call.auth == AuthScheme::SigV4 => {
                let rule = "must be configured, because this operation is signed";
                let error = InvalidInput::new("credentials", rule);
                return Err(credentials_error(call, error));
            }
            _ => return Ok(None),
        };
        let now = (self.time_source)();
        if let Some(credentials) = cache.fresh(now) {
            return Ok(Some(credentials));
        }
        // Boxed, or every call in flight would hold room for it.
        match deadline.limit(Box::pin(cache.credentials(now))).await {
            Ok(found) => found
                .map(Some)
                .map_err(|error| credentials_error(call, error)),
            Err(_) => Err(credentials_error(call, TooSlow)),
        }
    }

    /// Whether there are other credentials now than those that were refused.
    async fn renew_credentials(&self, refused: Option<&Credentials>) -> bool {
        match (&self.signing, refused) {
            (Some(signing), Some(refused)) => {
                signing
                    .credentials
                    .renew(refused, (self.time_source)())
                    .await
            }
            _ => false,
        }
    }

    fn sign(
        &self,
        call: &Call,
        request: &mut http::Request<Bytes>,
        credentials: Option<&Credentials>,
    ) -> Result<(), Error> {
        let (Some(signing), Some(credentials)) = (&self.signing, credentials) else {
            return Ok(());
        };
        let now = self.clock_skew.corrected((self.time_source)());
        let signed = signing.signer.sign(request, credentials, now);
        signed.map_err(|error| credentials_error(call, error))
    }
}

#[cfg(not(feature = "sigv4"))]
#[expect(
    clippy::unused_async,
    clippy::unused_self,
    reason = "as where there is signing"
)]
impl Shared {
    async fn credentials(
        &self,
        call: &Call,
        _deadline: Deadline,
    ) -> Result<Option<Credentials>, Error> {
        if call.auth != AuthScheme::SigV4 {
            return Ok(None);
        }
        let rule = "cannot be used in a build without the feature `sigv4`";
        Err(credentials_error(
            call,
            InvalidInput::new("credentials", rule),
        ))
    }

    async fn renew_credentials(&self, _refused: Option<&Credentials>) -> bool {
        false
    }

    #[expect(clippy::unnecessary_wraps, reason = "as where there is signing")]
    fn sign(
        &self,
        _call: &Call,
        _request: &mut http::Request<Bytes>,
        _credentials: Option<&Credentials>,
    ) -> Result<(), Error> {
        Ok(())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Cuts out of an error what the server echoed of the request's secrets.
fn redacted(mut error: Error, body: &[u8], credentials: Option<&Credentials>) -> Error {
    // A refused signature is answered with all that was signed, the session token included.
    let secrets = Secrets::of(body, credentials.and_then(session_token));
    error.redact(&|text| secrets.cut(text));
    error
}

#[cfg(feature = "sigv4")]
fn session_token(credentials: &Credentials) -> Option<&str> {
    credentials
        .session_token()
        .filter(|token| !token.is_empty())
}

#[cfg(not(feature = "sigv4"))]
fn session_token(credentials: &Credentials) -> Option<&str> {
    match *credentials {}
}

/// Looks for an answer that was cut off and yet is whole to HTTP, because it has no length.
///
/// Here and not when it is decoded, so that it can be attempted again. AWS sends a length.
fn check_whole(
    operation: &'static str,
    parts: &http::response::Parts,
    body: &[u8],
) -> Result<(), Error> {
    let headers = &parts.headers;
    if headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING)
        || body.is_empty()
    {
        return Ok(());
    }
    match protocol::decode::<IgnoredAny>(body) {
        Err(error) if error.is_eof() => Err(protocol::unreadable(operation, parts, &error)),
        _ => Ok(()),
    }
}

fn credentials_error(call: &Call, source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Credentials {
        operation: call.operation,
        source: Box::new(source),
    }
}

fn retry_after(error: &Error) -> Option<Duration> {
    match error {
        Error::Service(error) => error.retry_after(),
        _ => None,
    }
}
