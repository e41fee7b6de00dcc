//! Sign-in by password (which is proven, not sent), by a code, or by a passkey.

use axum::{Router, extract::Query, response::Response, routing::get};
use cognito_idp::{
    Error, ErrorCode, Sensitive,
    auth::{AuthOutcome, UserAuth},
};

use super::{Field, Page, evenly, sign_up};
use crate::{
    app::App,
    failure::Failure,
    session::{Fields, Session, SignedIn, Visit},
};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/sign-in", get(show).post(sign_in))
}

async fn show(visit: Visit, Query(query): Query<sign_up::Done>) -> Page {
    page(&visit, "").notice(query.done.as_deref())
}

fn page(visit: &Visit, username: &str) -> Page {
    let mut page = Page::new("Sign in")
        .posts_to("/sign-in", visit.csrf())
        .field(Field::username(username))
        .field(Field::password("password", "Password", "current-password webauthn").optional())
        .button("password", "Sign in")
        .button("email", "Email me a code")
        .button("sms", "Text me a code")
        .button("passkey", "Use a passkey")
        .link("/sign-up", "Create an account")
        .link("/forgot", "Forgot password");
    if visit.app.login.is_some() {
        page = page.link("/away", "Sign in another way");
    }
    page
}

async fn sign_in(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let username = fields.secret("username");
    if !visit.app.limits.allows_name(username.expose()) {
        return Ok(page(&visit, username.expose()).failed(&Failure::TooMany));
    }
    match evenly(begin(&visit, &username, &fields)).await {
        // Only after the right password, so this tells nobody else that there is an account.
        Err(error) if error.is(ErrorCode::UserNotConfirmed) => {
            // If no code can be sent now, the page offers to send another.
            if let Err(error) = visit.users.resend_confirmation_code(&username).await {
                tracing::warn!(%error, "no code was sent");
            }
            sign_up::await_code(&visit, username).await
        }
        Err(error) => Ok(page(&visit, username.expose()).failed(&error.into())),
        Ok(outcome) => go_on(&visit, outcome).await,
    }
}

async fn begin(
    visit: &Visit,
    username: &Sensitive<String>,
    fields: &Fields,
) -> Result<AuthOutcome, Error> {
    let users = &visit.users;
    let by = UserAuth::new(username);
    match fields.text("choice") {
        "email" => users.login_with(by.email_otp()).await,
        "sms" => users.login_with(by.sms_otp()).await,
        "passkey" => users.login_with(by.web_authn()).await,
        _ => users.login_srp(username, fields.secret("password")).await,
    }
}

/// To the next challenge, or in.
pub(crate) async fn go_on(visit: &Visit, outcome: AuthOutcome) -> Result<Response, Failure> {
    match outcome {
        AuthOutcome::Tokens(tokens) => {
            let session = Session::SignedIn(SignedIn { tokens, totp: None });
            visit.renew(&session, "/account").await
        }
        AuthOutcome::Challenge(challenge) => {
            visit
                .renew(&Session::Challenge(challenge), "/challenge")
                .await
        }
    }
}
