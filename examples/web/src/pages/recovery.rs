//! A forgotten password. Whether there is such a user, nobody learns here.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};

use super::{Field, Page, evenly, is_strong, redirect};
use crate::{
    app::App,
    failure::Failure,
    session::{Fields, Session, Visit},
};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/forgot", get(show_forgot).post(forgot))
        .route("/reset", get(show_reset).post(reset))
}

async fn show_forgot(visit: Visit) -> Page {
    forgot_page(&visit, "")
}

fn forgot_page(visit: &Visit, username: &str) -> Page {
    Page::new("Forgot password")
        .posts_to("/forgot", visit.csrf())
        .text("We will send you a code with which you can set a new password.")
        .field(Field::username(username))
        .button("", "Send code")
        .link("/sign-in", "Sign in")
}

async fn forgot(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let username = fields.secret("username");
    if !visit.app.limits.allows_name(username.expose()) {
        return Ok(forgot_page(&visit, username.expose()).failed(&Failure::TooMany));
    }
    match evenly(visit.users.forgot_password(&username)).await {
        // Unknown, or without a confirmed address: the same page, and no code fits.
        Err(error) if !error.suggested_status().is_client_error() || error.is_throttled() => {
            Ok(forgot_page(&visit, username.expose()).failed(&error.into()))
        }
        _ => visit.renew(&Session::Resetting(username), "/reset").await,
    }
}

async fn show_reset(visit: Visit) -> Result<Response, Failure> {
    match visit.session().await? {
        Some(Session::Resetting(_)) => Ok(reset_page(&visit).into_response()),
        _ => Ok(redirect("/sign-in?done=expired")),
    }
}

fn reset_page(visit: &Visit) -> Page {
    Page::new("Set a new password")
        .posts_to("/reset", visit.csrf())
        .text("If there is such an account, we have sent a code.")
        .field(Field::code())
        .field(Field::password("password", "New password", "new-password"))
        .button("", "Set password")
        .link("/forgot", "Send another code")
}

async fn reset(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let Some(Session::Resetting(username)) = visit.session().await? else {
        return Ok(redirect("/sign-in?done=expired"));
    };
    if !visit.app.limits.allows_name(username.expose()) {
        return Ok(reset_page(&visit).failed(&Failure::TooMany));
    }
    let (code, password) = (fields.secret("code"), fields.secret("password"));
    if !is_strong(&password) {
        return Ok(reset_page(&visit).failed(&Failure::weak_password()));
    }
    let reset = visit
        .users
        .confirm_forgot_password(&username, code, password);
    match evenly(reset).await {
        Ok(_) => visit.end("/sign-in?done=reset").await,
        Err(error) => {
            let failure = Failure::from(error);
            let failure = if failure.tells_of_the_user() {
                Failure::wrong_code()
            } else {
                failure
            };
            Ok(reset_page(&visit).failed(&failure))
        }
    }
}
