//! A web server that signs users in, keeps a challenge between two requests, and has protected routes.
//!
//! `COGNITO_USER_POOL_ID=… COGNITO_CLIENT_ID=… cargo run --example axum_sign_in`, then open the
//! address that it prints. `COGNITO_CLIENT_SECRET` is the app client's secret, if it has one, and
//! the app client must allow `USER_SRP_AUTH`. Without a pool it plays one by itself, in which `alice` has
//! any password and the code 123456.
//!
//! `/me` is for everybody who is signed in, `/admin` for the group `admins`: their claims are arguments of
//! the handlers. The access token stays with the browser, as a cookie that no script sees; an app sends it
//! as `Authorization: Bearer …`.
//!
//! The challenge stays on the server, under a random number that the browser has as a cookie: a
//! challenge holds the session of the sign-in, which is a secret. A server of several machines would
//! keep it in a store that they share, as JSON, for the few minutes that Cognito keeps the session.

use std::{
    collections::HashMap,
    error::Error as StdError,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Router,
    extract::{ConnectInfo, FromRef, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use cognito_idp::{
    ClientBuilder, Error, ErrorCode,
    auth::{AppClient, AuthOutcome, Challenge, SignIn, Tokens, challenge::ChallengeAnswer},
    fixture::{Fixture, Replay, TestIssuer},
    operation::auth::ContextDataType,
    verify::{AccessClaims, TokenVerifier, VerifyError},
};

/// Forgotten all at once when there are too many, so that nobody can fill the memory.
const MOST_CHALLENGES: usize = 10_000;
const COOKIE: &str = "sign_in";
const TOKEN_COOKIE: &str = "access_token";
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flows/web");

#[derive(Clone)]
pub(crate) struct App {
    sign_in: SignIn,
    verifier: TokenVerifier,
    challenges: Arc<Mutex<HashMap<String, Challenge>>>,
}

/// What the claims in a handler's arguments are verified with.
impl FromRef<App> for TokenVerifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let app = if std::env::var_os("COGNITO_USER_POOL_ID").is_some() {
        let sign_in = from_env()?;
        App::new(sign_in.verifier_builder()?.cache(10_000).build()?, sign_in)
    } else {
        println!("No COGNITO_USER_POOL_ID is set, so the pool is played by this program.");
        offline()?
    };
    let router = router(app);
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/", get(async || login_page("")))
        .route("/login", post(login))
        .route("/answer", post(answer))
        .route("/me", get(me))
        .route("/admin", get(admin))
        .layer(middleware::map_request(token_from_cookie))
        .with_state(app)
}

/// For whoever is signed in: without a good access token the answer is 401, and this is not reached.
async fn me(claims: AccessClaims) -> String {
    let name = claims.username().unwrap_or_default();
    format!("{name}, in the groups {:?}\n", claims.groups())
}

/// For one group: for others the answer is 403.
async fn admin(claims: AccessClaims) -> Result<&'static str, VerifyError> {
    claims.require_group("admins")?;
    Ok("Welcome, admin.\n")
}

/// Browsers send the token as a cookie, which comes from our own pages only.
async fn token_from_cookie(mut request: Request) -> Request {
    let headers = request.headers();
    let token = named_cookie(headers, TOKEN_COOKIE).map(|token| format!("Bearer {token}"));
    let value = token.and_then(|value| HeaderValue::try_from(value).ok());
    if let Some(value) = value.filter(|_| !headers.contains_key(header::AUTHORIZATION)) {
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    request
}

/// A pool of fixtures. Their tokens are signed with a key that everybody has, so it must be trusted aloud.
pub(crate) fn offline() -> Result<App, Box<dyn StdError>> {
    let pool = "eu-central-1_Example";
    let replay = Replay::new(Fixture::folder(FIXTURES)?)
        .issue_tokens(TestIssuer::new(pool, "app-client-id")?);
    let client = ClientBuilder::default()
        .region("eu-central-1")
        .http_client(replay)
        .build()?;
    let sign_in = SignIn::public(client, AppClient::new("app-client-id")).user_pool_id(pool);
    let verifier = sign_in.verifier_builder()?.trust_test_issuer().build()?;
    Ok(App::new(verifier, sign_in))
}

fn from_env() -> Result<SignIn, Box<dyn StdError>> {
    let user_pool_id = std::env::var("COGNITO_USER_POOL_ID")?;
    let (region, _) = user_pool_id
        .split_once('_')
        .ok_or("no region in COGNITO_USER_POOL_ID")?;
    let mut app_client = AppClient::new(std::env::var("COGNITO_CLIENT_ID")?);
    if let Ok(secret) = std::env::var("COGNITO_CLIENT_SECRET") {
        app_client = app_client.secret(secret);
    }
    let client = ClientBuilder::from_env().region(region).build()?;
    Ok(SignIn::public(client, app_client).user_pool_id(user_pool_id))
}

/// The first request: name and password.
async fn login(
    State(app): State<App>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let sign_in = app.sign_in_from(address, "/login", &headers);
    let result = sign_in
        .srp(field(&form, "username"), field(&form, "password"))
        .await;
    app.show(result)
}

/// The second request: what the challenge asked for.
async fn answer(
    State(app): State<App>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    // Taken out: a session is good for one answer.
    let kept = cookie(&headers).and_then(|id| app.challenges().remove(id));
    let Some(challenge) = kept else {
        return login_page("Please sign in again.").into_response();
    };
    let retry = challenge.clone();
    let Some(answer) = answer_of(challenge, field(&form, "answer")) else {
        return login_page("This server cannot ask for that.").into_response();
    };
    let sign_in = app.sign_in_from(address, "/answer", &headers);
    match sign_in.respond(answer).await {
        Err(error) if error.code() == Some(&ErrorCode::CodeMismatch) => app.ask(retry),
        result => app.show(result),
    }
}

fn answer_of(challenge: Challenge, answer: &str) -> Option<ChallengeAnswer> {
    Some(match challenge {
        Challenge::NewPasswordRequired(challenge) => challenge.answer(answer),
        Challenge::SmsMfa(challenge) => challenge.answer(answer),
        Challenge::EmailOtp(challenge) => challenge.answer(answer),
        Challenge::SoftwareTokenMfa(challenge) => challenge.answer(answer),
        Challenge::CustomChallenge(challenge) => challenge.answer(answer),
        _ => return None,
    })
}

impl App {
    fn new(verifier: TokenVerifier, sign_in: SignIn) -> Self {
        Self {
            sign_in,
            verifier,
            challenges: Arc::default(),
        }
    }

    /// Tells Cognito of the end user's request, so that not everybody seems to sign in from this server.
    ///
    /// Threat protection looks at every step, so this goes with the answers as well.
    fn sign_in_from(&self, address: SocketAddr, path: &str, headers: &HeaderMap) -> SignIn {
        let context = ContextDataType::from_request(address.ip(), "localhost", path, headers);
        self.sign_in.clone().context_data(context)
    }

    fn show(&self, result: Result<AuthOutcome, Error>) -> Response {
        match result {
            Ok(AuthOutcome::Tokens(tokens)) => signed_in(&tokens),
            Ok(AuthOutcome::Challenge(challenge)) => self.ask(challenge),
            Err(error) if error.is_invalid_credentials() => {
                login_page("Wrong name or password.").into_response()
            }
            Err(error) => {
                // Errors hold no secrets, so they can be logged.
                eprintln!("{error}");
                login_page("That did not work.").into_response()
            }
        }
    }

    /// Keeps the challenge and asks the user.
    fn ask(&self, challenge: Challenge) -> Response {
        let mut id = [0; 16];
        if getrandom::getrandom(&mut id).is_err() {
            return login_page("That did not work.").into_response();
        }
        let id = format!("{:032x}", u128::from_be_bytes(id));
        let page = answer_page(&challenge.name().to_string());
        let mut challenges = self.challenges();
        if challenges.len() >= MOST_CHALLENGES {
            challenges.clear();
        }
        challenges.insert(id.clone(), challenge);
        // Over HTTPS, as it must be anywhere but on this machine, add `Secure`.
        let cookie = format!("{COOKIE}={id}; HttpOnly; SameSite=Strict; Path=/; Max-Age=180");
        ([(header::SET_COOKIE, cookie)], page).into_response()
    }

    fn challenges(&self) -> MutexGuard<'_, HashMap<String, Challenge>> {
        self.challenges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Here a real server would keep the refresh token as well, to get new access tokens with.
fn signed_in(tokens: &Tokens) -> Response {
    let cookie = format!(
        "{TOKEN_COOKIE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}",
        tokens.access_token.expose(),
        tokens.expires_in.as_secs()
    );
    let page = Html("<p>You are signed in: <a href=/me>who am I?</a></p>");
    ([(header::SET_COOKIE, cookie)], page).into_response()
}

fn login_page(message: &str) -> Html<String> {
    Html(format!(
        "<p>{message}</p><form method=post action=/login>\
         <input name=username autocomplete=username>\
         <input name=password type=password autocomplete=current-password>\
         <button>Sign in</button></form>"
    ))
}

/// A challenge's name comes from Cognito, but a page trusts no text from elsewhere.
fn answer_page(name: &str) -> Html<String> {
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    Html(format!(
        "<form method=post action=/answer><label>{name} \
         <input name=answer type=password></label><button>Go on</button></form>"
    ))
}

fn field<'a>(form: &'a HashMap<String, String>, name: &str) -> &'a str {
    form.get(name).map(String::as_str).unwrap_or_default()
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    named_cookie(headers, COOKIE)
}

fn named_cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| {
        let (name, value) = cookie.split_once('=')?;
        (name == wanted).then_some(value)
    })
}
