//! A web server that signs users in, and keeps a challenge between two requests.
//!
//! `COGNITO_USER_POOL_ID=… COGNITO_CLIENT_ID=… cargo run --example axum_sign_in`, then open the
//! address that it prints. `COGNITO_CLIENT_SECRET` is the app client's secret, if it has one, and
//! the app client must allow `USER_SRP_AUTH`.
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
    extract::{ConnectInfo, State},
    http::{HeaderMap, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use cognito_idp::{
    ClientBuilder, Error, ErrorCode,
    auth::{AppClient, AuthOutcome, Challenge, SignIn, challenge::ChallengeAnswer},
    operation::auth::ContextDataType,
};

/// Forgotten all at once when there are too many, so that nobody can fill the memory.
const MOST_CHALLENGES: usize = 10_000;
const COOKIE: &str = "sign_in";

#[derive(Clone)]
struct App {
    sign_in: SignIn,
    challenges: Arc<Mutex<HashMap<String, Challenge>>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let app = App {
        sign_in: from_env()?,
        challenges: Arc::default(),
    };
    let router = Router::new()
        .route("/", get(async || login_page("")))
        .route("/login", post(login))
        .route("/answer", post(answer))
        .with_state(app);
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
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
    /// Tells Cognito of the end user's request, so that not everybody seems to sign in from this server.
    ///
    /// Threat protection looks at every step, so this goes with the answers as well.
    fn sign_in_from(&self, address: SocketAddr, path: &str, headers: &HeaderMap) -> SignIn {
        let context = ContextDataType::from_request(address.ip(), "localhost", path, headers);
        self.sign_in.clone().context_data(context)
    }

    fn show(&self, result: Result<AuthOutcome, Error>) -> Response {
        match result {
            // Here a real server would begin a session of its own.
            Ok(AuthOutcome::Tokens(_)) => Html("<p>You are signed in.</p>").into_response(),
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
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| {
        let (name, value) = cookie.split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}
