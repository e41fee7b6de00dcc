//! Sign-in by password (which is proven, not sent), by a code, by a passkey, or by a question.
//!
//! Until something is proven, all names look alike: whatever Cognito answers, who asked for a code is
//! asked for a code, and who wants to use a passkey is asked for one.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use axum::{Router, extract::Query, http::StatusCode, response::Response, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_idp::{
    CognitoUserService, Error, ErrorCode, Sensitive,
    auth::{
        AuthOutcome, Challenge, Tokens, UserAuth,
        challenge::{EmailOtp, SmsOtp, WebAuthn},
    },
    operation::{Operation as _, auth::RespondToAuthChallengeRequest},
};
use serde_json::json;

use super::{Field, Page, device, evenly, sign_up};
use crate::{
    app::App,
    failure::Failure,
    session::{Fields, Session, SigningIn, Visit, random},
};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/sign-in", get(show).post(sign_in))
}

/// What a user proves to be with at first.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Way {
    Password,
    Email,
    Sms,
    Passkey,
    /// Whatever the pool's Lambda triggers ask.
    Question,
}

impl Way {
    /// Of names with commas between, such as `password,email`.
    pub(crate) fn list(names: &str) -> Result<Vec<Self>, String> {
        let way = |name: &str| Self::named(name.trim()).ok_or(format!("no way to sign in: {name}"));
        names.split(',').map(way).collect()
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "password" => Self::Password,
            "email" => Self::Email,
            "sms" => Self::Sms,
            "passkey" => Self::Passkey,
            "question" => Self::Question,
            _ => return None,
        })
    }

    fn asks(self, challenge: &Challenge) -> bool {
        match self {
            Self::Password | Self::Question => true,
            Self::Email => matches!(challenge, Challenge::EmailOtp(_)),
            Self::Sms => matches!(challenge, Challenge::SmsOtp(_)),
            Self::Passkey => matches!(challenge, Challenge::WebAuthn(_)),
        }
    }

    fn button(self) -> (&'static str, &'static str) {
        match self {
            Self::Password => ("password", "Sign in"),
            Self::Email => ("email", "Email me a code"),
            Self::Sms => ("sms", "Text me a code"),
            Self::Passkey => ("passkey", "Use a passkey"),
            Self::Question => ("question", "Answer a question"),
        }
    }
}

async fn show(visit: Visit, Query(query): Query<sign_up::Done>) -> Page {
    page(&visit, "").notice(query.done.as_deref())
}

fn page(visit: &Visit, username: &str) -> Page {
    let ways = &visit.app.ways;
    let mut page = Page::new("Sign in")
        .posts_to("/sign-in", visit.csrf())
        .field(Field::username(username));
    if ways.contains(&Way::Password) {
        let password = Field::password("password", "Password", "current-password");
        // Other buttons need none.
        page = page.field(if ways.len() > 1 {
            password.optional()
        } else {
            password
        });
    }
    for (value, says) in ways.iter().map(|way| way.button()) {
        page = page.button(value, says);
    }
    page = page
        .link("/sign-up", "Create an account")
        .link("/confirm", "Confirm your address")
        .link("/forgot", "Forgot password");
    if visit.app.login.is_some() {
        page = page.link("/away", "Sign in another way");
    }
    page
}

async fn sign_in(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let name = fields.secret("username");
    if !visit.app.limits.allows_name(name.expose()) {
        return Ok(page(&visit, name.expose()).failed(&Failure::TooMany));
    }
    // Enter presses the first button.
    let way = Way::named(fields.text("choice")).or(visit.app.ways.first().copied());
    let Some(way) = way.filter(|way| visit.app.ways.contains(way)) else {
        return Err(Failure::Malformed);
    };
    let users = visit.users_on_device().await?;
    let outcome = evenly(begin(&users, way, &name, &fields)).await;
    let outcome = match outcome {
        Err(error) if is_after_proof(&error) => {
            return Ok(page(&visit, name.expose()).failed(&error.into()));
        }
        outcome => outcome.map_err(Failure::before_proof),
    };
    match outcome {
        Err(failure) if failure.status() != StatusCode::UNAUTHORIZED => {
            Ok(page(&visit, name.expose()).failed(&failure))
        }
        outcome => first_step(&visit, way, name, outcome).await,
    }
}

/// Only who has proven the password learns that it must be reset.
fn is_after_proof(error: &Error) -> bool {
    error.is(ErrorCode::PasswordResetRequired)
        && error.operation() == Some(RespondToAuthChallengeRequest::NAME)
}

async fn begin(
    users: &CognitoUserService,
    way: Way,
    name: &Sensitive<String>,
    fields: &Fields,
) -> Result<AuthOutcome, Error> {
    let by = UserAuth::new(name);
    match way {
        Way::Password => users.login_srp(name, fields.secret("password")).await,
        Way::Email => users.login_with(by.email_otp()).await,
        Way::Sms => users.login_with(by.sms_otp()).await,
        Way::Passkey => users.login_with(by.web_authn()).await,
        Way::Question => users.sign_in().custom(name).await,
    }
}

async fn first_step(
    visit: &Visit,
    way: Way,
    name: Sensitive<String>,
    outcome: Result<AuthOutcome, Failure>,
) -> Result<Response, Failure> {
    let challenge = match outcome {
        Ok(outcome @ AuthOutcome::Tokens(_)) => return go_on(visit, name, outcome).await,
        // What comes here comes after the password.
        Ok(outcome) if way == Way::Password => return go_on(visit, name, outcome).await,
        Err(failure) if matches!(way, Way::Password | Way::Question) => {
            return Ok(page(visit, name.expose()).failed(&failure));
        }
        Ok(AuthOutcome::Challenge(challenge)) if way.asks(&challenge) => challenge,
        // The user has no such factor, or there is no such user.
        _ => made_up(way, &name)?,
    };
    let challenge = match challenge {
        Challenge::WebAuthn(challenge) => alike_for_all(visit, challenge),
        challenge => challenge,
    };
    let session = Session::SigningIn(SigningIn {
        name,
        challenge,
        is_first: true,
    });
    visit.renew(&session, "/challenge").await
}

/// To the next challenge, or in, after a proof.
pub(crate) async fn go_on(
    visit: &Visit,
    name: Sensitive<String>,
    outcome: AuthOutcome,
) -> Result<Response, Failure> {
    match outcome {
        AuthOutcome::Tokens(tokens) => let_in(visit, name, tokens).await,
        AuthOutcome::Challenge(challenge) => {
            let session = Session::SigningIn(SigningIn {
                name,
                challenge,
                is_first: false,
            });
            visit.renew(&session, "/challenge").await
        }
    }
}

async fn let_in(
    visit: &Visit,
    name: Sensitive<String>,
    tokens: Tokens,
) -> Result<Response, Failure> {
    let (user, mut signed_in) = visit.sign_in(name, &tokens).await?;
    if tokens.new_device_metadata.is_some() {
        signed_in.new_device = device::confirm(&user).await;
    }
    let to = if signed_in.new_device.is_some() {
        "/remember"
    } else {
        "/account"
    };
    visit.renew(&Session::SignedIn(signed_in), to).await
}

/// A challenge that nobody can answer, looking like one that somebody can. Its answer is sent to
/// Cognito like any other, which refuses it.
fn made_up(way: Way, name: &Sensitive<String>) -> Result<Challenge, Failure> {
    let session = URL_SAFE_NO_PAD.encode(random::<64>()?);
    Ok(match way {
        Way::Sms => Challenge::SmsOtp(SmsOtp::new(name, session)),
        Way::Passkey => {
            let random = URL_SAFE_NO_PAD.encode(random::<64>()?);
            let length = LENGTH.load(Relaxed).min(random.len());
            let mut challenge = WebAuthn::new(name, session);
            challenge.options = Sensitive::new(json!({"challenge": random[..length]}));
            Challenge::WebAuthn(challenge)
        }
        _ => Challenge::EmailOtp(EmailOtp::new(name, session)),
    })
}

/// How long Cognito's challenges for passkeys are: what is made up is as long as the last one.
static LENGTH: AtomicUsize = AtomicUsize::new(43);

/// Leaves of the options what differs for every user and every sign-in: the challenge. Which passkeys
/// the user has the browser knows itself, as Cognito asks for such that can be found.
fn alike_for_all(visit: &Visit, mut challenge: WebAuthn) -> Challenge {
    let random = challenge.options.expose()["challenge"].as_str();
    let random = random.unwrap_or_default().to_owned();
    LENGTH.store(random.len(), Relaxed);
    challenge.options = Sensitive::new(json!({
        "challenge": random,
        "rpId": visit.app.passkey_domain,
        "userVerification": "required",
    }));
    Challenge::WebAuthn(challenge)
}
