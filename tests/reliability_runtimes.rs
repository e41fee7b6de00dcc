//! A thousand runtimes that end at any moment, over one token source and one client.
//!
//! Callers give up, are not polled, or die with their runtime; the HTTP client, the hook of the source
//! and the credentials provider panic, fail and dawdle. Nobody may hang or be told of a panic that is
//! not his own, and no refresh token that was replaced may be presented again.
#![cfg(feature = "sigv4")]

use std::{
    collections::HashMap,
    convert::Infallible,
    future::ready,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicU64, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aws_credential_types::provider::{error::CredentialsError, future};
use bytes::Bytes;
use cognito_idp::{
    Client, Error,
    auth::{AppClient, RefreshError, SignIn, TokenSource, Tokens},
    credentials::{Credentials, ProvideCredentials},
    error::{TransportError, TransportErrorKind},
    operation::users::AdminGetUserRequest,
    retry::RetryPolicy,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};
use tokio::{
    runtime::{Builder, Runtime},
    time::{sleep, timeout},
};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const RUNTIMES: u64 = 1_000;
const THREADS: u64 = 4;
/// So long that only a hang takes it.
const HANG: Duration = Duration::from_secs(20);
/// As in a pool with rotation, where it is at most a minute.
const GRACE: Duration = Duration::from_secs(10);
/// Which refresh and which question to the provider fails. Once, because a failure stands for a second.
const DOWN_AT: u64 = 100;
const FAILURE_LASTS: Duration = Duration::from_secs(1);
const ON_PURPOSE: &str = "on purpose";

/// A clock that jumps, so that tokens and credentials are old again and again.
static CLOCK: AtomicU64 = AtomicU64::new(1_000_000);
const LIFE: u64 = 300;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(CLOCK.load(SeqCst))
}

/// Numbers that look random.
#[derive(Debug, Default)]
struct Chance(AtomicU64);

impl Chance {
    fn below(&self, end: u64) -> u64 {
        let mut x = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % end
    }

    async fn dawdle(&self) {
        sleep(Duration::from_micros(self.below(2_000))).await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server with refresh token rotation, and the transport to it.
#[derive(Clone, Debug, Default)]
struct Server {
    shared: Arc<Issuer>,
}

#[derive(Debug, Default)]
struct Issuer {
    chance: Chance,
    asked: AtomicU64,
    issued: AtomicU64,
    replaced: Mutex<HashMap<String, Replaced>>,
    /// How often a token came again whose successor had arrived.
    lost: AtomicUsize,
    refused: AtomicUsize,
    panics: AtomicUsize,
}

#[derive(Debug)]
struct Replaced {
    at: Instant,
    successor_arrived: bool,
}

impl Server {
    async fn refresh(&self, token: String) -> Result<Value, TransportError> {
        let Issuer { chance, .. } = &*self.shared;
        chance.dawdle().await;
        self.panic_sometimes();
        if self.shared.asked.fetch_add(1, SeqCst) == DOWN_AT {
            return Err(TransportError::new(TransportErrorKind::Connect));
        }
        if !self.replace(&token) {
            self.shared.refused.fetch_add(1, SeqCst);
            return Ok(json!({"__type": "RefreshTokenReuseException"}));
        }
        chance.dawdle().await;
        self.panic_sometimes();
        if let Some(replaced) = lock(&self.shared.replaced).get_mut(&token) {
            replaced.successor_arrived = true;
        }
        let number = self.shared.issued.fetch_add(1, SeqCst) + 1;
        Ok(json!({"AuthenticationResult": {
            "AccessToken": format!("access-{number}"),
            "RefreshToken": format!("refresh-{number}"),
            "ExpiresIn": LIFE,
        }}))
    }

    fn panic_sometimes(&self) {
        if self.shared.chance.below(16) == 0 {
            self.shared.panics.fetch_add(1, SeqCst);
            panic!("{ON_PURPOSE}");
        }
    }

    /// Whether this refresh token may still be traded in.
    fn replace(&self, token: &str) -> bool {
        let mut replaced = lock(&self.shared.replaced);
        let Some(before) = replaced.get(token) else {
            let at = Instant::now();
            let successor_arrived = false;
            replaced.insert(
                token.to_owned(),
                Replaced {
                    at,
                    successor_arrived,
                },
            );
            return true;
        };
        let lost = usize::from(before.successor_arrived);
        self.shared.lost.fetch_add(lost, SeqCst);
        before.at.elapsed() < GRACE
    }
}

impl HttpClient for Server {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        Box::pin(async move {
            let answer = match body["RefreshToken"].as_str() {
                Some(token) => self.refresh(token.to_owned()).await?,
                None => json!({"Username": body["Username"]}),
            };
            let mut response = http::Response::new(Bytes::from(answer.to_string()));
            if answer.get("__type").is_some() {
                *response.status_mut() = http::StatusCode::BAD_REQUEST;
            }
            Ok(response)
        })
    }
}

/// A provider that panics, fails and dawdles.
#[derive(Debug, Default)]
struct Provider {
    chance: Chance,
    asked: AtomicU64,
    panics: AtomicUsize,
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.chance.dawdle().await;
            if self.chance.below(16) == 0 {
                self.panics.fetch_add(1, SeqCst);
                panic!("{ON_PURPOSE}");
            }
            if self.asked.fetch_add(1, SeqCst) == DOWN_AT {
                return Err(CredentialsError::provider_timed_out(Duration::ZERO));
            }
            let expires = Some(now() + Duration::from_secs(LIFE));
            Ok(Credentials::new("AKID", "secret", None, expires, "test"))
        })
    }
}

/// What all runtimes share.
#[derive(Clone)]
struct World {
    client: Client,
    source: TokenSource,
    chance: Arc<Chance>,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    given_up: AtomicUsize,
    tokens: AtomicUsize,
    without_token: AtomicUsize,
    calls: AtomicUsize,
    without_credentials: AtomicUsize,
    /// Failures that stand for a second, rather than panics.
    remembered: AtomicUsize,
}

impl World {
    async fn token(&self) -> Outcome {
        let result = timeout(HANG, self.source.access_token()).await?;
        let counter = match result {
            Ok(_) => &self.tally.tokens,
            Err(RefreshError::Unavailable(error)) => {
                self.note_failure(!error.outcome_unknown());
                &self.tally.without_token
            }
            Err(error) => return Err(error.into()),
        };
        counter.fetch_add(1, SeqCst);
        Ok(())
    }

    async fn call(&self) -> Outcome {
        let request = AdminGetUserRequest::new("eu-central-1_example", "alice");
        let result = timeout(HANG, self.client.send(&request)).await?;
        let counter = match result {
            Ok(_) => &self.tally.calls,
            Err(error @ Error::Credentials { .. }) => {
                let first = std::error::Error::source(&error);
                let mut causes = std::iter::successors(first, |cause| cause.source());
                self.note_failure(!causes.any(|cause| cause.to_string().contains("panicked")));
                &self.tally.without_credentials
            }
            Err(error) => return Err(error.into()),
        };
        counter.fetch_add(1, SeqCst);
        Ok(())
    }

    fn note_failure(&self, is_remembered: bool) {
        let counter = usize::from(is_remembered);
        self.tally.remembered.fetch_add(counter, SeqCst);
    }

    async fn caller(self) -> Outcome {
        let patience = Duration::from_micros(self.chance.below(4_000));
        match self.chance.below(4) {
            0 => self.token().await,
            1 => self.call().await,
            2 => self.or_give_up(timeout(patience, self.token()).await),
            _ => self.or_give_up(timeout(patience, self.call()).await),
        }
    }

    fn or_give_up(&self, result: Result<Outcome, tokio::time::error::Elapsed>) -> Outcome {
        result.unwrap_or_else(|_| {
            self.tally.given_up.fetch_add(1, SeqCst);
            Ok(())
        })
    }

    /// Some callers, of which some are left alone when this ends.
    async fn scene(self) -> Outcome {
        // One that is begun, kept alive and not polled any more.
        let (mut starved_token, mut starved_call) = (Box::pin(self.token()), Box::pin(self.call()));
        tokio::select! {
            biased;
            result = &mut starved_token => result?,
            result = &mut starved_call => result?,
            () = std::future::ready(()) => {}
        }
        let callers: Vec<_> = (0..4)
            .map(|_| tokio::spawn(self.clone().caller()))
            .collect();
        if self.chance.below(2) == 0 {
            self.chance.dawdle().await;
            return Ok(());
        }
        for caller in callers {
            caller.await??;
        }
        Ok(())
    }
}

fn runtime(chance: &Chance) -> std::io::Result<Runtime> {
    if chance.below(8) == 0 {
        return Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build();
    }
    Builder::new_current_thread().enable_time().build()
}

fn first_tokens() -> Outcome<Tokens> {
    Ok(serde_json::from_value(json!({
        "access_token": "access-0",
        "refresh_token": "refresh-0",
        "expires_in": {"secs": LIFE, "nanos": 0},
        "expires_at": 0,
        "token_type": "Bearer",
    }))?)
}

/// The panics from now on that are not on purpose.
fn foreign_panics() -> Arc<Mutex<Vec<String>>> {
    let foreign = Arc::new(Mutex::new(Vec::new()));
    let reported = foreign.clone();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some(ON_PURPOSE) {
            lock(&reported).push(panic.to_string());
        }
    }));
    foreign
}

#[test]
fn runtimes_that_end_callers_that_vanish_and_code_that_panics_cost_nobody_else_anything() -> Outcome
{
    let foreign_panics = foreign_panics();
    let server = Server::default();
    let provider = Arc::new(Provider::default());
    let shared_provider: Arc<dyn ProvideCredentials> = provider.clone();
    let client = Client::builder()
        .region("eu-central-1")
        .time_source(now)
        .retry_policy(RetryPolicy::never())
        .credentials(
            aws_credential_types::provider::SharedCredentialsProvider::from(shared_provider),
        )
        .http_client(server.clone())
        .build()?;
    let stored = Arc::new(Mutex::new(String::new()));
    let hook_panics = Arc::new(AtomicUsize::new(0));
    let source = {
        let (stored, panics) = (stored.clone(), hook_panics.clone());
        let sign_in = SignIn::public(client.clone(), AppClient::new("client"));
        let chance = Chance::default();
        TokenSource::new(sign_in, first_tokens()?).on_refresh(move |tokens: Tokens| {
            if chance.below(3) == 0 {
                panics.fetch_add(1, SeqCst);
                panic!("{ON_PURPOSE}");
            }
            if let Some(token) = &tokens.refresh_token {
                token.expose().clone_into(&mut lock(&stored));
            }
            ready(Ok::<_, Infallible>(()))
        })
    };
    let world = World {
        client,
        source,
        chance: Arc::default(),
        tally: Arc::default(),
    };

    let started = Instant::now();
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let world = world.clone();
            std::thread::spawn(move || {
                for _ in 0..RUNTIMES / THREADS {
                    let remembered = world.tally.remembered.load(SeqCst);
                    CLOCK.fetch_add(LIFE, SeqCst);
                    let runtime = runtime(&world.chance)?;
                    runtime.block_on(world.clone().scene())?;
                    if world.chance.below(4) == 0 {
                        runtime.shutdown_background();
                    }
                    if world.tally.remembered.load(SeqCst) > remembered {
                        std::thread::sleep(FAILURE_LASTS);
                    }
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")??;
    }

    println!("{:?} in {:?}", world.tally, started.elapsed());
    assert_eq!(*lock(&foreign_panics), [""; 0]);
    let Issuer {
        lost,
        refused,
        panics,
        ..
    } = &*server.shared;
    assert_eq!((lost.load(SeqCst), refused.load(SeqCst)), (0, 0));
    for count in [
        panics,
        &provider.panics,
        &hook_panics,
        &world.tally.given_up,
    ] {
        assert!(
            count.load(SeqCst) > 10,
            "so little happened that nothing is shown"
        );
    }
    assert!(world.tally.tokens.load(SeqCst) > 200);
    assert!(world.tally.calls.load(SeqCst) > 200);

    // And it goes on as if nothing had been.
    let last = Builder::new_current_thread().enable_time().build()?;
    last.block_on(async {
        loop {
            match timeout(HANG, world.source.tokens()).await? {
                Ok(tokens) => {
                    let refresh_token = tokens.refresh_token.ok_or("none")?;
                    // It panics now and then.
                    while timeout(HANG, world.source.flush()).await?.is_err() {}
                    assert_eq!(*lock(&stored), *refresh_token.expose());
                    return Outcome::Ok(());
                }
                Err(RefreshError::Unavailable(_)) => sleep(Duration::from_millis(100)).await,
                Err(error) => return Err(error.into()),
            }
        }
    })?;
    Ok(())
}
