//! What the feature `tracing` shows of a call, and nothing at all without it.
//!
//! A span for each operation and one inside it for each attempt, and an event for each retry,
//! throttle and wait for a turn, and for what could not be refreshed or stored. Their fields are
//! names, numbers and IDs: operation, region, attempt, status, code, request ID, latency. Never a
//! message, a header or a body, at no level.

#[cfg(feature = "tracing")]
pub(crate) use self::enabled::{
    Trace, not_refreshed, retried, throttled, tokens_not_stored, waited_for_turn,
};

#[cfg(not(feature = "tracing"))]
pub(crate) use self::disabled::{
    Trace, not_refreshed, retried, throttled, tokens_not_stored, waited_for_turn,
};

#[cfg(feature = "tracing")]
mod enabled {
    use std::time::Duration;

    use tokio::time::Instant;
    use tracing::{Instrument as _, Span, field::Empty};

    use crate::{endpoint::Region, error::Error, pacing::QuotaCategory, retry::RetryReason};

    // What filters name; the path of this module is nobody's business.
    const TARGET: &str = "cognito_idp";

    /// An operation or an attempt that runs.
    #[derive(Debug)]
    pub(crate) struct Trace {
        span: Span,
        started: Option<Instant>,
    }

    /// Tells that a call waited for its turn, if it did so for a while.
    pub(crate) fn waited_for_turn(operation: &'static str, quota_of: &str, wait: Duration) {
        let category = QuotaCategory::of(quota_of).map(QuotaCategory::as_str);
        let wait_ms = millis(wait);
        if wait_ms > 0 {
            tracing::debug!(target: TARGET, operation, category, wait_ms, "waited for a turn");
        }
    }

    /// Tells that an attempt was throttled, if that is why it failed.
    pub(crate) fn throttled(operation: &'static str, attempt: u32, error: &Error) {
        if error.is_throttled() {
            tracing::warn!(target: TARGET, operation, attempt, code = code_of(error), "throttled");
        }
    }

    /// Tells that an attempt failed, and is followed by another after a wait.
    pub(crate) fn retried(
        operation: &'static str,
        attempt: u32,
        reason: RetryReason,
        error: &Error,
        wait: Duration,
    ) {
        tracing::info!(
            target: TARGET,
            operation,
            attempt,
            reason = reason.as_str(),
            code = code_of(error),
            wait_ms = millis(wait),
            "trying again",
        );
    }

    /// Tells that there is nothing new in place of what expires, and why, as far as that is known.
    pub(crate) fn not_refreshed(what: &'static str, error: Option<&Error>) {
        let code = error.map_or("none", code_of);
        tracing::warn!(target: TARGET, what, code, "could not be refreshed");
    }

    /// Tells that the hook of a token source failed, counted from 1 for the same tokens.
    pub(crate) fn tokens_not_stored(attempt: u32) {
        tracing::warn!(target: TARGET, attempt, "the refreshed tokens could not be stored");
    }

    fn millis(duration: Duration) -> u64 {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    }

    fn code_of(error: &Error) -> &str {
        match error {
            Error::Service(error) => error.code().map_or("none", |code| code.as_str()),
            Error::Transport { .. } => "transport",
            Error::Credentials { .. } => "credentials",
            Error::ClientSecret { .. } => "client secret",
            Error::Pacing { .. } => "pacing",
            Error::Changed { .. } => "changed",
            Error::Decode(_) => "decode",
            Error::InvalidInput(_) => "invalid input",
        }
    }

    fn is_id(text: &str) -> bool {
        text.len() <= 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    }

    impl Trace {
        /// Begins an operation.
        pub(crate) fn operation(operation: &'static str, region: Option<&Region>) -> Self {
            Self::of(tracing::debug_span!(
                target: TARGET,
                "operation",
                operation,
                region = region.map(Region::as_str),
                attempts = Empty,
                status = Empty,
                code = Empty,
                request_id = Empty,
                latency_ms = Empty,
            ))
        }

        /// Begins an attempt, counted from 1.
        pub(crate) fn attempt(operation: &'static str, attempt: u32) -> Self {
            Self::of(tracing::debug_span!(
                target: TARGET,
                "attempt",
                operation,
                attempt,
                status = Empty,
                code = Empty,
                request_id = Empty,
                latency_ms = Empty,
            ))
        }

        fn of(span: Span) -> Self {
            let started = (!span.is_disabled()).then(Instant::now);
            Self { span, started }
        }

        /// Runs what belongs to it, and notes how it ended.
        pub(crate) async fn run<B>(
            &self,
            work: impl Future<Output = Result<http::Response<B>, Error>>,
        ) -> Result<http::Response<B>, Error> {
            let Some(started) = self.started else {
                return work.await;
            };
            let result = work.instrument(self.span.clone()).await;
            self.span.record("latency_ms", millis(started.elapsed()));
            match &result {
                Ok(response) => {
                    self.span.record("status", response.status().as_u16());
                    let id = response.headers().get("x-amzn-requestid");
                    self.record_id(id.and_then(|id| id.to_str().ok()));
                }
                Err(error) => self.record_error(error),
            }
            result
        }

        /// Only what looks like an ID, lest a server plants what it was sent.
        fn record_id(&self, id: Option<&str>) {
            if let Some(id) = id.filter(|id| is_id(id)) {
                self.span.record("request_id", id);
            }
        }

        fn record_error(&self, error: &Error) {
            if let Some(status) = error.status() {
                self.span.record("status", status.as_u16());
            }
            self.record_id(error.request_id());
            self.span.record("code", code_of(error));
        }

        /// Notes how many attempts an operation took so far.
        pub(crate) fn attempts(&self, attempts: u32) {
            self.span.record("attempts", attempts);
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use std::time::Duration;

    use crate::{endpoint::Region, error::Error, retry::RetryReason};

    pub(crate) fn waited_for_turn(_operation: &'static str, _quota_of: &str, _wait: Duration) {}

    pub(crate) fn throttled(_operation: &'static str, _attempt: u32, _error: &Error) {}

    pub(crate) fn retried(
        _operation: &'static str,
        _attempt: u32,
        _reason: RetryReason,
        _error: &Error,
        _wait: Duration,
    ) {
    }

    pub(crate) fn not_refreshed(_what: &'static str, _error: Option<&Error>) {}

    pub(crate) fn tokens_not_stored(_attempt: u32) {}

    /// Nothing, since nobody can look.
    #[derive(Debug)]
    pub(crate) struct Trace;

    #[expect(clippy::unused_self, reason = "as where somebody looks")]
    impl Trace {
        pub(crate) fn operation(_operation: &'static str, _region: Option<&Region>) -> Self {
            Self
        }

        pub(crate) fn attempt(_operation: &'static str, _attempt: u32) -> Self {
            Self
        }

        pub(crate) fn run<F>(&self, work: F) -> F
        where
            F: Future<Output = Result<http::Response<bytes::Bytes>, Error>>,
        {
            work
        }

        pub(crate) fn attempts(&self, _attempts: u32) {}
    }
}
