//! Client secrets that rotate, read from MiniStack's Secrets Manager, which checks signatures.
//!
//! Run it with `tests/live/servers.sh cargo test --all-features --test live_client_secrets`.
//!
//! MiniStack cannot change the secret of an app client. So [`RotatedClient`] stands before its
//! sign-in and does that part of Cognito: it takes the hashes of the secrets that are good now, at
//! most two, refuses others in Cognito's words, and passes on what is right with the hash of the
//! secret that MiniStack knows. The call may be changed on its way, because it is not signed.
#![allow(clippy::doc_markdown, reason = "MiniStack is a name, not an item")]
#![cfg(all(feature = "hyper", feature = "credentials"))]

mod live;

use std::{
    process::Command,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use cognito_idp::{
    Client, ClientBuilder, Error, Sensitive,
    auth::{
        AppClient, AuthOutcome, ProvideClientSecret as _, SecretsManagerSecret, SignIn,
        secret_hash::secret_hash,
    },
    credentials::Credentials,
    operation::{passwords::AdminSetUserPasswordRequest, users::AdminCreateUserRequest},
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};

use crate::live::{Outcome, PASSWORD, Pool, REGION, Server, Wire, unique};

/// Longer than a secret that was just read is taken for the newest.
const BETWEEN_ROTATIONS: Duration = Duration::from_millis(1500);

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn secrets_that_rotate_in_a_login_loop_lose_no_login() -> Outcome {
    const ROTATIONS: usize = 6;
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("rotation").await?;
    let alice = user(&server, &pool).await?;
    let cognito = RotatedClient::new(&server, &pool);
    let secret = PublishedSecret::create(&server, &pool, &cognito.newest()).await?;

    let provider = SecretsManagerSecret::new(&secret.arn, secrets_manager(&server)?)?;
    let app = AppClient::new(pool.app.id()).secret_from(provider);
    let client = Client::builder()
        .region(REGION)
        .endpoint_url(url()?)
        .http_client(cognito.clone())
        .build()?;
    let sign_in = SignIn::public(client, app);

    let (done, logins) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let loops: Vec<_> = (0..4)
        .map(|_| {
            let (sign_in, alice) = (sign_in.clone(), alice.clone());
            let (done, logins) = (done.clone(), logins.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::SeqCst) {
                    let outcome = sign_in.password(&alice, PASSWORD).await?;
                    assert!(matches!(outcome, AuthOutcome::Tokens(_)), "{outcome:?}");
                    logins.fetch_add(1, Ordering::SeqCst);
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for _ in 0..ROTATIONS {
        tokio::time::sleep(BETWEEN_ROTATIONS).await;
        let before = logins.load(Ordering::SeqCst);
        secret.publish(&server, &cognito.rotate()).await?;
        assert!(before > 0, "no login between two rotations");
    }
    tokio::time::sleep(BETWEEN_ROTATIONS).await;
    done.store(true, Ordering::SeqCst);
    for logins in loops {
        logins.await??;
    }

    let refused = cognito.state().refused;
    assert!(refused > 0, "no login met a rotation");
    let logins = logins.load(Ordering::SeqCst);
    let answers = server.wire.answers().clone();
    assert_eq!(answers["InitiateAuth"].successes, logins);
    assert_eq!(answers["InitiateAuth"].errors, 0);
    // A secret is good until the second rotation after it, and is then asked for by one of all.
    let asked = answers["GetSecretValue"];
    let most = 1 + ROTATIONS;
    assert!(
        (1 + ROTATIONS / 2..=most).contains(&asked.successes),
        "{asked:?}"
    );
    assert_eq!(asked.errors, 0);
    secret.delete(&server).await?;
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn keys_that_may_not_read_the_secret_are_told_and_nobody_is_signed_in() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("secret").await?;
    let secret = PublishedSecret::create(&server, &pool, &pool.secret).await?;
    let key_id = server.credentials().access_key_id();
    let wrong = Credentials::new(key_id, "wrong", None, None, "live tests");
    let provider = secrets_manager(&server)?.credentials(wrong);
    let provider = SecretsManagerSecret::new(&secret.arn, provider)?;
    let app = AppClient::new(pool.app.id()).secret_from(provider);
    let sign_in = SignIn::public(server.client_without_credentials()?, app);

    let error = sign_in.password("alice", PASSWORD).await;
    let error = error.err().ok_or("signed in without a secret")?;
    assert!(matches!(error, Error::ClientSecret { .. }), "{error:?}");
    let error = format!("{error:?}");
    assert!(error.contains("InvalidSignatureException"), "{error}");
    assert!(!error.contains(&pool.secret));
    assert!(!server.wire.answers().contains_key("InitiateAuth"));
    secret.delete(&server).await?;
    server.delete(pool).await
}

/// The environment says where Secrets Manager is, so the test runs itself once more with another.
#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn the_environment_names_the_endpoint_and_the_keys() -> Outcome {
    const NAME: &str = "the_environment_names_the_endpoint_and_the_keys";
    const ARN: &str = "COGNITO_LIVE_SECRET_ARN";
    const CLIENT: &str = "COGNITO_LIVE_SECRET_CLIENT";
    const KEPT: &str = "COGNITO_LIVE_SECRET_KEPT";
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    if let Ok(arn) = std::env::var(ARN) {
        let provider = SecretsManagerSecret::from_env(arn)?;
        let client = std::env::var(CLIENT)?;
        let secret = provider.provide_client_secret(&client).await;
        let secret = secret.map_err(|error| format!("{error:?}"))?;
        assert_eq!(secret, Sensitive::from(std::env::var(KEPT)?));
        return Ok(());
    }

    let pool = server.pool("environment").await?;
    let secret = PublishedSecret::create(&server, &pool, &pool.secret).await?;
    let (url, nowhere) = (url()?, "http://127.0.0.1:9".to_owned());
    for (of_service, of_all) in [(&url, &nowhere), (&String::new(), &url)] {
        let again = Command::new(std::env::current_exe()?)
            .args(["--exact", NAME, "--include-ignored"])
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", of_service)
            .env("AWS_ENDPOINT_URL", of_all)
            .env("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &nowhere)
            .env("AWS_ACCESS_KEY_ID", server.credentials().access_key_id())
            .env(
                "AWS_SECRET_ACCESS_KEY",
                server.credentials().secret_access_key(),
            )
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_REGION")
            .env_remove("AWS_DEFAULT_REGION")
            .env_remove("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .env(ARN, &secret.arn)
            .env(CLIENT, pool.app.id().expose())
            .env(KEPT, &pool.secret)
            .output()?;
        let said = String::from_utf8_lossy(&again.stdout);
        assert!(
            again.status.success() && said.contains("1 passed"),
            "{said}"
        );
    }
    secret.delete(&server).await?;
    server.delete(pool).await
}

/// An app client whose secrets rotate, before the sign-in of a server whose secret is fixed.
#[derive(Clone, Debug)]
struct RotatedClient {
    wire: Wire,
    client_id: String,
    real: AppClient,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// The secrets that are good, the oldest first; never more than two.
    good: Vec<String>,
    refused: usize,
}

impl RotatedClient {
    fn new(server: &Server, pool: &Pool) -> Self {
        let state = State {
            good: vec![unique("secret")],
            refused: 0,
        };
        Self {
            wire: server.wire.clone(),
            client_id: pool.app.id().expose().clone(),
            real: pool.app.clone(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self) -> String {
        self.state().good.last().cloned().unwrap_or_default()
    }

    /// Makes a new secret and gives it; of two the older is good no more.
    fn rotate(&self) -> String {
        let secret = unique("secret");
        let mut state = self.state();
        state.good.push(secret.clone());
        if state.good.len() > 2 {
            state.good.remove(0);
        }
        secret
    }

    /// The request with the hash that the server behind accepts; `None` where the hash is wrong.
    fn pass_on(&self, request: &http::Request<Bytes>) -> Option<http::Request<Bytes>> {
        let target = request.headers().get("x-amz-target")?.to_str().ok()?;
        assert_eq!(target.split('.').next_back(), Some("InitiateAuth"));
        let mut body: Value = serde_json::from_slice(request.body()).ok()?;
        let parameters = &mut body["AuthParameters"];
        let username = parameters["USERNAME"].as_str()?;
        let hash = parameters["SECRET_HASH"].as_str()?;
        let fits = |secret: &String| {
            secret_hash(secret, username, &self.client_id).is_ok_and(|good| good.expose() == hash)
        };
        if !self.state().good.iter().any(fits) {
            return None;
        }
        let real = self.real.secret_hash(username).ok()??;
        parameters["SECRET_HASH"] = Value::from(real.expose().as_str());
        let mut request = request.clone();
        *request.body_mut() = Bytes::from(body.to_string());
        Some(request)
    }

    fn refusal(&self) -> http::Response<Bytes> {
        self.state().refused += 1;
        let message = format!("Unable to verify secret hash for client {}", self.client_id);
        let body = json!({"__type": "NotAuthorizedException", "message": message});
        let mut response = http::Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = http::StatusCode::BAD_REQUEST;
        response
    }
}

impl HttpClient for RotatedClient {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            match self.pass_on(&request) {
                Some(request) => self.wire.call(request).await,
                None => Ok(self.refusal()),
            }
        })
    }
}

/// A client secret in Secrets Manager, written as Cognito writes it.
#[derive(Debug)]
struct PublishedSecret {
    arn: String,
    pool_id: String,
    client_id: String,
}

impl PublishedSecret {
    async fn create(server: &Server, pool: &Pool, secret: &str) -> Outcome<Self> {
        let mut published = Self {
            arn: String::new(),
            pool_id: pool.id.clone(),
            client_id: pool.app.id().expose().clone(),
        };
        let create = json!({"Name": unique("cognito"), "SecretString": published.text(secret)});
        let created = ask_secrets_manager(server, "CreateSecret", &create).await?;
        let arn = created["ARN"].as_str().ok_or("no ARN")?;
        arn.clone_into(&mut published.arn);
        Ok(published)
    }

    async fn publish(&self, server: &Server, secret: &str) -> Outcome {
        let put = json!({"SecretId": self.arn, "SecretString": self.text(secret)});
        ask_secrets_manager(server, "PutSecretValue", &put).await?;
        Ok(())
    }

    async fn delete(self, server: &Server) -> Outcome {
        let delete = json!({"SecretId": self.arn, "ForceDeleteWithoutRecovery": true});
        ask_secrets_manager(server, "DeleteSecret", &delete).await?;
        Ok(())
    }

    fn text(&self, secret: &str) -> String {
        let text = json!({
            "userPoolId": self.pool_id,
            "userPoolClientId": self.client_id,
            "clientSecretValue": secret,
        });
        text.to_string()
    }
}

/// Asks MiniStack's Secrets Manager what the crate does not ask, signed by the general signer.
async fn ask_secrets_manager(server: &Server, operation: &str, body: &Value) -> Outcome<Value> {
    let mut request = http::Request::post(url()?)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("secretsmanager.{operation}"))
        .body(Bytes::from(body.to_string()))?;
    sign_request(&mut request, server.credentials())?;
    let response = server.wire.call(request).await?;
    let text = String::from_utf8(response.body().to_vec())?;
    if !response.status().is_success() {
        return Err(format!("{operation}: {text}").into());
    }
    Ok(serde_json::from_str(&text)?)
}

fn sign_request(request: &mut http::Request<Bytes>, credentials: &Credentials) -> Outcome {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("secretsmanager")
        .time(SystemTime::now())
        .settings(settings)
        .build()?
        .into();
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let uri = request.uri().to_string();
    let signable = SignableRequest::new("POST", uri, headers, SignableBody::Bytes(request.body()))?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

/// How Secrets Manager is called; the region is the one of the ARN.
fn secrets_manager(server: &Server) -> Outcome<ClientBuilder> {
    Ok(Client::builder()
        .endpoint_url(url()?)
        .credentials(server.credentials().clone())
        .http_client(server.wire.clone()))
}

fn url() -> Outcome<String> {
    Ok(std::env::var("COGNITO_LIVE_MINISTACK_URL")?)
}

/// A user with a password that is not temporary.
async fn user(server: &Server, pool: &Pool) -> Outcome<String> {
    let name = unique("alice");
    let create = AdminCreateUserRequest::new(&pool.id, &name);
    server.client.send(&create).await?;
    let set = AdminSetUserPasswordRequest::new(&pool.id, &name, PASSWORD).permanent(true);
    server.client.send(&set).await?;
    Ok(name)
}
