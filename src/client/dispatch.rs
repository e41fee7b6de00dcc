//! Sending: attempts, credentials, time, and what an answer is.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::header;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::Instant;

use super::{
    SendOptions,
    signing::{Credentials, Signing},
    time::{Deadline, TimeSource},
};
use crate::{
    clock_skew::{ClockSkew, Correction},
    endpoint::{Endpoint, Region},
    error::{DecodeProblem, Error, TransportError, TransportErrorKind},
    operation::{AuthScheme, RetrySafety},
    pacing::Pacer,
    protocol,
    random::random,
    retry::{RetryPolicy, RetryQuota, RetryReason, classify},
    sensitive::Secrets,
    trace::{self, Trace},
    transport::HttpClient,
};

/// What the clones of a client share.
pub(super) struct Shared {
    pub(super) http_client: Arc<dyn HttpClient>,
    pub(super) endpoint: Endpoint,
    /// For the spans, if there are any.
    pub(super) region: Option<Region>,
    pub(super) signing: Signing,
    pub(super) retry_policy: RetryPolicy,
    pub(super) retry_quota: RetryQuota,
    pub(super) clock_skew: ClockSkew,
    pub(super) attempt_timeout: Duration,
    pub(super) operation_timeout: Duration,
    pub(super) time_source: TimeSource,
    pub(super) clock_skew_correction: bool,
}

/// An operation after its type is gone, so that the sending below is compiled once.
pub(super) struct Call {
    operation: &'static str,
    auth: AuthScheme,
    safety: RetrySafety,
    body: Bytes,
    #[cfg(any(feature = "bulk", feature = "managed-login"))]
    prepared: Option<Box<Prepared>>,
    pacer: Option<Arc<Pacer>>,
    retry_policy: Option<RetryPolicy>,
    attempt_timeout: Duration,
    operation_timeout: Duration,
}

/// A request that is no operation of the API, such as those to the endpoints of a pool's domain.
///
/// It is sent as an operation is: attempts, deadline, pacing, spans, and errors without its secrets.
#[cfg(any(feature = "bulk", feature = "managed-login"))]
pub(crate) struct Prepared {
    /// What errors and spans call it: its method and path.
    pub(crate) operation: &'static str,
    /// The operation of the API that it shares a quota with.
    pub(crate) quota_of: Option<&'static str>,
    pub(crate) safety: RetrySafety,
    pub(crate) request: http::Request<Bytes>,
    /// Says whether the answer is a success, and if not, which error it is.
    pub(crate) check: Check,
    /// What of the request must not stand in an error.
    pub(crate) secrets: Secrets,
    /// How long an attempt may take, and all of them, where the client's time is too short.
    pub(crate) timeout: Option<Duration>,
}

#[cfg(any(feature = "bulk", feature = "managed-login"))]
type Check = fn(&'static str, &http::response::Parts, &[u8]) -> Result<(), Error>;

impl Call {
    /// The request of one attempt, not yet signed.
    fn request(&self, endpoint: &Endpoint) -> Result<http::Request<Bytes>, Error> {
        #[cfg(any(feature = "bulk", feature = "managed-login"))]
        if let Some(prepared) = &self.prepared {
            return Ok(prepared.request.clone());
        }
        protocol::request(self.operation, endpoint, self.body.clone())
    }

    /// The operation by which it is paced.
    fn paced_as(&self) -> &'static str {
        #[cfg(any(feature = "bulk", feature = "managed-login"))]
        if let Some(prepared) = &self.prepared {
            return prepared.quota_of.unwrap_or_default();
        }
        self.operation
    }

    fn check_status(&self, parts: &http::response::Parts, body: &[u8]) -> Result<(), Error> {
        #[cfg(any(feature = "bulk", feature = "managed-login"))]
        if let Some(prepared) = &self.prepared {
            return (prepared.check)(self.operation, parts, body);
        }
        protocol::check_status(self.operation, parts, body)
    }

    /// Whether the answer comes from the server that the operations are sent to, and so tells its time.
    #[cfg_attr(
        not(any(feature = "bulk", feature = "managed-login")),
        expect(clippy::unused_self, reason = "all calls are operations then")
    )]
    fn is_for_the_endpoint(&self) -> bool {
        #[cfg(any(feature = "bulk", feature = "managed-login"))]
        return self.prepared.is_none();
        #[cfg(not(any(feature = "bulk", feature = "managed-login")))]
        true
    }

    #[cfg_attr(
        not(any(feature = "bulk", feature = "managed-login")),
        expect(clippy::unused_self, reason = "all calls are operations then")
    )]
    fn host<'a>(&'a self, endpoint: &'a Endpoint) -> &'a str {
        #[cfg(any(feature = "bulk", feature = "managed-login"))]
        if let Some(prepared) = &self.prepared {
            return prepared.request.uri().host().unwrap_or_default();
        }
        endpoint.host().to_str().unwrap_or_default()
    }

    /// Cuts out of an error what the server echoed of the request's secrets.
    fn redacted(&self, mut error: Error, credentials: Option<&Credentials>) -> Error {
        #[cfg(any(feature = "bulk", feature = "managed-login"))]
        if let Some(prepared) = &self.prepared {
            error.redact(&|text| prepared.secrets.cut(text));
            return error;
        }
        // A refused signature is answered with all that was signed, the session token included.
        let secrets = Secrets::of(&self.body, credentials.and_then(session_token));
        error.redact(&|text| secrets.cut(text));
        error
    }
}

/// A success, with what it takes to read it.
pub(crate) struct Answer {
    call: Call,
    parts: http::response::Parts,
    body: Bytes,
}

impl Answer {
    pub(crate) fn decode<R: DeserializeOwned>(&self) -> Result<R, Error> {
        protocol::decode(&self.body).map_err(|error| self.unreadable(&error))
    }

    /// The error for an answer that could be read and yet is not what it must be.
    pub(crate) fn refused(&self, problem: DecodeProblem) -> Error {
        let error = protocol::decode_error(self.call.operation, &self.parts, problem);
        self.call.redacted(error, None)
    }

    /// The error for an answer that tells of a failure in its body alone.
    pub(crate) fn failed(&self) -> Error {
        let error = protocol::service_error(self.call.operation, &self.parts, &self.body);
        self.call.redacted(error.into(), None)
    }

    fn unreadable(&self, error: &serde_json::Error) -> Error {
        self.refused(protocol::problem(error))
    }
}

pub(crate) type DispatchFuture = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

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
        pacer: Option<Arc<Pacer>>,
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
            #[cfg(any(feature = "bulk", feature = "managed-login"))]
            prepared: None,
            pacer,
            retry_policy: options.retry_policy,
            attempt_timeout: options.attempt_timeout.unwrap_or(self.attempt_timeout),
            operation_timeout: options.operation_timeout.unwrap_or(self.operation_timeout),
        };
        self.run(call)
    }

    /// Sends a request that is no operation of the API.
    #[cfg(any(feature = "bulk", feature = "managed-login"))]
    pub(super) fn dispatch_prepared(
        self: Arc<Self>,
        prepared: Prepared,
        pacer: Option<Arc<Pacer>>,
    ) -> DispatchFuture {
        let timeout = prepared.timeout;
        let call = Call {
            operation: prepared.operation,
            auth: AuthScheme::NoAuth,
            safety: prepared.safety,
            body: Bytes::new(),
            prepared: Some(Box::new(prepared)),
            pacer,
            retry_policy: None,
            attempt_timeout: timeout.unwrap_or(self.attempt_timeout),
            operation_timeout: timeout.unwrap_or(self.operation_timeout),
        };
        self.run(call)
    }

    fn run(self: Arc<Self>, call: Call) -> DispatchFuture {
        Box::pin(async move {
            let trace = Trace::operation(call.operation, self.region.as_ref());
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
        // Boxed, or every call in flight would hold room for it.
        let mut last_error: Option<Box<Error>> = None;
        let mut credentials_renewed = false;
        loop {
            let permit = match &call.pacer {
                Some(pacer) => {
                    let began = Instant::now();
                    let permit = pacer.acquire(call.paced_as()).await;
                    let wait = began.elapsed();
                    trace::waited_for_turn(call.operation, call.paced_as(), wait);
                    // Whoever lets calls queue for their turn does not want them to time out there.
                    deadline = deadline.later(wait);
                    match permit {
                        Ok(permit) => permit,
                        // What is known of the attempt before says more.
                        Err(error) => {
                            let no_turn = || Error::pacing(call.operation, error);
                            return Err(last_error.map_or_else(no_turn, |error| *error));
                        }
                    }
                }
                None => None,
            };
            let credentials =
                self.signing
                    .credentials(call.operation, call.auth, &self.time_source, deadline);
            let credentials = match credentials.await {
                Ok(credentials) => credentials,
                Err(error) => return Err(last_error.map_or(error, |last| *last)),
            };
            let correction = self.clock_skew.correction();
            let trace = Trace::attempt(call.operation, attempt);
            operation.attempts(attempt);
            let result = trace
                .run(self.attempt(call, credentials.as_ref(), correction, deadline))
                .await;
            if let (Some(pacer), Some(permit)) = (&call.pacer, permit) {
                pacer.learn(permit, result.as_ref().is_err_and(Error::is_throttled));
            }
            let mut error = match result {
                Ok(response) => {
                    self.retry_quota.succeeded(cost);
                    return Ok(response);
                }
                // What is known of the attempt before says more: it was sent.
                Err(error) if error.is_local() => {
                    return Err(last_error.map_or(error, |last| *last));
                }
                Err(error) => error,
            };
            trace::throttled(call.operation, attempt, &error);
            let signed = credentials.is_some();
            let reason = if signed && self.clock_skew.explains(&error, correction) {
                Some(RetryReason::ClockSkew)
            } else {
                classify(&error, call.safety)
            };
            if last_error
                .as_ref()
                .is_some_and(|last| last.outcome_unknown())
            {
                error.follows_unknown_outcome();
            }
            let Some(reason) = reason.filter(|_| attempt < policy.attempts()) else {
                return Err(error);
            };
            if reason == RetryReason::ExpiredCredentials {
                let now = (self.time_source)();
                let renewal = Box::pin(self.signing.renew(credentials.as_ref(), now));
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
            trace::retried(call.operation, attempt, reason, &error, wait);
            last_error = Some(Box::new(error));
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// Makes the request of one attempt, signed if it has credentials.
    fn request(
        &self,
        call: &Call,
        credentials: Option<&Credentials>,
        correction: Correction,
    ) -> Result<http::Request<Bytes>, Error> {
        let mut request = call.request(&self.endpoint)?;
        if let Some(credentials) = credentials {
            let time = correction.of((self.time_source)());
            self.signing
                .sign(call.operation, &mut request, credentials, time)?;
        }
        Ok(request)
    }

    async fn attempt(
        &self,
        call: &Call,
        credentials: Option<&Credentials>,
        correction: Correction,
        deadline: Deadline,
    ) -> Result<http::Response<Bytes>, Error> {
        let request = self.request(call, credentials, correction)?;
        let sent = (self.time_source)();
        let started = Instant::now();
        let response = deadline
            .min(Deadline::after(call.attempt_timeout))
            .limit(self.http_client.call(request))
            .await
            .unwrap_or_else(|_| Err(TransportError::new(TransportErrorKind::Timeout)))
            .map_err(|error| self.transport_error(call, error))?;
        let round_trip = started.elapsed();

        let (parts, body) = response.into_parts();
        let checked = call
            .check_status(&parts, &body)
            .and_then(|()| check_whole(call.operation, &parts, &body));
        if self.clock_skew_correction && call.is_for_the_endpoint() {
            let error = checked.as_ref().err();
            self.clock_skew
                .observe(&parts.headers, sent, round_trip, error);
        }
        match checked {
            Ok(()) => Ok(http::Response::from_parts(parts, body)),
            Err(error) => Err(call.redacted(error, credentials)),
        }
    }

    fn transport_error(&self, call: &Call, error: TransportError) -> Error {
        Error::transport(call.operation, error.with_host(call.host(&self.endpoint)))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
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

fn retry_after(error: &Error) -> Option<Duration> {
    match error {
        Error::Service(error) => error.retry_after(),
        _ => None,
    }
}
