//! Tokens for machines under many callers, outages, rotated secrets and clocks that are set.

use std::{
    collections::{BTreeSet, VecDeque},
    error::Error as StdError,
    future::pending,
    iter::repeat_n,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use cognito_idp::{
    Client, ClientBuilder, Error, Sensitive,
    auth::{AppClient, ClientSecretFuture, ClientTokenError, ClientTokens, ProvideClientSecret},
    error::{TransportError, TransportErrorKind},
    pacing::Pacing,
    retry::RetryPolicy,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    task::JoinHandle,
    time::{Instant, advance, sleep, timeout},
};

type Outcome<T = ()> = Result<T, Box<dyn StdError>>;

const HOUR: Duration = Duration::from_hours(1);
const SECOND: Duration = Duration::from_secs(1);
/// When a token of one hour is renewed.
const THREE_QUARTERS: Duration = Duration::from_mins(45);

/// What the server does with a request, where it does not just give the next token.
#[derive(Clone, Debug)]
enum Act {
    Give,
    /// Answers with these members beside or instead of those of a token of one hour.
    Answer(Value),
    Refuse(u16, &'static str, &'static str),
    Break,
    Hang,
    Panic,
}

/// Gives out the tokens `token-1`, `token-2` and so on, unless told otherwise, and lets answers out
/// only while its gate is open.
#[derive(Clone, Debug)]
struct Server(Arc<State>);

#[derive(Debug)]
struct State {
    made: Instant,
    /// What the wall clock is off.
    wall_clock_is_ahead: AtomicI64,
    secret: Mutex<String>,
    acts: Mutex<VecDeque<Act>>,
    came: Mutex<Vec<http::Request<Bytes>>>,
    given: AtomicUsize,
    gate: Semaphore,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self(Arc::new(State {
            made: Instant::now(),
            wall_clock_is_ahead: AtomicI64::new(0),
            secret: Mutex::new("s3cret".to_owned()),
            acts: Mutex::new(acts.into_iter().collect()),
            came: Mutex::default(),
            given: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        }))
    }

    fn close_gate(&self) {
        self.0.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    fn open_gate(&self) {
        let open = self.0.gate.available_permits();
        self.0.gate.add_permits(Semaphore::MAX_PERMITS - open);
    }

    fn will(&self, acts: impl IntoIterator<Item = Act>) {
        lock(&self.0.acts).extend(acts);
    }

    fn requests(&self) -> usize {
        lock(&self.0.came).len()
    }

    /// The bodies that came, in order.
    fn bodies(&self) -> Vec<Value> {
        let came = lock(&self.0.came);
        let body = |request: &http::Request<Bytes>| serde_json::from_slice(request.body());
        came.iter().map(|one| body(one).expect("JSON")).collect()
    }

    fn is_signed(&self) -> Vec<bool> {
        let came = lock(&self.0.came);
        let is_signed =
            |request: &http::Request<Bytes>| request.headers().contains_key("authorization");
        came.iter().map(is_signed).collect()
    }

    fn builder(&self) -> ClientBuilder {
        let state = self.0.clone();
        let now = move || {
            let real = SystemTime::UNIX_EPOCH + 30 * 365 * 24 * HOUR + state.made.elapsed();
            let ahead = state.wall_clock_is_ahead.load(SeqCst);
            let by = Duration::from_secs(ahead.unsigned_abs());
            if ahead < 0 { real - by } else { real + by }
        };
        Client::builder()
            .region("eu-central-1")
            .time_source(now)
            .retry_policy(RetryPolicy::default().max_attempts(1))
            .http_client(self.clone())
    }

    fn machine(&self) -> ClientTokens {
        self.machine_as(AppClient::new("client").secret("s3cret"))
    }

    fn machine_as(&self, app_client: AppClient) -> ClientTokens {
        ClientTokens::over_api(self.builder().build().expect("a client"), app_client)
    }

    /// What to do, and whether the request is to a domain.
    fn take(&self, request: http::Request<Bytes>) -> (Act, bool) {
        let is_domain = request.uri().path() == "/oauth2/token";
        let secret = if is_domain {
            let basic = request.headers().get("authorization");
            let basic = basic.and_then(|basic| basic.as_bytes().strip_prefix(b"Basic "));
            let basic = STANDARD.decode(basic.expect("Basic")).expect("Base64");
            let basic = String::from_utf8(basic).expect("text");
            basic.strip_prefix("client:").map(str::to_owned)
        } else {
            let body: Value = serde_json::from_slice(request.body()).expect("JSON");
            body["Secret"].as_str().map(str::to_owned)
        };
        lock(&self.0.came).push(request);
        let act = if secret.as_deref() == Some(&**lock(&self.0.secret)) {
            lock(&self.0.acts).pop_front().unwrap_or(Act::Give)
        } else if is_domain {
            Act::Refuse(400, "invalid_client", "")
        } else {
            Act::Refuse(400, "NotAuthorizedException", "Invalid client.")
        };
        (act, is_domain)
    }

    fn answer(&self, act: Act) -> (u16, Value) {
        let mut token = json!({"ExpiresIn": 3600, "TokenType": "Bearer"});
        match act {
            Act::Give => {
                let number = self.0.given.fetch_add(1, SeqCst) + 1;
                token["AccessToken"] = format!("token-{number}").into();
            }
            Act::Answer(members) => {
                for (name, value) in members.as_object().expect("members") {
                    token[name] = value.clone();
                }
            }
            Act::Refuse(status, code, message) => {
                return (status, json!({"__type": code, "message": message}));
            }
            Act::Break | Act::Hang | Act::Panic => unreachable!("no answer"),
        }
        (200, json!({"ClientAuthenticationResult": token}))
    }
}

/// The same answer as a domain gives it.
fn of_domain(answer: &Value) -> Value {
    let token = &answer["ClientAuthenticationResult"];
    if token.is_null() {
        return json!({"error": answer["__type"], "error_description": answer["message"]});
    }
    json!({
        "access_token": token["AccessToken"],
        "expires_in": token["ExpiresIn"],
        "token_type": token["TokenType"],
    })
}

impl HttpClient for Server {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let (act, is_domain) = self.take(request);
        Box::pin(async move {
            let _gate = self.0.gate.acquire().await.expect("never closed");
            match act {
                Act::Break => return Err(TransportError::new(TransportErrorKind::Interrupted)),
                Act::Hang => return pending().await,
                Act::Panic => panic!("on purpose"),
                Act::Give | Act::Answer(_) | Act::Refuse(..) => {}
            }
            let (status, mut body) = self.answer(act);
            if is_domain {
                body = of_domain(&body);
            }
            let mut response = http::Response::new(Bytes::from(body.to_string()));
            *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
            Ok(response)
        })
    }
}

/// A provider of the secret that the server takes now, which counts how often it is asked.
#[derive(Clone, Debug)]
struct Newest(Server, Arc<AtomicUsize>);

impl ProvideClientSecret for Newest {
    fn provide_client_secret<'a>(&'a self, _client_id: &'a str) -> ClientSecretFuture<'a> {
        Box::pin(async {
            self.1.fetch_add(1, SeqCst);
            let secret = lock(&self.0.0.secret).clone();
            Ok(secret.into())
        })
    }
}

fn kind(error: &ClientTokenError) -> &'static str {
    match error {
        ClientTokenError::InvalidClient(_) => "invalid client",
        ClientTokenError::InvalidScope(_) => "invalid scope",
        ClientTokenError::Misconfigured(_) => "misconfigured",
        ClientTokenError::Throttled(_) => "throttled",
        ClientTokenError::Unavailable(_) => "unavailable",
        _ => "another",
    }
}

/// All that somebody who logs an error sees.
fn shown(error: &(dyn StdError + 'static)) -> String {
    let sources = std::iter::successors(Some(error), |error| (*error).source());
    let shown: Vec<_> = sources.map(|error| format!("{error} {error:?}")).collect();
    shown.join(" ")
}

async fn token(machine: &ClientTokens) -> Result<String, ClientTokenError> {
    Ok(machine.token().await?.expose().clone())
}

fn callers(
    count: usize,
    machine: &ClientTokens,
) -> Vec<JoinHandle<Result<String, ClientTokenError>>> {
    let call = |machine: ClientTokens| tokio::spawn(async move { token(&machine).await });
    repeat_n(machine, count).cloned().map(call).collect()
}

/// Lets tasks run that have nothing to wait for.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_callers_on_a_cold_cache_cause_one_request_for_each_set_of_scopes() -> Outcome
{
    let server = Server::new([]);
    server.close_gate();
    let machine = server.machine();
    let sets = [
        machine.for_scopes(["orders/read"]),
        machine.for_scopes(["orders/write"]),
        machine.for_scopes(["orders/read", "orders/write"]),
        machine.clone(),
    ];
    let mut waiting = Vec::new();
    for set in &sets {
        waiting.push(callers(2_500, set));
    }
    for _ in 0..10 {
        settle().await;
    }
    server.open_gate();
    let mut tokens = BTreeSet::new();
    for of_set in waiting {
        let mut same = BTreeSet::new();
        for caller in of_set {
            same.insert(caller.await??);
        }
        assert_eq!(same.len(), 1);
        tokens.append(&mut same);
    }
    assert_eq!(tokens.len(), 4);
    assert_eq!(server.requests(), 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_on_several_threads_share_one_request() -> Outcome {
    let server = Server::new([]);
    server.close_gate();
    let waiting = callers(2_000, &server.machine());
    sleep(Duration::from_millis(20)).await;
    server.open_gate();
    for caller in waiting {
        assert_eq!(caller.await??, "token-1");
    }
    assert_eq!(server.requests(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_after_three_quarters_of_its_life_while_nobody_waits() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    assert_eq!(token(&machine).await?, "token-1");
    advance(Duration::from_secs(44 * 60 + 59)).await;
    assert_eq!(token(&machine).await?, "token-1");
    settle().await;
    assert_eq!(server.requests(), 1);

    server.close_gate();
    advance(SECOND).await;
    for _ in 0..3 {
        assert_eq!(token(&machine).await?, "token-1");
        settle().await;
    }
    assert_eq!(server.requests(), 2);
    server.open_gate();
    settle().await;
    assert_eq!(token(&machine).await?, "token-2");

    // Its own life counts from then on.
    advance(Duration::from_secs(44 * 60 + 59)).await;
    assert_eq!(token(&machine).await?, "token-2");
    assert_eq!(server.requests(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_calls_takes_one_token_and_its_successor() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    for _ in 0..3_600 {
        token(&machine).await?;
        sleep(SECOND).await;
    }
    assert_eq!(server.requests(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_that_nobody_asks_for_is_not_renewed() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    token(&machine).await?;
    sleep(24 * HOUR).await;
    assert_eq!(server.requests(), 1);
    assert_eq!(token(&machine).await?, "token-2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_burst_when_the_token_has_expired_fetches_one() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    token(&machine).await?;
    advance(HOUR).await;
    server.close_gate();
    let waiting = callers(10_000, &machine);
    for _ in 0..10 {
        settle().await;
    }
    server.open_gate();
    for caller in waiting {
        assert_eq!(caller.await??, "token-2");
    }
    assert_eq!(server.requests(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn when_renewals_fail_the_token_is_served_until_its_end_then_the_failure_until_there_is_one()
-> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    token(&machine).await?;
    advance(THREE_QUARTERS).await;
    server.will(repeat_n(Act::Break, 10_000));

    // Five a second ask for a quarter of an hour: a try in five seconds is made, not more.
    let mut tries = 0;
    for _ in 0..5 * 15 * 60 {
        assert_eq!(token(&machine).await?, "token-1");
        settle().await;
        advance(Duration::from_millis(200)).await;
        tries = server.requests() - 1;
    }
    assert!((170..=180).contains(&tries), "{tries}");

    for _ in 0..50 {
        let error = token(&machine).await.expect_err("expired");
        let ClientTokenError::Unavailable(cause) = &error else {
            return Err(error.into());
        };
        assert_eq!(cause.operation(), Some("GetClientToken"));
        advance(Duration::from_millis(200)).await;
    }
    let in_ten_seconds = server.requests() - 1 - tries;
    assert!((9..=11).contains(&in_ten_seconds), "{in_ten_seconds}");

    lock(&server.0.acts).clear();
    advance(SECOND).await;
    assert_eq!(token(&machine).await?, "token-2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_to_all_who_wait_and_stands_for_a_second() -> Outcome {
    let server = Server::new([Act::Break]);
    server.close_gate();
    let machine = server.machine();
    let waiting = callers(1_000, &machine);
    for _ in 0..10 {
        settle().await;
    }
    server.open_gate();
    for caller in waiting {
        assert!(matches!(
            caller.await?,
            Err(ClientTokenError::Unavailable(_))
        ));
    }
    for _ in 0..1_000 {
        assert!(token(&machine).await.is_err());
    }
    assert_eq!(server.requests(), 1);
    advance(SECOND).await;
    assert_eq!(token(&machine).await?, "token-1");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn callers_who_give_up_lose_nothing() -> Outcome {
    let server = Server::new([]);
    server.close_gate();
    let machine = server.machine();
    let given_up = timeout(Duration::from_millis(1), machine.token()).await;
    assert!(given_up.is_err());
    for caller in callers(100, &machine) {
        caller.abort();
    }
    server.open_gate();
    settle().await;
    assert_eq!(token(&machine).await?, "token-1");
    assert_eq!(server.requests(), 1);
    Ok(())
}

#[test]
fn a_token_that_was_asked_for_on_a_runtime_that_ends_is_asked_for_again() -> Outcome {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
    };
    let first = runtime()?;
    let (server, machine) = first.block_on(async {
        let server = Server::new([]);
        server.close_gate();
        let machine = server.machine();
        let given_up = timeout(Duration::from_millis(1), machine.token()).await;
        assert!(given_up.is_err());
        (server, machine)
    });
    drop(first);
    server.open_gate();
    assert_eq!(runtime()?.block_on(token(&machine))?, "token-1");
    assert_eq!(server.requests(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_panics_is_an_error_and_no_storm() -> Outcome {
    let server = Server::new([Act::Panic]);
    let machine = server.machine();
    for _ in 0..100 {
        let error = token(&machine).await.expect_err("nothing yet");
        assert!(
            matches!(error, ClientTokenError::Unavailable(_)),
            "{error:?}"
        );
    }
    assert_eq!(server.requests(), 1);
    advance(SECOND).await;
    assert_eq!(token(&machine).await?, "token-1");

    // Neither does it cost a valid token, nor is it tried by every caller.
    server.will(repeat_n(Act::Panic, 100));
    for renewed_after in [THREE_QUARTERS, Duration::from_mins(14)] {
        advance(renewed_after).await;
        let before = server.requests();
        for _ in 0..100 {
            assert_eq!(token(&machine).await?, "token-1");
            settle().await;
        }
        assert_eq!(server.requests(), before + 1);
    }
    advance(Duration::from_secs(55)).await;
    assert_eq!(
        token(&machine).await?,
        "token-1",
        "five seconds before its end"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_costs_no_valid_token() -> Outcome {
    let server = Server::new([Act::Give, Act::Hang]);
    let machine = server.machine();
    token(&machine).await?;
    advance(Duration::from_secs(3_592)).await;
    let asked = Instant::now();
    assert_eq!(token(&machine).await?, "token-1");
    assert_eq!(asked.elapsed(), 4 * SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_waited_for_as_long_as_a_call_may_take() -> Outcome {
    let server = Server::new([Act::Hang]);
    let client = server.builder().attempt_timeout(3 * SECOND).build()?;
    let machine = ClientTokens::over_api(client, AppClient::new("client").secret("s3cret"));
    let asked = Instant::now();
    let error = token(&machine).await.expect_err("no answer");
    assert!(
        matches!(error, ClientTokenError::Unavailable(_)),
        "{error:?}"
    );
    assert_eq!(asked.elapsed(), 3 * SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_while_the_machine_sleeps_and_does_not_live_longer_when_its_clock_is_set_back()
-> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    token(&machine).await?;
    // Only the wall clock goes on while the machine sleeps.
    server.0.wall_clock_is_ahead.store(3_600, SeqCst);
    assert_eq!(token(&machine).await?, "token-2");
    server.0.wall_clock_is_ahead.store(-100_000, SeqCst);
    assert_eq!(token(&machine).await?, "token-2");
    advance(HOUR).await;
    assert_eq!(token(&machine).await?, "token-3");
    assert_eq!(server.requests(), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_tell_a_life_is_read_or_kept_for_five_minutes() -> Outcome {
    let claims = URL_SAFE_NO_PAD.encode(r#"{"iat":1000,"exp":1600}"#);
    let jwt = format!("e30.{claims}.c2ln");
    for (members, life) in [
        (json!({"AccessToken": "a", "ExpiresIn": null}), 300),
        (json!({"AccessToken": "a", "ExpiresIn": -1}), 300),
        (json!({"AccessToken": jwt, "ExpiresIn": null}), 600),
        (json!({"AccessToken": "a", "ExpiresIn": 20}), 20),
        (json!({"AccessToken": "a", "ExpiresIn": i32::MAX}), i32::MAX),
    ] {
        let server = Server::new([Act::Answer(members.clone())]);
        let machine = server.machine();
        token(&machine).await?;
        let renewed_after = u64::try_from(life)? * 750;
        advance(Duration::from_millis(renewed_after - 10)).await;
        token(&machine).await?;
        settle().await;
        assert_eq!(server.requests(), 1, "{members}");
        advance(Duration::from_millis(20)).await;
        token(&machine).await?;
        settle().await;
        assert_eq!(server.requests(), 2, "{members}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn scopes_are_a_set() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    let one = machine.for_scopes(["b/y", "a/x", "b/y"]);
    for same in [
        machine.for_scopes(["a/x", "b/y"]),
        machine.for_scopes(["b/y a/x"]),
        machine.for_scopes(["  a/x\tb/y ", ""]),
        one.for_scopes(["b/y".to_owned(), "a/x".to_owned()]),
    ] {
        assert_eq!(token(&one).await?, token(&same).await?);
    }
    assert_eq!(server.requests(), 1);
    for other in [
        machine.for_scopes(["a/x"]),
        machine.for_scopes(["a/X", "b/y"]),
        machine.for_scopes([""; 0]),
    ] {
        assert_ne!(token(&one).await?, token(&other).await?);
    }
    assert_eq!(
        token(&machine).await?,
        token(&one.for_scopes([" "])).await?,
        "no scope at all is the set of all that the client has"
    );
    assert_eq!(server.requests(), 4);
    let bodies = server.bodies();
    assert_eq!(bodies[0]["Scopes"], json!(["a/x", "b/y"]));
    assert_eq!(bodies[3].get("Scopes"), None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_hundred_sets_are_kept_and_those_that_somebody_holds() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    let held = machine.for_scopes(["held/scope"]);
    let kept = token(&held).await?;
    let set = |number: usize| machine.for_scopes([format!("api/{number}")]);
    let first = token(&set(0)).await?;
    for number in 1..150 {
        token(&set(number)).await?;
        if number < 90 {
            assert_eq!(token(&set(0)).await?, first, "used again and again");
        }
    }
    let requests = server.requests();
    assert_eq!(token(&held).await?, kept);
    assert_eq!(token(&machine.for_scopes(["held/scope"])).await?, kept);
    for number in 140..150 {
        token(&set(number)).await?;
    }
    assert_eq!(server.requests(), requests);
    token(&set(1)).await?;
    assert_eq!(server.requests(), requests + 1, "the oldest was given up");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn sets_that_nobody_holds_any_more_are_given_up_down_to_a_hundred() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    let set = |number: usize| machine.for_scopes([format!("api/{number}")]);
    let held: Vec<_> = (0..300).map(set).collect();
    for set in &held {
        token(set).await?;
    }
    for set in &held {
        token(set).await?;
    }
    assert_eq!(server.requests(), 300);
    drop(held);
    // Besides this one and that of the machine itself, which is held, 98 are kept.
    token(&set(300)).await?;
    for number in 202..300 {
        token(&set(number)).await?;
    }
    assert_eq!(server.requests(), 301);
    token(&set(201)).await?;
    assert_eq!(server.requests(), 302);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn client_metadata_goes_with_the_request_and_makes_tokens_of_its_own() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine().for_scopes(["orders/read"]);
    let of_tenant = machine
        .clone()
        .client_metadata([("tenant", "a \"b\" & c"), ("ümlaut", "é")]);
    assert_eq!(token(&machine).await?, "token-1");
    assert_eq!(token(&of_tenant).await?, "token-2");
    let bodies = server.bodies();
    assert_eq!(
        bodies[0],
        json!({"ClientId": "client", "Secret": "s3cret", "Scopes": ["orders/read"]})
    );
    assert_eq!(
        bodies[1],
        json!({
            "ClientId": "client",
            "Secret": "s3cret",
            "Scopes": ["orders/read"],
            "ClientMetadata": {"tenant": "a \"b\" & c", "ümlaut": "é"},
        })
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_rotated_secret_is_asked_for_once_and_costs_no_caller_an_error() -> Outcome {
    let server = Server::new([]);
    let asked = Arc::new(AtomicUsize::new(0));
    let provider = Newest(server.clone(), asked.clone());
    let machine = server.machine_as(AppClient::new("client").secret_from(provider));
    assert_eq!(token(&machine).await?, "token-1");
    assert_eq!(asked.load(SeqCst), 1);

    "rotated".clone_into(&mut *lock(&server.0.secret));
    advance(HOUR).await;
    for caller in callers(100, &machine) {
        assert_eq!(caller.await??, "token-2");
    }
    assert_eq!(asked.load(SeqCst), 2);
    assert_eq!(server.requests(), 3, "a token, a refusal, a token");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_told_and_does_not_become_a_storm() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine_as(AppClient::new("client").secret("wrong"));
    for _ in 0..1_000 {
        let error = token(&machine).await.expect_err("wrong");
        assert!(
            matches!(error, ClientTokenError::InvalidClient(_)),
            "{error:?}"
        );
    }
    assert_eq!(server.requests(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_app_client_without_a_secret_sends_nothing() -> Outcome {
    let server = Server::new([]);
    let error = token(&server.machine_as(AppClient::new("client"))).await;
    let Err(ClientTokenError::Misconfigured(error)) = error else {
        return Err("no secret".into());
    };
    let Error::InvalidInput(input) = &*error else {
        return Err(error.into());
    };
    assert_eq!(input.problems()[0].field, "client_secret");
    assert_eq!(server.requests(), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn failures_are_told_apart_without_reading_them() -> Outcome {
    let refusal = |status, code| Act::Refuse(status, code, "words");
    for (act, expected) in [
        (refusal(400, "NotAuthorizedException"), "invalid client"),
        (refusal(400, "ResourceNotFoundException"), "invalid client"),
        (refusal(400, "InvalidParameterException"), "misconfigured"),
        (
            refusal(400, "OperationNotEnabledException"),
            "misconfigured",
        ),
        (refusal(400, "TooManyRequestsException"), "throttled"),
        (refusal(429, "Whatever"), "throttled"),
        (refusal(500, "InternalErrorException"), "unavailable"),
        (refusal(403, "ForbiddenException"), "unavailable"),
        (refusal(400, "NewException"), "unavailable"),
        (Act::Break, "unavailable"),
        (Act::Answer(json!({"ExpiresIn": 5})), "unavailable"),
    ] {
        let server = Server::new([act.clone()]);
        let error = token(&server.machine()).await.expect_err("refused");
        assert_eq!(kind(&error), expected, "{act:?}");
        assert_eq!(error.cause().operation(), Some("GetClientToken"), "{act:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn requests_are_paced_as_what_machines_ask_for() -> Outcome {
    let server = Server::new([]);
    let pacing = Pacing::new().max_waiting(0);
    let client = server.builder().pacing(pacing).build()?;
    let machine = ClientTokens::over_api(client, AppClient::new("client").secret("s3cret"));
    // A fifth of a second's 150 may go at once.
    let mut throttled = 0;
    for number in 0..60 {
        match token(&machine.for_scopes([format!("api/{number}")])).await {
            Ok(_) => {}
            Err(ClientTokenError::Throttled(error)) => {
                assert!(matches!(*error, Error::Pacing { .. }), "{error}");
                throttled += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
    assert_eq!((server.requests(), throttled), (30, 30));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_made_again() -> Outcome {
    let server = Server::new([Act::Break]);
    let client = server.builder().retry_policy(RetryPolicy::default());
    let machine =
        ClientTokens::over_api(client.build()?, AppClient::new("client").secret("s3cret"));
    assert_eq!(token(&machine).await?, "token-1");
    assert_eq!(server.requests(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_that_a_resource_server_refused_is_replaced_once_however_many_say_so() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    let refused = machine.token().await?;
    let waiting: Vec<_> = (0..10_000)
        .map(|_| {
            let (machine, refused) = (machine.clone(), refused.clone());
            tokio::spawn(async move {
                let is_replaced = machine.invalidate(&refused);
                (is_replaced, token(&machine).await)
            })
        })
        .collect();
    for caller in waiting {
        let (is_replaced, token) = caller.await?;
        assert!(is_replaced);
        assert_eq!(token?, "token-2");
    }
    assert_eq!(server.requests(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_resource_server_that_refuses_every_token_costs_one_a_minute() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    for _ in 0..100 {
        let refused = machine.token().await?;
        machine.invalidate(&refused);
    }
    assert_eq!(server.requests(), 2);
    let current = machine.token().await?;
    assert!(!machine.invalidate(&current));
    advance(60 * SECOND).await;
    assert!(machine.invalidate(&current));
    assert_eq!(token(&machine).await?, "token-3");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn any_clone_may_invalidate_a_token_and_spares_the_others() -> Outcome {
    let server = Server::new([]);
    let machine = server.machine();
    let orders = machine.for_scopes(["orders/read"]);
    let stock = machine.for_scopes(["stock/read"]);
    let (of_orders, of_stock) = (orders.token().await?, stock.token().await?);
    assert!(machine.invalidate(&of_orders));
    assert_eq!(token(&orders).await?, "token-3");
    assert_eq!(stock.token().await?, of_stock);
    // Neither an old token nor a foreign one does anything.
    assert!(machine.invalidate(&of_orders));
    assert!(machine.invalidate(&Sensitive::from("foreign")));
    assert_eq!(token(&orders).await?, "token-3");
    assert_eq!(server.requests(), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_invalidated_token_is_not_served_when_there_is_no_new_one() -> Outcome {
    let server = Server::new([Act::Give, Act::Break]);
    let machine = server.machine();
    let refused = machine.token().await?;
    assert!(machine.invalidate(&refused));
    assert!(token(&machine).await.is_err());
    advance(SECOND).await;
    assert_eq!(token(&machine).await?, "token-2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_shown() -> Outcome {
    let server = Server::new([
        Act::Refuse(
            400,
            "InvalidParameterException",
            "Secret s3cret of tenant-7",
        ),
        Act::Give,
    ]);
    let machine = server.machine().client_metadata([("tenant", "tenant-7")]);
    let error = token(&machine).await.expect_err("refused");
    advance(SECOND).await;
    token(&machine).await?;
    let orders = machine.for_scopes(["orders/read"]);
    let shown = format!("{} {machine:?} {orders:#?}", shown(&error));
    assert!(shown.contains("orders/read"), "{shown}");
    for secret in ["s3cret", "tenant-7", "token-1"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    Ok(())
}

#[cfg(feature = "sigv4")]
mod with_credentials {
    use aws_credential_types::provider::{error::CredentialsError, future};
    use cognito_idp::credentials::{Credentials, ProvideCredentials};

    use super::*;

    #[derive(Debug)]
    struct Nothing;

    impl ProvideCredentials for Nothing {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("none here")))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn aws_credentials_sign_where_there_are_some_and_are_not_missed() -> Outcome {
        let server = Server::new([]);
        let app_client = AppClient::new("client").secret("s3cret");
        let credentials = Credentials::new("AKIDEXAMPLE", "key", None, None, "test");
        let with = server.builder().credentials(credentials).build()?;
        token(&ClientTokens::over_api(with, app_client.clone())).await?;
        let without = server.builder().credentials(Nothing).build()?;
        token(&ClientTokens::over_api(without, app_client.clone())).await?;
        token(&ClientTokens::over_api(
            server.builder().build()?,
            app_client,
        ))
        .await?;
        assert_eq!(server.is_signed(), [true, false, false]);
        Ok(())
    }
}

#[cfg(feature = "managed-login")]
mod over_domain {
    use cognito_idp::managed_login::Domain;

    use super::*;

    impl Server {
        fn over_domain(&self) -> ClientTokens {
            self.over_domain_as(AppClient::new("client").secret("s3cret"))
        }

        fn over_domain_as(&self, app_client: AppClient) -> ClientTokens {
            let client = self.builder().build().expect("a client");
            let domain = Domain::prefix("my-app", "eu-central-1").expect("a domain");
            ClientTokens::over_domain(client, app_client, domain)
        }

        fn forms(&self) -> Vec<String> {
            let came = lock(&self.0.came);
            let text = |request: &http::Request<Bytes>| request.body().to_vec();
            let forms = came.iter().map(|one| String::from_utf8(text(one)));
            forms.map(|form| form.expect("text")).collect()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_grant_is_posted_to_the_domain_with_the_scopes_in_order() -> Outcome {
        let server = Server::new([]);
        let machine = server.over_domain();
        assert_eq!(token(&machine).await?, "token-1");
        let orders = machine.for_scopes(["orders/write", "https://api.example.com/read"]);
        assert_eq!(token(&orders).await?, "token-2");
        assert_eq!(
            server.forms(),
            [
                "grant_type=client_credentials",
                "grant_type=client_credentials\
                 &scope=https%3A%2F%2Fapi.example.com%2Fread%20orders%2Fwrite",
            ]
        );
        let came = lock(&server.0.came);
        let [request, _] = &**came else {
            return Err("two requests".into());
        };
        assert_eq!(request.method(), http::Method::POST);
        assert_eq!(
            request.uri(),
            "https://my-app.auth.eu-central-1.amazoncognito.com/oauth2/token"
        );
        assert_eq!(
            request.headers()["authorization"],
            "Basic Y2xpZW50OnMzY3JldA=="
        );
        assert_eq!(
            request.headers()["content-type"],
            "application/x-www-form-urlencoded"
        );
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn client_metadata_is_one_field_of_json_encoded_once() -> Outcome {
        let server = Server::new([]);
        let machine = server
            .over_domain()
            .client_metadata([("tenant", "a&b=\"c\" %20 é")]);
        token(&machine).await?;
        assert_eq!(
            server.forms(),
            ["grant_type=client_credentials&aws_client_metadata=\
              %7B%22tenant%22%3A%22a%26b%3D%5C%22c%5C%22%20%2520%20%C3%A9%22%7D"]
        );
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn ten_thousand_callers_cause_one_request_and_a_renewal_keeps_nobody_waiting() -> Outcome
    {
        let server = Server::new([]);
        server.close_gate();
        let machine = server.over_domain();
        let waiting = callers(10_000, &machine);
        for _ in 0..10 {
            settle().await;
        }
        server.open_gate();
        for caller in waiting {
            assert_eq!(caller.await??, "token-1");
        }
        advance(THREE_QUARTERS).await;
        assert_eq!(token(&machine).await?, "token-1");
        settle().await;
        assert_eq!(token(&machine).await?, "token-2");
        assert_eq!(server.requests(), 2);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn an_invalid_client_with_a_rotated_secret_is_tried_once_more() -> Outcome {
        let server = Server::new([]);
        let asked = Arc::new(AtomicUsize::new(0));
        let provider = Newest(server.clone(), asked.clone());
        let machine = server.over_domain_as(AppClient::new("client").secret_from(provider));
        assert_eq!(token(&machine).await?, "token-1");
        "rotated".clone_into(&mut *lock(&server.0.secret));
        advance(HOUR).await;
        for caller in callers(100, &machine) {
            assert_eq!(caller.await??, "token-2");
        }
        assert_eq!((asked.load(SeqCst), server.requests()), (2, 3));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_told_apart_without_reading_them() -> Outcome {
        let refusal = |status, code| Act::Refuse(status, code, "words");
        for (act, expected) in [
            (refusal(400, "invalid_client"), "invalid client"),
            (refusal(401, "invalid_client"), "invalid client"),
            (refusal(400, "invalid_scope"), "invalid scope"),
            (refusal(400, "invalid_grant"), "misconfigured"),
            (refusal(400, "invalid_request"), "misconfigured"),
            (refusal(400, "unauthorized_client"), "misconfigured"),
            (refusal(400, "unsupported_grant_type"), "misconfigured"),
            (refusal(429, "Rate exceeded"), "throttled"),
            (refusal(429, "temporarily_unavailable"), "throttled"),
            (refusal(503, "temporarily_unavailable"), "unavailable"),
            (refusal(500, "server_error"), "unavailable"),
            (refusal(400, "something_new"), "unavailable"),
            (Act::Break, "unavailable"),
            (Act::Answer(json!({"AccessToken": null})), "unavailable"),
        ] {
            let server = Server::new([act.clone()]);
            let error = token(&server.over_domain()).await.expect_err("refused");
            assert_eq!(kind(&error), expected, "{act:?}");
        }
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_request_and_one_without_an_answer_are_made_again() -> Outcome {
        for act in [Act::Refuse(429, "Rate exceeded", ""), Act::Break] {
            let server = Server::new([act]);
            let client = server.builder().retry_policy(RetryPolicy::default());
            let app_client = AppClient::new("client").secret("s3cret");
            let domain = Domain::custom("auth.example.com")?;
            let machine = ClientTokens::over_domain(client.build()?, app_client, domain);
            assert_eq!(token(&machine).await?, "token-1");
            assert_eq!(server.requests(), 2);
        }
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn both_ways_share_one_quota() -> Outcome {
        let server = Server::new([]);
        let client = server
            .builder()
            .pacing(Pacing::new().max_waiting(0))
            .build()?;
        let app_client = AppClient::new("client").secret("s3cret");
        let domain = Domain::custom("auth.example.com")?;
        let over_api = ClientTokens::over_api(client.clone(), app_client.clone());
        let over_domain = ClientTokens::over_domain(client, app_client, domain);
        for number in 0..15 {
            token(&over_api.for_scopes([format!("api/{number}")])).await?;
            token(&over_domain.for_scopes([format!("api/{number}")])).await?;
        }
        for machine in [over_api, over_domain] {
            let error = token(&machine).await.expect_err("no turn");
            assert_eq!(kind(&error), "throttled");
        }
        assert_eq!(server.requests(), 30);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn an_app_client_without_a_secret_sends_nothing() -> Outcome {
        let server = Server::new([]);
        let error = token(&server.over_domain_as(AppClient::new("client"))).await;
        assert_eq!(kind(&error.expect_err("no secret")), "misconfigured");
        assert_eq!(server.requests(), 0);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn no_secret_is_shown() -> Outcome {
        let words = "Basic Y2xpZW50OnMzY3JldA== of s3cret, tenant-7, %22tenant-7%22";
        let server = Server::new([Act::Refuse(400, "invalid_request", words), Act::Give]);
        let machine = server
            .over_domain()
            .client_metadata([("tenant", "tenant-7")]);
        let error = token(&machine).await.expect_err("refused");
        advance(SECOND).await;
        token(&machine).await?;
        let shown = format!("{} {machine:?}", shown(&error));
        for secret in ["s3cret", "tenant-7", "Y2xpZW50OnMzY3JldA", "token-1"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        Ok(())
    }
}
