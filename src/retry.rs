//! Which failures are repeated, after how long, and how often.
//!
//! The rules are those of AWS's standard mode in its version 2.1, but for three points. An operation
//! that must run only once is not repeated when nobody knows whether it ran. `LimitExceeded` is not
//! throttling, because in Cognito it stands for a quota of hours. And the `Retry-After` of proxies
//! counts as AWS's own header does.

use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use http::StatusCode;

use crate::{
    error::{DecodeProblem, Error, ErrorCode, ServiceError, TransportErrorKind},
    operation::RetrySafety,
};

/// How often a call is attempted and how long it waits in between.
///
/// The wait before a retry is drawn evenly from zero to a limit, which doubles with every retry. A
/// server that asks for a longer wait gets it, up to five seconds on top.
///
/// ```
/// use std::time::Duration;
/// use cognito_idp::retry::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_attempts(6).max_delay(Duration::from_secs(5));
/// # let _ = patient;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: u32,
    base_delay: Duration,
    throttling_base_delay: Duration,
    max_delay: Duration,
}

impl Default for RetryPolicy {
    /// What AWS's SDKs do: 3 attempts; first 50 ms, or 1 s when throttled; never above 20 s.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            base_delay: Duration::from_millis(50),
            throttling_base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(20),
        }
    }
}

impl RetryPolicy {
    /// Attempts every call once.
    #[must_use]
    pub fn never() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets how often a call is attempted in all; 0 counts as 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the longest wait before the first retry.
    #[must_use]
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the longest wait before the first retry of a throttled call.
    #[must_use]
    pub fn throttling_base_delay(mut self, delay: Duration) -> Self {
        self.throttling_base_delay = delay;
        self
    }

    /// Sets the longest wait before any retry.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// How often a call is attempted in all.
    pub(crate) fn attempts(&self) -> u32 {
        self.max_attempts
    }

    /// The wait before a retry, counted from 0. `random` lies in `0.0..1.0`.
    pub(crate) fn delay(
        &self,
        retry: u32,
        reason: RetryReason,
        retry_after: Option<Duration>,
        random: f64,
    ) -> Duration {
        let base = match reason {
            RetryReason::Throttling => self.throttling_base_delay,
            _ => self.base_delay,
        };
        let factor = 1_u32.checked_shl(retry).unwrap_or(u32::MAX);
        let limit = base.saturating_mul(factor).min(self.max_delay);
        let seconds = limit.as_secs_f64() * random.clamp(0.0, 1.0);
        let delay = Duration::try_from_secs_f64(seconds)
            .unwrap_or(limit)
            .min(limit);
        match retry_after {
            Some(asked) => asked.clamp(delay, delay.saturating_add(LONGEST_EXTRA_WAIT)),
            None => delay,
        }
    }
}

/// Why an attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryReason {
    /// The network or the service failed for a moment.
    Transient,
    /// Too many requests a second.
    Throttling,
    /// The attempt was signed with a wrong time, which is known by now; sign anew.
    ClockSkew,
    /// The credentials are no longer valid: worth one retry, with fresh ones.
    ExpiredCredentials,
}

#[cfg(feature = "tracing")]
impl RetryReason {
    /// What events call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Throttling => "throttling",
            Self::ClockSkew => "clock skew",
            Self::ExpiredCredentials => "expired credentials",
        }
    }
}

/// How much longer than planned a server can make a call wait.
const LONGEST_EXTRA_WAIT: Duration = Duration::from_secs(5);

/// Codes of throttling that [`ErrorCode`] has no variant for: AWS's front doors send them.
const OTHER_THROTTLING_CODES: [&str; 5] = [
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "ThrottledException",
    "Throttling",
];

impl Error {
    /// Whether the account, the pool or a proxy was asked too often; wait and try again.
    ///
    /// So it is with [`Error::Pacing`], which comes before that happens.
    ///
    /// [`ErrorCode::LimitExceeded`] is not meant: it stands for a quota of hours or for good.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        match self {
            Self::Service(error) => is_service_throttling(error),
            Self::Pacing { .. } => true,
            _ => false,
        }
    }

    /// Whether the same call may succeed when it is made again soon.
    ///
    /// The client has already retried where that was safe. Where
    /// [`outcome_unknown`](Self::outcome_unknown) also holds, look before you repeat the call.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        classify(self, RetrySafety::Repeatable).is_some()
    }
}

/// Says why a failed attempt is worth another; `None` if it must not be repeated.
///
/// A clock that is off is not seen in an error alone; ask [`ClockSkew::explains`] as well.
///
/// [`ClockSkew::explains`]: crate::clock_skew::ClockSkew::explains
pub(crate) fn classify(error: &Error, safety: RetrySafety) -> Option<RetryReason> {
    let transient_if_repeatable =
        (safety == RetrySafety::Repeatable).then_some(RetryReason::Transient);
    match error {
        error if error.is_throttled() => Some(RetryReason::Throttling),
        Error::Service(error) => match error.code() {
            // The server did not get the request whole, so it cannot have run.
            Some(ErrorCode::RequestTimeout) => Some(RetryReason::Transient),
            Some(ErrorCode::Other(code)) if code == "RequestTimeout" => {
                Some(RetryReason::Transient)
            }
            Some(ErrorCode::ExpiredToken | ErrorCode::UnrecognizedClient) => {
                Some(RetryReason::ExpiredCredentials)
            }
            Some(code) if is_final(code) => None,
            Some(code) if is_transient(code) => transient_if_repeatable,
            _ if is_transient_status(error.status()) => transient_if_repeatable,
            _ => None,
        },
        Error::Transport { error, .. } => match error.kind() {
            TransportErrorKind::Connect => Some(RetryReason::Transient),
            TransportErrorKind::Timeout | TransportErrorKind::Interrupted => {
                transient_if_repeatable
            }
            // Whoever answers so would answer the same again.
            TransportErrorKind::ResponseTooLarge | TransportErrorKind::InvalidResponse => None,
        },
        // An answer without a length can be cut off and look whole to HTTP.
        Error::Decode(error) if matches!(error.problem(), DecodeProblem::NotJson { .. }) => {
            transient_if_repeatable
        }
        Error::Decode(_)
        | Error::Credentials { .. }
        | Error::ClientSecret { .. }
        | Error::Pacing { .. }
        | Error::Changed { .. }
        | Error::InvalidInput(_) => None,
    }
}

fn is_service_throttling(error: &ServiceError) -> bool {
    match error.code() {
        Some(ErrorCode::Throttling | ErrorCode::TooManyRequests) => true,
        Some(ErrorCode::Other(code)) if OTHER_THROTTLING_CODES.contains(&code.as_str()) => true,
        // A code that Cognito documents says more than the status, such as that of a used-up quota.
        None | Some(ErrorCode::Other(_)) => error.status() == StatusCode::TOO_MANY_REQUESTS,
        Some(_) => false,
    }
}

/// Codes that no status turns into a passing failure: the answer would be the same, or the
/// operation has run in part.
fn is_final(code: &ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::LimitExceeded
            | ErrorCode::TooManyFailedAttempts
            | ErrorCode::ServiceQuotaExceeded
            | ErrorCode::UserLambdaValidation
            | ErrorCode::UnexpectedLambda
            | ErrorCode::InvalidLambdaResponse
            | ErrorCode::CodeDeliveryFailure
            | ErrorCode::Forbidden
            | ErrorCode::RefreshTokenReuse
    )
}

fn is_transient(code: &ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::InternalError
            | ErrorCode::InternalServer
            | ErrorCode::InternalFailure
            | ErrorCode::ServiceUnavailable
            | ErrorCode::ConcurrentModification
    )
}

/// Not 501 and the like: they last. And 503 is no proof that nothing ran, because proxies also
/// answer so when the connection behind them breaks.
fn is_transient_status(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
            | StatusCode::REQUEST_TIMEOUT
    )
}

/// What the calls of a client may spend on retries, so that a service in trouble gets fewer of them.
#[derive(Debug)]
pub(crate) struct RetryQuota {
    capacity: u32,
    available: AtomicU32,
}

impl Default for RetryQuota {
    fn default() -> Self {
        Self::with_capacity(500)
    }
}

impl RetryQuota {
    fn with_capacity(capacity: u32) -> Self {
        Self {
            capacity,
            available: AtomicU32::new(capacity),
        }
    }

    /// Pays for a retry and says what it cost; `None` if too little is left.
    pub(crate) fn acquire(&self, reason: RetryReason) -> Option<u32> {
        let cost = match reason {
            RetryReason::Throttling => 5,
            _ => 14,
        };
        let pay = |available: u32| available.checked_sub(cost);
        self.available
            .fetch_update(Relaxed, Relaxed, pay)
            .is_ok()
            .then_some(cost)
    }

    /// Gives back after a success what its last retry cost, or a little after one without retries.
    ///
    /// A failure gives nothing back.
    pub(crate) fn succeeded(&self, last_cost: Option<u32>) {
        let refund = last_cost.unwrap_or(1);
        let earn = |available: u32| Some(available.saturating_add(refund).min(self.capacity));
        // It cannot fail: `earn` always has a value.
        let _ = self.available.fetch_update(Relaxed, Relaxed, earn);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        error::{DecodeError, InvalidInput, TransportError},
        pacing::{PacingError, QuotaCategory},
    };

    const EXPIRED: Option<RetryReason> = Some(RetryReason::ExpiredCredentials);
    const THROTTLING: Option<RetryReason> = Some(RetryReason::Throttling);
    const TRANSIENT: Option<RetryReason> = Some(RetryReason::Transient);

    fn status(status: u16) -> StatusCode {
        StatusCode::from_u16(status).expect("a status")
    }

    fn service(http_status: u16, code: &str) -> Error {
        let code = (!code.is_empty()).then(|| ErrorCode::from(code));
        ServiceError::new("Operation", status(http_status), code).into()
    }

    fn transport(kind: TransportErrorKind) -> Error {
        Error::transport("Operation", TransportError::new(kind))
    }

    fn decode(http_status: u16, problem: DecodeProblem) -> Error {
        DecodeError::new("Operation", status(http_status), problem).into()
    }

    /// Checks what becomes of an error in an operation that may be repeated and one that may not.
    #[track_caller]
    fn check(row: &str, error: &Error, repeatable: Option<RetryReason>, once: Option<RetryReason>) {
        assert_eq!(
            classify(error, RetrySafety::Repeatable),
            repeatable,
            "{row}: repeatable"
        );
        assert_eq!(classify(error, RetrySafety::Once), once, "{row}: once");
        assert_eq!(
            error.is_throttled(),
            repeatable == THROTTLING,
            "{row}: throttled"
        );
        assert_eq!(
            error.is_retryable(),
            repeatable.is_some(),
            "{row}: retryable"
        );
    }

    #[test]
    fn a_failed_transport_is_repeated_as_far_as_the_server_cannot_have_acted() {
        use TransportErrorKind as Kind;
        for (row, kind, repeatable, once) in [
            ("no connection", Kind::Connect, TRANSIENT, TRANSIENT),
            (
                "closed before the answer",
                Kind::Interrupted,
                TRANSIENT,
                None,
            ),
            ("body cut off", Kind::Interrupted, TRANSIENT, None),
            ("attempt timed out", Kind::Timeout, TRANSIENT, None),
            ("answer is not HTTP", Kind::InvalidResponse, None, None),
            ("answer too large", Kind::ResponseTooLarge, None, None),
        ] {
            check(row, &transport(kind), repeatable, once);
        }
    }

    #[test]
    fn a_call_without_a_turn_is_throttled_before_anybody_has_seen_it() {
        let category = QuotaCategory::UserRead;
        for error in [
            PacingError::QueueFull { category },
            PacingError::WaitTooLong { category },
        ] {
            let error = Error::pacing("GetUser", error);
            check("no turn", &error, THROTTLING, THROTTLING);
        }
    }

    #[test]
    fn an_unreadable_answer_is_repeated_only_if_it_may_have_been_cut_off() {
        let (line, column) = (1, 6);
        for (row, http_status, problem, repeatable) in [
            (
                "cut off without a length",
                200,
                DecodeProblem::NotJson { line, column },
                TRANSIENT,
            ),
            (
                "unexpected shape",
                200,
                DecodeProblem::UnexpectedShape { line, column },
                None,
            ),
            (
                "redirect",
                307,
                DecodeProblem::Redirect { host: None },
                None,
            ),
            (
                "redirect",
                302,
                DecodeProblem::Redirect {
                    host: Some("x".to_owned()),
                },
                None,
            ),
            ("informational", 101, DecodeProblem::UnexpectedStatus, None),
        ] {
            check(row, &decode(http_status, problem), repeatable, None);
        }
    }

    #[test]
    fn throttling_is_known_by_its_code_whatever_the_status() {
        for code in [
            "TooManyRequestsException",
            "ThrottlingException",
            "Throttling",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "RequestLimitExceeded",
        ] {
            for http_status in [400, 403, 429, 500, 503] {
                check(code, &service(http_status, code), THROTTLING, THROTTLING);
            }
        }
    }

    #[test]
    fn the_status_429_is_throttling_unless_a_known_code_says_otherwise() {
        check(
            "429 without a code",
            &service(429, ""),
            THROTTLING,
            THROTTLING,
        );
        check(
            "429 with a new code",
            &service(429, "WafRateRule"),
            THROTTLING,
            THROTTLING,
        );
        check(
            "429 with a quota",
            &service(429, "LimitExceededException"),
            None,
            None,
        );
        check(
            "429 with a refusal",
            &service(429, "NotAuthorizedException"),
            None,
            None,
        );
    }

    #[test]
    fn a_request_that_the_server_did_not_get_whole_is_repeated_for_every_operation() {
        for code in ["RequestTimeout", "RequestTimeoutException"] {
            check(code, &service(400, code), TRANSIENT, TRANSIENT);
            check(code, &service(408, code), TRANSIENT, TRANSIENT);
        }
        check("408 without a code", &service(408, ""), TRANSIENT, None);
    }

    #[test]
    fn a_failure_of_the_server_is_repeated_only_where_twice_does_no_harm() {
        for http_status in [500, 502, 503, 504] {
            check(
                "5xx without a code",
                &service(http_status, ""),
                TRANSIENT,
                None,
            );
            check(
                "5xx with a new code",
                &service(http_status, "Oops"),
                TRANSIENT,
                None,
            );
        }
        for code in [
            "InternalErrorException",
            "InternalServerException",
            "InternalFailure",
            "ServiceUnavailable",
        ] {
            for http_status in [400, 500, 503] {
                check(code, &service(http_status, code), TRANSIENT, None);
            }
        }
        for http_status in [501, 505, 507, 511] {
            check("a lasting 5xx", &service(http_status, ""), None, None);
        }
    }

    #[test]
    fn two_changes_that_met_are_repeated_where_twice_does_no_harm() {
        check(
            "conflict",
            &service(400, "ConcurrentModificationException"),
            TRANSIENT,
            None,
        );
    }

    #[test]
    fn credentials_that_are_no_longer_valid_are_worth_fresh_ones() {
        for code in ["ExpiredTokenException", "UnrecognizedClientException"] {
            check(code, &service(400, code), EXPIRED, EXPIRED);
            check(code, &service(403, code), EXPIRED, EXPIRED);
        }
    }

    #[test]
    fn codes_that_mean_a_used_up_quota_or_a_partial_run_are_final_at_any_status() {
        for code in [
            "LimitExceededException",
            "TooManyFailedAttemptsException",
            "ServiceQuotaExceededException",
            "UserLambdaValidationException",
            "UnexpectedLambdaException",
            "InvalidLambdaResponseException",
            "CodeDeliveryFailureException",
            "ForbiddenException",
            "RefreshTokenReuseException",
        ] {
            for http_status in [400, 403, 429, 500, 503] {
                check(code, &service(http_status, code), None, None);
            }
        }
    }

    #[test]
    fn a_refusal_is_not_repeated() {
        for code in [
            "NotAuthorizedException",
            "UserNotFoundException",
            "CodeMismatchException",
            "ExpiredCodeException",
            "InvalidParameterException",
            "InvalidPasswordException",
            "UsernameExistsException",
            "ResourceNotFoundException",
            "ValidationException",
            "SerializationException",
            "SomethingNewException",
        ] {
            check(code, &service(400, code), None, None);
        }
        check("403 page", &service(403, ""), None, None);
        check("400 without a body", &service(400, ""), None, None);
        check("413", &service(413, ""), None, None);
        check(
            "404 of a wrong path",
            &service(404, "BadRequest"),
            None,
            None,
        );
    }

    #[test]
    fn every_known_code_of_a_refusal_is_final_but_for_those_named_here() {
        let repeated: Vec<_> = ErrorCode::VALUES
            .iter()
            .copied()
            .filter(|code| classify(&service(400, code), RetrySafety::Repeatable).is_some())
            .collect();
        let named = [
            "ConcurrentModificationException",
            "InternalErrorException",
            "InternalServerException",
            "TooManyRequestsException",
            "ExpiredTokenException",
            "InternalFailure",
            "RequestTimeoutException",
            "ServiceUnavailable",
            "ThrottlingException",
            "UnrecognizedClientException",
        ];
        assert_eq!(repeated, named);
    }

    #[test]
    fn an_error_about_time_is_not_repeated_unless_a_wrong_clock_explains_it() {
        for code in [
            "AccessDeniedException",
            "InvalidSignatureException",
            "RequestExpired",
            "SignatureDoesNotMatch",
            "RequestTimeTooSkewed",
            "AuthFailure",
        ] {
            check(code, &service(403, code), None, None);
        }
    }

    #[test]
    fn what_was_never_sent_for_its_own_fault_is_not_repeated() {
        check(
            "no credentials",
            &Error::credentials("Operation", "no keys"),
            None,
            None,
        );
        check(
            "bad input",
            &InvalidInput::new("region", "bad").into(),
            None,
            None,
        );
    }

    #[test]
    fn delays_double_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let delays = |reason, count| -> Vec<u128> {
            (0..count)
                .map(|retry| policy.delay(retry, reason, None, 1.0).as_millis())
                .collect()
        };
        assert_eq!(
            delays(RetryReason::Transient, 11),
            [
                50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000
            ]
        );
        assert_eq!(
            delays(RetryReason::Throttling, 6),
            [1_000, 2_000, 4_000, 8_000, 16_000, 20_000]
        );
        assert_eq!(delays(RetryReason::ClockSkew, 2), [50, 100]);
        for retry in [31, 32, 33, u32::MAX] {
            let delay = policy.delay(retry, RetryReason::Transient, None, 1.0);
            assert_eq!(delay, Duration::from_secs(20), "{retry}");
        }
        assert_eq!(delays(RetryReason::ExpiredCredentials, 2), [50, 100]);
    }

    #[test]
    fn the_settings_of_a_policy_take_effect() {
        let policy = RetryPolicy::default()
            .max_attempts(7)
            .base_delay(Duration::from_millis(10))
            .throttling_base_delay(Duration::from_millis(200))
            .max_delay(Duration::from_millis(300));
        assert_eq!(policy.attempts(), 7);
        let delay = |retry, reason| policy.delay(retry, reason, None, 1.0).as_millis();
        assert_eq!(delay(0, RetryReason::Transient), 10);
        assert_eq!(delay(0, RetryReason::Throttling), 200);
        assert_eq!(delay(1, RetryReason::Throttling), 300);
    }

    #[test]
    fn a_call_is_attempted_three_times_by_default_and_always_once() {
        assert_eq!(RetryPolicy::default().attempts(), 3);
        assert_eq!(RetryPolicy::never().attempts(), 1);
        assert_eq!(RetryPolicy::default().max_attempts(0).attempts(), 1);
    }

    #[test]
    fn a_server_can_lengthen_the_wait_but_neither_shorten_it_nor_stretch_it_at_will() {
        let policy = RetryPolicy::default().base_delay(Duration::from_secs(2));
        let delay = |asked| {
            let asked = Some(Duration::from_millis(asked));
            policy
                .delay(0, RetryReason::Transient, asked, 0.5)
                .as_millis()
        };
        assert_eq!(delay(0), 1_000);
        assert_eq!(delay(999), 1_000);
        assert_eq!(delay(1_500), 1_500);
        assert_eq!(delay(6_000), 6_000);
        assert_eq!(delay(6_001), 6_000);
        assert_eq!(delay(u64::MAX), 6_000);
    }

    #[test]
    fn delays_are_spread_evenly_from_zero_to_the_limit() {
        const SAMPLES: u32 = 20_000;
        let policy = RetryPolicy::default();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut tenths = [0_u32; 10];
        for _ in 0..SAMPLES {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let random = f64::from(u32::try_from(state >> 32).unwrap_or(0)) / 2_f64.powi(32);
            let delay = policy.delay(0, RetryReason::Throttling, None, random);
            assert!(delay < Duration::from_secs(1));
            tenths[usize::try_from(delay.as_millis() / 100).unwrap_or(9)] += 1;
        }
        for tenth in tenths {
            assert!(tenth.abs_diff(SAMPLES / 10) < SAMPLES / 100, "{tenths:?}");
        }
    }

    #[test]
    fn a_full_quota_pays_for_35_retries_or_100_of_throttling() {
        for (reason, retries) in [(RetryReason::Transient, 35), (RetryReason::Throttling, 100)] {
            let quota = RetryQuota::default();
            let paid = (0..1_000)
                .take_while(|_| quota.acquire(reason).is_some())
                .count();
            assert_eq!(paid, retries);
        }
    }

    #[test]
    fn a_quota_of_one_retry_pays_for_one_and_an_empty_one_for_none() {
        let quota = RetryQuota::with_capacity(14);
        assert_eq!(quota.acquire(RetryReason::Transient), Some(14));
        assert_eq!(quota.acquire(RetryReason::Transient), None);
        assert_eq!(quota.acquire(RetryReason::Throttling), None);
        assert_eq!(
            RetryQuota::with_capacity(0).acquire(RetryReason::Throttling),
            None
        );
    }

    #[test]
    fn a_refused_retry_costs_nothing() {
        let quota = RetryQuota::with_capacity(13);
        assert_eq!(quota.acquire(RetryReason::Transient), None);
        assert_eq!(quota.acquire(RetryReason::Throttling), Some(5));
    }

    #[test]
    fn a_success_gives_back_only_what_its_last_retry_took() {
        let quota = RetryQuota::with_capacity(100);
        quota.acquire(RetryReason::Throttling);
        let last_cost = quota.acquire(RetryReason::Transient);
        quota.succeeded(last_cost);
        assert_eq!(quota.available.load(Relaxed), 95);
    }

    #[test]
    fn successes_without_retries_fill_the_quota_up_to_its_capacity() {
        let quota = RetryQuota::with_capacity(14);
        quota.acquire(RetryReason::Transient);
        (0..13).for_each(|_| quota.succeeded(None));
        assert_eq!(quota.acquire(RetryReason::Transient), None);
        quota.succeeded(None);
        assert_eq!(quota.acquire(RetryReason::Transient), Some(14));
        (0..100).for_each(|_| quota.succeeded(Some(14)));
        assert_eq!(quota.available.load(Relaxed), 14);
    }

    #[test]
    fn calls_at_the_same_time_never_overdraw_the_quota() {
        let quota = RetryQuota::default();
        let paid: usize = std::thread::scope(|scope| {
            let spend = || {
                (0..50)
                    .filter_map(|_| quota.acquire(RetryReason::Transient))
                    .count()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(spend)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or(0))
                .sum()
        });
        assert_eq!(paid, 35);
        assert_eq!(quota.available.load(Relaxed), 500 - 35 * 14);
    }

    fn any_duration() -> impl Strategy<Value = Duration> {
        prop_oneof![
            any::<Duration>(),
            Just(Duration::ZERO),
            Just(Duration::MAX),
            (0_u64..100_000).prop_map(Duration::from_millis),
        ]
    }

    proptest! {
        #[test]
        fn a_delay_stays_in_its_limits_for_any_input(
            retry in any::<u32>(),
            throttled in any::<bool>(),
            base in any_duration(),
            cap in any_duration(),
            asked in proptest::option::of(any_duration()),
            random in any::<f64>(),
        ) {
            let policy = RetryPolicy::default()
                .base_delay(base)
                .throttling_base_delay(base)
                .max_delay(cap);
            let reason = if throttled { RetryReason::Throttling } else { RetryReason::Transient };
            let delay = policy.delay(retry, reason, None, random);
            prop_assert!(delay <= cap);
            let with_request = policy.delay(retry, reason, asked, random);
            prop_assert!(with_request >= delay);
            prop_assert!(with_request <= delay.saturating_add(LONGEST_EXTRA_WAIT));
        }

        #[test]
        fn any_status_and_code_is_classified(http_status in 100_u16..1000, code in any::<String>()) {
            let error = service(http_status, &code);
            let once = classify(&error, RetrySafety::Once);
            // What may be sent again although it must run only once, may be sent again anyway.
            prop_assert!(once.is_none() || once == classify(&error, RetrySafety::Repeatable));
        }
    }
}
