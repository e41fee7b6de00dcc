//! The way over the pages of the pool's domain, where users of other identity providers sign in.

use axum::{
    Router,
    extract::RawQuery,
    response::{IntoResponse, Response},
    routing::get,
};
use cognito_idp::auth::AuthOutcome;

use super::{Page, redirect, sign_in::go_on};
use crate::{
    app::App,
    failure::Failure,
    session::{Session, Visit},
};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/away", get(away))
        .route("/callback", get(callback))
}

async fn away(visit: Visit) -> Result<Response, Failure> {
    let login = visit.app.login.as_ref().ok_or(Failure::NotFound)?;
    let request = login
        .authorize()
        .scopes(["openid", "email", "aws.cognito.signin.user.admin"]);
    let (url, pending) = request.build().map_err(|_| Failure::Ours)?;
    visit.renew(&Session::Away(pending), &url).await
}

async fn callback(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let login = visit.app.login.as_ref().ok_or(Failure::NotFound)?;
    // Who is signed in stays so, whatever address somebody makes him open.
    let Some(Session::Away(_)) = visit.session().await? else {
        return Ok(redirect("/sign-in?done=expired"));
    };
    let Some(Session::Away(pending)) = visit.take().await? else {
        return Ok(redirect("/sign-in?done=expired"));
    };
    match login.callback(&query.unwrap_or_default(), pending).await {
        Ok(tokens) => {
            let name = tokens.username().ok_or(Failure::Ours)?;
            go_on(&visit, name, AuthOutcome::Tokens(tokens)).await
        }
        Err(error) => {
            tracing::warn!(%error, "sign-in on the domain");
            let page = Page::new("Sign in").link("/sign-in", "Begin again");
            Ok(page.text("That sign-in did not work.").into_response())
        }
    }
}
