//! A web server in which users register, sign in, reset a forgotten password and reach protected routes.
//!
//! `COGNITO_USER_POOL_ID=… COGNITO_CLIENT_ID=… cargo run --example axum_sign_in`, then open the
//! address that it prints. `COGNITO_CLIENT_SECRET` is the app client's secret, if it has one, and
//! the app client must allow `USER_SRP_AUTH`; AWS credentials are not needed. Without a pool it plays
//! one by itself, in which `alice` has any password and every code is 123456.
//!
//! `/me` is for everybody who is signed in, `/admin` for the group `admins`: their claims are arguments of
//! the handlers. An app sends its access token as `Authorization: Bearer …`; a browser has a cookie.
//!
//! Challenges and tokens stay on the server, under a random number that is the cookie: both are secrets,
//! and tokens are refreshed here. A server of several machines would keep both in a store that they share,
//! as JSON: a challenge for the few minutes that it is good, tokens with `SignedInUser::on_refresh`.

use std::{
    collections::HashMap,
    error::Error as StdError,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Router,
    extract::{
        ConnectInfo, FromRef, FromRequestParts, Request, State, rejection::ExtensionRejection,
    },
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use cognito_idp::{
    CognitoConfig, CognitoUserService, Error, ErrorCode, Sensitive,
    auth::{
        AuthOutcome, Challenge, RefreshError, SignedInUser, UserCallError,
        challenge::ChallengeAnswer,
    },
    fixture::{Fixture, Replay, TestIssuer},
    operation::auth::ContextDataType,
    user_service::RegisterUser,
    verify::{AccessClaims, TokenVerifier, VerifyError},
};
use serde::Deserialize;

/// Forgotten all at once when there are too many, so that nobody can fill the memory.
const MOST_KEPT: usize = 10_000;
const CHALLENGE_COOKIE: &str = "challenge";
const USER_COOKIE: &str = "user";
const DAY: u64 = 86_400;
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flows/web");

#[derive(Clone)]
pub(crate) struct App {
    users: CognitoUserService,
    verifier: TokenVerifier,
    challenges: Kept<Challenge>,
    signed_in: Kept<SignedInUser>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let app = if std::env::var_os("COGNITO_USER_POOL_ID").is_some() {
        let users = CognitoUserService::from_env()?;
        App::new(users.verifier()?, users)
    } else {
        println!("No COGNITO_USER_POOL_ID is set, so the pool is played by this program.");
        offline()?
    };
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/", get(async || login_page("")))
        .route("/register", post(register))
        .route("/confirm", post(confirm))
        .route("/login", post(login))
        .route("/answer", post(answer))
        .route("/forgot", post(forgot))
        .route("/reset", post(reset))
        .route("/password", post(change_password))
        .route("/sign-out", post(sign_out))
        .route("/me", get(me))
        .route("/admin", get(admin))
        .layer(middleware::map_request_with_state(
            app.clone(),
            token_of_cookie,
        ))
        .with_state(app)
}

/// A pool of fixtures. Their tokens are signed with a key that everybody has, so it must be trusted aloud.
pub(crate) fn offline() -> Result<App, Box<dyn StdError>> {
    let (pool, app_client) = ("eu-central-1_Example", "app-client-id");
    let issuer = TestIssuer::new(pool, app_client)?;
    let replay = Replay::new(Fixture::folder(FIXTURES)?).issue_tokens(issuer);
    let config = CognitoConfig::new(pool, app_client);
    let users = CognitoUserService::new(config.client(|client| client.http_client(replay)))?;
    let verifier = users.sign_in().verifier_builder()?.trust_test_issuer();
    Ok(App::new(verifier.build()?, users))
}

async fn register(
    FromEndUser(users): FromEndUser,
    Form(form): Form<Login>,
) -> Result<Html<String>, Failure> {
    let user = RegisterUser::new(&form.username, &form.password);
    let registered = users.register(user).await?;
    if registered.user_confirmed {
        return Ok(login_page("You are registered, please sign in."));
    }
    Ok(confirm_page("We have sent you a code.", &form.username))
}

async fn confirm(
    FromEndUser(users): FromEndUser,
    Form(form): Form<Confirmation>,
) -> Result<Html<String>, Failure> {
    users.confirm_sign_up(&form.username, &form.code).await?;
    Ok(login_page("You are registered, please sign in."))
}

/// The first request of a sign-in: name and password.
async fn login(
    State(app): State<App>,
    FromEndUser(users): FromEndUser,
    Form(form): Form<Login>,
) -> Result<Response, Failure> {
    match users.login_srp(&form.username, &form.password).await {
        Err(error) if error.is(ErrorCode::UserNotConfirmed) => {
            users.resend_confirmation_code(&form.username).await?;
            let page = confirm_page("Please confirm your address first.", &form.username);
            Ok(page.into_response())
        }
        outcome => app.show(outcome?),
    }
}

/// The second request: what the challenge asked for.
async fn answer(
    State(app): State<App>,
    FromEndUser(users): FromEndUser,
    headers: HeaderMap,
    Form(form): Form<Answer>,
) -> Result<Response, Failure> {
    // Taken out: a session is good for one right answer.
    let Some(challenge) = app.challenges.take(cookie(&headers, CHALLENGE_COOKIE)) else {
        return Ok(login_page("Please sign in again.").into_response());
    };
    let Some(answer) = answer_of(&challenge, form.answer) else {
        return Ok(login_page("This server cannot ask for that.").into_response());
    };
    match users.respond(answer).await {
        Err(error) if error.is(ErrorCode::CodeMismatch) => app.ask(challenge),
        outcome => app.show(outcome?),
    }
}

fn answer_of(challenge: &Challenge, answer: Sensitive<String>) -> Option<ChallengeAnswer> {
    Some(match challenge {
        Challenge::NewPasswordRequired(challenge) => challenge.answer(answer),
        Challenge::SmsMfa(challenge) => challenge.answer(answer),
        Challenge::SmsOtp(challenge) => challenge.answer(answer),
        Challenge::EmailOtp(challenge) => challenge.answer(answer),
        Challenge::SoftwareTokenMfa(challenge) => challenge.answer(answer),
        Challenge::CustomChallenge(challenge) => challenge.answer(answer),
        _ => return None,
    })
}

/// Whether there is such a user, nobody learns here: Cognito pretends, if the app client says so.
async fn forgot(
    FromEndUser(users): FromEndUser,
    Form(form): Form<Forgot>,
) -> Result<Html<String>, Failure> {
    users.forgot_password(&form.username).await?;
    Ok(reset_page(&form.username))
}

async fn reset(
    FromEndUser(users): FromEndUser,
    Form(form): Form<Reset>,
) -> Result<Html<String>, Failure> {
    users
        .confirm_forgot_password(&form.username, &form.code, &form.password)
        .await?;
    Ok(login_page("Your new password is set, please sign in."))
}

async fn change_password(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<ChangePassword>,
) -> Result<Html<&'static str>, Failure> {
    let user = app.signed_in.get(cookie(&headers, USER_COOKIE));
    let user = user.ok_or(Failure(StatusCode::UNAUTHORIZED, None))?;
    user.change_password(&form.old, &form.new).await?;
    Ok(user_page())
}

/// In this browser; `sign_out_everywhere` would do it in all.
async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failure> {
    if let Some(user) = app.signed_in.take(cookie(&headers, USER_COOKIE)) {
        user.sign_out().await?;
    }
    let page = login_page("You are signed out.");
    Ok(([set_cookie(USER_COOKIE, "", 0)], page).into_response())
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

#[derive(Deserialize)]
struct Login {
    username: Sensitive<String>,
    password: Sensitive<String>,
}

#[derive(Deserialize)]
struct Confirmation {
    username: Sensitive<String>,
    code: Sensitive<String>,
}

#[derive(Deserialize)]
struct Answer {
    answer: Sensitive<String>,
}

#[derive(Deserialize)]
struct Forgot {
    username: Sensitive<String>,
}

#[derive(Deserialize)]
struct Reset {
    username: Sensitive<String>,
    code: Sensitive<String>,
    password: Sensitive<String>,
}

#[derive(Deserialize)]
struct ChangePassword {
    old: Sensitive<String>,
    new: Sensitive<String>,
}

/// The service, told of the end user's request, so that not everybody seems to sign in from this server.
///
/// Threat protection looks at every step, so this goes with every call.
struct FromEndUser(CognitoUserService);

impl FromRequestParts<App> for FromEndUser {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let ConnectInfo::<SocketAddr>(address) =
            ConnectInfo::from_request_parts(parts, app).await?;
        let (path, headers) = (parts.uri.path(), &parts.headers);
        let context = ContextDataType::from_request(address.ip(), "localhost", path, headers);
        Ok(Self(app.users.clone().context_data(context)))
    }
}

/// What the claims in a handler's arguments are verified with.
impl FromRef<App> for TokenVerifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

/// A browser's access token, refreshed when needed, in the place where an app sends its own.
async fn token_of_cookie(
    State(app): State<App>,
    mut request: Request,
) -> Result<Request, StatusCode> {
    let user = app.signed_in.get(cookie(request.headers(), USER_COOKIE));
    let Some(user) = user.filter(|_| !request.headers().contains_key(header::AUTHORIZATION)) else {
        return Ok(request);
    };
    match user.source().access_token().await {
        Ok(token) => {
            let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
            let value = value.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
            request.headers_mut().insert(header::AUTHORIZATION, value);
            Ok(request)
        }
        // Without a token, whoever needs one answers 401.
        Err(RefreshError::SignedOut(_)) => Ok(request),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

impl App {
    pub(crate) fn new(verifier: TokenVerifier, users: CognitoUserService) -> Self {
        Self {
            users,
            verifier,
            challenges: Kept::default(),
            signed_in: Kept::default(),
        }
    }

    fn show(&self, outcome: AuthOutcome) -> Result<Response, Failure> {
        match outcome {
            AuthOutcome::Tokens(tokens) => {
                let id = self.signed_in.put(self.users.signed_in(tokens))?;
                Ok(([set_cookie(USER_COOKIE, &id, DAY)], user_page()).into_response())
            }
            AuthOutcome::Challenge(challenge) => self.ask(challenge),
        }
    }

    /// Keeps the challenge and asks the user.
    fn ask(&self, challenge: Challenge) -> Result<Response, Failure> {
        let page = answer_page(&challenge.name().to_string());
        let id = self.challenges.put(challenge)?;
        Ok(([set_cookie(CHALLENGE_COOKIE, &id, 180)], page).into_response())
    }
}

/// What browsers have the key of, a random number.
#[derive(Clone)]
struct Kept<T>(Arc<Mutex<HashMap<String, T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Kept<T> {
    fn put(&self, value: T) -> Result<String, Failure> {
        let mut id = [0; 16];
        getrandom::getrandom(&mut id)
            .map_err(|_| Failure(StatusCode::INTERNAL_SERVER_ERROR, None))?;
        let id = format!("{:032x}", u128::from_be_bytes(id));
        let mut kept = self.lock();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(id.clone(), value);
        Ok(id)
    }

    fn get(&self, id: Option<&str>) -> Option<T> {
        self.lock().get(id?).cloned()
    }

    fn take(&self, id: Option<&str>) -> Option<T> {
        self.lock().remove(id?)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a page is not what was asked for: the status to answer with, and what Cognito said.
struct Failure(StatusCode, Option<ErrorCode>);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = error.suggested_status();
        if status.is_server_error() {
            // Errors hold no secrets, so they can be logged.
            eprintln!("{error}");
        }
        Self(status, error.code().cloned())
    }
}

impl From<UserCallError> for Failure {
    fn from(error: UserCallError) -> Self {
        match error {
            UserCallError::Call(error) => error.into(),
            error => Self(error.suggested_status(), None),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self(status, code) = self;
        let message = match (status, code) {
            (_, Some(ErrorCode::PasswordResetRequired)) => "Please reset your password.",
            (_, Some(ErrorCode::CodeMismatch | ErrorCode::ExpiredCode)) => "That is not the code.",
            (StatusCode::UNAUTHORIZED, None) => "Please sign in again.",
            // The same for an unknown name, so that nobody can find out which names exist.
            (StatusCode::UNAUTHORIZED, _) => "Wrong name or password.",
            (StatusCode::CONFLICT, _) => "That name is taken.",
            (StatusCode::UNPROCESSABLE_ENTITY, _) => "That password is too simple.",
            (StatusCode::TOO_MANY_REQUESTS, _) => "Please try again later.",
            _ => "That did not work.",
        };
        failure_page(status, message)
    }
}

fn failure_page(status: StatusCode, message: &str) -> Response {
    (status, login_page(message)).into_response()
}

fn login_page(message: &str) -> Html<String> {
    Html(format!(
        "<p>{message}</p>\
         <form method=post action=/login>{NAME}{PASSWORD}<button>Sign in</button>\
         <button formaction=/register>Register</button></form>\
         <form method=post action=/forgot>{NAME}<button>I forgot my password</button></form>"
    ))
}

fn user_page() -> Html<&'static str> {
    Html(
        "<p>You are signed in: <a href=/me>who am I?</a></p>\
         <form method=post action=/password><input name=old type=password placeholder=Password>\
         <input name=new type=password placeholder='New password'><button>Change</button></form>\
         <form method=post action=/sign-out><button>Sign out</button></form>",
    )
}

const NAME: &str = "<input name=username autocomplete=username placeholder=Email>";
const PASSWORD: &str = "<input name=password type=password placeholder=Password>";
const CODE: &str = "<input name=code autocomplete=one-time-code placeholder=Code>";

fn confirm_page(message: &str, username: &Sensitive<String>) -> Html<String> {
    let username = hidden_name(username);
    Html(format!(
        "<p>{message}</p><form method=post action=/confirm>{username}{CODE}<button>Go on</button></form>"
    ))
}

fn reset_page(username: &Sensitive<String>) -> Html<String> {
    let username = hidden_name(username);
    Html(format!(
        "<p>We have sent you a code.</p>\
         <form method=post action=/reset>{username}{CODE}{PASSWORD}<button>Go on</button></form>"
    ))
}

/// A challenge's name comes from Cognito, but a page trusts no text from elsewhere.
fn answer_page(name: &str) -> Html<String> {
    let name = escaped(name);
    Html(format!(
        "<form method=post action=/answer><label>{name} \
         <input name=answer type=password></label><button>Go on</button></form>"
    ))
}

fn hidden_name(username: &Sensitive<String>) -> String {
    let username = escaped(username.expose());
    format!("<input type=hidden name=username value=\"{username}\">")
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('"', "&quot;")
}

/// Over HTTPS, as it must be anywhere but on this machine, add `Secure`.
fn set_cookie(name: &str, value: &str, seconds: u64) -> (header::HeaderName, String) {
    let cookie = format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}");
    (header::SET_COOKIE, cookie)
}

fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| {
        let (name, value) = cookie.split_once('=')?;
        (name == wanted).then_some(value)
    })
}
