//! Sign-up, confirmation of the address, and another code.
//!
//! Who signs up with an address that has an account is told the same as everybody else.

use axum::{
    Router,
    extract::Query,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use cognito_idp::{ErrorCode, user_service::RegisterUser};
use serde::Deserialize;

use super::{Field, Page, evenly, is_strong, redirect};
use crate::{
    app::App,
    failure::Failure,
    session::{Fields, Session, Visit},
};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-up", get(show).post(sign_up))
        .route("/confirm", get(show_confirm).post(confirm))
        .route("/resend", post(resend))
}

#[derive(Deserialize)]
pub(crate) struct Done {
    pub(crate) done: Option<String>,
}

async fn show(visit: Visit) -> Page {
    page(&visit, "")
}

fn page(visit: &Visit, username: &str) -> Page {
    Page::new("Create an account")
        .posts_to("/sign-up", visit.csrf())
        .field(Field::username(username))
        .field(Field::password("password", "New password", "new-password"))
        .button("", "Create account")
        .link("/sign-in", "I have an account")
}

async fn sign_up(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let username = fields.secret("username");
    if !visit.app.limits.allows_name(username.expose()) {
        return Ok(page(&visit, username.expose()).failed(&Failure::TooMany));
    }
    let password = fields.secret("password");
    if !is_strong(&password) {
        return Ok(page(&visit, username.expose()).failed(&Failure::weak_password()));
    }
    let user = RegisterUser::new(&username, password);
    match evenly(visit.users.register(user)).await {
        Ok(registered) if registered.user_confirmed => {
            return Ok(redirect("/sign-in?done=confirmed"));
        }
        Ok(_) => {}
        Err(error) if error.is(ErrorCode::UsernameExists) => {}
        Err(error) => return Ok(page(&visit, username.expose()).failed(&error.into())),
    }
    visit
        .renew(&Session::Confirming(username), "/confirm?done=sent")
        .await
}

/// Whoever comes without having signed up in this browser is asked for the name first.
async fn show_confirm(visit: Visit, Query(query): Query<Done>) -> Result<Response, Failure> {
    let page = match visit.session().await? {
        Some(Session::Confirming(_)) => confirm_page(&visit),
        _ => name_page(&visit, ""),
    };
    Ok(page.notice(query.done.as_deref()).into_response())
}

fn name_page(visit: &Visit, username: &str) -> Page {
    Page::new("Confirm your address")
        .posts_to("/resend", visit.csrf())
        .text("We will send you another code.")
        .field(Field::username(username))
        .button("", "Send code")
        .link("/sign-in", "Sign in")
}

fn confirm_page(visit: &Visit) -> Page {
    let mut page = Page::new("Confirm your address")
        .posts_to("/confirm", visit.csrf())
        .text("Please enter the code that we have sent you.")
        .field(Field::code())
        .button("", "Confirm")
        .link("/sign-in", "Sign in instead");
    page.again = Some(("/resend", "Send another code"));
    page
}

async fn confirm(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let Some(Session::Confirming(username)) = visit.session().await? else {
        return Ok(redirect("/sign-in?done=expired"));
    };
    if !visit.app.limits.allows_name(username.expose()) {
        return Ok(confirm_page(&visit).failed(&Failure::TooMany));
    }
    let confirmed = visit
        .users
        .confirm_sign_up(&username, fields.secret("code"));
    match evenly(confirmed).await {
        Ok(_) => visit.end("/sign-in?done=confirmed").await,
        // Whether the name is unknown, confirmed already, or the code is wrong, is nobody's business.
        Err(error) if error.suggested_status().is_client_error() => {
            let wrong = Failure::wrong_code();
            Ok(confirm_page(&visit).failed(&wrong))
        }
        Err(error) => Ok(confirm_page(&visit).failed(&error.into())),
    }
}

/// For the name that signed up in this browser, or for the one that was entered.
async fn resend(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let username = match visit.session().await? {
        Some(Session::Confirming(username)) => username,
        _ => fields.secret("username"),
    };
    let page = || name_page(&visit, username.expose());
    if !visit.app.limits.allows_name(username.expose()) {
        return Ok(page().failed(&Failure::TooMany));
    }
    match evenly(visit.users.resend_confirmation_code(&username)).await {
        Err(error) if !error.suggested_status().is_client_error() || error.is_throttled() => {
            Ok(page().failed(&error.into()))
        }
        // Unknown, or confirmed already: the same page, and no code fits.
        _ => {
            let session = Session::Confirming(username.clone());
            visit.renew(&session, "/confirm?done=sent").await
        }
    }
}
