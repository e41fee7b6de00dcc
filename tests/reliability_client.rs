//! What the client does with time and failures: attempts, waits, deadlines, clocks. Time is paused,
//! so that every figure is exact.
#![cfg(feature = "sigv4")]

#[path = "support/scripted.rs"]
mod scripted;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::{error::CredentialsError, future};
use cognito_idp::{
    Client, Error, ErrorCode, SendOptions,
    credentials::{Credentials, ProvideCredentials},
    error::{InvalidInput, TransportErrorKind},
    operation::{
        RetrySafety,
        auth::{AuthFlowType, InitiateAuthRequest},
        sign_up::SignUpRequest,
        users::{AdminGetUserRequest, AdminUpdateUserAttributesRequest, GetUserRequest},
    },
    retry::RetryPolicy,
    types::AttributeType,
};

use self::scripted::{Scripted, Sent, Step, answer, date, failure, ok, refusal, silence};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const SECOND: Duration = Duration::from_secs(1);

/// A read: safe to repeat.
fn read() -> GetUserRequest {
    GetUserRequest::new("token")
}

/// A sign-up: not safe to repeat.
fn once() -> SignUpRequest {
    SignUpRequest::new("client", "alice").password("P@ssw0rd!")
}

fn signed() -> AdminGetUserRequest {
    AdminGetUserRequest::new("eu-central-1_example", "alice")
}

/// Sends a read and a sign-up through the same script and counts their attempts.
async fn attempts(step: &Step) -> Result<(usize, usize), InvalidInput> {
    let for_reads = Scripted::new([step.clone()]);
    let _ = for_reads.client(|b| b)?.send(&read()).await;
    let for_once = Scripted::new([step.clone()]);
    let _ = for_once.client(|b| b)?.send(&once()).await;
    Ok((for_reads.sent().len(), for_once.sent().len()))
}

#[expect(clippy::too_many_lines, reason = "a table")]
/// The rows of the table of failures: how often a read is sent, and how often a sign-up.
#[tokio::test(start_paused = true)]
async fn each_failure_is_attempted_as_often_as_its_row_says() -> Outcome {
    use TransportErrorKind::{Connect, Interrupted, InvalidResponse, ResponseTooLarge};

    let rows: Vec<(&str, Step, (usize, usize))> = vec![
        ("no connection was made", failure(Connect), (3, 3)),
        ("closed before the answer", failure(Interrupted), (3, 1)),
        ("attempt timed out", silence(), (3, 1)),
        (
            "body without a length cut off",
            answer(200, "{\"User"),
            (3, 1),
        ),
        ("not HTTP", failure(InvalidResponse), (1, 1)),
        ("too large", failure(ResponseTooLarge), (1, 1)),
        (
            "throttled with status 400",
            refusal(400, "TooManyRequestsException"),
            (3, 3),
        ),
        (
            "throttled by the front door",
            refusal(400, "ThrottlingException"),
            (3, 3),
        ),
        ("429 of a proxy", answer(429, "<html>"), (3, 3)),
        (
            "request not received whole",
            refusal(408, "RequestTimeoutException"),
            (3, 3),
        ),
        (
            "internal error",
            refusal(500, "InternalErrorException"),
            (3, 1),
        ),
        (
            "internal server error",
            refusal(500, "InternalServerException"),
            (3, 1),
        ),
        ("502 of a proxy", answer(502, "<html>"), (3, 1)),
        ("503 without a body", answer(503, ""), (3, 1)),
        ("504 of a proxy", answer(504, ""), (3, 1)),
        (
            "conflicting change",
            refusal(400, "ConcurrentModificationException"),
            (3, 1),
        ),
        (
            "skew code with no skew",
            refusal(403, "InvalidSignatureException"),
            (1, 1),
        ),
        (
            "quota of hours",
            refusal(400, "LimitExceededException"),
            (1, 1),
        ),
        (
            "too many wrong codes",
            refusal(400, "TooManyFailedAttemptsException"),
            (1, 1),
        ),
        (
            "quota of the account",
            refusal(400, "ServiceQuotaExceededException"),
            (1, 1),
        ),
        (
            "wrong password",
            refusal(400, "NotAuthorizedException"),
            (1, 1),
        ),
        (
            "unknown user",
            refusal(400, "UserNotFoundException"),
            (1, 1),
        ),
        ("wrong code", refusal(400, "CodeMismatchException"), (1, 1)),
        (
            "trigger refused",
            refusal(400, "UserLambdaValidationException"),
            (1, 1),
        ),
        (
            "trigger failed",
            refusal(400, "UnexpectedLambdaException"),
            (1, 1),
        ),
        (
            "message not delivered",
            refusal(400, "CodeDeliveryFailureException"),
            (1, 1),
        ),
        (
            "refused by a web ACL",
            refusal(403, "ForbiddenException"),
            (1, 1),
        ),
        ("403 page", answer(403, "<html>"), (1, 1)),
        (
            "rotated token used again",
            refusal(400, "RefreshTokenReuseException"),
            (1, 1),
        ),
        (
            "redirect",
            answer(307, "").header("location", "https://example.com/"),
            (1, 1),
        ),
        ("too large a request", answer(413, ""), (1, 1)),
        ("wrong path", refusal(404, "BadRequest"), (1, 1)),
    ];
    for (row, step, expected) in rows {
        assert_eq!(attempts(&step).await?, expected, "{row}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn whether_a_sign_in_is_repeated_depends_on_its_flow() -> Outcome {
    for (flow, expected) in [
        (AuthFlowType::UserSrpAuth, 3),
        (AuthFlowType::RefreshTokenAuth, 3),
        (AuthFlowType::UserPasswordAuth, 1),
        (AuthFlowType::CustomAuth, 1),
        (AuthFlowType::UserAuth, 1),
    ] {
        let script = Scripted::new([answer(503, "")]);
        let request = InitiateAuthRequest::new("client", flow.clone());
        assert!(script.client(|b| b)?.send(&request).await.is_err());
        assert_eq!(script.sent().len(), expected, "{flow}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_update_that_sends_a_code_is_not_repeated_and_another_is() -> Outcome {
    for (attribute, expected) in [("email", 1), ("phone_number", 1), ("nickname", 3)] {
        let script = Scripted::new([answer(503, "")]);
        let attributes = [AttributeType::new(attribute).value("x")];
        let request =
            AdminUpdateUserAttributesRequest::new("eu-central-1_example", "alice", attributes);
        assert!(script.client(|b| b)?.send(&request).await.is_err());
        assert_eq!(script.sent().len(), expected, "{attribute}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_call_can_override_whether_it_is_repeated() -> Outcome {
    let script = Scripted::new([answer(503, "")]);
    let client = script.client(|b| b)?;
    let options = SendOptions::new().retry_safety(RetrySafety::Repeatable);
    assert!(client.send_with(&once(), options).await.is_err());
    assert_eq!(script.sent().len(), 3);

    let options = SendOptions::new().retry_safety(RetrySafety::Once);
    assert!(client.send_with(&read(), options).await.is_err());
    assert_eq!(script.sent().len(), 4);

    let options = SendOptions::new().retry_policy(RetryPolicy::default().max_attempts(7));
    assert!(client.send_with(&read(), options).await.is_err());
    assert_eq!(script.sent().len(), 11);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_call_succeeds_after_failures_that_pass() -> Outcome {
    let script = Scripted::new([
        answer(500, ""),
        refusal(400, "TooManyRequestsException"),
        ok(),
    ]);
    let response = script.client(|b| b)?.send(&read()).await?;
    assert_eq!(response.username.expose(), "alice");
    assert_eq!(script.sent().len(), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn waits_stay_within_their_limits() -> Outcome {
    for _ in 0..50 {
        let script = Scripted::new([answer(500, "")]);
        let _ = script.client(|b| b)?.send(&read()).await;
        let waits = waits(&script.sent());
        assert!(waits[0] <= Duration::from_millis(51), "{waits:?}");
        assert!(waits[1] <= Duration::from_millis(101), "{waits:?}");

        let script = Scripted::new([refusal(400, "TooManyRequestsException")]);
        let _ = script.client(|b| b)?.send(&read()).await;
        let waits = self::waits(&script.sent());
        assert!(waits[0] <= SECOND + Duration::from_millis(1), "{waits:?}");
        assert!(
            waits[1] <= 2 * SECOND + Duration::from_millis(1),
            "{waits:?}"
        );
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_a_server_asks_for_is_kept_up_to_five_seconds() -> Outcome {
    for (header, value, at_least, at_most) in [
        ("x-amz-retry-after", "1500", 1_500, 1_502),
        ("x-amz-retry-after", "600000", 5_000, 5_052),
        ("x-amz-retry-after", "-1", 0, 52),
        ("x-amz-retry-after", "soon", 0, 52),
        ("retry-after", "3", 3_000, 3_002),
    ] {
        let script = Scripted::new([answer(503, "").header(header, value), ok()]);
        script.client(|b| b)?.send(&read()).await?;
        let wait = waits(&script.sent())[0].as_millis();
        assert!(
            (at_least..=at_most).contains(&wait),
            "{header}: {value}: {wait}"
        );
    }
    Ok(())
}

fn waits(sent: &[Sent]) -> Vec<Duration> {
    sent.windows(2)
        .map(|two| two[1].at.saturating_sub(two[0].at))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_quota_stops_the_retries_of_a_client_and_its_clones_in_an_outage() -> Outcome {
    let script = Scripted::new([answer(500, "")]);
    let client = script.client(|b| b)?;
    for _ in 0..100 {
        let _ = client.clone().send(&read()).await;
    }
    // 100 first attempts, and the 35 retries that 500 tokens at 14 each pay for.
    assert_eq!(script.sent().len(), 135);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn silence_ends_with_the_attempt_and_the_call_with_its_attempts() -> Outcome {
    let script = Scripted::new([silence()]);
    let started = tokio::time::Instant::now();
    let result = script.client(|b| b)?.send(&once()).await;
    let error = result.expect_err("nobody answers");
    assert_eq!(started.elapsed().as_secs(), 10);
    assert!(error.outcome_unknown());

    let script = Scripted::new([silence()]);
    let started = tokio::time::Instant::now();
    let result = script.client(|b| b)?.send(&read()).await;
    assert!(result.is_err());
    assert_eq!(started.elapsed().as_secs(), 30);
    assert_eq!(script.sent().len(), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn times_can_be_set_for_the_client_and_for_a_call() -> Outcome {
    let script = Scripted::new([silence()]);
    let client = script.client(|b| b.attempt_timeout(2 * SECOND).operation_timeout(5 * SECOND))?;
    let elapsed = async |options: SendOptions| {
        let started = tokio::time::Instant::now();
        assert!(client.send_with(&read(), options).await.is_err());
        started.elapsed().as_secs()
    };
    assert_eq!(elapsed(SendOptions::new()).await, 5);
    assert_eq!(
        elapsed(SendOptions::new().operation_timeout(SECOND)).await,
        1
    );
    let never = SendOptions::new().retry_policy(RetryPolicy::never());
    assert_eq!(elapsed(never.clone()).await, 2);
    assert_eq!(elapsed(never.attempt_timeout(3 * SECOND)).await, 3);
    let endless = SendOptions::new()
        .operation_timeout(Duration::MAX)
        .attempt_timeout(Duration::MAX);
    let request = read();
    let gave_up = tokio::time::timeout(1_000_000 * SECOND, client.send_with(&request, endless));
    assert!(gave_up.await.is_err());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_outlast_the_call_is_not_begun_and_the_known_error_is_kept() -> Outcome {
    let throttled = refusal(400, "TooManyRequestsException").header("x-amz-retry-after", "4000");
    let script = Scripted::new([throttled]);
    let client = script.client(|b| b.operation_timeout(3 * SECOND))?;
    let started = tokio::time::Instant::now();
    let error = client.send(&once()).await.expect_err("throttled");
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(error.is_throttled() && !error.outcome_unknown());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn credentials_that_do_not_come_fail_the_call_in_time_as_what_they_are() -> Outcome {
    #[derive(Debug)]
    struct Silent;

    impl ProvideCredentials for Silent {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(std::future::pending())
        }
    }

    let script = Scripted::new([ok()]);
    let client = script.client(|b| b.credentials(Silent))?;
    let error = client.send(&signed()).await.expect_err("no credentials");
    assert!(matches!(error, Error::Credentials { .. }) && !error.outcome_unknown());
    assert!(script.sent().is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_outcome_stays_unknown_when_a_later_attempt_is_refused_or_not_sent() -> Outcome {
    let ended = async |steps: [Step; 2]| {
        let script = Scripted::new(steps);
        let client = script.client(|b| b.retry_policy(RetryPolicy::default().max_attempts(2)))?;
        let options = SendOptions::new().retry_safety(RetrySafety::Repeatable);
        let result = client.send_with(&once(), options).await;
        Ok::<_, InvalidInput>(result.expect_err("both fail"))
    };
    let exists = || refusal(400, "UsernameExistsException");
    let connect = || failure(TransportErrorKind::Connect);

    let error = ended([silence(), exists()]).await?;
    assert_eq!(error.code(), Some(&ErrorCode::UsernameExists));
    assert!(
        error.outcome_unknown(),
        "the first may have created the user"
    );
    assert!(ended([answer(500, ""), connect()]).await?.outcome_unknown());
    assert!(!ended([connect(), exists()]).await?.outcome_unknown());
    let throttled = refusal(400, "TooManyRequestsException");
    assert!(!ended([throttled, exists()]).await?.outcome_unknown());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_cannot_be_made_leaves_what_is_known_of_the_one_before() -> Outcome {
    // Each first attempt outlasts the credentials, and the provider then has no others.
    let late = |step: Step| step.after(700 * SECOND);
    let ended = async |step: Step| {
        let script = Scripted::new([step, ok()]);
        let client = script.client(|b| {
            b.credentials(Lapsing::new())
                .attempt_timeout(1_000 * SECOND)
                .operation_timeout(3_000 * SECOND)
        })?;
        let error = client.send(&signed()).await.expect_err("no credentials");
        assert_eq!(script.sent().len(), 1);
        Ok::<_, InvalidInput>(error)
    };
    let error = ended(late(failure(TransportErrorKind::Interrupted))).await?;
    assert!(matches!(&error, Error::Transport { error, .. }
        if error.kind() == TransportErrorKind::Interrupted));
    assert!(error.outcome_unknown());
    let error = ended(late(answer(500, ""))).await?;
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    assert!(error.outcome_unknown());
    let error = ended(late(refusal(400, "TooManyRequestsException"))).await?;
    assert!(error.is_throttled() && !error.outcome_unknown());

    // So it is when the clock goes wild between two attempts.
    let script = Scripted::new([failure(TransportErrorKind::Interrupted), ok()]);
    let clock = script.clone();
    let client = script.client(|b| {
        b.time_source(move || match clock.sent().len() {
            0 => clock.wall_clock(),
            _ => year_10000(),
        })
    })?;
    let error = client.send(&signed()).await.expect_err("no signature");
    assert!(matches!(&error, Error::Transport { .. }) && error.outcome_unknown());
    assert_eq!(script.sent().len(), 1);

    let script = Scripted::new([ok()]);
    let client = script.client(|b| b.time_source(year_10000))?;
    let error = client.send(&signed()).await.expect_err("no signature");
    assert!(matches!(&error, Error::InvalidInput(error) if error.problems()[0].field == "time"));
    assert!(script.sent().is_empty() && !error.outcome_unknown());
    Ok(())
}

fn year_10000() -> SystemTime {
    const SECONDS: u64 = 253_402_300_800;
    SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS)
}

/// Gives credentials that last ten minutes, and then has no others.
#[derive(Debug)]
struct Lapsing(AtomicUsize);

impl Lapsing {
    fn new() -> Self {
        Self(AtomicUsize::new(0))
    }
}

impl ProvideCredentials for Lapsing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(scripted::NOON + 600);
        future::ProvideCredentials::ready(match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(Credentials::new("AKID", "s", None, Some(expiry), "test")),
            _ => Err(CredentialsError::provider_error("down")),
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_error_names_the_host_once_and_says_nothing_twice() -> Outcome {
    let script = Scripted::new([failure(TransportErrorKind::Connect)]);
    let client = script.client(|b| b.retry_policy(RetryPolicy::never()))?;
    let error = client.send(&read()).await.expect_err("no connection");
    assert_eq!(
        error.to_string(),
        "GetUser: no connection, so the request was not sent \
         (host cognito-idp.eu-central-1.amazonaws.com)"
    );
    assert_eq!(format!("{error:?}"), error.to_string());
    assert!(std::error::Error::source(&error).is_none());

    let script = Scripted::new([silence()]);
    let client = script.client(|b| b.endpoint_url("https://vpce.example.com:8443/x"))?;
    let error = client.send(&once()).await.expect_err("silence");
    assert!(matches!(&error, Error::Transport { error, .. }
        if error.host() == Some("vpce.example.com:8443")));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn retries_that_succeed_give_back_what_they_cost() -> Outcome {
    // 35 retries would use up the quota for good.
    let steps = (0..100).flat_map(|_| [answer(500, ""), ok()]);
    let script = Scripted::new(steps);
    let client = script.client(|b| b)?;
    for _ in 0..100 {
        client.send(&read()).await?;
    }
    assert_eq!(script.sent().len(), 200);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn dropping_a_call_stops_it_at_once_wherever_it_stands() -> Outcome {
    for (steps, sent) in [
        (vec![silence()], 1),
        (
            vec![refusal(400, "TooManyRequestsException").header("x-amz-retry-after", "4000")],
            1,
        ),
    ] {
        let script = Scripted::new(steps);
        let client = script.client(|b| b)?;
        let request = read();
        let call = tokio::time::timeout(SECOND, client.send(&request));
        assert!(call.await.is_err());
        tokio::time::sleep(60 * SECOND).await;
        assert_eq!(script.sent().len(), sent);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_signed_anew() -> Outcome {
    let script = Scripted::new([answer(500, "").after(2 * SECOND), ok()]);
    script.client(|b| b)?.send(&signed()).await?;
    let sent = script.sent();
    assert_eq!(sent[0].header("x-amz-date"), "20260101T120000Z");
    assert_eq!(sent[1].header("x-amz-date"), "20260101T120002Z");
    assert_ne!(
        sent[0].header("authorization"),
        sent[1].header("authorization")
    );
    assert_eq!(sent[0].request.body(), sent[1].request.body());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn credentials_that_have_expired_are_renewed_once_if_there_are_others() -> Outcome {
    #[derive(Debug)]
    struct Counting(AtomicUsize);

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let id = format!("AKID{}", self.0.fetch_add(1, Ordering::SeqCst));
            future::ProvideCredentials::ready(Ok(Credentials::new(id, "s", None, None, "test")))
        }
    }

    for code in ["ExpiredTokenException", "UnrecognizedClientException"] {
        let script = Scripted::new([refusal(400, code), ok()]);
        let client = script.client(|b| b.credentials(Counting(AtomicUsize::new(0))))?;
        client.send(&signed()).await?;
        let sent = script.sent();
        assert!(sent[0].header("authorization").contains("AKID0/"));
        assert!(sent[1].header("authorization").contains("AKID1/"));

        let script = Scripted::new([refusal(400, code)]);
        let client = script.client(|b| b.credentials(Counting(AtomicUsize::new(0))))?;
        assert!(client.send(&signed()).await.is_err());
        assert_eq!(script.sent().len(), 2, "renewed once, not for ever");

        let script = Scripted::new([refusal(400, code), ok()]);
        assert!(script.client(|b| b)?.send(&signed()).await.is_err());
        assert_eq!(script.sent().len(), 1, "there are no others");
    }
    Ok(())
}

// Endpoints.

#[test]
fn an_endpoint_that_contradicts_itself_or_is_none_is_refused_by_name() {
    use cognito_idp::endpoint::EndpointOptions;

    let field = |builder: cognito_idp::ClientBuilder| {
        let error = builder
            .http_client(Scripted::new([ok()]))
            .build()
            .expect_err("refused");
        error.problems()[0].field.to_string()
    };
    let fips = EndpointOptions::default().fips(true);
    let dual_stack = EndpointOptions::default().dual_stack(true);
    let custom = || Client::builder().endpoint_url("https://vpce.example.com");
    assert_eq!(field(custom().endpoint_options(fips)), "endpoint_url");
    assert_eq!(field(custom().endpoint_options(dual_stack)), "endpoint_url");
    assert_eq!(field(Client::builder()), "region");
    assert_eq!(field(Client::builder().region("x@evil.com:443/")), "region");
    assert_eq!(field(Client::builder().region("aws-global")), "region");
    assert_eq!(
        field(Client::builder().endpoint_url("http://example.com")),
        "endpoint_url"
    );
}

#[tokio::test]
async fn a_custom_endpoint_is_sent_to_and_the_region_signed_for() -> Outcome {
    let script = Scripted::new([ok()]);
    let client = script.client(|b| {
        b.region("us-gov-west-1")
            .endpoint_url("https://vpce-1.example.com:8443/cognito")
    })?;
    client.send(&signed()).await?;
    let sent = script.sent();
    assert_eq!(
        sent[0].request.uri(),
        "https://vpce-1.example.com:8443/cognito"
    );
    assert_eq!(sent[0].header("host"), "vpce-1.example.com:8443");
    let authorization = sent[0].header("authorization");
    assert!(
        authorization.contains("/us-gov-west-1/cognito-idp/"),
        "{authorization}"
    );
    Ok(())
}

// Pacing.

#[tokio::test(start_paused = true)]
async fn paced_calls_queue_for_their_turn_without_timing_out_there() -> Outcome {
    use cognito_idp::{operation::groups::AdminAddUserToGroupRequest, pacing::Pacing};

    // An answer takes a moment, or no deadline would ever be looked at.
    let script = Scripted::new([answer(200, "").after(Duration::from_millis(1))]);
    let client = script.client(|b| b.pacing(Pacing::new()).operation_timeout(SECOND))?;
    let started = tokio::time::Instant::now();
    let calls: Vec<_> = (0..255)
        .map(|n| {
            let client = client.clone();
            let request =
                AdminAddUserToGroupRequest::new("eu-central-1_example", format!("user-{n}"), "g");
            tokio::spawn(async move { client.send(&request).await.is_ok() })
        })
        .collect();
    for call in calls {
        assert!(call.await?);
    }
    // Five at once and 250 at 25 a second.
    let took = started.elapsed().as_secs();
    assert!((10..=11).contains(&took), "{took}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn paced_calls_slow_down_when_throttled_and_others_are_not_held_back() -> Outcome {
    use cognito_idp::{operation::groups::AdminAddUserToGroupRequest, pacing::Pacing};

    let request = AdminAddUserToGroupRequest::new("eu-central-1_example", "alice", "g");
    let throttled = || refusal(400, "TooManyRequestsException");
    let script = Scripted::new([throttled(), answer(200, "")]);
    let client = script.client(|b| {
        b.pacing(Pacing::new())
            .retry_policy(RetryPolicy::default().throttling_base_delay(Duration::ZERO))
    })?;
    for _ in 0..26 {
        client.send(&request).await?;
    }
    // 27 requests, nearly all of them at half the rate.
    let took = script.sent().last().ok_or("requests")?.at.as_millis();
    assert!((1_800..=2_200).contains(&took), "{took}");
    let before = tokio::time::Instant::now();
    let other = AdminGetUserRequest::new("eu-central-1_example", "alice");
    let _ = client.send(&other).await;
    assert_eq!(script.sent().len(), 28);
    assert!(before.elapsed() < Duration::from_millis(5));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_paced_call_that_gets_no_turn_is_refused_by_type_and_not_sent() -> Outcome {
    use cognito_idp::{
        operation::groups::AdminAddUserToGroupRequest,
        pacing::{Pacing, PacingError, QuotaCategory},
    };

    let request = AdminAddUserToGroupRequest::new("eu-central-1_example", "alice", "g");
    let nobody_waits = || {
        Pacing::new()
            .max_waiting(0)
            .limit(QuotaCategory::UserUpdate, 1.0)
    };
    let script = Scripted::new([answer(200, "")]);
    let client = script.client(|b| b.pacing(nobody_waits()))?;
    client.send(&request).await?;
    let error = client.send(&request).await.err().ok_or("a success")?;
    assert_eq!(script.sent().len(), 1);
    assert_eq!(error.operation(), Some("AdminAddUserToGroup"));
    assert!(error.is_throttled() && error.is_retryable() && !error.outcome_unknown());
    assert_eq!(
        error.to_string(),
        "AdminAddUserToGroup: not sent, to keep within the quota"
    );
    match error {
        Error::Pacing {
            error: PacingError::QueueFull { category, .. },
            ..
        } => assert_eq!(category, QuotaCategory::UserUpdate),
        error => return Err(error.into()),
    }

    // A retry that gets no turn leaves the attempt before as what is known.
    let script = Scripted::new([failure(TransportErrorKind::Timeout), answer(200, "")]);
    let client = script.client(|b| b.pacing(nobody_waits()))?;
    let error = client.send(&request).await.err().ok_or("a success")?;
    assert_eq!(script.sent().len(), 1);
    assert!(matches!(error, Error::Transport { .. }), "{error}");
    assert!(error.outcome_unknown());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_the_account_are_read_and_taken_over() -> Outcome {
    use cognito_idp::pacing::Pacing;

    let limit = |value: u32| {
        answer(
            200,
            &format!(
                r#"{{"Limit":{{"LimitDefinition":{{"LimitClass":"API_CATEGORY","Attributes":{{}}}},
                "ProvisionedLimitValue":{value},"FreeLimitValue":1}}}}"#
            ),
        )
    };
    let mut steps: Vec<_> = (0..5).map(|_| limit(2)).collect();
    steps.push(ok());
    let script = Scripted::new(steps);
    let client = script.client(|b| b.pacing(Pacing::new()))?;
    client.read_limits().await?;
    let asked: Vec<String> = script
        .sent()
        .iter()
        .map(|sent| String::from_utf8_lossy(sent.request.body()).into_owned())
        .collect();
    assert_eq!(asked.len(), 5);
    assert!(
        asked[0].contains(r#""Category":"UserAuthentication""#),
        "{asked:?}"
    );
    // One a second, as the limits themselves allow.
    assert!(script.sent()[4].at >= 3 * SECOND);
    let before = tokio::time::Instant::now();
    for _ in 0..5 {
        client.send(&read()).await?;
    }
    // At two a second, the first at once.
    assert!(before.elapsed() >= Duration::from_millis(1_500));

    let script = Scripted::new([ok()]);
    script.client(|b| b)?.read_limits().await?;
    assert!(script.sent().is_empty());
    Ok(())
}

// The ten cases of clock skew.

/// A client whose script answers with these steps, each after two seconds.
fn skewed(steps: Vec<Step>, attempts: u32) -> Result<(Client, Scripted), InvalidInput> {
    let slow = steps.into_iter().map(|step| step.after(2 * SECOND));
    let script = Scripted::new(slow);
    let policy = RetryPolicy::default()
        .max_attempts(attempts)
        .base_delay(Duration::ZERO);
    let client = script.client(|b| b.retry_policy(policy))?;
    Ok((client, script))
}

fn dates(script: &Scripted) -> Vec<String> {
    let sent = script.sent();
    let date = |sent: &Sent| sent.header("x-amz-date").to_owned();
    sent.iter().map(date).collect()
}

const SKEWED: &str = "RequestTimeTooSkewed";

#[tokio::test(start_paused = true)]
async fn clock_case_1_clocks_that_agree_are_left_alone() -> Outcome {
    let (client, script) = skewed(vec![ok().header("date", date(1)), ok()], 3)?;
    client.send(&signed()).await?;
    client.send(&signed()).await?;
    assert_eq!(dates(&script), ["20260101T120000Z", "20260101T120002Z"]);
    assert_eq!(client.server_time(), script.wall_clock());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn clock_case_2_five_minutes_are_corrected_in_the_retry_and_ever_after() -> Outcome {
    let steps = vec![
        refusal(403, SKEWED).header("date", date(301)),
        ok().header("date", date(303)),
        ok(),
    ];
    let (client, script) = skewed(steps, 3)?;
    client.send(&signed()).await?;
    client.send(&signed()).await?;
    assert_eq!(
        dates(&script),
        ["20260101T120000Z", "20260101T120502Z", "20260101T120504Z"]
    );
    assert_eq!(client.server_time(), script.wall_clock() + 300 * SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn clock_case_3_the_skew_is_learned_even_when_no_attempt_is_left() -> Outcome {
    let steps = vec![refusal(403, SKEWED).header("date", date(301)), ok()];
    let (client, script) = skewed(steps, 1)?;
    assert!(client.send(&signed()).await.is_err());
    client.send(&signed()).await?;
    assert_eq!(dates(&script), ["20260101T120000Z", "20260101T120502Z"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn clock_case_4_an_answer_after_sixteen_minutes_teaches_nothing() -> Outcome {
    let late = ok().header("date", date(600)).after(960 * SECOND);
    let script = Scripted::new([late, ok()]);
    let client = script.client(|b| {
        b.attempt_timeout(2_000 * SECOND)
            .operation_timeout(2_000 * SECOND)
    })?;
    client.send(&signed()).await?;
    client.send(&signed()).await?;
    assert_eq!(dates(&script), ["20260101T120000Z", "20260101T121600Z"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn clock_case_5_a_skew_that_is_gone_is_healed_by_a_success() -> Outcome {
    let steps = vec![
        ok().header("date", date(301)),
        ok().header("date", date(3)),
        ok(),
    ];
    let (client, script) = skewed(steps, 3)?;
    for _ in 0..3 {
        client.send(&signed()).await?;
    }
    assert_eq!(
        dates(&script),
        ["20260101T120000Z", "20260101T120502Z", "20260101T120004Z"]
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn clock_case_6_two_minutes_explain_no_refusal_but_are_corrected() -> Outcome {
    let steps = vec![
        refusal(403, "InvalidSignatureException").header("date", date(121)),
        ok(),
    ];
    let (client, script) = skewed(steps, 3)?;
    assert!(client.send(&signed()).await.is_err());
    assert_eq!(script.sent().len(), 1);
    client.send(&signed()).await?;
    assert_eq!(dates(&script), ["20260101T120000Z", "20260101T120202Z"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn clock_case_7_five_minutes_explain_a_refused_signature() -> Outcome {
    let steps = vec![
        refusal(403, "InvalidSignatureException").header("date", date(301)),
        ok().header("date", date(303)),
    ];
    let (client, script) = skewed(steps, 3)?;
    client.send(&signed()).await?;
    assert_eq!(dates(&script), ["20260101T120000Z", "20260101T120502Z"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn clock_case_8_without_a_date_nothing_is_learned_or_repeated() -> Outcome {
    let (client, script) = skewed(vec![refusal(403, SKEWED), ok()], 3)?;
    assert!(client.send(&signed()).await.is_err());
    client.send(&signed()).await?;
    assert_eq!(dates(&script), ["20260101T120000Z", "20260101T120002Z"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn clock_case_9_an_answer_with_an_age_teaches_nothing() -> Outcome {
    let cached = refusal(403, SKEWED)
        .header("date", date(301))
        .header("age", "60");
    let (client, script) = skewed(vec![cached, ok()], 3)?;
    assert!(client.send(&signed()).await.is_err());
    client.send(&signed()).await?;
    assert_eq!(dates(&script), ["20260101T120000Z", "20260101T120002Z"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn clock_case_10_an_answer_from_a_cache_does_not_poison_what_was_learned() -> Outcome {
    let steps = vec![
        ok().header("date", date(301)),
        ok().header("date", date(9_999)).header("age", "9000"),
        ok(),
    ];
    let (client, script) = skewed(steps, 3)?;
    for _ in 0..3 {
        client.send(&signed()).await?;
    }
    assert_eq!(
        dates(&script),
        ["20260101T120000Z", "20260101T120502Z", "20260101T120504Z"]
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_correction_of_the_clock_can_be_switched_off() -> Outcome {
    let script = Scripted::new([refusal(403, SKEWED).header("date", date(301)), ok()]);
    let client = script.client(|b| b.clock_skew_correction(false))?;
    assert!(client.send(&signed()).await.is_err());
    client.send(&signed()).await?;
    assert_eq!(dates(&script), ["20260101T120000Z", "20260101T120000Z"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn one_wrong_date_spoils_no_signature_however_wrong_it_is() -> Outcome {
    for wrong in [
        "Fri, 02 Jan 2026 12:00:01 GMT",
        "Wed, 31 Dec 2025 12:00:01 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        let steps = vec![
            ok().header("date", date(1)),
            ok().header("date", wrong),
            ok(),
        ];
        let (client, script) = skewed(steps, 1)?;
        for _ in 0..3 {
            client.send(&signed()).await?;
        }
        assert_eq!(dates(&script)[2], "20260101T120004Z", "{wrong}");
    }
    for nobodys in [
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        let wrong = || refusal(403, SKEWED).header("date", nobodys);
        let (client, script) = skewed(vec![wrong(), wrong(), ok()], 3)?;
        for _ in 0..2 {
            assert!(client.send(&signed()).await.is_err());
        }
        client.send(&signed()).await?;
        assert_eq!(dates(&script)[2], "20260101T120004Z", "{nobodys}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_days_off_is_corrected_in_the_retry_after_any_right_answers() -> Outcome {
    for code in ["RequestExpired", "InvalidSignatureException", SKEWED] {
        for (theirs, signed_with) in [
            ("Sat, 03 Jan 2026 12:00:03 GMT", "20260103T120004Z"),
            ("Tue, 30 Dec 2025 12:00:03 GMT", "20251230T120004Z"),
        ] {
            let steps = vec![
                ok().header("date", date(1)),
                refusal(403, code).header("date", theirs),
                ok().header("date", theirs),
            ];
            let (client, script) = skewed(steps, 2)?;
            client.send(&signed()).await?;
            client.send(&signed()).await?;
            assert_eq!(dates(&script)[2], signed_with, "{code}");
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_skew_that_was_signed_with_or_a_call_without_signature_explains_no_refusal() -> Outcome {
    let denied =
        |after_noon| refusal(403, "AccessDeniedException").header("date", date(after_noon));
    let (client, script) = skewed(vec![ok().header("date", date(3_601)), denied(3_603)], 3)?;
    client.send(&signed()).await?;
    assert!(client.send(&signed()).await.is_err());
    assert_eq!(
        script.sent().len(),
        2,
        "signed with an hour, refused with an hour"
    );

    let (client, script) = skewed(vec![denied(3_601)], 3)?;
    assert!(client.send(&read()).await.is_err());
    assert_eq!(script.sent().len(), 1, "not signed");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_skew_that_an_unsigned_answer_showed_dates_the_next_signature() -> Outcome {
    let (client, script) = skewed(vec![ok().header("date", date(301)), ok()], 3)?;
    client.send(&read()).await?;
    client.send(&signed()).await?;
    assert_eq!(dates(&script)[1], "20260101T120502Z");
    Ok(())
}
