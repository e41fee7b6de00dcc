//! Client secrets from a provider: asked once, renewed when Cognito refuses them, and no sign-in lost.
#![cfg(all(feature = "sigv4", feature = "srp"))]

use std::{
    collections::BTreeMap,
    error::Error as StdError,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use cognito_idp::{
    Client, ClientBuilder, CognitoConfig, CognitoService, Error, Sensitive,
    auth::{
        AppClient, AuthOutcome, Challenge, ClientSecretFuture, ProvideClientSecret,
        RememberedDevice, SecretsManagerSecret, SignIn, secret_hash::secret_hash,
    },
    credentials::Credentials,
    error::TransportError,
    service::RegisterUser,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn StdError>>;

const CLIENT: &str = "the-app-client";
const POOL: &str = "eu-central-1_Example";
const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:cognito-AbCdEf";

/// A pool whose app client has secrets that rotate, and the Secrets Manager that keeps the newest.
#[derive(Clone, Debug, Default)]
struct Server(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The secrets that are good, the oldest first; never more than two.
    secrets: Vec<String>,
    /// What Secrets Manager answers instead of the newest secret, if anything.
    kept: Option<(u16, Value)>,
    calls: BTreeMap<String, usize>,
    secret_requests: Vec<http::Request<Bytes>>,
    refused: usize,
    /// Whether devices are unknown, and the secret changes when that comes to light.
    forgets_devices: bool,
}

impl Server {
    fn new() -> Self {
        let server = Self::default();
        server.state().secrets.push("secret-1".to_owned());
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a new secret; of two the older is deleted.
    fn rotate(&self) {
        let mut state = self.state();
        let newest = state.secrets.last().cloned().unwrap_or_default();
        state.secrets.push(format!("{newest}1"));
        if state.secrets.len() > 2 {
            state.secrets.remove(0);
        }
    }

    fn rotate_twice(&self) {
        self.rotate();
        self.rotate();
    }

    fn calls(&self, operation: &str) -> usize {
        self.state().calls.get(operation).copied().unwrap_or(0)
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .region("eu-central-1")
            .credentials(Credentials::new("AKIDEXAMPLE", "key", None, None, "test"))
            .http_client(self.clone())
    }

    fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    fn app_client(&self) -> AppClient {
        let secret = SecretsManagerSecret::new(ARN, self.builder()).expect("an ARN");
        AppClient::new(CLIENT).secret_from(secret)
    }

    fn sign_in(&self) -> SignIn {
        SignIn::public(self.client(), self.app_client()).user_pool_id(POOL)
    }

    fn answer(&self, request: http::Request<Bytes>) -> (u16, Value) {
        let target = request.headers()["x-amz-target"].to_str().expect("text");
        let (service, operation) = target.split_once('.').expect("a target");
        let operation = operation.to_owned();
        let is_of_cognito = service != "secretsmanager";
        let body: Value = serde_json::from_slice(request.body()).expect("JSON");
        let mut state = self.state();
        *state.calls.entry(operation.clone()).or_default() += 1;
        if !is_of_cognito {
            state.secret_requests.push(request);
            return state.secret(&body);
        }
        if !state.accepts(&operation, &body) {
            state.refused += 1;
            let message = format!("Unable to verify secret hash for client {CLIENT}");
            return (
                400,
                json!({"__type": "NotAuthorizedException", "message": message}),
            );
        }
        if state.forgets_devices && body.get("DeviceKey").is_some() {
            state.secrets = vec!["another".to_owned()];
            return (
                400,
                json!({"__type": "ResourceNotFoundException", "message": "Device does not exist."}),
            );
        }
        let tokens = json!({
            "AuthenticationResult": {"AccessToken": "a", "RefreshToken": "r", "ExpiresIn": 3600}
        });
        let answer = match (operation.as_str(), body["AuthFlow"].as_str()) {
            ("InitiateAuth", Some("CUSTOM_AUTH")) => {
                json!({"ChallengeName": "CUSTOM_CHALLENGE", "Session": "s", "ChallengeParameters": {}})
            }
            (
                "InitiateAuth"
                | "AdminInitiateAuth"
                | "RespondToAuthChallenge"
                | "GetTokensFromRefreshToken",
                _,
            ) => tokens,
            ("SignUp", _) => json!({"UserSub": "sub", "UserConfirmed": false}),
            _ => json!({}),
        };
        (200, answer)
    }
}

impl State {
    fn secret(&self, body: &Value) -> (u16, Value) {
        assert_eq!(body, &json!({"SecretId": ARN}));
        let text = json!({
            "userPoolId": POOL,
            "userPoolClientId": CLIENT,
            "clientSecretValue": self.secrets.last(),
        });
        let newest = json!({"ARN": ARN, "SecretString": text.to_string()});
        self.kept.clone().unwrap_or((200, newest))
    }

    /// Whether the request proves one of the secrets.
    fn accepts(&self, operation: &str, body: &Value) -> bool {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (proof, username) = match operation {
            "GetTokensFromRefreshToken" | "RevokeToken" => {
                return self.secrets.contains(&text(&body["ClientSecret"]));
            }
            "InitiateAuth" | "AdminInitiateAuth" => (
                text(&body["AuthParameters"]["SECRET_HASH"]),
                text(&body["AuthParameters"]["USERNAME"]),
            ),
            "RespondToAuthChallenge" => (
                text(&body["ChallengeResponses"]["SECRET_HASH"]),
                text(&body["ChallengeResponses"]["USERNAME"]),
            ),
            _ => (text(&body["SecretHash"]), text(&body["Username"])),
        };
        let hash = |secret: &String| secret_hash(secret, &username, CLIENT).expect("a name");
        self.secrets
            .iter()
            .any(|secret| *hash(secret).expose() == proof)
    }
}

impl HttpClient for Server {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let (status, body) = self.answer(request);
            let mut response = http::Response::new(Bytes::from(body.to_string()));
            *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
            Ok::<_, TransportError>(response)
        })
    }
}

async fn a_hundred_sign_in(sign_in: &SignIn) -> Outcome {
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let sign_in = sign_in.clone();
            tokio::spawn(async move { sign_in.password("alice", "P@ssw0rd!").await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        call.await??;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_hundred_sign_ins_at_once_read_the_secret_once_with_a_signature_of_its_service() -> Outcome
{
    let server = Server::new();
    let sign_in = server.sign_in();
    a_hundred_sign_in(&sign_in).await?;
    assert_eq!(server.calls("InitiateAuth"), 100);
    assert_eq!(server.calls("GetSecretValue"), 1);
    let request = server.state().secret_requests[0].clone();
    assert_eq!(
        request.uri(),
        "https://secretsmanager.eu-west-1.amazonaws.com/"
    );
    let authorization = request.headers()["authorization"].to_str()?;
    assert!(
        authorization.contains("/eu-west-1/secretsmanager/aws4_request"),
        "{authorization}"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn secrets_that_rotate_in_a_login_loop_cost_no_login_and_one_question_each() -> Outcome {
    let server = Server::new();
    let sign_in = server.sign_in();
    for rotations in 0..20 {
        for _ in 0..50 {
            sign_in.password("alice", "P@ssw0rd!").await?;
        }
        // The first rotation leaves the old secret good beside the new one.
        assert!(server.calls("GetSecretValue") <= rotations / 2 + 1);
        server.rotate();
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert!(server.state().refused <= 10);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_burst_that_meets_a_rotation_asks_once_and_all_of_it_signs_in() -> Outcome {
    let server = Server::new();
    let sign_in = server.sign_in();
    sign_in.password("alice", "P@ssw0rd!").await?;
    server.rotate_twice();
    tokio::time::sleep(Duration::from_secs(2)).await;
    a_hundred_sign_in(&sign_in).await?;
    assert_eq!(server.calls("GetSecretValue"), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_call_that_proves_the_client_is_repeated_with_the_newer_secret() -> Outcome {
    let server = Server::new();
    let app_client = server.app_client();
    let sign_in = SignIn::public(server.client(), app_client.clone()).user_pool_id(POOL);
    let service = CognitoService::new(
        CognitoConfig::new(POOL, CLIENT)
            .client_secret_from(SecretsManagerSecret::new(ARN, server.builder())?)
            .client(|_| server.builder()),
    )?;
    service.login("alice", "P@ssw0rd!").await?;
    let rotated = async || {
        server.rotate_twice();
        tokio::time::sleep(Duration::from_secs(2)).await;
    };

    rotated().await;
    service
        .register(RegisterUser::new("alice@example.com", "P@ssw0rd!"))
        .await?;
    let users = service.user_service();
    rotated().await;
    users.confirm_sign_up("alice", "123456").await?;
    rotated().await;
    users.resend_confirmation_code("alice").await?;
    rotated().await;
    service.forgot_password("alice").await?;
    rotated().await;
    service
        .confirm_forgot_password("alice", "123456", "P@ssw0rd!")
        .await?;
    rotated().await;
    service.login("alice", "P@ssw0rd!").await?;

    let AuthOutcome::Challenge(Challenge::CustomChallenge(challenge)) =
        sign_in.custom("alice").await?
    else {
        panic!("a challenge");
    };
    rotated().await;
    // In the middle of a sign-in, too.
    sign_in.respond(challenge.answer("42")).await?;
    rotated().await;
    sign_in.refresh("token").await?;
    rotated().await;
    sign_in.revoke("token").await?;
    assert_eq!(server.state().refused, 9);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_an_unknown_device_spoils_is_repeated_with_the_newer_secret_too() -> Outcome
{
    let server = Server::new();
    let sign_in = server.sign_in();
    sign_in.password("alice", "P@ssw0rd!").await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.state().forgets_devices = true;
    let sign_in = sign_in.with_device(RememberedDevice::key_only("device"));
    sign_in.refresh("token").await?;
    assert_eq!(sign_in.device(), None);
    assert_eq!(server.calls("GetTokensFromRefreshToken"), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_hash_that_stays_wrong_asks_at_most_once_a_second_and_is_told_as_cognito_told_it()
-> Outcome {
    let server = Server::new();
    let sign_in = server.sign_in();
    sign_in.password("alice", "P@ssw0rd!").await?;
    server.state().secrets = vec!["elsewhere".to_owned()];
    let text = json!({
        "userPoolId": POOL, "userPoolClientId": CLIENT, "clientSecretValue": "secret-1",
    });
    server.state().kept = Some((200, json!({"SecretString": text.to_string()})));
    tokio::time::sleep(Duration::from_secs(2)).await;
    for _ in 0..50 {
        let error = sign_in
            .password("alice", "P@ssw0rd!")
            .await
            .expect_err("refused");
        assert_eq!(error.code(), Some(&cognito_idp::ErrorCode::NotAuthorized));
    }
    assert_eq!(server.calls("GetSecretValue"), 2);
    assert_eq!(server.calls("InitiateAuth"), 51);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_no_secret_of_the_client_is_an_error_that_names_its_source_and_shows_nothing() {
    let text = |value: Value| (200, json!({"SecretString": value.to_string()}));
    let of_another = json!({"userPoolClientId": "other", "clientSecretValue": "marker"});
    for (kept, words) in [
        (text(of_another), "belongs to another app client"),
        (text(json!("marker")), "is not JSON with clientSecretValue"),
        (
            text(json!({"userPoolClientId": CLIENT})),
            "is not JSON with clientSecretValue",
        ),
        ((200, json!({"SecretBinary": "bWFya2Vy"})), "keeps no text"),
        (
            (
                400,
                json!({"__type": "ResourceNotFoundException", "Message": "no such secret"}),
            ),
            "secretsmanager.GetSecretValue: ResourceNotFoundException",
        ),
        (
            (400, json!({"__type": "AccessDeniedException"})),
            "secretsmanager.GetSecretValue: AccessDeniedException",
        ),
    ] {
        let server = Server::new();
        server.state().kept = Some(kept);
        let error = server.sign_in().password("alice", "P@ssw0rd!").await;
        let error = error.expect_err(words);
        assert!(matches!(
            error,
            Error::ClientSecret {
                operation: "InitiateAuth",
                ..
            }
        ));
        assert!(!error.outcome_unknown() && !error.is_retryable());
        let shown = format!("{error:?}");
        assert!(shown.contains(words), "{shown}");
        assert!(!shown.contains("marker"), "{shown}");
        assert_eq!(server.calls("InitiateAuth"), 0);
    }
}

/// Fails, hangs, panics or gives something empty, as told.
#[derive(Debug)]
struct Faulty(&'static str, Arc<AtomicUsize>);

impl ProvideClientSecret for Faulty {
    fn provide_client_secret<'a>(&'a self, client_id: &'a str) -> ClientSecretFuture<'a> {
        assert_eq!(client_id, CLIENT);
        self.1.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match self.0 {
                "fails" => Err("the vault is sealed".into()),
                "hangs" => std::future::pending().await,
                "panics" => panic!("a fault of the provider"),
                _ => Ok(Sensitive::from("")),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_hangs_or_panics_ends_the_call_in_its_time_and_nothing_is_sent() {
    for (fault, words) in [
        ("fails", "the vault is sealed"),
        ("hangs", "did not answer in time"),
        ("panics", "panicked"),
        ("gives nothing", "an empty secret"),
    ] {
        let (server, asked) = (Server::new(), Arc::default());
        let client = server
            .builder()
            .operation_timeout(Duration::from_secs(3))
            .build();
        let app_client = AppClient::new(CLIENT).secret_from(Faulty(fault, Arc::clone(&asked)));
        let sign_in = SignIn::public(client.expect("a client"), app_client);
        let began = tokio::time::Instant::now();
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let sign_in = sign_in.clone();
                tokio::spawn(async move { sign_in.password("alice", "P@ssw0rd!").await })
            })
            .collect();
        for call in calls {
            let error = call.await.expect("no panic of ours").expect_err(fault);
            assert!(matches!(error, Error::ClientSecret { .. }), "{error:?}");
            assert!(format!("{error:?}").contains(words), "{error:?}");
        }
        assert!(began.elapsed() <= Duration::from_secs(3), "{fault}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{fault}");
        assert_eq!(server.calls("InitiateAuth"), 0);
    }
}

#[tokio::test]
async fn the_current_app_client_makes_hashes_and_one_with_a_provider_does_not_by_itself() -> Outcome
{
    let server = Server::new();
    let app_client = server.app_client();
    let error = app_client
        .secret_hash("alice")
        .expect_err("the secret is not there");
    assert_eq!(error.problems()[0].field, "client_secret");
    let current = app_client.current(&server.client()).await?;
    let hash = current.secret_hash("alice")?.ok_or("no hash")?;
    assert_eq!(hash, secret_hash("secret-1", "alice", CLIENT)?);
    assert_eq!(app_client.clone(), app_client);
    assert_ne!(current, app_client);
    assert!(!format!("{current:?} {app_client:?}").contains("secret-1"));
    Ok(())
}

#[test]
fn an_arn_that_is_none_is_refused_by_name() {
    for arn in ["", "cognito", "arn:aws:s3:::bucket"] {
        let error = SecretsManagerSecret::new(arn, Client::builder()).expect_err(arn);
        assert_eq!(error.problems()[0].field, "client_secret_arn");
    }
}
