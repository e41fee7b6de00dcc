//! A web server whose users sign in on the pages of a user pool's domain.
//!
//! `cargo run --example managed_login`, then open the address that it prints. Without a pool it plays
//! the domain as well, where any name will do.
//!
//! With a pool: `COGNITO_DOMAIN=my-app.auth.eu-central-1.amazoncognito.com`, `COGNITO_USER_POOL_ID`,
//! `COGNITO_CLIENT_ID`, and `COGNITO_CLIENT_SECRET` if the app client has one. It must allow the code
//! grant with the scopes `openid` and `email`, the callback URL `http://localhost:3000/callback` and the
//! sign-out URL `http://localhost:3000/`.
//!
//! What a browser is about stays on the server, under a random number that the browser has as a cookie.

use std::{
    collections::HashMap,
    error::Error as StdError,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use cognito_idp::{
    ClientBuilder, Sensitive,
    auth::{AppClient, SignIn, Tokens},
    endpoint::Region,
    managed_login::{CallbackError, Domain, ManagedLogin, PendingLogin},
};

mod domain;

/// Forgotten all at once when there are too many, so that nobody can fill the memory.
const MOST_BROWSERS: usize = 10_000;
const COOKIE: &str = "browser";

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    let url = format!("http://localhost:{}", listener.local_addr()?.port());
    let router = if std::env::var_os("COGNITO_DOMAIN").is_some() {
        router(from_env(&url)?, &url)
    } else {
        println!("No COGNITO_DOMAIN is set, so the domain is played by this program.");
        offline(&url)?
    };
    println!("{url}");
    axum::serve(listener, router).await?;
    Ok(())
}

fn from_env(url: &str) -> Result<ManagedLogin, Box<dyn StdError>> {
    let user_pool_id = std::env::var("COGNITO_USER_POOL_ID")?;
    let mut app_client = AppClient::new(std::env::var("COGNITO_CLIENT_ID")?);
    if let Ok(secret) = std::env::var("COGNITO_CLIENT_SECRET") {
        app_client = app_client.secret(secret);
    }
    let region = Region::of_user_pool(&user_pool_id)?;
    let client = ClientBuilder::from_env().region(region.as_str()).build()?;
    let sign_in = SignIn::public(client.clone(), app_client.clone()).user_pool_id(user_pool_id);
    let redirect_uri = format!("{url}/callback");
    let login = ManagedLogin::new(client, app_client, Domain::from_env()?, redirect_uri);
    Ok(login.verify_with(sign_in.verifier()?))
}

/// The server and the domain in one.
pub(crate) fn offline(url: &str) -> Result<Router, Box<dyn StdError>> {
    let client = ClientBuilder::default().region("eu-central-1").build()?;
    let app_client = AppClient::new(domain::CLIENT_ID).secret(domain::CLIENT_SECRET);
    let at = Domain::url(&format!("{url}/domain"))?;
    let login = ManagedLogin::new(client, app_client, at, format!("{url}/callback"));
    let login = login.verify_with(domain::verifier()?);
    Ok(router(login, url).nest("/domain", domain::router()?))
}

fn router(login: ManagedLogin, url: &str) -> Router {
    let app = App {
        login,
        home: format!("{url}/"),
        browsers: Arc::default(),
    };
    Router::new()
        .route("/", get(home))
        .route("/login", get(login_page))
        .route("/callback", get(callback))
        .route("/logout", get(logout))
        .with_state(app)
}

#[derive(Clone)]
struct App {
    login: ManagedLogin,
    home: String,
    browsers: Arc<Mutex<HashMap<String, Browser>>>,
}

/// What a browser is about.
enum Browser {
    SigningIn(PendingLogin),
    SignedIn(Tokens),
}

async fn home(State(app): State<App>, headers: HeaderMap) -> Response {
    let token = cookie(&headers).and_then(|id| app.browsers().get(id).and_then(access_token));
    let Some(access_token) = token else {
        return Html("<p><a href=/login>Sign in</a></p>").into_response();
    };
    match app.login.user_info(access_token).await {
        Ok(info) => {
            let email = info.email.as_ref().map_or("nobody", |email| email.expose());
            let verified = info.email_verified == Some(true);
            let email = escaped(email);
            Html(format!(
                "<p>You are {email} (verified: {verified}). <a href=/logout>Sign out</a></p>"
            ))
            .into_response()
        }
        Err(error) => failed(&error),
    }
}

fn access_token(browser: &Browser) -> Option<Sensitive<String>> {
    match browser {
        Browser::SignedIn(tokens) => Some(tokens.access_token.clone()),
        Browser::SigningIn(_) => None,
    }
}

/// The first request: off to the domain's pages.
async fn login_page(State(app): State<App>) -> Response {
    match app.login.authorize().scopes(["openid", "email"]).build() {
        Ok((url, pending)) => app.keep(Browser::SigningIn(pending), &url),
        Err(error) => failed(&error),
    }
}

/// The second request: back from there.
async fn callback(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    // Taken out: it is good for one callback.
    let kept = cookie(&headers).and_then(|id| app.browsers().remove(id));
    let Some(Browser::SigningIn(pending)) = kept else {
        return Redirect::to("/").into_response();
    };
    let query = query.unwrap_or_default();
    match app.login.callback(&query, pending).await {
        // Under another number, so that nobody knows it who knew the one before.
        Ok(tokens) => app.keep(Browser::SignedIn(tokens), "/"),
        Err(CallbackError::Refused(refusal)) => {
            println!("refused: {}", refusal.code);
            Redirect::to("/").into_response()
        }
        Err(error) => failed(&error),
    }
}

/// Forgets the tokens, lets the refresh token work no more, and ends the session of the pages.
async fn logout(State(app): State<App>, headers: HeaderMap) -> Response {
    let kept = cookie(&headers).and_then(|id| app.browsers().remove(id));
    if let Some(Browser::SignedIn(tokens)) = kept
        && let Some(refresh_token) = tokens.refresh_token
        && let Err(error) = app.login.revoke(refresh_token).await
    {
        eprintln!("{error}");
    }
    Redirect::to(&app.login.logout_url(&app.home)).into_response()
}

impl App {
    /// Keeps what a browser is about, and sends it on.
    fn keep(&self, browser: Browser, url: &str) -> Response {
        let mut id = [0; 16];
        if getrandom::getrandom(&mut id).is_err() {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        let id = format!("{:032x}", u128::from_be_bytes(id));
        // `Lax`, because the browser comes back from another site. Over HTTPS add `Secure`.
        let cookie = format!("{COOKIE}={id}; HttpOnly; SameSite=Lax; Path=/");
        let mut browsers = self.browsers();
        if browsers.len() >= MOST_BROWSERS {
            browsers.clear();
        }
        browsers.insert(id, browser);
        ([(header::SET_COOKIE, cookie)], Redirect::to(url)).into_response()
    }

    fn browsers(&self) -> MutexGuard<'_, HashMap<String, Browser>> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Errors hold no secrets, so they can be logged.
fn failed(error: &dyn StdError) -> Response {
    eprintln!("{error}: {error:?}");
    let page = Html("<p>That did not work. <a href=/login>Sign in again</a></p>");
    (StatusCode::BAD_GATEWAY, page).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| {
        let (name, value) = cookie.split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}
