//! A pool that rotates refresh tokens, and processes of a fleet that can die and lose their store.

use std::{
    collections::HashMap,
    fmt,
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use cognito_idp::{
    Client,
    auth::{AppClient, SignIn, TokenSource, Tokens},
    fleet::{
        Lease, MemoryStore, SealingKeys, SharedStore, SharedStoreError, SharedStoreFuture, Swap,
        Vault, Versioned,
    },
    retry::RetryPolicy,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// How long an access token lasts.
pub(crate) const LIFE: Duration = Duration::from_mins(1);
const MOMENT: Duration = Duration::from_millis(50);
const EPOCH: u64 = 1_790_000_000;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pool that ends a session when a refresh token is presented which was replaced longer ago than the grace
/// period.
#[derive(Clone)]
pub(crate) struct Pool {
    state: Arc<Mutex<State>>,
    begun: Instant,
}

#[derive(Default)]
struct State {
    grace: Duration,
    delay: Duration,
    sessions: Vec<Session>,
    /// Which session a refresh token belongs to, and when it was replaced.
    refresh_tokens: HashMap<String, (usize, Option<Instant>)>,
    /// Which session an access token belongs to, if any, and when it was made.
    access_tokens: HashMap<String, (Option<usize>, Instant)>,
    next: usize,
    refreshes: usize,
    needless: usize,
    revocations: usize,
    refusals: usize,
    issued: usize,
    used: usize,
    lost: usize,
    misused: bool,
    refuse_once: bool,
    /// Set when the next refresh has been made.
    fuse: Option<Arc<AtomicBool>>,
}

struct Session {
    is_alive: bool,
    refreshed: Instant,
}

impl Pool {
    pub(crate) fn rotating(grace: Duration) -> Self {
        let state = State {
            grace,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            begun: Instant::now(),
        }
    }

    /// The tokens of a new session, by the server's clock.
    pub(crate) fn sign_in(&self) -> Tokens {
        self.sign_in_by(0)
    }

    /// The tokens of a new session, by a clock that is so many seconds ahead.
    pub(crate) fn sign_in_by(&self, ahead: i64) -> Tokens {
        let mut state = self.state();
        let session = state.sessions.len();
        state.sessions.push(Session {
            is_alive: true,
            refreshed: Instant::now(),
        });
        let (access, refresh) = state.make(session);
        let now = EPOCH + self.begun.elapsed().as_secs();
        serde_json::from_value(json!({
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": LIFE,
            "expires_at": now.saturating_add_signed(ahead) + LIFE.as_secs(),
            "token_type": "Bearer",
        }))
        .expect("tokens")
    }

    /// Whether an access token is good now, or was until a moment ago: it may have expired on its way.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        let state = self.state();
        let Some((session, made)) = state.access_tokens.get(token) else {
            return false;
        };
        session.is_none_or(|session| state.sessions[session].is_alive)
            && made.elapsed() < LIFE + MOMENT
    }

    /// Sets it when the next refresh has been made, before the answer is on its way.
    pub(crate) fn on_refresh(&self, fuse: &Arc<AtomicBool>) {
        self.state().fuse = Some(fuse.clone());
    }

    pub(crate) fn set_delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    pub(crate) fn refuse_once(&self) {
        self.state().refuse_once = true;
    }

    pub(crate) fn end_all_sessions(&self) {
        for session in &mut self.state().sessions {
            session.is_alive = false;
        }
    }

    pub(crate) fn is_any_session_left(&self) -> bool {
        self.state().sessions.iter().any(|session| session.is_alive)
    }

    pub(crate) fn refreshes(&self) -> usize {
        self.state().refreshes
    }

    /// Refreshes of sessions whose newest access token had more than half of its life left.
    pub(crate) fn needless_refreshes(&self) -> usize {
        self.state().needless
    }

    pub(crate) fn revocations(&self) -> usize {
        self.state().revocations
    }

    pub(crate) fn refusals(&self) -> usize {
        self.state().refusals
    }

    /// Access tokens that processes got.
    pub(crate) fn used(&self) -> usize {
        self.state().used
    }

    /// How often a process found a session signed out.
    pub(crate) fn lost(&self) -> usize {
        self.state().lost
    }

    /// How many machine tokens there were.
    pub(crate) fn issued(&self) -> usize {
        self.state().issued
    }

    /// Whether a refresh token was presented that had been replaced for too long.
    pub(crate) fn has_been_misused(&self) -> bool {
        self.state().misused
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    fn make(&mut self, session: usize) -> (String, String) {
        self.next += 1;
        let (access, refresh) = (
            format!("access-{}", self.next),
            format!("refresh-{}", self.next),
        );
        self.access_tokens
            .insert(access.clone(), (Some(session), Instant::now()));
        self.refresh_tokens.insert(refresh.clone(), (session, None));
        (access, refresh)
    }

    fn refresh(&mut self, token: &str) -> Value {
        let grace = self.grace;
        if std::mem::take(&mut self.refuse_once) {
            return json!({"__type": "NotAuthorizedException"});
        }
        let Some((session, replaced)) = self.refresh_tokens.get_mut(token) else {
            self.refusals += 1;
            return json!({"__type": "NotAuthorizedException"});
        };
        let session = *session;
        if !self.sessions[session].is_alive {
            self.refusals += 1;
            return json!({"__type": "NotAuthorizedException"});
        }
        if replaced.is_some_and(|when| when.elapsed() > grace) {
            self.sessions[session].is_alive = false;
            self.misused = true;
            return json!({"__type": "RefreshTokenReuseException"});
        }
        replaced.get_or_insert_with(Instant::now);
        self.refreshes += 1;
        let refreshed = &mut self.sessions[session].refreshed;
        if refreshed.elapsed() < LIFE / 2 {
            self.needless += 1;
        }
        *refreshed = Instant::now();
        let (access, refresh) = self.make(session);
        json!({"AuthenticationResult": {
            "AccessToken": access, "RefreshToken": refresh, "ExpiresIn": LIFE.as_secs(),
        }})
    }

    fn revoke(&mut self, token: &str) -> Value {
        self.revocations += 1;
        if let Some((session, _)) = self.refresh_tokens.get(token) {
            self.sessions[*session].is_alive = false;
        }
        json!({})
    }

    fn issue(&mut self) -> Value {
        self.issued += 1;
        let access = format!("machine-{}", self.issued);
        self.access_tokens
            .insert(access.clone(), (None, Instant::now()));
        json!({"ClientAuthenticationResult": {
            "AccessToken": access, "ExpiresIn": LIFE.as_secs(),
        }})
    }
}

/// A process of the fleet.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) pool: Pool,
    /// The store as it is, whatever the process can see of it.
    pub(crate) store: MemoryStore,
    /// Nothing that it does ends any more.
    pub(crate) dead: Arc<AtomicBool>,
    /// Its store cannot be reached, also by what is on its way.
    pub(crate) cut_off: Arc<AtomicBool>,
    /// Its store does not answer.
    pub(crate) hangs: Arc<AtomicBool>,
    /// Its store takes nothing.
    pub(crate) is_full: Arc<AtomicBool>,
    /// It cannot keep a lease.
    pub(crate) loses_leases: Arc<AtomicBool>,
    /// What it asked of the store.
    pub(crate) questions: Arc<AtomicUsize>,
    pub(crate) operation_timeout: Duration,
    ahead: i64,
}

impl Process {
    pub(crate) fn new(pool: &Pool, store: &MemoryStore) -> Self {
        Self::with_clock(pool, store, 0)
    }

    /// One whose clock is so many seconds ahead.
    pub(crate) fn with_clock(pool: &Pool, store: &MemoryStore, ahead: i64) -> Self {
        Self {
            pool: pool.clone(),
            store: store.clone(),
            dead: Arc::default(),
            cut_off: Arc::default(),
            hangs: Arc::default(),
            is_full: Arc::default(),
            loses_leases: Arc::default(),
            questions: Arc::default(),
            operation_timeout: Duration::from_secs(40),
            ahead,
        }
    }

    pub(crate) fn client(&self) -> Client {
        let (begun, ahead) = (self.pool.begun, self.ahead);
        Client::builder()
            .region("eu-central-1")
            .time_source(move || {
                let start = UNIX_EPOCH + Duration::from_secs(EPOCH.saturating_add_signed(ahead));
                start + begun.elapsed()
            })
            .retry_policy(RetryPolicy::default().max_attempts(1))
            .operation_timeout(self.operation_timeout)
            .attempt_timeout(self.operation_timeout)
            .http_client(self.clone())
            .build()
            .expect("a client")
    }

    pub(crate) fn sign_in(&self) -> SignIn {
        SignIn::public(self.client(), AppClient::new("client"))
    }

    pub(crate) fn vault(&self) -> Vault {
        Vault::sealed(self.clone(), SealingKeys::new(1, &[1; 32]))
    }

    pub(crate) async fn share(
        &self,
        key: &str,
        tokens: &Tokens,
    ) -> Result<TokenSource, SharedStoreError> {
        TokenSource::share(self.sign_in(), tokens, &self.vault(), key).await
    }

    pub(crate) async fn open(&self, key: &str) -> Result<Option<TokenSource>, SharedStoreError> {
        TokenSource::open(self.sign_in(), &self.vault(), key).await
    }

    /// Uses sessions for as long as it lives, some of them opened anew each time.
    pub(crate) async fn use_sessions(self, sessions: usize, seed: u64) {
        let mut random = Random::new(seed);
        let mut open = HashMap::new();
        loop {
            let pause = Duration::from_millis(random.below(400));
            self.mortal(sleep(pause)).await;
            let key = format!("session-{}", random.below(sessions as u64));
            if random.below(20) == 0 {
                open.remove(&key);
            }
            if !open.contains_key(&key) {
                match self.open(&key).await {
                    Ok(Some(source)) => {
                        open.insert(key.clone(), source);
                    }
                    Ok(None) => {
                        self.pool.state().lost += 1;
                        continue;
                    }
                    Err(_) => continue,
                }
            }
            let Some(source) = open.get(&key) else {
                continue;
            };
            match source.access_token().await {
                Ok(token) => {
                    assert!(self.pool.accepts(token.expose()), "{key}");
                    self.pool.state().used += 1;
                }
                Err(cognito_idp::auth::RefreshError::SignedOut(_)) => {
                    self.pool.state().lost += 1;
                    open.remove(&key);
                }
                Err(_) => {}
            }
        }
    }

    /// Never ends once the process is dead.
    async fn mortal<T>(&self, work: impl Future<Output = T>) -> T {
        if self.dead.load(SeqCst) {
            pending::<()>().await;
        }
        let result = work.await;
        if self.dead.load(SeqCst) {
            pending::<()>().await;
        }
        result
    }

    fn ask<'a, T: Send + 'a>(
        &'a self,
        asked: SharedStoreFuture<'a, T>,
    ) -> SharedStoreFuture<'a, T> {
        self.questions.fetch_add(1, Relaxed);
        Box::pin(self.mortal(async move {
            // A store is not asked in no time.
            sleep(Duration::from_millis(1)).await;
            if self.hangs.load(SeqCst) {
                pending::<()>().await;
            }
            if self.cut_off.load(SeqCst) {
                return Err(SharedStoreError::unavailable("cut off"));
            }
            asked.await
        }))
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Process")
    }
}

impl HttpClient for Process {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let body: Value = serde_json::from_slice(request.body()).expect("JSON");
        let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
        let (refresh_token, token) = (text("RefreshToken"), text("Token"));
        let target = request.headers()["x-amz-target"].as_bytes().to_vec();
        Box::pin(self.mortal(async move {
            let delay = lock(&self.pool.state).delay;
            let answer = {
                let mut state = lock(&self.pool.state);
                if target.ends_with(b".RevokeToken") {
                    state.revoke(&token)
                } else if target.ends_with(b".GetClientToken") {
                    state.issue()
                } else {
                    let answer = state.refresh(&refresh_token);
                    if let Some(fuse) = state.fuse.take() {
                        fuse.store(true, SeqCst);
                    }
                    answer
                }
            };
            sleep(delay.max(Duration::from_millis(20))).await;
            let mut response = http::Response::new(Bytes::from(answer.to_string()));
            if answer.get("__type").is_some() {
                *response.status_mut() = http::StatusCode::BAD_REQUEST;
            }
            Ok(response)
        }))
    }
}

impl SharedStore for Process {
    fn load<'a>(&'a self, key: &'a str) -> SharedStoreFuture<'a, Option<Versioned>> {
        self.ask(Box::pin(async move { self.store.load(key).await }))
    }

    fn swap<'a>(
        &'a self,
        key: &'a str,
        expected: u64,
        next: Versioned,
        life: Duration,
    ) -> SharedStoreFuture<'a, Swap> {
        self.ask(Box::pin(async move {
            if self.is_full.load(SeqCst) {
                return Err(SharedStoreError::unavailable("full"));
            }
            self.store.swap(key, expected, next, life).await
        }))
    }

    fn lease<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        life: Duration,
    ) -> SharedStoreFuture<'a, Lease> {
        self.ask(Box::pin(async move {
            let life = if self.loses_leases.load(SeqCst) {
                Duration::from_millis(1)
            } else {
                life
            };
            self.store.lease(key, owner, life).await
        }))
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> SharedStoreFuture<'a, ()> {
        self.ask(Box::pin(
            async move { self.store.release(key, owner).await },
        ))
    }
}

/// Random numbers that are the same in each run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
