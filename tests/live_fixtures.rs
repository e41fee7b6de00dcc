//! Records the endpoints of a domain from MiniStack, and plays the recordings.
//!
//! `tests/live/servers.sh cargo test --all-features --test live_fixtures` leaves them in
//! `target/tmp/recorded`. Those in `fixtures/oauth2` and `fixtures/flows/managed_login` come from there.
#![allow(clippy::doc_markdown, reason = "MiniStack is a name, not an item")]
#![cfg(all(
    feature = "fixtures",
    feature = "hyper",
    feature = "managed-login",
    feature = "sigv4",
    feature = "verify"
))]

mod live;

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use cognito_idp::{
    Client, ErrorCode,
    auth::{AppClient, ClientTokens, Tokens},
    fixture::{Fixture, Recorder, Replay, TestIssuer},
    managed_login::{CallbackError, Domain, ManagedLogin, PendingLogin},
    operation::{
        app_clients::{CreateUserPoolClientRequest, ExplicitAuthFlowsType},
        passwords::AdminSetUserPasswordRequest,
        resource_servers::{CreateResourceServerRequest, ResourceServerScopeType},
        users::AdminCreateUserRequest,
    },
    transport::{HttpClient, HyperClient},
    types::{AttributeType, OAuthFlowType},
    verify::{TokenVerifier, TrustedPool},
};

use crate::live::{Outcome, PASSWORD, Pool, REGION, Server, unique_email};

const SOURCE: &str = "MiniStack 1.5.33";
const REDIRECT_URI: &str = "https://app.example/callback";
const SCOPES: [&str; 3] = ["openid", "profile", "email"];
const MACHINE_SCOPE: &str = "https://orders.example.com/read";

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_sign_in_on_the_pages_is_recorded_without_its_secrets_and_replays() -> Outcome {
    let Some(stage) = Stage::set("pages").await? else {
        return Ok(());
    };
    let login = stage.login(&stage.app)?;
    let (url, pending) = login.authorize().scopes(SCOPES).build()?;
    // The recorder sees the page opened, and not what the user does there.
    open(&stage.recorder, &url).await?;
    let query = stage.sign_in(&url).await?;
    let stored = serde_json::to_value(&pending)?;
    let tokens = login.callback(&query, pending).await?;
    let info = login.user_info(&tokens.access_token).await?;
    let refresh_token = tokens.refresh_token.clone().ok_or("a refresh token")?;
    let refreshed = login.refresh(refresh_token).await?;

    let path = recorded("flows/managed_login/sign_in.json");
    let description = "A user signs in on the pages of the domain; the program asks who it is and \
        gets fresh tokens";
    stage.recorder.save(&path, description)?;
    let written = fs::read_to_string(&path)?;
    let mut secrets = stage.secrets();
    for member in ["state", "nonce", "code_verifier"] {
        secrets.push(stored[member].as_str().ok_or("a text")?.to_owned());
    }
    secrets.extend(
        query
            .split('&')
            .map(|field| field.split_once('=').unwrap_or_default().1.to_owned()),
    );
    secrets.extend(tokens_of(&tokens).chain(tokens_of(&refreshed)));
    secrets.extend([info.sub, stage.pool.id.clone()]);
    for secret in secrets {
        assert!(!written.contains(&secret), "{secret} in {written}");
    }

    // Another app client, another state and nonce, and tokens that are really signed.
    let issuer = TestIssuer::new("us-east-1_Example1", "another")?;
    let replay = Replay::new([Fixture::load(&path)?]).issue_tokens(issuer);
    let pool = TrustedPool::new("us-east-1_Example1").client("another");
    let verifier = TokenVerifier::builder(pool).http_client(replay.clone());
    let app = AppClient::new("another").secret("another:secret");
    let client = Client::builder().region(REGION).http_client(replay.clone());
    let login = ManagedLogin::new(
        client.build()?,
        app,
        Domain::custom("a.example")?,
        REDIRECT_URI,
    )
    .verify_with(verifier.trust_test_issuer().build()?);
    let (url, pending) = login.authorize().scopes(SCOPES).build()?;
    open(&replay, &url).await?;
    let query = format!("code=anything&state={}", pending.state().expose());
    let tokens = login.callback(&query, pending).await?;
    let info = login.user_info(&tokens.access_token).await?;
    assert_eq!(info.email_verified, Some(true));
    let refresh_token = tokens.refresh_token.ok_or("a refresh token")?;
    login.refresh(refresh_token).await?;
    replay.verify()?;
    stage.end().await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn each_endpoint_is_recorded_by_itself() -> Outcome {
    let Some(stage) = Stage::set("endpoints").await? else {
        return Ok(());
    };
    let login = stage.login(&stage.app)?;
    let save = |path: &str, description: &str| stage.save(path, description);

    let (query, pending) = stage.query(&login).await?;
    let tokens = login.callback(&query, pending.clone()).await?;
    save(
        "token/code_exchange.json",
        "A code of the pages is exchanged for tokens.",
    )?;

    let again = login.callback(&query, pending).await;
    assert_eq!(code(again), Some(ErrorCode::InvalidGrant));
    save(
        "token/code_refused.json",
        "A code that was used is refused.",
    )?;

    let (query, pending) = stage.query(&login).await?;
    let stranger = stage.login(&AppClient::new(stage.app.id()).secret("not-the-secret"))?;
    let refused = stranger.callback(&query, pending).await;
    assert_eq!(code(refused), Some(ErrorCode::InvalidClient));
    save(
        "token/wrong_secret.json",
        "An app client with a wrong secret is refused.",
    )?;

    login.user_info(&tokens.access_token).await?;
    save(
        "userInfo/success.json",
        "The attributes of a user, with yes and no as texts.",
    )?;
    assert!(login.user_info("not-a-token").await.is_err());
    save(
        "userInfo/invalid_token.json",
        "What is no access token is refused.",
    )?;

    let refresh_token = tokens.refresh_token.ok_or("a refresh token")?;
    login.refresh(refresh_token).await?;
    save(
        "token/refresh.json",
        "A refresh token, which stays, gets fresh tokens.",
    )?;
    assert!(login.refresh("not-a-token").await.is_err());
    save(
        "token/refresh_refused.json",
        "What is no refresh token is refused.",
    )?;

    let machine = stage.machine().await?;
    machine.for_scopes([MACHINE_SCOPE]).token().await?;
    save(
        "token/client_credentials.json",
        "An app client gets a token for itself.",
    )?;
    assert!(machine.for_scopes(["openid"]).token().await.is_err());
    save(
        "token/scope_refused.json",
        "A scope that the app client does not have is refused.",
    )?;
    stage.end().await
}

/// A pool with a user, and a recorder of the calls to its domain.
struct Stage {
    server: Server,
    pool: Pool,
    app: AppClient,
    secret: String,
    user: String,
    recorder: Recorder,
}

impl Stage {
    async fn set(name: &str) -> Outcome<Option<Self>> {
        let Some(server) = Server::ministack() else {
            return Ok(None);
        };
        let pool = server.pool(name).await?;
        let request = CreateUserPoolClientRequest::new(&pool.id, "pages")
            .generate_secret(true)
            .explicit_auth_flows([ExplicitAuthFlowsType::AllowRefreshTokenAuth])
            .allowed_oauth_flows_user_pool_client(true)
            .allowed_oauth_flows([OAuthFlowType::Code])
            .allowed_oauth_scopes(SCOPES)
            .supported_identity_providers(["COGNITO"])
            .callback_urls([REDIRECT_URI]);
        let (app, secret) = app_client(&server, &request).await?;
        let user = unique_email("alice");
        let attribute = |name: &str, value: &str| AttributeType::new(name).value(value);
        let request = AdminCreateUserRequest::new(&pool.id, &user).user_attributes([
            attribute("email", &user),
            attribute("email_verified", "true"),
            attribute("name", "Alice Liddell"),
            attribute("phone_number", "+4915112345678"),
            attribute("phone_number_verified", "false"),
        ]);
        server.client.send(&request).await?;
        let request = AdminSetUserPasswordRequest::new(&pool.id, &user, PASSWORD).permanent(true);
        server.client.send(&request).await?;
        Ok(Some(Self {
            recorder: Recorder::new(HyperClient::new()?, SOURCE),
            server,
            pool,
            app,
            secret,
            user,
        }))
    }

    async fn end(self) -> Outcome {
        self.server.delete(self.pool).await
    }

    fn client(&self) -> Outcome<Client> {
        let client = Client::builder().region(REGION);
        Ok(client.http_client(self.recorder.clone()).build()?)
    }

    fn login(&self, app: &AppClient) -> Outcome<ManagedLogin> {
        let domain = Domain::url(self.server.url())?;
        Ok(ManagedLogin::new(
            self.client()?,
            app.clone(),
            domain,
            REDIRECT_URI,
        ))
    }

    async fn machine(&self) -> Outcome<ClientTokens> {
        let request =
            CreateResourceServerRequest::new(&self.pool.id, "https://orders.example.com", "orders")
                .scopes([ResourceServerScopeType::new("read", "Read orders")]);
        self.server.client.send(&request).await?;
        let request = CreateUserPoolClientRequest::new(&self.pool.id, "machine")
            .generate_secret(true)
            .allowed_oauth_flows_user_pool_client(true)
            .allowed_oauth_flows([OAuthFlowType::ClientCredentials])
            .allowed_oauth_scopes([MACHINE_SCOPE]);
        let (app, _) = app_client(&self.server, &request).await?;
        let domain = Domain::url(self.server.url())?;
        Ok(ClientTokens::over_domain(self.client()?, app, domain))
    }

    /// What the pages hand to the program when the user has signed in.
    async fn query(&self, login: &ManagedLogin) -> Outcome<(String, PendingLogin)> {
        let (url, pending) = login.authorize().scopes(SCOPES).build()?;
        Ok((self.sign_in(&url).await?, pending))
    }

    /// Sends in the form of the login page, which holds what the URL did.
    async fn sign_in(&self, url: &str) -> Outcome<String> {
        let (_, fields) = url.split_once('?').ok_or("a query")?;
        let user = self.user.replace('@', "%40").replace('+', "%2B");
        let form = format!("{fields}&username={user}&password={PASSWORD}");
        let request = http::Request::post(format!("{}/login", self.server.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))?;
        let answer = self.server.wire.call(request).await?;
        let location = answer.headers().get("location").ok_or("no way back")?;
        let (_, query) = location.to_str()?.split_once('?').ok_or("a query")?;
        Ok(query.to_owned())
    }

    fn save(&self, path: &str, description: &str) -> Outcome {
        let path = recorded(&format!("oauth2/{path}"));
        self.recorder.save(&path, description)?;
        let written = fs::read_to_string(path)?;
        for secret in self.secrets() {
            assert!(!written.contains(&secret), "{secret} in {written}");
        }
        Ok(())
    }

    fn secrets(&self) -> Vec<String> {
        let basic = STANDARD.encode(format!("{}:{}", self.app.id().expose(), self.secret));
        let id = self.app.id().expose().clone();
        let personal = ["Liddell", "4915112345678"].map(str::to_owned);
        let mut secrets = vec![basic, id, self.secret.clone(), self.user.clone()];
        secrets.extend(personal);
        secrets
    }
}

async fn app_client(
    server: &Server,
    request: &CreateUserPoolClientRequest,
) -> Outcome<(AppClient, String)> {
    let created = server.client.send(request).await?;
    let created = created.user_pool_client.ok_or("no app client")?;
    let secret = created.client_secret.ok_or("no secret")?.expose().clone();
    let app = AppClient::new(created.client_id.ok_or("no client ID")?);
    Ok((app.secret(secret.as_str()), secret))
}

fn recorded(path: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("recorded")
        .join(path)
}

async fn open(http_client: &impl HttpClient, url: &str) -> Outcome {
    let answer = http_client
        .call(http::Request::get(url).body(Bytes::new())?)
        .await?;
    assert_eq!(answer.status(), 200);
    Ok(())
}

fn code(result: Result<Tokens, CallbackError>) -> Option<ErrorCode> {
    match result {
        Err(CallbackError::Exchange(error)) => error.code().cloned(),
        _ => None,
    }
}

fn tokens_of(tokens: &Tokens) -> impl Iterator<Item = String> {
    let others = tokens.id_token.iter().chain(&tokens.refresh_token);
    let all = std::iter::once(&tokens.access_token).chain(others);
    all.map(|token| token.expose().clone())
}
