//! A token source under many callers, outages, rotation and refusals.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use cognito_idp::{
    Client, ErrorCode, Sensitive,
    auth::{AppClient, RefreshError, SignIn, TokenSource, Tokens},
    error::{TransportError, TransportErrorKind},
    retry::RetryPolicy,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::timeout};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What the server does with one refresh.
#[derive(Clone, Debug)]
enum Act {
    /// Gives access token number so-and-so, and with rotation a refresh token of that number.
    Give { number: u32, rotate: bool },
    /// Answers with an error.
    Refuse(u16, &'static str),
    /// Breaks the connection.
    Break,
    /// Never answers.
    Hang,
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
    gate: Semaphore,
}

impl Server {
    fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self {
            shared: Arc::new(Shared {
                acts: Mutex::new(acts.into_iter().collect()),
                came: Mutex::default(),
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
        let refresh_token = body["RefreshToken"].as_str().unwrap_or_default().to_owned();
        lock(&self.shared.came).push(refresh_token);
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
                Act::Refuse(status, code) => (status, json!({"__type": code})),
                Act::Break => return Err(TransportError::new(TransportErrorKind::Interrupted)),
                Act::Hang => pending().await,
            };
            let mut response = http::Response::new(Bytes::from(body.to_string()));
            *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
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

#[tokio::test]
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

    // It counts for those who waited, not for who comes later.
    server.open_gate();
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[tokio::test]
async fn an_early_refresh_keeps_nobody_else_waiting() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::behind_a_gate([GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_541, SeqCst);
    let first = tokio::spawn({
        let source = source.clone();
        async move { access_token(&source).await }
    });
    while server.refreshes().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(access_token(&source).await?, "access-1");
    server.open_gate();
    assert_eq!(first.await??, "access-2");
    assert_eq!(access_token(&source).await?, "access-2");
    assert_eq!(server.refreshes().len(), 1);
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
async fn a_server_that_never_answers_makes_the_token_unavailable_and_no_more() -> Outcome {
    clock!(CLOCK, now);
    let server = Server::new([Act::Hang, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;
    CLOCK.store(3_600, SeqCst);
    let result = access_token(&source).await;
    assert!(matches!(result, Err(RefreshError::Unavailable(_))));
    assert_eq!(access_token(&source).await?, "access-2");
    Ok(())
}

#[tokio::test]
async fn outages_are_survived_with_the_old_token_while_it_is_valid() -> Outcome {
    clock!(CLOCK, now);
    let throttle = Act::Refuse(400, "TooManyRequestsException");
    let broken = Act::Refuse(500, "InternalErrorException");
    let server = Server::new([broken, throttle, Act::Break, GIVE_2]);
    let source = server.source(now, first_tokens()?)?;

    CLOCK.store(3_545, SeqCst);
    assert_eq!(access_token(&source).await?, "access-1");
    // Not at once again: every caller would wait for a server that is down.
    CLOCK.store(3_549, SeqCst);
    assert_eq!(access_token(&source).await?, "access-1");
    assert_eq!(server.refreshes().len(), 1);
    CLOCK.store(3_551, SeqCst);
    assert_eq!(access_token(&source).await?, "access-1");
    assert_eq!(server.refreshes().len(), 2);

    CLOCK.store(3_600, SeqCst);
    match access_token(&source).await {
        Err(RefreshError::Unavailable(error)) => assert!(error.is_retryable()),
        result => return Err(format!("{result:?}").into()),
    }
    assert_eq!(access_token(&source).await?, "access-2");
    assert_eq!(server.refreshes(), ["refresh-1"; 4]);
    Ok(())
}

#[tokio::test]
async fn only_the_definite_codes_sign_the_user_out() -> Outcome {
    clock!(CLOCK, now);
    CLOCK.store(3_545, SeqCst);
    for code in [
        "NotAuthorizedException",
        "TokenRevokedException",
        "UserNotFoundException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
        "RefreshTokenReuseException",
    ] {
        let server = Server::new([Act::Refuse(400, code)]);
        let source = server.source(now, first_tokens()?)?;
        for _ in 0..2 {
            match access_token(&source).await {
                Err(RefreshError::SignedOut(error)) => {
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
        (400, "ResourceNotFoundException"),
        (403, "ForbiddenException"),
        (500, "InternalErrorException"),
        (503, ""),
    ] {
        let server = Server::new([Act::Refuse(status, code)]);
        let source = server.source(now, first_tokens()?)?;
        assert_eq!(access_token(&source).await?, "access-1", "{code}");
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
    let source = TokenSource::with_on_refresh(server.sign_in(now)?, first_tokens()?, {
        let stored = stored.clone();
        move |tokens| {
            let refresh_token = tokens.refresh_token.as_ref().map(Sensitive::expose);
            lock(&stored).push(refresh_token.cloned().unwrap_or_default());
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
