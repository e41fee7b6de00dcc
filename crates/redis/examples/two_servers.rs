//! Two web servers behind one Redis, and a user whose session moves between them.
//!
//!     cargo run -p cognito-idp-redis --example two_servers
//!
//! starts a Redis of its own (`redis-server` must be installed), plays a Cognito whose app client
//! rotates refresh tokens and whose access tokens live for two seconds, starts itself twice as a server, and
//! then is the browser: it signs in at one server, is known at the other one, sees that both refresh one
//! session and neither ends it, and signs out. It fails if anything is not as it must be.
//!
//! What a server of yours needs is in [`serve`] and below. The cookie is a random number; tokens stay on
//! the servers and, sealed, in Redis.

use std::{
    env,
    error::Error,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::{
    Form, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use cognito_idp::{
    Client,
    auth::{AppClient, RefreshError, SignIn, TokenSource},
    fleet::{SealingKeys, SharedStoreError, Vault},
    transport::{HttpClient as _, HyperClient},
};
use cognito_idp_redis::RedisStore;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;
use support::{
    cognito::{Cognito, Settings},
    redis_server::RedisServer,
};
use tokio::{net::TcpListener, time::sleep};

#[path = "../tests/support/mod.rs"]
mod support;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    if env::args().nth(1).as_deref() == Some("serve") {
        return serve().await;
    }
    be_the_browser().await
}

/// One of the servers; what it is told stands in its environment.
async fn serve() -> Outcome {
    let client = Client::builder()
        .region("eu-central-1")
        .endpoint_url(env::var("COGNITO_URL")?)
        .build()?;
    let store = RedisStore::connect(env::var("REDIS_URL")?)?.prefix("two-servers");
    let keys = SealingKeys::new(1, &key_from(&env::var("SEALING_KEY")?)?);
    let app = App {
        sign_in: SignIn::public(client, AppClient::new("client")),
        vault: Vault::sealed(store, keys).session_life(Duration::from_hours(24)),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app.router()).await?)
}

/// What the requests share.
#[derive(Clone)]
struct App {
    sign_in: SignIn,
    vault: Vault,
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

impl App {
    fn router(self) -> Router {
        Router::new()
            .route("/sign-in", post(sign_in))
            .route("/me", get(me))
            .route("/sign-out", post(sign_out))
            .with_state(self)
    }

    /// The session of whoever sends the request.
    async fn session(&self, headers: &HeaderMap) -> Result<TokenSource, Refusal> {
        let id = session_id(headers).ok_or(Refusal::SignInFirst)?;
        let source = TokenSource::open(self.sign_in.clone(), &self.vault, id).await?;
        source.ok_or(Refusal::SignInFirst)
    }
}

/// A sign-in gets a new number, so that nobody can choose one for somebody else.
async fn sign_in(
    State(app): State<App>,
    Form(credentials): Form<Credentials>,
) -> Result<Response, Refusal> {
    let Credentials { username, password } = credentials;
    let outcome = app.sign_in.password(username, password).await;
    let outcome = outcome.map_err(|error| Refusal::Status(error.suggested_status()))?;
    // A server with pages goes on to a challenge here.
    let tokens = outcome.tokens().ok_or(Refusal::SignInFirst)?;
    let id = random_text().ok_or(Refusal::Status(StatusCode::INTERNAL_SERVER_ERROR))?;
    TokenSource::share(app.sign_in, &tokens, &app.vault, id.as_str()).await?;
    let cookie = format!("__Host-session={id}; Path=/; Secure; HttpOnly; SameSite=Lax");
    Ok(([(header::SET_COOKIE, cookie)], "signed in\n").into_response())
}

async fn me(State(app): State<App>, headers: HeaderMap) -> Result<String, Refusal> {
    let tokens = app.session(&headers).await?.tokens().await?;
    // ... call your API with `tokens.access_token` ...
    Ok(tokens.access_token.expose().clone())
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<&'static str, Refusal> {
    app.session(&headers).await?.sign_out().await?;
    Ok("signed out\n")
}

/// Why there is no answer.
enum Refusal {
    SignInFirst,
    Status(StatusCode),
}

impl From<RefreshError> for Refusal {
    fn from(error: RefreshError) -> Self {
        Self::Status(error.suggested_status())
    }
}

/// Redis is away, and nobody is signed out for that.
impl From<SharedStoreError> for Refusal {
    fn from(_: SharedStoreError) -> Self {
        Self::Status(StatusCode::SERVICE_UNAVAILABLE)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::SignInFirst => StatusCode::UNAUTHORIZED.into_response(),
            Self::Status(status) => status.into_response(),
        }
    }
}

fn session_id(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mut values = cookies
        .split("; ")
        .filter_map(|cookie| cookie.strip_prefix("__Host-session="));
    values.next().map(str::to_owned)
}

/// Thirty-two random bytes as a text.
fn random_text() -> Option<String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes.map(|byte| format!("{byte:02x}")).concat())
}

fn key_from(text: &str) -> Outcome<[u8; 32]> {
    let mut key = [0; 32];
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits)?, 16)?;
    }
    Ok(key)
}

async fn be_the_browser() -> Outcome {
    let Some(redis) = RedisServer::start(&[]) else {
        println!("redis-server is not installed");
        return Ok(());
    };
    let life = Duration::from_secs(2);
    let cognito = Cognito::start(Settings {
        life,
        grace: Duration::ZERO,
        trip: Duration::from_millis(20),
    });
    let cognito = cognito.await?;
    let key = random_text().ok_or("random bytes")?;
    let environment = [
        ("COGNITO_URL", cognito.url()),
        ("REDIS_URL", redis.url()),
        ("SEALING_KEY", key),
    ];
    let servers = [Server::start(&environment)?, Server::start(&environment)?];

    let form = "username=alice&password=P%40ssw0rd!";
    let signed_in = servers[0].ask("POST", "/sign-in", "", form).await?;
    let cookie = signed_in.headers()[header::SET_COOKIE].to_str()?.to_owned();
    let cookie = cookie.split(';').next().ok_or("a cookie")?;
    println!("alice signed in at {}", servers[0].url);

    for round in 1..=6_usize {
        let server = &servers[round % 2];
        let answer = server.ask("GET", "/me", cookie, "").await?;
        let refreshes = cognito.tally().refreshes;
        println!(
            "{} at {}, {refreshes} refreshes so far",
            answer.status(),
            server.url
        );
        if answer.status() != StatusCode::OK {
            return Err("alice is not known there".into());
        }
        sleep(life / 2).await;
    }
    let together = servers
        .each_ref()
        .map(|server| server.ask("GET", "/me", cookie, ""));
    for answer in together {
        assert_eq!(answer.await?.status(), StatusCode::OK);
    }

    let answer = servers[1].ask("POST", "/sign-out", cookie, "").await?;
    println!("{} for the sign-out at {}", answer.status(), servers[1].url);
    let answer = servers[0].ask("GET", "/me", cookie, "").await?;
    println!("{} at {}", answer.status(), servers[0].url);
    let tally = cognito.tally();
    let is_right = answer.status() == StatusCode::UNAUTHORIZED && tally.repeated == 0;
    println!(
        "{} refreshes, {} with a replaced token",
        tally.refreshes, tally.repeated
    );
    is_right
        .then_some(())
        .ok_or_else(|| "that is not as it must be".into())
}

/// This program once more, as a server.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(environment: &[(&str, String)]) -> Outcome<Self> {
        let mut process = Command::new(env::current_exe()?)
            .arg("serve")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("its output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        let url = url.trim().to_owned();
        Ok(Self { process, url })
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        cookie: &str,
        form: &'static str,
    ) -> Outcome<http::Response<Bytes>> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie)
            .body(Bytes::from_static(form.as_bytes()))?;
        Ok(HyperClient::new()?.call(request).await?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
