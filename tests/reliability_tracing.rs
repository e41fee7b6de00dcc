//! What a subscriber sees of a call: the named fields, and no secret at any level.
#![cfg(all(feature = "tracing", feature = "sigv4", feature = "hyper"))]

#[path = "support/fault_server.rs"]
mod fault_server;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_credential_types::provider::{error::CredentialsError, future};
use cognito_idp::{
    Client,
    auth::{AppClient, ClientTokens, RefreshError, SignIn, TokenSource, Tokens},
    credentials::{Credentials, ProvideCredentials},
    operation::{
        auth::{AdminInitiateAuthRequest, AuthFlowType},
        sign_up::SignUpRequest,
        users::GetUserRequest,
    },
    pacing::{Pacing, QuotaCategory},
    retry::RetryPolicy,
    transport::HyperClient,
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use self::fault_server::{Action, FaultServer, answer, ok};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Keeps everything that anybody says, at every level.
#[derive(Clone, Default)]
struct Captured {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    next_id: AtomicU64,
    text: Mutex<String>,
    spans: Mutex<BTreeMap<u64, BTreeMap<String, String>>>,
    /// Those of this crate.
    events: Mutex<Vec<(Level, BTreeMap<String, String>)>>,
}

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Captured {
    fn keep(&self, name: &str, fields: &BTreeMap<String, String>) {
        let line = format!("{name} {fields:?}\n");
        lock(&self.shared.text).push_str(&line);
    }

    fn text(&self) -> String {
        lock(&self.shared.text).clone()
    }

    /// The fields of the spans of this name, in the order in which they began.
    fn spans(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let spans = lock(&self.shared.spans);
        let named = spans.values().filter(|fields| fields["span"] == name);
        named.cloned().collect()
    }

    /// The events so far, each as its level and then its fields in the order of their names.
    fn events(&self) -> Vec<String> {
        let events = lock(&self.shared.events);
        let told = events.iter().map(|(level, fields)| {
            let fields = fields
                .iter()
                .map(|(name, value)| format!(" {name}={value}"));
            format!("{level}{}", fields.collect::<String>())
        });
        told.collect()
    }
}

impl Subscriber for Captured {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let id = self.shared.next_id.fetch_add(1, Ordering::SeqCst) + 1;
        let mut fields = BTreeMap::new();
        attributes.record(&mut Fields(&mut fields));
        let name = attributes.metadata().name();
        fields.insert("span".to_owned(), name.to_owned());
        self.keep(name, &fields);
        lock(&self.shared.spans).insert(id, fields);
        span::Id::from_u64(id)
    }

    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        let mut spans = lock(&self.shared.spans);
        let fields = spans.entry(id.into_u64()).or_default();
        values.record(&mut Fields(fields));
        self.keep("record", fields);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        let metadata = event.metadata();
        self.keep(metadata.target(), &fields);
        if metadata.target() == "cognito_idp" {
            lock(&self.shared.events).push((*metadata.level(), fields));
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl log::Log for Captured {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{}: {}\n", record.target(), record.args());
        lock(&self.shared.text).push_str(&line);
    }

    fn flush(&self) {}
}

fn client(url: &str, session_token: &str) -> Result<Client, Box<dyn std::error::Error>> {
    let token = Some(session_token.to_owned());
    let keys = Credentials::new("AKIDMARKER", "marker-secret-key", token, None, "test");
    let http = HyperClient::new()?;
    Ok(Client::builder()
        .region("eu-central-1")
        .endpoint_url(url)
        .credentials(keys)
        .http_client(http)
        .retry_policy(without_waits())
        .build()?)
}

fn without_waits() -> RetryPolicy {
    RetryPolicy::default()
        .base_delay(Duration::ZERO)
        .throttling_base_delay(Duration::ZERO)
}

fn tokens() -> serde_json::Result<Tokens> {
    serde_json::from_value(serde_json::json!({
        "access_token": "marker-old",
        "refresh_token": "marker-refresh",
        "expires_in": {"secs": 3600, "nanos": 0},
        "expires_at": 0,
        "token_type": "Bearer",
    }))
}

/// A server that answers one request after the other so, and the last ones of them all the same.
async fn answering<const N: usize>(
    answers: [(&'static str, &'static str); N],
) -> std::io::Result<FaultServer> {
    FaultServer::scripted(move |number, _| {
        let (status, body) = answers[number.min(N - 1)];
        Action::WriteAndKeep(answer(status, &[], body))
    })
    .await
}

const OOPS: (&str, &str) = ("500 Oops", r#"{"__type":"InternalErrorException"}"#);
const TOO_MANY: (&str, &str) = ("400 Bad", r#"{"__type":"TooManyRequestsException"}"#);
const REFUSED: (&str, &str) = (
    "400 Bad",
    r#"{"__type":"NotAuthorizedException","message":"marker"}"#,
);
const ALICE: (&str, &str) = ("200 OK", r#"{"Username":"alice"}"#);

#[tokio::test]
async fn a_span_for_the_operation_and_one_for_each_attempt_say_what_happened() -> Outcome {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.clone());
    let id = "11111111-2222-3333-4444-555555555555";
    let server = FaultServer::scripted(move |number, _| {
        let headers = [("x-amzn-requestid", id)];
        Action::WriteAndKeep(match number {
            0 => answer(
                "500 Oops",
                &headers,
                r#"{"__type":"InternalErrorException"}"#,
            ),
            1 => answer("200 OK", &headers, r#"{"Username":"alice"}"#),
            _ => answer(
                "400 Bad",
                &headers,
                r#"{"__type":"NotAuthorizedException"}"#,
            ),
        })
    })
    .await?;
    let client = client(&server.url(), "token")?;
    client.send(&GetUserRequest::new("token")).await?;
    assert!(client.send(&GetUserRequest::new("token")).await.is_err());

    let field = |fields: &BTreeMap<String, String>, name: &str| {
        let value = fields
            .get(name)
            .map(|value| value.trim_matches('"').to_owned());
        value.unwrap_or_default()
    };
    let operations = captured.spans("operation");
    assert_eq!(operations.len(), 2);
    assert_eq!(field(&operations[0], "operation"), "GetUser");
    assert!(field(&operations[0], "region").contains("eu-central-1"));
    assert_eq!(field(&operations[0], "attempts"), "2");
    assert_eq!(field(&operations[0], "status"), "200");
    assert_eq!(field(&operations[0], "request_id"), id);
    assert!(operations[0].contains_key("latency_ms"));
    assert_eq!(field(&operations[1], "code"), "NotAuthorizedException");
    assert_eq!(field(&operations[1], "attempts"), "1");

    let attempts = captured.spans("attempt");
    assert_eq!(attempts.len(), 3);
    for (fields, (attempt, status, code)) in attempts.iter().zip([
        ("1", "500", "InternalErrorException"),
        ("2", "200", ""),
        ("1", "400", "NotAuthorizedException"),
    ]) {
        assert_eq!(field(fields, "attempt"), attempt);
        assert_eq!(field(fields, "status"), status);
        assert_eq!(field(fields, "code"), code);
        assert_eq!(field(fields, "request_id"), id);
        assert!(fields.contains_key("latency_ms"));
    }
    Ok(())
}

#[tokio::test]
async fn each_retry_and_each_throttled_attempt_is_told_and_nothing_else() -> Outcome {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.clone());
    // A call that fails for good, one at the second attempt, and one that is throttled to the end.
    let answers = [REFUSED, OOPS, ALICE, TOO_MANY];
    let server = answering(answers).await?;
    let client = client(&server.url(), "token")?;
    let request = GetUserRequest::new("token");
    assert!(client.send(&request).await.is_err());
    assert_eq!(captured.events(), [""; 0]);

    client.send(&request).await?;
    let retry = "INFO attempt=1 code=InternalErrorException message=trying again \
                 operation=GetUser reason=transient wait_ms=0";
    assert_eq!(captured.events(), [retry]);

    assert!(client.send(&request).await.is_err());
    let throttle = |attempt: u32| {
        format!(
            "WARN attempt={attempt} code=TooManyRequestsException message=throttled operation=GetUser"
        )
    };
    let retry = |attempt: u32| {
        format!(
            "INFO attempt={attempt} code=TooManyRequestsException message=trying again \
             operation=GetUser reason=throttling wait_ms=0"
        )
    };
    assert_eq!(
        captured.events()[1..],
        [throttle(1), retry(1), throttle(2), retry(2), throttle(3)]
    );
    Ok(())
}

#[tokio::test]
async fn a_call_that_waited_for_its_turn_is_told_and_one_that_had_it_at_once_is_not() -> Outcome {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.clone());
    let server = answering([ALICE]).await?;
    let client = Client::builder()
        .region("eu-central-1")
        .endpoint_url(server.url())
        .http_client(HyperClient::new()?)
        // One at once, the next after a fifth of a second.
        .pacing(Pacing::new().limit(QuotaCategory::UserRead, 5.0))
        .build()?;
    client.send(&GetUserRequest::new("token")).await?;
    assert_eq!(captured.events(), [""; 0]);
    client.send(&GetUserRequest::new("token")).await?;
    let events = captured.events();
    let told = "DEBUG category=UserRead message=waited for a turn operation=GetUser wait_ms=";
    assert_eq!(events.len(), 1, "{events:?}");
    let wait = events[0].strip_prefix(told).ok_or("another event")?;
    assert!((100..5_000).contains(&wait.parse::<u32>()?), "{wait}");
    Ok(())
}

#[tokio::test]
async fn what_could_not_be_refreshed_is_told_with_the_code_and_without_the_text() -> Outcome {
    #[derive(Debug)]
    struct Down;

    impl ProvideCredentials for Down {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let error = CredentialsError::provider_error("marker");
            future::ProvideCredentials::ready(Err(error))
        }
    }

    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.clone());
    let server = answering([OOPS, REFUSED]).await?;
    let client = Client::builder()
        .region("eu-central-1")
        .endpoint_url(server.url())
        .http_client(HyperClient::new()?)
        .retry_policy(RetryPolicy::never())
        .credentials(Down)
        .build()?;
    // The one while the old tokens stay good, and the one that ends the session.
    let sign_in = SignIn::public(client.clone(), AppClient::new("app"));
    let source = TokenSource::new(sign_in, tokens()?);
    assert!(source.refresh_now().await.is_err());
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let ended = source.refresh_now().await;
    assert!(
        matches!(ended, Err(RefreshError::SignedOut(_))),
        "{ended:?}"
    );

    // Sent without a signature for want of credentials, and refused.
    let app_client = AppClient::new("app").secret("marker-secret");
    let machine = ClientTokens::over_api(client, app_client);
    assert!(machine.token().await.is_err());

    let told = |what: &str, code: &str| {
        format!("WARN code={code} message=could not be refreshed what={what}")
    };
    assert_eq!(
        captured.events(),
        [
            told("tokens", "InternalErrorException"),
            told("tokens", "NotAuthorizedException"),
            told("credentials", "none"),
            told("client token", "NotAuthorizedException"),
        ]
    );
    assert!(!captured.text().contains("marker"), "{}", captured.text());
    Ok(())
}

#[tokio::test]
async fn tokens_that_could_not_be_stored_are_told_each_time_and_not_shown() -> Outcome {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.clone());
    let server = FaultServer::scripted(|_, _| {
        Action::WriteAndKeep(ok(
            r#"{"AuthenticationResult":{"AccessToken":"marker-access","ExpiresIn":3600}}"#,
        ))
    })
    .await?;
    let sign_in = SignIn::public(client(&server.url(), "token")?, AppClient::new("app"));
    let failures = AtomicU64::new(0);
    let source = TokenSource::new(sign_in, tokens()?).on_refresh(move |_| {
        let is_up = failures.fetch_add(1, Ordering::SeqCst) >= 2;
        std::future::ready(if is_up { Ok(()) } else { Err("marker-cause") })
    });
    source.refresh_now().await?;
    source.flush().await?;
    let text = captured.text();
    let told = text
        .lines()
        .filter(|line| line.contains("could not be stored"));
    let attempts: Vec<_> = told
        .map(|line| line.contains(r#""attempt": "2""#))
        .collect();
    assert_eq!(attempts, [false, true]);
    assert!(!text.contains("marker"), "{text}");
    Ok(())
}

#[tokio::test]
async fn no_secret_is_logged_at_any_level_by_us_or_by_what_we_stand_on() -> Outcome {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.clone());
    log::set_boxed_logger(Box::new(captured.clone()))?;
    log::set_max_level(log::LevelFilter::Trace);

    // A server that echoes everything it can wherever it can.
    let server = FaultServer::scripted(|number, request| {
        let quoted = serde_json::json!({ "message": request.body, "__type": "marker.type" });
        let headers = [
            ("x-amzn-requestid", "marker-password"),
            ("location", "https://marker.token/"),
        ];
        Action::WriteAndKeep(match number % 6 {
            0 => answer("400 Bad", &headers, quoted.to_string()),
            1 => answer("307 Temporary", &headers, ""),
            2 => ok(r#"{"UserSub":"marker-sub""#),
            3 => answer("500 Oops", &headers, quoted.to_string()),
            4 => answer("429 Slow", &headers, quoted.to_string()),
            _ => answer(
                "200 OK",
                &headers,
                r#"{"UserSub":"marker-sub","UserConfirmed":true}"#,
            ),
        })
    })
    .await?;
    let client = client(&server.url(), "marker-session-token")?;
    let sign_up = SignUpRequest::new("marker-client", "marker-user").password("marker-password");
    let sign_in = AdminInitiateAuthRequest::new(
        "eu-central-1_example",
        "marker-client",
        AuthFlowType::UserPasswordAuth,
    )
    .auth_parameters([("USERNAME", "marker-user"), ("PASSWORD", "marker-password")]);
    for _ in 0..6 {
        let _ = client.send(&sign_up).await;
        let _ = client.send(&sign_in).await;
        let _ = client.send(&GetUserRequest::new("marker.token")).await;
    }
    let text = captured.text();
    for event in ["operation", "trying again", "throttled"] {
        assert!(text.contains(event), "no {event} was captured");
    }
    let without_type = text.replace("marker.type", "");
    let line = without_type
        .lines()
        .find(|line| line.to_lowercase().contains("marker"));
    assert_eq!(line, None);
    Ok(())
}
