//! What other programs call, with an access token in the header `Authorization` and no cookie.

use axum::{Json, Router, routing::get};
use cognito_idp::verify::{AccessClaims, VerifyError};
use serde::Serialize;

use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/me", get(me))
}

#[derive(Serialize)]
struct Me {
    sub: String,
    username: Option<String>,
    groups: Vec<String>,
}

/// What an access token must be good for; every sign-in over Cognito's API gives this one.
const SCOPE: &str = "aws.cognito.signin.user.admin";

/// Without a good access token of this app client the answer is 401, and this is not reached.
async fn me(claims: AccessClaims) -> Result<Json<Me>, VerifyError> {
    claims.require_scope(SCOPE)?;
    Ok(Json(Me {
        sub: claims.sub().to_owned(),
        username: claims.username().map(str::to_owned),
        groups: claims.groups().to_vec(),
    }))
}
