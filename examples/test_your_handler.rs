//! A login handler, and how to test it on a folder of fixtures: without a network, for every way
//! a sign-in can end.
//!
//! `cargo run --example test_your_handler` runs the test. In a project of your own, the handler
//! stands in the server, and what `main` does here in a `#[tokio::test]`.

use std::error::Error as StdError;

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{Request, StatusCode, header},
    routing::post,
};
use cognito_idp::{
    CognitoConfig, CognitoService, Error, ErrorCode,
    auth::AuthOutcome,
    credentials::Credentials,
    error::InvalidInput,
    fixture::{Fixture, Replay},
    retry::RetryPolicy,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flows/login_handler");

/// What the handler must make of each fixture.
const EXPECTED: [(&str, StatusCode); 7] = [
    ("connection_lost", StatusCode::BAD_GATEWAY),
    ("new_password", StatusCode::ACCEPTED),
    ("not_confirmed", StatusCode::FORBIDDEN),
    ("signed_in", StatusCode::OK),
    ("throttled", StatusCode::TOO_MANY_REQUESTS),
    // The same as for a wrong password, or strangers could find out who has an account.
    ("unknown_user", StatusCode::UNAUTHORIZED),
    ("wrong_password", StatusCode::UNAUTHORIZED),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    for (name, expected) in EXPECTED {
        let replay = Replay::new([Fixture::load(format!("{FIXTURES}/{name}.json"))?]);
        let app = app(service(replay.clone())?);

        let login = json!({"email": "alice@example.com", "password": "P@ssw0rd!"});
        let request = Request::post("/login")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(login.to_string()))?;
        let status = app.oneshot(request).await?.status();

        // The handler asked Cognito what the fixture expects, as often as it expects it. Before the
        // status, which is wrong as well if it did not, but does not say why.
        replay.verify()?;
        assert_eq!(status, expected, "{name}");
        println!("{name}: {status}");
    }
    let fixtures = Fixture::folder(FIXTURES)?;
    assert_eq!(fixtures.len(), EXPECTED.len(), "a fixture without a test");
    Ok(())
}

/// The service as in production, but for its transport.
fn service(replay: Replay) -> Result<CognitoService, InvalidInput> {
    let credentials = Credentials::new("test", "test", None, None, "test");
    CognitoService::new(
        CognitoConfig::new("eu-central-1_Example", "app-client-id")
            .client_secret("app-client-secret")
            .credentials(credentials)
            .client(|client| {
                client
                    .http_client(replay)
                    .retry_policy(RetryPolicy::never())
            }),
    )
}

/// The server's routes.
fn app(service: CognitoService) -> Router {
    Router::new()
        .route("/login", post(login))
        .with_state(service)
}

async fn login(
    State(service): State<CognitoService>,
    Json(credentials): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let member = |name: &str| credentials[name].as_str().unwrap_or_default();
    match service.login(member("email"), member("password")).await {
        Ok(AuthOutcome::Tokens(tokens)) => {
            let token = tokens.access_token.expose();
            (StatusCode::OK, Json(json!({"access_token": token})))
        }
        Ok(AuthOutcome::Challenge(challenge)) => {
            let next = challenge.name().to_string();
            (StatusCode::ACCEPTED, Json(json!({"next": next})))
        }
        Err(error) => (status(&error), Json(json!({}))),
    }
}

fn status(error: &Error) -> StatusCode {
    match error.code() {
        _ if error.is_invalid_credentials() => StatusCode::UNAUTHORIZED,
        Some(ErrorCode::UserNotConfirmed) => StatusCode::FORBIDDEN,
        _ if error.is_throttled() => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::BAD_GATEWAY,
    }
}
