//! What other programs call, with an access token in the header `Authorization` and no cookie.

use axum::{Json, Router, routing::get};
use cognito_idp::verify::AccessClaims;
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

/// Without a good access token the answer is 401, and this is not reached.
async fn me(claims: AccessClaims) -> Json<Me> {
    Json(Me {
        sub: claims.sub().to_owned(),
        username: claims.username().map(str::to_owned),
        groups: claims.groups().to_vec(),
    })
}
