//! What other programs call, with an access token in the header `Authorization` and no cookie.

use axum::{Json, Router, extract::FromRef, routing::get};
use cognito_idp::verify::{AccessClaims, TokenVerifier, VerifyError};
use serde::Serialize;

/// What an access token must be good for; every sign-in over Cognito's API gives this one.
const SCOPE: &str = "aws.cognito.signin.user.admin";

pub(crate) fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    TokenVerifier: FromRef<S>,
{
    Router::new().route("/api/me", get(me))
}

#[derive(Serialize)]
struct Me {
    sub: String,
    username: Option<String>,
    groups: Vec<String>,
}

/// Without a good access token of this app client the answer is 401, and this is not reached.
async fn me(claims: AccessClaims) -> Result<Json<Me>, VerifyError> {
    claims.require_scope(SCOPE)?;
    Ok(Json(Me {
        sub: claims.sub().to_owned(),
        username: claims.username().map(str::to_owned),
        groups: claims.groups().to_vec(),
    }))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{self, Body},
        http::{Request, StatusCode, header},
    };
    use cognito_idp::{fixture::TestIssuer, verify::TrustedPool};
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::*;

    const POOL: &str = "eu-central-1_Example";
    const CLIENT: &str = "app-client-id";

    /// Status, `WWW-Authenticate` and body for a token with these claims.
    async fn ask(issuer: &TestIssuer, claims: Value) -> (StatusCode, String, Value) {
        let keys = TestIssuer::new(POOL, CLIENT).unwrap().jwks();
        let pool = TrustedPool::new(POOL).client(CLIENT).keys(keys);
        let verifier = TokenVerifier::builder(pool).trust_test_issuer();
        let router = routes().with_state(verifier.build().unwrap());
        let token = format!("Bearer {}", issuer.issue(&claims));
        let request = Request::get("/api/me").header(header::AUTHORIZATION, token);
        let request = request.body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers());
        let told = headers.get(header::WWW_AUTHENTICATE);
        let told = told.map_or("", |told| told.to_str().unwrap()).to_owned();
        let body = body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (
            status,
            told,
            serde_json::from_slice(&body).unwrap_or_default(),
        )
    }

    fn good() -> Value {
        json!({
            "sub": "sub-1",
            "username": "bob",
            "token_use": "access",
            "scope": "openid aws.cognito.signin.user.admin",
            "cognito:groups": ["readers"],
        })
    }

    #[tokio::test]
    async fn who_brings_a_good_token_is_told_who_it_is() {
        let issuer = TestIssuer::new(POOL, CLIENT).unwrap();
        let (status, _, me) = ask(&issuer, good()).await;
        assert_eq!(status, StatusCode::OK);
        let expected = json!({"sub": "sub-1", "username": "bob", "groups": ["readers"]});
        assert_eq!(me, expected);
    }

    #[tokio::test]
    async fn a_token_of_another_client_or_pool_and_one_that_has_expired_are_refused() {
        let issuer = |pool, client| TestIssuer::new(pool, client).unwrap();
        let mut expired = good();
        expired["exp"] = json!(1_700_000_000);
        let mut of_id = good();
        of_id["token_use"] = json!("id");
        for (issuer, claims) in [
            (issuer(POOL, "another-client"), good()),
            (issuer("eu-central-1_Another", CLIENT), good()),
            (issuer(POOL, CLIENT), expired),
            (issuer(POOL, CLIENT), of_id),
        ] {
            let (status, told, me) = ask(&issuer, claims).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{told}");
            assert!(told.contains("invalid_token"), "{told}");
            assert_eq!(me, Value::Null);
        }
    }

    #[tokio::test]
    async fn a_token_without_the_scope_is_not_enough() {
        let issuer = TestIssuer::new(POOL, CLIENT).unwrap();
        let mut claims = good();
        claims["scope"] = json!("openid");
        let (status, told, me) = ask(&issuer, claims).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(told.contains("insufficient_scope"), "{told}");
        assert_eq!(me, Value::Null);
    }
}
