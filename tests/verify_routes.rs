//! From a sign-in to a protected route, offline: fixtures, signed tokens, claims in a handler.
#![cfg(all(feature = "axum", feature = "fixtures", feature = "sigv4"))]

use std::error::Error as StdError;

use axum::{
    Router,
    body::Body,
    extract::FromRef,
    http::{HeaderMap, Request, StatusCode, header},
    routing::get,
};
use cognito_idp::{
    Client, CognitoConfig, CognitoService, ErrorCode,
    auth::{AppClient, SignIn, Tokens},
    credentials::Credentials,
    fixture::{Fixture, Replay, TestIssuer},
    retry::RetryPolicy,
    verify::{AccessClaims, IdClaims, TokenVerifier, VerifyError},
};
use serde_json::json;
use tower::ServiceExt as _;

type Outcome<T = ()> = Result<T, Box<dyn StdError>>;

const POOL: &str = "eu-central-1_Example";
const CLIENT: &str = "app-client-id";
const SIGNED_IN: &str = "fixtures/flows/login_handler/signed_in.json";

fn replay(fixtures: impl IntoIterator<Item = Fixture>) -> Outcome<Replay> {
    let issuer = TestIssuer::new(POOL, CLIENT)?;
    Ok(Replay::new(fixtures).issue_tokens(issuer))
}

fn service(replay: &Replay) -> Outcome<CognitoService> {
    let config = CognitoConfig::new(POOL, CLIENT)
        .client_secret("app-client-secret")
        .credentials(Credentials::new("test", "test", None, None, "test"))
        .client(|client| {
            client
                .http_client(replay.clone())
                .retry_policy(RetryPolicy::never())
        });
    Ok(CognitoService::new(config)?)
}

async fn sign_in(service: &CognitoService) -> Outcome<Tokens> {
    let outcome = service.login("alice@example.com", "P@ssw0rd!").await?;
    Ok(outcome.tokens().ok_or("no tokens")?)
}

#[derive(Clone)]
struct App {
    verifier: TokenVerifier,
}

impl FromRef<App> for TokenVerifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

fn router(verifier: TokenVerifier) -> Router {
    async fn me(claims: AccessClaims) -> String {
        claims.username().unwrap_or_default().to_owned()
    }
    async fn orders(claims: AccessClaims) -> Result<&'static str, VerifyError> {
        claims.require_scope("orders/read")?;
        Ok("orders")
    }
    async fn profile(claims: IdClaims) -> String {
        claims.email().unwrap_or_default().to_owned()
    }
    Router::new()
        .route("/me", get(me))
        .route("/orders", get(orders))
        .route("/profile", get(profile))
        .with_state(App { verifier })
}

/// Status, `WWW-Authenticate` and body of the answer.
async fn ask(
    router: &Router,
    path: &str,
    authorization: Option<String>,
) -> Outcome<(StatusCode, HeaderMap, String)> {
    let mut request = Request::get(path);
    if let Some(value) = authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    let response = router.clone().oneshot(request.body(Body::empty())?).await?;
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 10_000).await?;
    Ok((
        parts.status,
        parts.headers,
        String::from_utf8(body.to_vec())?,
    ))
}

#[tokio::test]
async fn who_signed_in_by_a_fixture_gets_to_the_protected_route() -> Outcome {
    let replay = replay([Fixture::load(SIGNED_IN)?])?;
    let service = service(&replay)?;
    let tokens = sign_in(&service).await?;
    // Fetched from the same player.
    let verifier = service.sign_in().verifier_builder()?;
    let router = router(verifier.trust_test_issuer().build()?);

    let bearer = format!("Bearer {}", tokens.access_token.expose());
    let (status, _, body) = ask(&router, "/me", Some(bearer.clone())).await?;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::OK, "alice@example.com")
    );
    replay.verify()?;

    // Whoever was not told to trust what everybody can sign does not.
    let (status, headers, _) =
        ask(&crate::router(service.verifier()?), "/me", Some(bearer)).await?;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let value = headers.get(header::WWW_AUTHENTICATE).ok_or("no header")?;
    assert!(value.to_str()?.contains("test key"), "{value:?}");
    Ok(())
}

#[tokio::test]
async fn every_refusal_has_its_status_and_header() -> Outcome {
    let issuer = TestIssuer::new(POOL, CLIENT)?;
    let replay = replay([])?;
    let verifier = service(&replay)?.sign_in().verifier_builder()?;
    let router = router(verifier.trust_test_issuer().build()?);
    let bearer = |claims| Some(format!("Bearer {}", issuer.issue(&claims)));
    for (path, authorization, expected, challenge) in [
        ("/me", None, StatusCode::UNAUTHORIZED, Some("Bearer")),
        (
            "/me",
            Some("Basic YTpi".to_owned()),
            StatusCode::UNAUTHORIZED,
            Some("Bearer"),
        ),
        (
            "/me",
            bearer(json!({"exp": 1})),
            StatusCode::UNAUTHORIZED,
            Some("Bearer error=\"invalid_token\", error_description=\"the token has expired\""),
        ),
        (
            "/me",
            bearer(json!({"token_use": "id"})),
            StatusCode::UNAUTHORIZED,
            Some(
                "Bearer error=\"invalid_token\", error_description=\"an access token is required\"",
            ),
        ),
        (
            "/orders",
            bearer(json!({})),
            StatusCode::FORBIDDEN,
            Some("Bearer error=\"insufficient_scope\", scope=\"orders/read\""),
        ),
        (
            "/orders",
            bearer(json!({"scope": "orders/read"})),
            StatusCode::OK,
            None,
        ),
        (
            "/profile",
            bearer(json!({"token_use": "id", "email": "a@example.com"})),
            StatusCode::OK,
            None,
        ),
        (
            "/profile",
            bearer(json!({})),
            StatusCode::UNAUTHORIZED,
            Some("Bearer error=\"invalid_token\", error_description=\"an ID token is required\""),
        ),
    ] {
        let (status, headers, _) = ask(&router, path, authorization).await?;
        let found = headers.get(header::WWW_AUTHENTICATE);
        let found = found.map(|value| value.to_str()).transpose()?;
        assert_eq!((status, found), (expected, challenge), "{path}");
    }

    // A player without an issuer answers no request for keys.
    let unplayed = service(&Replay::new([]))?;
    let router = crate::router(unplayed.verifier()?);
    let (status, headers, _) = ask(&router, "/me", bearer(json!({}))).await?;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!headers.contains_key(header::WWW_AUTHENTICATE));
    Ok(())
}

#[test]
fn a_sign_in_without_a_pool_has_no_verifier() -> Outcome {
    let client = Client::builder()
        .region("eu-central-1")
        .http_client(replay([])?)
        .build()?;
    let sign_in = SignIn::public(client, AppClient::new(CLIENT));
    let error = sign_in.verifier().expect_err("no pool");
    assert!(error.to_string().contains("user_pool_id"), "{error}");
    assert!(sign_in.clone().user_pool_id("nonsense").verifier().is_err());
    assert!(sign_in.user_pool_id(POOL).verifier().is_ok());
    Ok(())
}

#[tokio::test]
async fn a_service_with_an_endpoint_of_its_own_fetches_keys_there_and_accepts_its_issuer() -> Outcome
{
    let replay = replay([])?;
    let config = CognitoConfig::new(POOL, CLIENT)
        .credentials(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url("http://localhost:9229")
        .client(|client| client.http_client(replay.clone()));
    let service = CognitoService::new(config)?;
    let verifier = service
        .sign_in()
        .verifier_builder()?
        .trust_test_issuer()
        .build()?;
    let issuer = TestIssuer::new(POOL, CLIENT)?;
    let aws = issuer.issue(&json!({}));
    let emulator = issuer.issue(&json!({"iss": format!("http://localhost:9229/{POOL}")}));
    let other = issuer.issue(&json!({"iss": format!("http://localhost:9228/{POOL}")}));
    assert!(verifier.verify_access(&aws).await.is_ok());
    assert!(verifier.verify_access(&emulator).await.is_ok());
    assert!(verifier.verify_access(&other).await.is_err());
    Ok(())
}

#[tokio::test]
async fn whether_a_token_was_revoked_is_asked_of_cognito() -> Outcome {
    let answer = |status: u16, body: serde_json::Value| {
        let fixture = json!({
            "description": "GetUser", "provenance": "written by hand",
            "exchanges": [{
                "operation": "GetUser", "request": {"AccessToken": "token"},
                "response": {"status": status, "body": body},
            }],
        });
        Fixture::parse("get_user", &fixture.to_string())
    };
    let refusal = |code: &str, message: &str| json!({"__type": code, "message": message});
    let refused = "NotAuthorizedException";
    for (status, body, expected) in [
        (
            200,
            json!({"Username": "alice", "UserAttributes": []}),
            Ok(false),
        ),
        (
            400,
            refusal(refused, "Access Token has been revoked"),
            Ok(true),
        ),
        (400, refusal(refused, "User is disabled."), Ok(true)),
        (
            400,
            refusal("UserNotFoundException", "User does not exist."),
            Ok(true),
        ),
        (
            400,
            refusal(refused, "Access Token does not have required scopes"),
            Err(Some(ErrorCode::NotAuthorized)),
        ),
        (500, json!({}), Err(None)),
    ] {
        let service = service(&replay([answer(status, body)?])?)?;
        let found = service.sign_in().ask_revoked("token").await;
        assert_eq!(found.map_err(|error| error.code().cloned()), expected);
    }
    Ok(())
}
