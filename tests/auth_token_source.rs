//! A token source under many callers, outages, rotation and refusals.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{pending, ready},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use cognito_idp::{
    Client, ErrorCode, Sensitive,
    auth::{AppClient, RefreshError, RememberedDevice, SignIn, StoreError, TokenSource, Tokens},
    error::{TransportError, TransportErrorKind},
    retry::RetryPolicy,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    time::{Instant, advance, sleep, timeout},
};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What the server does with one refresh.
#[derive(Clone, Debug)]
enum Act {
    /// Gives access token number so-and-so, and with rotation a refresh token of that number.
    Give { number: u32, rotate: bool },
    /// Gives access token number so-and-so, with the date and whatever else is told.
    Answer {
        number: u32,
        date: Option<&'static str>,
        members: Value,
    },
    /// Answers with an error.
    Refuse(u16, &'static str),
    /// Answers with an error that has a message.
    Say(&'static str, &'static str),
    /// Takes a revocation.
    Revoke,
    /// Breaks the connection.
    Break,
    /// Never answers.
    Hang,
    /// The HTTP client panics.
    Panic,
}

const GIVE_2: Act = Act::Give {
    number: 2,
    rotate: false,
};

/// A server that acts as told, and lets answers out only while `gate` is open.
#[derive(Clone, Debug)]
struct Server {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    acts: Mutex<VecDeque<Act>>,
    /// The refresh tokens that came, in order.
    came: Mutex<Vec<String>>,
    /// The tokens to revoke that came, in order.
    revoked: Mutex<Vec<String>>,
    /// The device keys that came, in order.
    devices: Mutex<Vec<Option<String>>>,
    gate: Semaphore,
}

impl Server {
    fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self {
            shared: Arc::new(Shared {
                acts: Mutex::new(acts.into_iter().collect()),
                came: Mutex::default(),
                revoked: Mutex::default(),
                devices: Mutex::default(),
                gate: Semaphore::new(Semaphore::MAX_PERMITS),
            }),
        }
    }

    fn behind_a_gate(acts: impl IntoIterator<Item = Act>) -> Self {
        let server = Self::new(acts);
        server.shared.gate.forget_permits(Semaphore::MAX_PERMITS);
        server
    }

    fn open_gate(&self) {
        self.shared.gate.add_permits(1);
    }

    fn refreshes(&self) -> Vec<String> {
        lock(&self.shared.came).clone()
    }

    fn revoked(&self) -> Vec<String> {
        lock(&self.shared.revoked).clone()
    }

    fn source(&self, clock: fn() -> SystemTime, tokens: Tokens) -> Outcome<TokenSource> {
        Ok(TokenSource::new(self.sign_in(clock)?, tokens))
    }

    fn sign_in(&self, clock: fn() -> SystemTime) -> Outcome<SignIn> {
        let client = Client::builder()
            .region("eu-central-1")
            .time_source(clock)
            .retry_policy(RetryPolicy::default().max_attempts(1))
            .http_client(self.clone())
            .build()?;
        Ok(SignIn::public(client, AppClient::new("client")))
    }
}

impl HttpClient for Server {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let body: Value = serde_json::from_slice(request.body()).expect("JSON");
        let target = request.headers()["x-amz-target"].as_bytes();
        if target.ends_with(b".RevokeToken") {
            let token = body["Token"].as_str().unwrap_or_default().to_owned();
            lock(&self.shared.revoked).push(token);
        } else {
            let refresh_token = body["RefreshToken"].as_str().unwrap_or_default().to_owned();
            lock(&self.shared.came).push(refresh_token);
            lock(&self.shared.devices).push(body["DeviceKey"].as_str().map(str::to_owned));
        }
        let act = lock(&self.shared.acts)
            .pop_front()
            .expect("one refresh more");
        Box::pin(async move {
            self.shared
                .gate
                .acquire()
                .await
                .expect("never closed")
                .forget();
            let date = match &act {
                Act::Answer { date, .. } => *date,
                _ => None,
            };
            let (status, body) = match act {
                Act::Give { number, rotate } => {
                    let mut result = json!({
                        "AccessToken": format!("access-{number}"),
                        "ExpiresIn": 3600,
                    });
                    if rotate {
                        result["RefreshToken"] = format!("refresh-{number}").into();
                    }
                    (200, json!({"AuthenticationResult": result}))
                }
                Act::Answer {
                    number, members, ..
                } => {
                    let mut result = members;
                    if result.get("AccessToken").is_none() {
                        result["AccessToken"] = format!("access-{number}").into();
                    }
                    (200, json!({"AuthenticationResult": result}))
                }
                Act::Refuse(status, code) => (status, json!({"__type": code})),
                Act::Say(code, message) => (400, json!({"__type": code, "message": message})),
                Act::Revoke => (200, json!({})),
                Act::Panic => panic!("on purpose"),
                Act::Break => return Err(TransportError::new(TransportErrorKind::Interrupted)),
                Act::Hang => pending().await,
            };
            let mut response = http::Response::new(Bytes::from(body.to_string()));
            *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
            if let Some(date) = date {
                let date = http::HeaderValue::from_static(date);
                response.headers_mut().insert(http::header::DATE, date);
            }
            Ok(response)
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock for one test, in seconds since 1970; tests run side by side, so each has its own.
macro_rules! clock {
    ($name:ident, $now:ident) => {
        static $name: AtomicU64 = AtomicU64::new(0);
        fn $now() -> SystemTime {
            UNIX_EPOCH + Duration::from_secs($name.load(SeqCst))
        }
    };
}

/// Tokens that expire one hour after the clock's start.
fn first_tokens() -> Outcome<Tokens> {
    Ok(serde_json::from_value(json!({
        "access_token": "access-1",
        "refresh_token": "refresh-1",
        "expires_in": {"secs": 3600, "nanos": 0},
        "expires_at": 3600,
        "token_type": "Bearer",
    }))?)
}

/// Lets the task of a refresh run.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

async fn access_token(source: &TokenSource) -> Result<String, RefreshError> {
    Ok(source.access_token().await?.expose().clone())
}

#[tokio::test]
async fn a_fresh_token_is_handed_out_without_a_call() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_539, SeqCst);
    assert_eq!(access_token(&source).await?, "access-1");
    assert!(server.refreshes().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_hundred_callers_cause_one_refresh() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { access_token(&source).await })
        })
        .collect();
    while server.refreshes().is_empty() {
        tokio::task::yield_now().await;
    }
    server.open_gate();
    for caller in callers {
        assert_eq!(caller.await??, "access-2");
    }
    assert_eq!(server.refreshes(), ["refresh-1"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_share_one_failure() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([Act::Break, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { access_token(&source).await })
        })
        .collect();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    server.open_gate();
    for caller in callers {
        assert!(matches!(caller.await?, Err(RefreshError::Unavailable(_))));
    }
    assert_eq!(server.refreshes().len(), 1);

    // It stands for a second, lest a server in trouble gets a refresh from every call.
    for _ in 0..200 {
        let result = access_token(&source).await;
        assert!(matches!(result, Err(RefreshError::Unavailable(_))));
    }
    assert_eq!(server.refreshes().len(), 1);
    advance(Duration::from_secs(1)).await;
    server.open_gate();
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[tokio::test]
async fn an_early_refresh_keeps_nobody_waiting() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_541, SeqCst);
    for _ in 0..3 {
        assert_eq!(access_token(&source).await?, "access-1");
        settle().await;
    }
    server.open_gate();
    settle().await;
    assert_eq!(access_token(&source).await?, "access-2");
    assert_eq!(server.refreshes().len(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn in_the_last_seconds_callers_wait_and_get_the_old_token_if_there_is_no_new_one() -> Outcome
{
    clock!(CLOCK, now);
    let server = Server::new([Act::Break, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_591, SeqCst);
    for _ in 0..3 {
        assert_eq!(access_token(&source).await?, "access-1");
    }
    assert_eq!(server.refreshes().len(), 1);
    advance(Duration::from_secs(5)).await;
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_gets_the_old_token_as_long_as_it_is_good() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([Act::Hang, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    advance(Duration::from_secs(3_591)).await;
    // The attempt is given ten seconds, and the token has nine.
    let begun = Instant::now();
    assert_eq!(access_token(&source).await?, "access-1");
    assert!(begun.elapsed() < Duration::from_secs(5));
    advance(Duration::from_secs(5)).await;
    let error = access_token(&source).await.expect_err("expired");
    assert!(matches!(error, RefreshError::Unavailable(_)), "{error}");
    assert_eq!(error.suggested_status(), 503);
    advance(Duration::from_secs(1)).await;
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_that_lives_less_than_two_minutes_is_used_at_least_by_half() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([GIVE_2]);
    let mut tokens = first_tokens()?;
    tokens.expires_in = Duration::from_secs(20);
    tokens.expires_at = SystemTime::UNIX_EPOCH
        .checked_add(tokens.expires_in)
        .ok_or("late")?
        .into();
    let source = server.source(now, tokens)?;
    advance(Duration::from_secs(9)).await;
    assert_eq!(access_token(&source).await?, "access-1");
    settle().await;
    assert!(server.refreshes().is_empty());
    advance(Duration::from_secs(2)).await;
    assert_eq!(access_token(&source).await?, "access-1");
    settle().await;
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_break_the_refresh_off() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([Act::Give {
        number: 2,
        rotate: true,
    }]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    let given_up = timeout(Duration::from_millis(100), source.access_token()).await;
    assert!(given_up.is_err());
    assert_eq!(server.refreshes().len(), 1);

    // The refresh token has been traded in: asking again would lose the session.
    server.open_gate();
    assert_eq!(access_token(&source).await?, "access-2");
    assert_eq!(server.refreshes(), ["refresh-1"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refresh_ends_and_is_stored_although_no_caller_comes_again() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([Act::Give {
        number: 2,
        rotate: true,
    }]);
    let stored = Arc::new(Mutex::new(Vec::new()));
    let source = server.source(now, first_tokens()?)?.on_refresh({
        let stored = stored.clone();
        move |tokens: Tokens| {
            lock(&stored).push(tokens.access_token.expose().clone());
            ready(Ok::<_, Infallible>(()))
        }
    });
    CLOCK.store(3_600, SeqCst);
    assert!(
        timeout(Duration::from_millis(1), source.tokens())
            .await
            .is_err()
    );
    drop(source);
    server.open_gate();
    settle().await;
    assert_eq!(*lock(&stored), ["access-2"]);
    Ok(())
}

#[tokio::test]
async fn a_caller_that_is_never_polled_again_holds_up_nobody() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    let mut starved = Box::pin(access_token(&source));
    tokio::select! {
        biased;
        _ = &mut starved => return Err("no answer yet".into()),
        () = settle() => {}
    }
    server.open_gate();
    assert_eq!(access_token(&source).await?, "access-2");
    assert_eq!(starved.await?, "access-2");
    Ok(())
}

#[tokio::test]
async fn a_panic_of_the_http_client_costs_one_refresh() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([Act::Panic, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    match access_token(&source).await {
        Err(RefreshError::Unavailable(error)) => assert!(error.outcome_unknown()),
        result => return Err(format!("{result:?}").into()),
    }
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[test]
fn a_refresh_that_is_lost_with_its_runtime_is_made_anew_on_the_next() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([Act::Hang, Act::Hang, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    let on_a_runtime_of_its_own = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let patience = Duration::from_millis(20);
        Ok::<_, std::io::Error>(
            runtime.block_on(async { timeout(patience, access_token(&source)).await }),
        )
    };
    assert!(on_a_runtime_of_its_own()?.is_err());
    assert!(on_a_runtime_of_its_own()?.is_err());
    assert_eq!(on_a_runtime_of_its_own()???, "access-2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_makes_the_token_unavailable_and_no_more() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([Act::Hang, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    let result = access_token(&source).await;
    assert!(matches!(result, Err(RefreshError::Unavailable(_))));
    advance(Duration::from_secs(1)).await;
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn outages_are_survived_with_the_old_token_while_it_is_valid() -> Outcome {
    clock!(CLOCK, now);
    let throttle = Act::Refuse(400, "TooManyRequestsException");
    let broken = Act::Refuse(500, "InternalErrorException");
    let server = Server::new([broken, throttle, Act::Break, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;

    CLOCK.store(3_545, SeqCst);
    let early = async || {
        let token = access_token(&source).await;
        settle().await;
        token
    };
    assert_eq!(early().await?, "access-1");
    // Not at once again: a server that is down need not hear from every call.
    advance(Duration::from_millis(4_900)).await;
    assert_eq!(early().await?, "access-1");
    assert_eq!(server.refreshes().len(), 1);
    advance(Duration::from_millis(200)).await;
    assert_eq!(early().await?, "access-1");
    assert_eq!(server.refreshes().len(), 2);

    CLOCK.store(3_600, SeqCst);
    advance(Duration::from_secs(1)).await;
    match access_token(&source).await {
        Err(RefreshError::Unavailable(error)) => assert!(error.is_retryable()),
        result => return Err(format!("{result:?}").into()),
    }
    advance(Duration::from_secs(1)).await;
    assert_eq!(access_token(&source).await?, "access-2");
    assert_eq!(server.refreshes(), ["refresh-1"; 4]);
    Ok(())
}

#[tokio::test]
async fn only_the_definite_codes_sign_the_user_out() -> Outcome {
    clock!(CLOCK, now);
    for code in [
        "NotAuthorizedException",
        "TokenRevokedException",
        "UserNotFoundException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
        "RefreshTokenReuseException",
    ] {
        CLOCK.store(3_545, SeqCst);
        let server = Server::new([Act::Refuse(400, code)]);
        let source = server.source(now, first_tokens()?)?;
        assert_eq!(access_token(&source).await?, "access-1", "{code}");
        settle().await;
        for _ in 0..2 {
            match access_token(&source).await {
                Err(RefreshError::SignedOut(Some(error))) => {
                    assert_eq!(error.code(), Some(&ErrorCode::from(code)));
                }
                result => return Err(format!("{code}: {result:?}").into()),
            }
        }
        assert_eq!(server.refreshes().len(), 1, "{code}");
    }
    for (status, code) in [
        (400, "TooManyRequestsException"),
        (400, "LimitExceededException"),
        (400, "UserLambdaValidationException"),
        (400, "UnexpectedLambdaException"),
        (403, "ForbiddenException"),
        (500, "InternalErrorException"),
        (503, ""),
    ] {
        CLOCK.store(3_600, SeqCst);
        let server = Server::new([Act::Refuse(status, code)]);
        let source = server.source(now, first_tokens()?)?;
        let result = access_token(&source).await;
        assert!(
            matches!(result, Err(RefreshError::Unavailable(_))),
            "{code}"
        );
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_the_operator_got_wrong_is_told_as_that_and_signs_nobody_out() -> Outcome {
    clock!(CLOCK, now);
    CLOCK.store(3_600, SeqCst);
    let not_authorized = |message| Act::Say("NotAuthorizedException", message);
    for act in [
        not_authorized("Unable to verify secret hash for client 1example"),
        not_authorized("SecretHash does not match for the client: 1example"),
        not_authorized("Client 1example is configured for secret but secret was not received"),
        Act::Refuse(400, "ResourceNotFoundException"),
        Act::Refuse(400, "InvalidParameterException"),
        Act::Refuse(400, "UnsupportedTokenTypeException"),
        Act::Refuse(400, "UnsupportedOperationException"),
        Act::Refuse(400, "OperationNotEnabledException"),
    ] {
        let shown = format!("{act:?}");
        let server = Server::new([act, GIVE_2]);
        let source = server.source(now, first_tokens()?)?;
        let result = access_token(&source).await;
        assert!(
            matches!(result, Err(RefreshError::Misconfigured(_))),
            "{shown}"
        );
        assert_eq!(result.expect_err("as above").suggested_status(), 500);
        // Somebody mends it.
        advance(Duration::from_secs(1)).await;
        assert_eq!(access_token(&source).await?, "access-2", "{shown}");
    }
    let server = Server::new([not_authorized("Refresh Token has been revoked")]);
    let source = server.source(now, first_tokens()?)?;
    let result = access_token(&source).await;
    assert!(matches!(result, Err(RefreshError::SignedOut(_))));
    assert_eq!(result.expect_err("as above").suggested_status(), 401);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_device_that_cognito_forgot_is_dropped_and_the_refresh_goes_on_without_it() -> Outcome {
    clock!(CLOCK, now);
    CLOCK.store(3_600, SeqCst);
    let unknown = || Act::Say("ResourceNotFoundException", "Device does not exist.");
    let device = || RememberedDevice::new("device", "group", "password");

    let server = Server::new([unknown(), GIVE_2]);
    let sign_in = server.sign_in(now)?.with_device(device());
    let source = TokenSource::new(sign_in.clone(), first_tokens()?);
    assert_eq!(access_token(&source).await?, "access-2");
    assert_eq!(
        *lock(&server.shared.devices),
        [Some("device".to_owned()), None]
    );
    assert!(sign_in.device().is_none());

    // What is not found may be the app client, and an outage tells nothing.
    for second in [
        unknown(),
        Act::Break,
        Act::Refuse(500, "InternalErrorException"),
    ] {
        let server = Server::new([unknown(), second]);
        let sign_in = server.sign_in(now)?.with_device(device());
        let source = TokenSource::new(sign_in.clone(), first_tokens()?);
        assert!(access_token(&source).await.is_err());
        assert!(sign_in.device().is_some());
        assert_eq!(server.refreshes().len(), 2);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wrong_date_of_a_server_makes_no_token_live_longer() -> Outcome {
    clock!(CLOCK, now);
    let give = |number, date| Act::Answer {
        number,
        date: Some(date),
        members: json!({"ExpiresIn": 60}),
    };
    for wrong in [
        "Fri, 31 Dec 9999 23:59:58 GMT",
        "Fri, 02 Jan 1970 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ] {
        let right = "Thu, 01 Jan 1970 01:00:00 GMT";
        let server = Server::new([give(2, wrong), give(3, right), give(4, right)]);
        CLOCK.store(0, SeqCst);
        let source = server.source(now, first_tokens()?)?;
        CLOCK.store(3_600, SeqCst);
        assert_eq!(access_token(&source).await?, "access-2", "{wrong}");
        assert_eq!(access_token(&source).await?, "access-2", "{wrong}");
        assert_eq!(server.refreshes().len(), 1, "{wrong}");
        advance(Duration::from_mins(1)).await;
        assert_eq!(access_token(&source).await?, "access-3", "{wrong}");
        // The local clock alone tells how long a machine has slept.
        CLOCK.store(3_660, SeqCst);
        assert_eq!(access_token(&source).await?, "access-4", "{wrong}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn stored_tokens_last_no_longer_than_they_were_given_for() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([GIVE_2]);
    let mut tokens = first_tokens()?;
    // Stored by a machine whose clock was a day ahead.
    tokens.expires_at = (now() + Duration::from_hours(25)).into();
    let source = server.source(now, tokens)?;
    advance(Duration::from_hours(1)).await;
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_tell_its_life_is_not_refreshed_at_every_call() -> Outcome {
    clock!(CLOCK, now);
    // {"iat":1000,"exp":1600}
    let readable = "e30.eyJpYXQiOjEwMDAsImV4cCI6MTYwMH0.sig";
    for (members, life) in [
        (json!({}), 300),
        (json!({"ExpiresIn": 0}), 300),
        (json!({"ExpiresIn": -1}), 300),
        (json!({"AccessToken": readable}), 600),
        (json!({"AccessToken": readable, "ExpiresIn": 0}), 600),
        (json!({"AccessToken": readable, "ExpiresIn": 100}), 100),
    ] {
        let shown = members.to_string();
        let first = Act::Answer {
            number: 2,
            date: None,
            members,
        };
        let server = Server::new([first, GIVE_2]);
        CLOCK.store(0, SeqCst);
        let source = server.source(now, first_tokens()?)?;
        CLOCK.store(3_600, SeqCst);
        for _ in 0..20 {
            access_token(&source).await?;
        }
        assert_eq!(server.refreshes().len(), 1, "{shown}");
        let tokens = source.tokens().await?;
        assert_eq!(tokens.expires_in, Duration::from_secs(life), "{shown}");
        assert_eq!(
            SystemTime::from(tokens.expires_at),
            now() + tokens.expires_in
        );
        advance(tokens.expires_in).await;
        assert_eq!(access_token(&source).await?, "access-2", "{shown}");
    }
    Ok(())
}

#[tokio::test]
async fn rotated_tokens_replace_the_old_ones_and_are_shown_for_storing() -> Outcome {
    clock!(CLOCK, now);
    let rotated = |number| Act::Give {
        number,
        rotate: true,
    };
    let server = Server::new([rotated(2), GIVE_2, rotated(3)]);
    let stored = Arc::new(Mutex::new(Vec::new()));
    let source = server.source(now, first_tokens()?)?.on_refresh({
        let stored = stored.clone();
        move |tokens: Tokens| {
            let refresh_token = tokens.refresh_token.as_ref().map(Sensitive::expose);
            lock(&stored).push(refresh_token.cloned().unwrap_or_default());
            ready(Ok::<_, Infallible>(()))
        }
    });
    for hour in 1..=3 {
        CLOCK.store(hour * 3_600, SeqCst);
        access_token(&source).await?;
    }
    assert_eq!(server.refreshes(), ["refresh-1", "refresh-2", "refresh-2"]);
    assert_eq!(*lock(&stored), ["refresh-2", "refresh-2", "refresh-3"]);
    Ok(())
}

#[tokio::test]
async fn tokens_without_a_refresh_token_last_until_they_expire() -> Outcome {
    clock!(CLOCK, now);
    let mut tokens = first_tokens()?;
    tokens.refresh_token = None;
    let source = Server::new([]).source(now, tokens)?;
    CLOCK.store(3_599, SeqCst);
    let refreshed = source.refresh_now().await;
    assert!(matches!(refreshed, Err(RefreshError::Misconfigured(_))));
    assert_eq!(access_token(&source).await?, "access-1");
    CLOCK.store(3_600, SeqCst);
    let result = access_token(&source).await;
    assert!(matches!(result, Err(RefreshError::SignedOut(_))));
    Ok(())
}

#[tokio::test]
async fn neither_debug_nor_errors_show_a_token() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([Act::Refuse(400, "NotAuthorizedException")]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    let error = access_token(&source).await.expect_err("refused");
    let shown = format!("{source:?} {error:?} {error}");
    assert!(!shown.contains("access-1") && !shown.contains("refresh-1"));
    Ok(())
}

/// What a store does with the tokens it is given.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Put {
    Keep,
    Fail,
    /// Panics when it is called.
    PanicAtOnce,
    /// Panics while it is awaited.
    Panic,
    Hang,
    /// Keeps them after this time.
    After(Duration),
}

/// A store that does as told, the last for ever, and notes what it is given and when it is done.
#[derive(Clone, Debug)]
struct Store {
    puts: Arc<Mutex<VecDeque<Put>>>,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Store {
    fn new(puts: impl IntoIterator<Item = Put>) -> Self {
        Self {
            puts: Arc::new(Mutex::new(puts.into_iter().collect())),
            notes: Arc::default(),
        }
    }

    fn attach(&self, source: TokenSource) -> TokenSource {
        let store = self.clone();
        source.on_refresh(move |tokens| {
            let put = store.next(&tokens);
            assert!(put != Put::PanicAtOnce, "on purpose");
            let store = store.clone();
            async move { store.put(put, &tokens).await }
        })
    }

    fn next(&self, tokens: &Tokens) -> Put {
        self.note(format!("given {}", tokens.access_token.expose()));
        let mut puts = lock(&self.puts);
        let put = puts.pop_front().unwrap_or(Put::Keep);
        if puts.is_empty() {
            puts.push_back(put);
        }
        put
    }

    async fn put(&self, put: Put, tokens: &Tokens) -> Result<(), std::io::Error> {
        match put {
            Put::Fail => return Err(std::io::Error::other("the disk is full")),
            Put::Hang => pending().await,
            Put::After(delay) => sleep(delay).await,
            Put::Panic => {
                tokio::task::yield_now().await;
                panic!("on purpose");
            }
            Put::PanicAtOnce | Put::Keep => {}
        }
        self.note(format!("kept {}", tokens.access_token.expose()));
        Ok(())
    }

    fn note(&self, note: impl Into<String>) {
        lock(&self.notes).push(note.into());
    }

    fn notes(&self) -> Vec<String> {
        lock(&self.notes).clone()
    }
}

fn give(number: u32) -> Act {
    Act::Give {
        number,
        rotate: true,
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_panics_or_hangs_is_given_the_tokens_again_until_it_has_them() -> Outcome
{
    clock!(CLOCK, now);
    let server = Server::new([GIVE_2]);
    let store = Store::new([
        Put::Fail,
        Put::PanicAtOnce,
        Put::Panic,
        Put::Hang,
        Put::Fail,
        Put::Keep,
    ]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    CLOCK.store(3_600, SeqCst);
    assert_eq!(access_token(&source).await?, "access-2");
    assert!(source.store_error().is_some());
    source.flush().await?;
    assert!(source.store_error().is_none());
    let mut notes = vec!["given access-2"; 6];
    notes.push("kept access-2");
    assert_eq!(store.notes(), notes);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_way_in_which_storing_fails_is_told_apart() -> Outcome {
    clock!(CLOCK, now);
    for put in [Put::Fail, Put::PanicAtOnce, Put::Panic, Put::Hang] {
        CLOCK.store(0, SeqCst);
        let server = Server::new([GIVE_2]);
        let source = Store::new([put]).attach(server.source(now, first_tokens()?)?);
        source.refresh_now().await?;
        let error = source.flush().await.expect_err("never stored");
        let is_right = match (put, &error) {
            (Put::Fail, StoreError::Failed(error)) => error.to_string() == "the disk is full",
            (Put::Panic | Put::PanicAtOnce, StoreError::Panicked)
            | (Put::Hang, StoreError::TooSlow) => true,
            _ => false,
        };
        assert!(is_right, "{put:?}: {error:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_costs_nobody_the_tokens_and_is_given_up_after_minutes() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([GIVE_2]);
    let store = Store::new([Put::Fail]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    CLOCK.store(3_600, SeqCst);
    let asked = Instant::now();
    assert_eq!(access_token(&source).await?, "access-2");
    assert!(asked.elapsed() <= Duration::from_secs(5));
    assert!(source.flush().await.is_err());
    assert!(asked.elapsed() < Duration::from_mins(4));
    assert_eq!(store.notes().len(), 12);
    assert!(matches!(source.store_error(), Some(StoreError::Failed(_))));

    // Nobody tries any more, until somebody asks for it.
    sleep(Duration::from_mins(10)).await;
    assert_eq!(store.notes().len(), 12);
    lock(&store.puts).push_front(Put::Keep);
    source.flush().await?;
    assert_eq!(store.notes()[13..], ["kept access-2"]);
    assert!(source.store_error().is_none());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_slow_store_holds_callers_up_for_five_seconds_and_is_filled_all_the_same() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([GIVE_2]);
    let store = Store::new([Put::After(Duration::from_secs(20))]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    CLOCK.store(3_600, SeqCst);
    let asked = Instant::now();
    assert_eq!(access_token(&source).await?, "access-2");
    assert_eq!(asked.elapsed(), Duration::from_secs(5));
    assert_eq!(access_token(&source).await?, "access-2");
    assert_eq!(asked.elapsed(), Duration::from_secs(5));
    drop(source);
    sleep(Duration::from_secs(16)).await;
    assert_eq!(store.notes(), ["given access-2", "kept access-2"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_store_is_given_one_thing_at_a_time_and_then_the_newest() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([give(2), give(3), give(4)]);
    let store = Store::new([Put::After(Duration::from_secs(20)), Put::Keep]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    for number in 2..=4 {
        let tokens = source.refresh_now().await?;
        assert_eq!(*tokens.access_token.expose(), format!("access-{number}"));
    }
    source.flush().await?;
    let notes = [
        "given access-2",
        "kept access-2",
        "given access-4",
        "kept access-4",
    ];
    assert_eq!(store.notes(), notes);
    assert_eq!(server.refreshes(), ["refresh-1", "refresh-2", "refresh-3"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn newer_tokens_are_stored_at_once_instead_of_those_that_could_not_be() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([give(2), give(3)]);
    let store = Store::new([Put::Fail]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    source.refresh_now().await?;
    // By now the waits are long.
    sleep(Duration::from_mins(1)).await;
    let failed = store.notes().len();
    lock(&store.puts).push_front(Put::Keep);
    let asked = Instant::now();
    source.refresh_now().await?;
    assert_eq!(asked.elapsed(), Duration::ZERO);
    assert_eq!(store.notes()[failed..], ["given access-3", "kept access-3"]);
    sleep(Duration::from_mins(10)).await;
    assert_eq!(store.notes().len(), failed + 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn newer_tokens_are_tried_as_often_as_if_the_older_ones_had_not_failed() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([give(2), give(3)]);
    let store = Store::new([Put::Fail]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    source.refresh_now().await?;
    while store.notes().len() < 11 {
        sleep(Duration::from_secs(1)).await;
    }
    source.refresh_now().await?;
    assert!(source.flush().await.is_err());
    assert_eq!(store.notes()[..11], ["given access-2"; 11]);
    assert_eq!(store.notes()[11..], ["given access-3"; 12]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_flush_sees_newer_tokens_that_come_while_the_older_ones_are_given_up() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([give(2), give(3)]);
    let tries = Arc::new(AtomicU64::new(0));
    let source = server.source(now, first_tokens()?)?.on_refresh({
        let (server, tries) = (server.clone(), tries.clone());
        move |tokens: Tokens| {
            let number = tries.fetch_add(1, SeqCst) + 1;
            if number == 12 {
                server.open_gate();
            }
            let is_new = tokens.access_token.expose() == "access-3";
            ready(if is_new {
                Ok(())
            } else {
                Err("the disk is full")
            })
        }
    });
    server.open_gate();
    source.refresh_now().await?;
    while tries.load(SeqCst) < 11 {
        sleep(Duration::from_millis(100)).await;
    }
    let refreshing = tokio::spawn({
        let source = source.clone();
        async move { source.refresh_now().await }
    });
    settle().await;
    // In a task, so that it is told before the newer tokens are stored.
    tokio::spawn(async move { source.flush().await }).await??;
    assert_eq!(tries.load(SeqCst), 13);
    refreshing.await??;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_flush_does_not_wait_for_the_next_try() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([GIVE_2]);
    let store = Store::new([Put::Fail]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    source.refresh_now().await?;
    sleep(Duration::from_mins(1)).await;
    assert!(source.store_error().is_some());
    lock(&store.puts).push_front(Put::Keep);
    let asked = Instant::now();
    source.flush().await?;
    assert_eq!(asked.elapsed(), Duration::ZERO);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_ask_its_own_source_and_even_sign_out() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([give(2), Act::Revoke]);
    let source = server.source(now, first_tokens()?)?;
    let slot = Arc::new(Mutex::new(None::<TokenSource>));
    let source = source.on_refresh({
        let slot = slot.clone();
        move |tokens| {
            let source = lock(&slot).take().expect("once");
            async move {
                assert_eq!(source.access_token().await?, tokens.access_token);
                source.sign_out().await
            }
        }
    });
    *lock(&slot) = Some(source.clone());
    assert_eq!(
        source.refresh_now().await?.access_token.expose(),
        "access-2"
    );
    sleep(Duration::from_mins(1)).await;
    assert!(source.current().is_err());
    assert_eq!(server.revoked(), ["refresh-2"]);
    Ok(())
}

#[test]
fn tokens_whose_storing_ended_with_its_runtime_are_stored_by_a_flush() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([GIVE_2]);
    let store = Store::new([Put::Hang, Put::Keep]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    CLOCK.store(3_545, SeqCst);
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build()
    };
    let dying = runtime()?;
    dying.block_on(async {
        assert_eq!(access_token(&source).await?, "access-1");
        settle().await;
        Outcome::Ok(())
    })?;
    assert_eq!(store.notes(), ["given access-2"]);
    drop(dying);
    runtime()?.block_on(source.flush())?;
    assert_eq!(store.notes()[1..], ["given access-2", "kept access-2"]);
    Ok(())
}

#[test]
fn without_a_runtime_nothing_panics() -> Outcome {
    clock!(CLOCK, now);
    let source = Server::new([]).source(now, first_tokens()?)?;
    let source = Store::new([Put::Keep]).attach(source);
    let context = &mut Context::from_waker(Waker::noop());
    for when in [0, 3_541, 3_595] {
        CLOCK.store(when, SeqCst);
        let Poll::Ready(Ok(token)) = pin!(access_token(&source)).poll(context) else {
            return Err(format!("the token at hand at {when}").into());
        };
        assert_eq!(token, "access-1");
    }
    let mut refresh = pin!(source.refresh_now());
    let Poll::Ready(Err(RefreshError::Unavailable(_))) = refresh.as_mut().poll(context) else {
        return Err("a refresh without a runtime".into());
    };
    let mut sign_out = pin!(source.sign_out());
    let Poll::Ready(Err(RefreshError::Unavailable(_))) = sign_out.as_mut().poll(context) else {
        return Err("a revocation without a runtime".into());
    };
    assert!(pin!(source.flush()).poll(context).is_ready());
    assert!(pin!(source.forget()).poll(context).is_ready());
    assert!(source.current().is_err());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_tokens_at_hand_are_told_without_a_call_also_when_they_have_expired() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([Act::Refuse(400, "NotAuthorizedException")]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    assert_eq!(source.current()?, first_tokens()?);
    assert!(server.refreshes().is_empty());
    assert!(access_token(&source).await.is_err());
    // Forgetting what is gone does not hide why.
    source.forget().await;
    let current = source.current();
    assert!(matches!(current, Err(RefreshError::SignedOut(Some(_)))));
    Ok(())
}

#[tokio::test]
async fn refresh_now_does_not_take_a_refresh_that_began_before_it() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([give(2), give(3)]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_541, SeqCst);
    assert_eq!(access_token(&source).await?, "access-1");
    settle().await;
    assert_eq!(server.refreshes().len(), 1);

    let callers: Vec<_> = (0..100)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { source.refresh_now().await })
        })
        .collect();
    settle().await;
    server.open_gate();
    settle().await;
    server.open_gate();
    for caller in callers {
        assert_eq!(caller.await??.access_token.expose(), "access-3");
    }
    assert_eq!(server.refreshes(), ["refresh-1", "refresh-2"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refresh_now_that_fails_leaves_the_tokens_as_they_are() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([Act::Break, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    for _ in 0..2 {
        let result = source.refresh_now().await;
        assert!(matches!(result, Err(RefreshError::Unavailable(_))));
        assert_eq!(access_token(&source).await?, "access-1");
    }
    assert_eq!(server.refreshes().len(), 1);
    advance(Duration::from_secs(1)).await;
    source.refresh_now().await?;
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[tokio::test]
async fn sign_out_revokes_the_newest_refresh_token_and_ends_it_for_all_clones() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([give(2), Act::Revoke]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    let waiting = tokio::spawn({
        let source = source.clone();
        async move { access_token(&source).await }
    });
    settle().await;
    let leaving = tokio::spawn({
        let source = source.clone();
        async move { source.sign_out().await }
    });
    settle().await;
    assert!(server.revoked().is_empty());
    server.open_gate();
    assert_eq!(waiting.await??, "access-2");
    settle().await;
    assert_eq!(server.revoked(), ["refresh-2"]);

    // Whoever asks meanwhile gets what is there, and nobody refreshes what is being revoked.
    CLOCK.store(7_200, SeqCst);
    let late = tokio::spawn({
        let source = source.clone();
        async move { access_token(&source).await }
    });
    settle().await;
    server.open_gate();
    leaving.await??;
    for result in [late.await?, access_token(&source).await] {
        assert!(matches!(result, Err(RefreshError::SignedOut(None))));
    }
    assert!(matches!(
        source.current(),
        Err(RefreshError::SignedOut(None))
    ));
    let refreshed = source.refresh_now().await;
    assert!(matches!(refreshed, Err(RefreshError::SignedOut(None))));
    source.sign_out().await?;
    assert_eq!((server.refreshes().len(), server.revoked().len()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_sign_out_that_fails_leaves_the_user_signed_in_to_try_again() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([
        Act::Break,
        Act::Refuse(400, "UnsupportedOperationException"),
        Act::Revoke,
    ]);
    let source = server.source(now, first_tokens()?)?;
    let result = source.sign_out().await;
    assert!(matches!(result, Err(RefreshError::Unavailable(_))));
    assert_eq!(access_token(&source).await?, "access-1");
    let result = source.sign_out().await;
    assert!(matches!(result, Err(RefreshError::Misconfigured(_))));
    assert_eq!(access_token(&source).await?, "access-1");
    source.sign_out().await?;
    assert_eq!(server.revoked(), ["refresh-1"; 3]);
    assert!(access_token(&source).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_refresh_token_that_is_dead_or_was_never_there_signs_out_as_well() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([Act::Say(
        "NotAuthorizedException",
        "Refresh Token has been revoked",
    )]);
    let source = server.source(now, first_tokens()?)?;
    source.sign_out().await?;
    assert!(access_token(&source).await.is_err());

    let mut tokens = first_tokens()?;
    tokens.refresh_token = None;
    let server = Server::new([]);
    let source = server.source(now, tokens)?;
    source.sign_out().await?;
    assert!(access_token(&source).await.is_err());
    assert!(server.revoked().is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_goes_on_when_its_caller_gives_up() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([Act::Revoke]);
    let source = server.source(now, first_tokens()?)?;
    let given_up = timeout(Duration::from_millis(1), source.sign_out()).await;
    assert!(given_up.is_err());
    server.open_gate();
    settle().await;
    assert!(source.current().is_err());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stored_any_more_once_a_sign_out_has_ended() -> Outcome {
    clock!(CLOCK, now);
    // While the store is at it ...
    let server = Server::new([give(2), Act::Revoke]);
    let store = Store::new([Put::After(Duration::from_secs(8))]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    source.refresh_now().await?;
    source.sign_out().await?;
    store.note("signed out");
    sleep(Duration::from_mins(10)).await;
    let notes = ["given access-2", "kept access-2", "signed out"];
    assert_eq!(store.notes(), notes);

    // ... for as long as a sign-out waits ...
    let server = Server::new([give(2), Act::Revoke]);
    let store = Store::new([Put::Hang]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    source.refresh_now().await?;
    let asked = Instant::now();
    source.sign_out().await?;
    assert_eq!(asked.elapsed(), Duration::from_secs(5));
    sleep(Duration::from_mins(10)).await;
    assert!(source.store_error().is_none());
    assert_eq!(store.notes(), ["given access-2"]);

    // ... and while it waits for its next chance, which no sign-out waits for.
    let server = Server::new([give(2), Act::Revoke]);
    let store = Store::new([Put::Fail]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    source.refresh_now().await?;
    sleep(Duration::from_secs(30)).await;
    let asked = Instant::now();
    source.sign_out().await?;
    assert_eq!(asked.elapsed(), Duration::ZERO);
    assert!(source.store_error().is_none());
    let tries = store.notes().len();
    sleep(Duration::from_mins(10)).await;
    assert_eq!(store.notes().len(), tries);
    Ok(())
}

#[tokio::test]
async fn what_a_refresh_brings_after_the_tokens_were_forgotten_is_forgotten_too() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([give(2)]);
    let store = Store::new([Put::Keep]);
    let source = store.attach(server.source(now, first_tokens()?)?);
    CLOCK.store(3_600, SeqCst);
    let waiting = tokio::spawn({
        let source = source.clone();
        async move { access_token(&source).await }
    });
    settle().await;
    source.forget().await;
    server.open_gate();
    let result = waiting.await?;
    assert!(matches!(result, Err(RefreshError::SignedOut(None))));
    assert!(source.current().is_err());
    assert!(store.notes().is_empty());
    assert!(server.revoked().is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_many_refreshes_at_once_the_store_never_goes_back_nor_is_called_twice_at_once()
-> Outcome {
    clock!(CLOCK, now);
    let server = Server::new((2..1_000).map(give));
    let is_called = Arc::new(AtomicBool::new(false));
    let calls = Arc::new(AtomicU64::new(0));
    // The numbers of the tokens that it was given, and whether another call was still running.
    let given = Arc::new(Mutex::new(Vec::new()));
    let source = server.source(now, first_tokens()?)?.on_refresh({
        let (given, calls) = (given.clone(), calls.clone());
        move |tokens: Tokens| {
            let is_called = is_called.clone();
            let number = tokens.access_token.expose().trim_start_matches("access-");
            let number: u32 = number.parse().expect("a number");
            lock(&given).push((number, is_called.swap(true, SeqCst)));
            let call = calls.fetch_add(1, SeqCst);
            async move {
                sleep(Duration::from_micros(call * 137 % 3_000)).await;
                is_called.store(false, SeqCst);
                (call % 3 > 0).then_some(()).ok_or("the store is down")
            }
        }
    });
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    source.refresh_now().await?;
                }
                Ok::<_, RefreshError>(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    source.flush().await?;
    let given = lock(&given).clone();
    assert!(
        given.is_sorted() && given.iter().all(|(_, is_called)| !is_called),
        "{given:?}"
    );
    let last = given.last().map(|(number, _)| format!("access-{number}"));
    assert_eq!(Some(source.current()?.access_token.expose()), last.as_ref());
    // Each with the token that the one before it gave, and far fewer than were asked for.
    let refreshes = server.refreshes();
    assert!((10..200).contains(&refreshes.len()), "{}", refreshes.len());
    let expected: Vec<_> = (1..=refreshes.len())
        .map(|number| format!("refresh-{number}"))
        .collect();
    assert_eq!(refreshes, expected);
    Ok(())
}
