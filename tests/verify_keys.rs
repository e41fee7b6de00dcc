//! Where the keys come from: when they are asked for, how often, and what happens if they do not come.
#![cfg(all(feature = "verify", feature = "fixtures"))]

#[path = "support/fault_server.rs"]
mod fault_server;

use std::{
    error::Error as StdError,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use cognito_idp::{
    error::{TransportError, TransportErrorKind},
    fixture::TestIssuer,
    transport::{HttpClient, HttpFuture},
    verify::{KeysError, TokenUse, TokenVerifier, TrustedPool, VerifierBuilder, VerifyError},
};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn StdError>>;

const POOL: &str = "eu-central-1_Example";
const CLIENT: &str = "app-client-id";
const FIRST: &str = "published-test-key-of-cognito-idp";

fn issuer() -> TestIssuer {
    TestIssuer::new(POOL, CLIENT).expect("a pool ID")
}

/// The published key under other IDs.
fn keys(ids: &[&str]) -> String {
    let document: Value = serde_json::from_str(issuer().jwks_json()).expect("JSON");
    let key = |id: &&str| {
        let mut key = document["keys"][0].clone();
        key["kid"] = json!(id);
        key
    };
    json!({"keys": ids.iter().map(key).collect::<Vec<_>>()}).to_string()
}

/// A good access token that names this key.
fn token(key_id: &str) -> String {
    let good = issuer().issue(&json!({}));
    let payload = good.split('.').nth(1).expect("a payload");
    let payload =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload);
    let claims: Value = serde_json::from_slice(&payload.expect("base64")).expect("JSON");
    issuer().sign_with_header(&json!({"alg": "RS256", "kid": key_id}), &claims)
}

/// Answers requests for keys, and remembers when and where they were asked for.
#[derive(Clone, Debug)]
struct Endpoint {
    answer: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<Vec<(String, tokio::time::Instant)>>>,
    takes: Duration,
}

#[derive(Clone, Debug)]
enum Answer {
    Keys(u16, String),
    Fail(TransportErrorKind),
    Panic,
}

impl Endpoint {
    fn new(key_ids: &[&str]) -> Self {
        Self {
            answer: Arc::new(Mutex::new(Answer::Keys(200, keys(key_ids)))),
            asked: Arc::default(),
            takes: Duration::from_millis(50),
        }
    }

    fn becomes(&self, answer: Answer) {
        *lock(&self.answer) = answer;
    }

    fn serves(&self, key_ids: &[&str]) {
        self.becomes(Answer::Keys(200, keys(key_ids)));
    }

    fn breaks(&self) {
        self.becomes(Answer::Fail(TransportErrorKind::Connect));
    }

    fn asked(&self) -> usize {
        lock(&self.asked).len()
    }

    fn verifier(&self, change: impl FnOnce(VerifierBuilder) -> VerifierBuilder) -> TokenVerifier {
        let pool = TrustedPool::new(POOL).client(CLIENT);
        let builder = TokenVerifier::builder(pool)
            .http_client(self.clone())
            .trust_test_issuer();
        change(builder).build().expect("a verifier")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HttpClient for Endpoint {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let at = tokio::time::Instant::now();
            lock(&self.asked).push((request.uri().to_string(), at));
            tokio::time::sleep(self.takes).await;
            let answer = lock(&self.answer).clone();
            match answer {
                Answer::Keys(status, body) => http::Response::builder()
                    .status(status)
                    .body(Bytes::from(body))
                    .map_err(|_| TransportError::new(TransportErrorKind::InvalidResponse)),
                Answer::Fail(kind) => Err(TransportError::new(kind)),
                Answer::Panic => panic!("as the test wants it"),
            }
        })
    }
}

async fn told(verifier: &TokenVerifier, token: &str) -> String {
    match verifier.verify_access(token).await {
        Ok(_) => "good".to_owned(),
        Err(VerifyError::UnknownKey) => "unknown key".to_owned(),
        Err(VerifyError::KeysUnavailable(error)) => match &*error {
            KeysError::Transport(error) => format!("{:?}", error.kind()),
            KeysError::Status(status) => status.as_str().to_owned(),
            KeysError::Jwks(_) => "no key set".to_owned(),
            KeysError::NotFetched => "not fetched".to_owned(),
            _ => "something new".to_owned(),
        },
        Err(error) => error.to_string(),
    }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn an_explanation_asks_for_keys_as_a_verification_does() {
    let endpoint = Endpoint::new(&[FIRST]);
    let verifier = endpoint.verifier(|builder| builder);
    let explain = async |token: &str| {
        let explanation = verifier.explain(token, TokenUse::Access).await;
        explanation.verdict()
    };
    assert!(explain(&token(FIRST)).await.is_ok());
    assert!(explain(&token(FIRST)).await.is_ok());
    assert_eq!(endpoint.asked(), 1);
    // Within the cool-down nobody is asked for a key that may be made up.
    let unknown = explain(&token("another")).await;
    assert!(
        matches!(unknown, Err(VerifyError::UnknownKey)),
        "{unknown:?}"
    );
    let strange = issuer().issuer("https://evil.example").issue(&json!({}));
    let strange = explain(&strange).await;
    assert!(matches!(strange, Err(VerifyError::Issuer)), "{strange:?}");
    assert_eq!(endpoint.asked(), 1);

    let endpoint = Endpoint::new(&[FIRST]);
    endpoint.breaks();
    let explanation = endpoint.verifier(|builder| builder);
    let explanation = explanation.explain(&token(FIRST), TokenUse::Access).await;
    let verdict = explanation.verdict();
    assert!(
        matches!(verdict, Err(VerifyError::KeysUnavailable(_))),
        "{verdict:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn many_callers_at_once_cause_one_request_for_keys() {
    let endpoint = Endpoint::new(&[FIRST]);
    let verifier = endpoint.verifier(|builder| builder);
    let token = token(FIRST);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            tokio::spawn(async move { told(&verifier, &token).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap_or_default(), "good");
    }
    assert_eq!(endpoint.asked(), 1);
    let (url, _) = lock(&endpoint.asked)[0].clone();
    assert_eq!(
        url,
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example/.well-known/jwks.json"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_break_off_the_request() {
    let endpoint = Endpoint::new(&[FIRST]);
    let verifier = endpoint.verifier(|builder| builder);
    let token = token(FIRST);
    let hasty = tokio::time::timeout(Duration::from_millis(1), verifier.verify_access(&token));
    assert!(hasty.await.is_err());
    assert_eq!(told(&verifier, &token).await, "good");
    assert_eq!(endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_cause_one_request_in_a_cool_down_whatever_comes_of_it() {
    let endpoint = Endpoint::new(&[FIRST]);
    let verifier = endpoint.verifier(|builder| builder);
    let (good, unknown) = (token(FIRST), token("made up"));
    assert_eq!(told(&verifier, &good).await, "good");
    for broken in [false, true, false] {
        if broken {
            endpoint.breaks();
        } else {
            endpoint.serves(&[FIRST]);
        }
        // The first request for keys is that of the good token.
        let before = endpoint.asked();
        pass(10).await;
        for number in 0..1000 {
            let expected = if broken { "Connect" } else { "unknown key" };
            assert_eq!(told(&verifier, &unknown).await, expected, "{number}");
        }
        assert_eq!(endpoint.asked() - before, 1, "{broken}");
        assert_eq!(told(&verifier, &good).await, "good");
        // It counts from the request's beginning.
        tokio::time::sleep(Duration::from_millis(9_900)).await;
        told(&verifier, &unknown).await;
        assert_eq!(endpoint.asked() - before, 1, "{broken}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_request_that_fails_is_repeated_after_the_cool_down_or_by_warming() {
    let endpoint = Endpoint::new(&[FIRST]);
    endpoint.breaks();
    let verifier = endpoint.verifier(|builder| builder);
    let good = token(FIRST);
    for _ in 0..10 {
        assert_eq!(told(&verifier, &good).await, "Connect");
    }
    assert_eq!(endpoint.asked(), 1);
    pass(10).await;
    endpoint.serves(&[FIRST]);
    assert_eq!(told(&verifier, &good).await, "good");
    assert_eq!(endpoint.asked(), 2);

    let second = endpoint.verifier(|builder| builder);
    endpoint.breaks();
    assert_eq!(told(&second, &good).await, "Connect");
    endpoint.serves(&[FIRST]);
    assert!(second.warm().await.is_ok());
    assert_eq!(told(&second, &good).await, "good");
}

#[tokio::test(start_paused = true)]
async fn keys_that_change_are_taken_over_when_a_token_names_a_new_one() {
    let endpoint = Endpoint::new(&[FIRST]);
    let verifier = endpoint.verifier(|builder| builder.cache(100));
    assert_eq!(told(&verifier, &token(FIRST)).await, "good");
    pass(60).await;
    endpoint.serves(&["second"]);
    assert_eq!(told(&verifier, &token("second")).await, "good");
    assert_eq!(endpoint.asked(), 2);
    // What is gone is not trusted any longer, not even from the cache.
    assert_eq!(told(&verifier, &token(FIRST)).await, "unknown key");
    assert_eq!(told(&verifier, &token("second")).await, "good");
}

#[tokio::test(start_paused = true)]
async fn a_cached_token_is_refused_once_its_key_is_gone() {
    let endpoint = Endpoint::new(&[FIRST]);
    let verifier = endpoint.verifier(|builder| builder.cache(100));
    let old = token(FIRST);
    assert_eq!(told(&verifier, &old).await, "good");
    pass(60).await;
    endpoint.serves(&["second"]);
    assert!(verifier.warm().await.is_ok());
    assert_eq!(told(&verifier, &old).await, "unknown key");
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_anew_in_the_background_before_anybody_waits() {
    let mut endpoint = Endpoint::new(&[FIRST]);
    endpoint.takes = Duration::from_secs(2);
    let verifier = endpoint.verifier(|builder| builder);
    let good = token(FIRST);
    assert_eq!(told(&verifier, &good).await, "good");
    // Not as long as they are fresh.
    pass(3_500).await;
    assert_eq!(told(&verifier, &good).await, "good");
    pass(3).await;
    assert_eq!(endpoint.asked(), 1);
    pass(97).await;
    endpoint.serves(&[FIRST, "second"]);
    let before = tokio::time::Instant::now();
    for _ in 0..10 {
        assert_eq!(told(&verifier, &good).await, "good");
    }
    assert_eq!(before.elapsed(), Duration::ZERO);
    pass(3).await;
    assert_eq!(endpoint.asked(), 2);
    let before = tokio::time::Instant::now();
    assert_eq!(told(&verifier, &token("second")).await, "good");
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(endpoint.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn while_the_endpoint_is_down_old_keys_serve_on_until_they_are_too_old() {
    let endpoint = Endpoint::new(&[FIRST]);
    let verifier = endpoint.verifier(|builder| builder.cache(10));
    // Its life is longer than that of the keys.
    let claims = json!({
        "exp": SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() + 1_000_000,
    });
    let good = issuer().issue(&claims);
    assert_eq!(told(&verifier, &good).await, "good");
    endpoint.breaks();
    let hours = 24;
    for hour in 1..hours {
        pass(3600).await;
        assert_eq!(told(&verifier, &good).await, "good", "after {hour} hours");
    }
    pass(3600).await;
    // The one in the cache has ended with its keys.
    assert_eq!(told(&verifier, &good).await, "Connect");
    assert!(endpoint.asked() <= 2 + hours, "{}", endpoint.asked());
    pass(10).await;
    endpoint.serves(&[FIRST]);
    assert_eq!(told(&verifier, &good).await, "good");
}

#[tokio::test(start_paused = true)]
async fn warming_is_content_with_one_issuer_of_each_pool() {
    /// Answers 403 at the newer issuer, as Cognito does before a pool is switched.
    #[derive(Clone, Debug)]
    struct Unswitched(Endpoint, Arc<AtomicUsize>);

    impl HttpClient for Unswitched {
        fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
            if request
                .uri()
                .host()
                .is_some_and(|host| host.starts_with("issuer-"))
            {
                self.1.fetch_add(1, Ordering::SeqCst);
                let mut refusal = http::Response::new(Bytes::new());
                *refusal.status_mut() = http::StatusCode::FORBIDDEN;
                return Box::pin(async { Ok(refusal) });
            }
            self.0.call(request)
        }
    }

    let client = Unswitched(Endpoint::new(&[FIRST]), Arc::default());
    let verifier = client
        .0
        .verifier(|builder| builder.http_client(client.clone()));
    assert!(verifier.warm().await.is_ok());
    assert_eq!(client.1.load(Ordering::SeqCst), 1);
    assert_eq!(told(&verifier, &token(FIRST)).await, "good");
    assert_eq!(client.0.asked(), 1);
    client.0.breaks();
    let error = verifier.warm().await.expect_err("neither issuer answers");
    assert_eq!(
        error.suggested_status(),
        http::StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test(start_paused = true)]
async fn the_issuer_of_a_token_decides_which_keys_count_and_never_where_they_come_from() {
    let endpoint = Endpoint::new(&[FIRST]);
    let verifier = endpoint.verifier(|builder| builder);
    for issuer_url in ["https://evil.example", "http://169.254.169.254/latest", ""] {
        let token = issuer().issue(&json!({"iss": issuer_url}));
        assert_eq!(
            told(&verifier, &token).await,
            "the token is of another issuer"
        );
    }
    let jku = json!({"alg": "RS256", "kid": FIRST, "jku": "https://evil.example/keys", "jwk": {}});
    told(
        &verifier,
        &issuer().sign_with_header(&jku, &json!({"iss": "https://evil.example"})),
    )
    .await;
    assert_eq!(endpoint.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_panics_is_an_error_for_all_and_not_for_ever() {
    let endpoint = Endpoint::new(&[FIRST]);
    endpoint.becomes(Answer::Panic);
    let verifier = endpoint.verifier(|builder| builder);
    let good = token(FIRST);
    assert_eq!(told(&verifier, &good).await, "not fetched");
    endpoint.serves(&[FIRST]);
    pass(10).await;
    assert_eq!(told(&verifier, &good).await, "good");
}

#[tokio::test(start_paused = true)]
async fn without_io_only_keys_at_hand_count() {
    let endpoint = Endpoint::new(&[FIRST]);
    let verifier = endpoint.verifier(|builder| builder);
    let good = token(FIRST);
    let now = SystemTime::now();
    let error = verifier
        .verify_access_at(&good, now)
        .expect_err("no keys yet");
    assert!(matches!(error, VerifyError::KeysUnavailable(_)), "{error}");
    assert_eq!(endpoint.asked(), 0);
    assert!(verifier.warm().await.is_ok());
    assert!(verifier.verify_access_at(&good, now).is_ok());
    let error = verifier
        .verify_access_at(&token("other"), now)
        .expect_err("no such key");
    assert!(matches!(error, VerifyError::UnknownKey), "{error}");
}

#[cfg(any(feature = "reqwest", feature = "hyper"))]
mod over_sockets {
    use std::time::Instant;

    use crate::fault_server::{Action, FaultServer, answer};

    use super::*;

    fn verifier(server: &FaultServer) -> TokenVerifier {
        let pool = TrustedPool::new(POOL).client(CLIENT);
        let pool = pool.keys_url(format!("{}/keys", server.url()));
        TokenVerifier::builder(pool)
            .trust_test_issuer()
            .fetch_timeout(Duration::from_millis(500))
            .cool_down(Duration::from_millis(200))
            .build()
            .expect("a verifier")
    }

    fn ok(body: &str) -> Vec<u8> {
        answer("200 OK", &[("content-type", "application/json")], body)
    }

    #[tokio::test]
    async fn no_server_can_make_a_verifier_wait_for_long_or_take_its_keys() -> Outcome {
        let endless = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        let huge = format!("{}{}", keys(&[FIRST]), " ".repeat(70_000));
        let evil = answer("302 Found", &[("location", "http://127.0.0.1:9/keys")], "");
        let good = token(FIRST);
        for (name, action, expected) in [
            (
                "closed unread",
                Action::CloseUnread,
                &["Connect", "Interrupted"][..],
            ),
            ("closed", Action::Close, &["Connect", "Interrupted"]),
            ("silent", Action::Stall(Vec::new()), &["Timeout"]),
            (
                "half-way silent",
                Action::Stall(ok(&keys(&[FIRST]))[..90].to_vec()),
                &["Timeout"],
            ),
            (
                "drop by drop",
                Action::Drip(ok(&keys(&[FIRST])), Duration::from_millis(20)),
                &["Timeout"],
            ),
            (
                "endless",
                Action::Endless(endless.into(), chunk.into()),
                &["ResponseTooLarge", "Timeout"],
            ),
            ("huge", Action::Write(ok(&huge)), &["ResponseTooLarge"]),
            (
                "not HTTP",
                Action::Write(b"SSH-2.0-x\r\n".to_vec()),
                &["InvalidResponse"],
            ),
            ("redirected", Action::Write(evil), &["302"]),
            (
                "forbidden",
                Action::Write(answer("403 Forbidden", &[], "")),
                &["403"],
            ),
            (
                "failing",
                Action::Write(answer("500 Oops", &[], keys(&[FIRST]))),
                &["500"],
            ),
            (
                "no content",
                Action::Write(answer("204 No Content", &[], "")),
                &["204"],
            ),
            ("empty", Action::Write(ok("")), &["no key set"]),
            ("a page", Action::Write(ok("<html>")), &["no key set"]),
            (
                "no keys",
                Action::Write(ok("{\"keys\": []}")),
                &["no key set"],
            ),
            (
                "two of one",
                Action::Write(ok(&keys(&[FIRST, FIRST]))),
                &["no key set"],
            ),
        ] {
            let server = FaultServer::always(action).await?;
            let verifier = verifier(&server);
            let began = Instant::now();
            let told = told(&verifier, &good).await;
            assert!(expected.contains(&told.as_str()), "{name}: {told}");
            assert!(began.elapsed() < Duration::from_secs(3), "{name}");
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn ten_thousand_verifications_in_an_outage_are_right_with_one_request_in_a_cool_down()
    -> Outcome {
        let server = FaultServer::scripted(|number, _| match number {
            0 => Action::WriteAndKeep(ok(&keys(&[FIRST]))),
            number if number % 3 == 0 => Action::Close,
            number if number % 3 == 1 => Action::Write(answer("503 Busy", &[], "")),
            _ => Action::Stall(Vec::new()),
        })
        .await?;
        let verifier = verifier(&server);
        verifier.warm().await?;
        let began = Instant::now();
        let good = token(FIRST);
        let unknown = token("made up");
        let forged = {
            let (signed, _) = good.rsplit_once('.').ok_or("a token")?;
            let (_, signature) = unknown.rsplit_once('.').ok_or("a token")?;
            format!("{signed}.{signature}")
        };
        let mut callers = Vec::new();
        for _ in 0..8 {
            let (verifier, good) = (verifier.clone(), good.clone());
            let (unknown, forged) = (unknown.clone(), forged.clone());
            callers.push(tokio::spawn(async move {
                let mut wrong = Vec::new();
                for number in 0..1250 {
                    let (token, is_right): (_, fn(&str) -> bool) = match number % 10 {
                        0 => (&unknown, |told| {
                            ["Connect", "Interrupted", "503", "Timeout", "unknown key"]
                                .contains(&told)
                        }),
                        1 => (&forged, |told| told.starts_with("the signature")),
                        _ => (&good, |told| told == "good"),
                    };
                    let told = told(&verifier, token).await;
                    if !is_right(&told) {
                        wrong.push(told);
                    }
                }
                wrong
            }));
        }
        for caller in callers {
            assert_eq!(caller.await?, Vec::<String>::new());
        }
        let cool_downs = began.elapsed().as_millis() / 200 + 1;
        // The first is that of warming.
        let asked = server.arrived() - 1;
        assert!(
            asked >= 1 && asked as u128 <= cool_downs,
            "{asked} in {cool_downs} cool-downs"
        );
        Ok(())
    }

    #[tokio::test]
    async fn keys_come_back_after_an_outage() -> Outcome {
        let server = FaultServer::scripted(|number, _| match number {
            0 | 1 => Action::Close,
            _ => Action::WriteAndKeep(ok(&keys(&[FIRST]))),
        })
        .await?;
        let verifier = verifier(&server);
        let good = token(FIRST);
        let mut told_before = Vec::new();
        loop {
            let told = told(&verifier, &good).await;
            if told == "good" {
                break;
            }
            told_before.push(told);
            assert!(told_before.len() < 1000);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!told_before.is_empty());
        assert_eq!(server.arrived(), 3);
        Ok(())
    }
}
