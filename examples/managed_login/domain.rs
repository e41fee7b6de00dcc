//! A small stand-in for a user pool's domain, which signs in whoever gives a name.
//!
//! It checks what Cognito checks of the code grant: redirect URI, client secret, PKCE, and that a code is
//! used once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use cognito_idp::{
    error::InvalidInput,
    fixture::TestIssuer,
    verify::{TokenVerifier, TrustedPool},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

pub(crate) const CLIENT_ID: &str = "app-client-id";
pub(crate) const CLIENT_SECRET: &str = "app client:secret+";
const USER_POOL_ID: &str = "eu-central-1_Example";

type Fields = HashMap<String, String>;

#[derive(Clone)]
struct Domain {
    issuer: Arc<TestIssuer>,
    state: Arc<Mutex<Known>>,
}

/// What was given out: each with what it was given for.
#[derive(Default)]
struct Known {
    codes: HashMap<String, Fields>,
    refresh_tokens: HashMap<String, String>,
    access_tokens: HashMap<String, String>,
}

/// What its ID tokens are verified with. Everybody has the key, so it must be trusted aloud.
pub(crate) fn verifier() -> Result<TokenVerifier, InvalidInput> {
    let issuer = TestIssuer::new(USER_POOL_ID, CLIENT_ID)?;
    let pool = TrustedPool::new(USER_POOL_ID)
        .client(CLIENT_ID)
        .keys(issuer.jwks());
    TokenVerifier::builder(pool).trust_test_issuer().build()
}

pub(crate) fn router() -> Result<Router, InvalidInput> {
    let domain = Domain {
        issuer: Arc::new(TestIssuer::new(USER_POOL_ID, CLIENT_ID)?),
        state: Arc::default(),
    };
    Ok(Router::new()
        .route("/oauth2/authorize", get(page).post(sign_in))
        .route("/oauth2/token", post(token))
        .route("/oauth2/userInfo", get(user_info))
        .route("/oauth2/revoke", post(revoke))
        .route("/logout", get(logout))
        .with_state(domain))
}

async fn page(Form(request): Form<Fields>) -> Html<String> {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;");
    let hidden = |(name, value): (&String, &String)| {
        let (name, value) = (escaped(name), escaped(value));
        format!("<input type=hidden name=\"{name}\" value=\"{value}\">")
    };
    let hidden: String = request.iter().map(hidden).collect();
    Html(format!(
        "<h1>The domain</h1><form method=post>{hidden}\
         <input name=username placeholder=name><button>Sign in</button></form>"
    ))
}

async fn sign_in(State(domain): State<Domain>, Form(request): Form<Fields>) -> Response {
    let (redirect_uri, state) = (field(&request, "redirect_uri"), field(&request, "state"));
    let is_allowed = field(&request, "client_id") == CLIENT_ID
        && redirect_uri.starts_with("http://")
        && field(&request, "response_type") == "code"
        && field(&request, "code_challenge_method") == "S256";
    if !is_allowed {
        return StatusCode::BAD_REQUEST.into_response();
    }
    if field(&request, "username").is_empty() {
        let url = format!("{redirect_uri}?error=access_denied&state={state}");
        return Redirect::to(&url).into_response();
    }
    let code = random();
    let url = format!("{redirect_uri}?code={code}&state={state}");
    domain.known().codes.insert(code, request);
    Redirect::to(&url).into_response()
}

async fn token(
    State(domain): State<Domain>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> Response {
    if !is_the_client(&headers) {
        return refused("invalid_client");
    }
    match field(&form, "grant_type") {
        "authorization_code" => {
            let Some(request) = domain.known().codes.remove(field(&form, "code")) else {
                return refused("invalid_grant");
            };
            let challenge = Sha256::digest(field(&form, "code_verifier"));
            let fits = URL_SAFE_NO_PAD.encode(challenge) == field(&request, "code_challenge")
                && field(&form, "redirect_uri") == field(&request, "redirect_uri");
            if !fits {
                return refused("invalid_grant");
            }
            let username = field(&request, "username").to_owned();
            let refresh_token = random();
            let mut tokens = domain.tokens(&username, field(&request, "nonce"));
            tokens["refresh_token"] = json!(refresh_token);
            domain
                .known()
                .refresh_tokens
                .insert(refresh_token, username);
            Json(tokens).into_response()
        }
        "refresh_token" => {
            let refresh_token = field(&form, "refresh_token");
            let username = domain.known().refresh_tokens.get(refresh_token).cloned();
            match username {
                Some(username) => Json(domain.tokens(&username, "")).into_response(),
                None => refused("invalid_grant"),
            }
        }
        _ => refused("unsupported_grant_type"),
    }
}

async fn user_info(State(domain): State<Domain>, headers: HeaderMap) -> Response {
    let token = authorization(&headers, "Bearer ").unwrap_or_default();
    match domain.known().access_tokens.get(token) {
        Some(username) => Json(json!({
            "sub": format!("id of {username}"),
            "username": username,
            "email": format!("{username}@example.com"),
            "email_verified": "true",
        }))
        .into_response(),
        None => (
            StatusCode::UNAUTHORIZED,
            Json(json!({"error": "invalid_token"})),
        )
            .into_response(),
    }
}

async fn revoke(
    State(domain): State<Domain>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> Response {
    if !is_the_client(&headers) {
        return refused("invalid_client");
    }
    domain.known().refresh_tokens.remove(field(&form, "token"));
    StatusCode::OK.into_response()
}

async fn logout(Form(request): Form<Fields>) -> Redirect {
    Redirect::to(field(&request, "logout_uri"))
}

impl Domain {
    fn tokens(&self, username: &str, nonce: &str) -> serde_json::Value {
        let access = json!({"username": username, "scope": "openid email", "jti": random()});
        let mut id = json!({"token_use": "id", "cognito:username": username});
        if !nonce.is_empty() {
            id["nonce"] = json!(nonce);
        }
        let access_token = self.issuer.issue(&access);
        let known = &mut self.known().access_tokens;
        known.insert(access_token.clone(), username.to_owned());
        json!({
            "access_token": access_token,
            "id_token": self.issuer.issue(&id),
            "token_type": "Bearer",
            "expires_in": 3600,
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client's ID and secret, each encoded as in a form (RFC 6749, section 2.3.1).
fn is_the_client(headers: &HeaderMap) -> bool {
    let basic = authorization(headers, "Basic ").unwrap_or_default();
    let given = STANDARD.decode(basic).unwrap_or_default();
    given == b"app-client-id:app%20client%3Asecret%2B"
}

fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix(scheme)
}

fn refused(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response()
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map(String::as_str).unwrap_or_default()
}

fn random() -> String {
    let mut bytes = [0; 16];
    getrandom::getrandom(&mut bytes).expect("the system has random bytes");
    format!("{:032x}", u128::from_be_bytes(bytes))
}
