//! Every challenge: what it asks, and what its answer is.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use cognito_idp::{
    Error, ErrorCode, Sensitive,
    auth::{
        AuthOutcome, Challenge, TotpSetup,
        challenge::{ChallengeAnswer, Delivery, MfaType},
    },
    operation::auth::ChallengeNameType,
};
use serde_json::Value;

use super::{Field, Page, Picture, evenly, redirect, sign_in::go_on};
use crate::{
    app::App,
    failure::Failure,
    session::{Fields, Session, Visit},
};

/// What authenticator apps call this service.
pub(crate) const ISSUER: &str = "Example";

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/challenge", get(show).post(answer))
}

async fn show(visit: Visit) -> Result<Response, Failure> {
    match visit.session().await {
        Some(Session::Challenge(challenge)) => Ok(page(&visit, &challenge).into_response()),
        Some(Session::Totp(setup)) => Ok(totp_page(&visit, &setup)?.into_response()),
        Some(Session::SignedIn(_)) => Ok(redirect("/account")),
        _ => Ok(redirect("/sign-in?done=expired")),
    }
}

/// Takes the challenge out, so that it is answered once at a time, and puts it back after a wrong answer.
async fn answer(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let session = visit.take().await;
    match &session {
        Some(Session::Challenge(challenge)) => {
            if !visit.app.limits.allows_name(challenge.username().expose()) {
                visit.save(&Session::Challenge(challenge.clone())).await?;
                return Ok(page(&visit, challenge).failed(&Failure::TooMany));
            }
            answer_challenge(&visit, challenge, &fields).await
        }
        Some(Session::Totp(setup)) => {
            let finished = visit
                .users
                .sign_in()
                .finish_totp(setup, fields.secret("code"), None);
            match evenly(finished).await {
                Err(error) if is_worth_another_try(&error) => {
                    visit.save(&Session::Totp(setup.clone())).await?;
                    Ok(totp_page(&visit, setup)?.failed(&error.into()))
                }
                outcome => end_or_go_on(&visit, outcome).await,
            }
        }
        // The other tab, or a second click, was faster.
        Some(Session::SignedIn(_)) => {
            if let Some(session) = session {
                visit.save(&session).await?;
            }
            Ok(redirect("/account"))
        }
        _ => Ok(redirect("/sign-in?done=expired")),
    }
}

async fn answer_challenge(
    visit: &Visit,
    challenge: &Challenge,
    fields: &Fields,
) -> Result<Response, Failure> {
    if let Challenge::MfaSetup(setup) = challenge
        && fields.text("choice") == "totp"
    {
        return match visit.users.sign_in().set_up_totp(setup.clone()).await {
            Ok(setup) => visit.renew(&Session::Totp(setup), "/challenge").await,
            Err(error) => end_or_go_on(visit, Err(error)).await,
        };
    }
    let Some(answer) = answer_of(challenge, fields) else {
        visit.save(&Session::Challenge(challenge.clone())).await?;
        return Ok(page(visit, challenge).failed(&Failure::Malformed));
    };
    match evenly(visit.users.respond(answer)).await {
        Err(error) if is_worth_another_try(&error) => {
            visit.save(&Session::Challenge(challenge.clone())).await?;
            Ok(page(visit, challenge).failed(&error.into()))
        }
        outcome => end_or_go_on(visit, outcome).await,
    }
}

/// The session at Cognito stands after these, and after what never came to it.
fn is_worth_another_try(error: &Error) -> bool {
    error.is(ErrorCode::CodeMismatch)
        || error.is(ErrorCode::EnableSoftwareTokenMfa)
        || error.is(ErrorCode::InvalidPassword)
        || error.is(ErrorCode::PasswordHistoryPolicyViolation)
        || error.is_throttled()
}

async fn end_or_go_on(
    visit: &Visit,
    outcome: Result<AuthOutcome, Error>,
) -> Result<Response, Failure> {
    match outcome {
        Ok(outcome) => go_on(visit, outcome).await,
        Err(error) => {
            let page = Page::new("Sign in").link("/sign-in", "Begin again");
            Ok(page.text("This sign-in has ended.").failed(&error.into()))
        }
    }
}

fn answer_of(challenge: &Challenge, fields: &Fields) -> Option<ChallengeAnswer> {
    let (code, password) = (|| fields.secret("code"), || fields.secret("password"));
    let credential = || {
        let credential: Value = serde_json::from_str(fields.text("credential")).ok()?;
        Some(Sensitive::new(credential))
    };
    Some(match challenge {
        Challenge::SmsMfa(challenge) => challenge.answer(code()),
        Challenge::EmailOtp(challenge) => challenge.answer(code()),
        Challenge::SmsOtp(challenge) => challenge.answer(code()),
        Challenge::SoftwareTokenMfa(challenge) => challenge.answer(code()),
        Challenge::SelectMfaType(challenge) => {
            let chosen = |choice: &&MfaType| choice.as_str() == fields.text("choice");
            challenge.answer(challenge.choices.iter().find(chosen)?)
        }
        Challenge::MfaSetup(challenge) if fields.is_set("email") => {
            challenge.answer_email(fields.secret("email"))
        }
        Challenge::SelectChallenge(challenge) => {
            let chosen = |choice: &&ChallengeNameType| choice.as_str() == fields.text("choice");
            match challenge.choices.iter().find(chosen)? {
                ChallengeNameType::Password => challenge.answer_password(password()),
                ChallengeNameType::PasswordSrp => challenge.answer_password_srp(password()),
                choice => challenge.answer(choice),
            }
        }
        Challenge::Password(challenge) => challenge.answer(password()),
        Challenge::PasswordSrp(challenge) => challenge.answer(password()),
        Challenge::NewPasswordRequired(challenge) => {
            let required = challenge.required_attributes.iter();
            let answered = required.fold(challenge.clone(), |challenge, name| {
                challenge.attribute(name, fields.secret(&attribute_field(name)))
            });
            answered.answer(password())
        }
        Challenge::CustomChallenge(challenge) => challenge.answer(fields.secret("answer")),
        Challenge::WebAuthn(challenge) => challenge.answer(credential()?),
        // The others belong to flows that this server does not begin.
        _ => return None,
    })
}

fn page(visit: &Visit, challenge: &Challenge) -> Page {
    let page = Page::new("Sign in")
        .posts_to("/challenge", visit.csrf())
        .link("/sign-in", "Begin again");
    let password = || Field::password("password", "Password", "current-password");
    match challenge {
        Challenge::SmsMfa(challenge) => code_page(page, &challenge.delivery),
        Challenge::EmailOtp(challenge) => code_page(page, &challenge.delivery),
        Challenge::SmsOtp(challenge) => code_page(page, &challenge.delivery),
        Challenge::SoftwareTokenMfa(_) => page
            .text("Please enter the code that your authenticator app shows.")
            .field(Field::code())
            .button("", "Go on"),
        Challenge::SelectMfaType(challenge) => {
            let choices = challenge.choices.iter();
            choices.fold(
                page.text("How do you want to prove that it is you?"),
                |page, choice| page.button(choice.as_str(), mfa_label(choice)),
            )
        }
        Challenge::MfaSetup(challenge) => {
            let mut page = page.text("Your account needs a second proof that it is you.");
            if challenge.choices.contains(&MfaType::EmailOtp) {
                page = page
                    .field(
                        Field::new("email", "Email for codes", "email")
                            .kind("email")
                            .optional(),
                    )
                    .button("email", "Use this email");
            }
            page.button("totp", "Use an authenticator app")
        }
        Challenge::SelectChallenge(challenge) => {
            let choices = challenge.choices.iter();
            let page = page
                .text("How do you want to sign in?")
                .field(password().optional());
            choices.fold(page, |page, choice| {
                page.button(choice.as_str(), first_label(choice))
            })
        }
        Challenge::Password(_) | Challenge::PasswordSrp(_) => {
            page.field(password()).button("", "Go on")
        }
        Challenge::NewPasswordRequired(challenge) => {
            let page = page
                .text("Please choose a new password.")
                .field(Field::password("password", "New password", "new-password"));
            let required = challenge.required_attributes.iter();
            let page = required.fold(page, |page, name| {
                let known = challenge.user_attributes.get(name);
                let value = known.map_or("", |value| value.expose());
                page.field(attribute(name).value(value))
            });
            page.button("", "Set password")
        }
        Challenge::CustomChallenge(challenge) => {
            let question = challenge.parameters.get("question");
            let question = question.map_or("Please answer.", |question| question.expose());
            page.text(question)
                .field(Field::new("answer", "Answer", "off"))
                .button("", "Go on")
        }
        Challenge::WebAuthn(challenge) => {
            let mut page = page
                .text("Please use your passkey.")
                .button("", "Use passkey");
            page.passkey = Some(("get", challenge.options.expose().to_string()));
            page
        }
        _ => page.text("This server cannot ask for that."),
    }
}

fn code_page(page: Page, delivery: &Delivery) -> Page {
    let to = delivery.destination.as_deref().unwrap_or("you");
    page.text(format!("Please enter the code that we have sent to {to}."))
        .field(Field::code())
        .button("", "Go on")
}

fn totp_page(visit: &Visit, setup: &TotpSetup) -> Result<Page, Failure> {
    let uri = setup.uri(ISSUER, "account").map_err(|_| Failure::Ours)?;
    let mut page = Page::new("Set up your authenticator app")
        .posts_to("/challenge", visit.csrf())
        .text("Scan this picture with the app, then enter the code that it shows.")
        .field(Field::code())
        .button("", "Go on")
        .link("/sign-in", "Begin again");
    page.picture = Some(Picture::of(&uri, &setup.secret)?);
    Ok(page)
}

fn attribute_field(name: &str) -> String {
    format!("attribute-{name}")
}

/// A field for an attribute, so that browsers fill in what they know.
fn attribute(name: &str) -> Field {
    let (label, autocomplete, kind) = match name {
        "email" => ("Email", "email", "email"),
        "phone_number" => ("Phone number, with country code", "tel", "tel"),
        "given_name" => ("First name", "given-name", "text"),
        "family_name" => ("Last name", "family-name", "text"),
        "name" => ("Name", "name", "text"),
        "birthdate" => ("Date of birth", "bday", "date"),
        "address" => ("Address", "street-address", "text"),
        name => (name.strip_prefix("custom:").unwrap_or(name), "off", "text"),
    };
    Field::new(&attribute_field(name), label, autocomplete).kind(kind)
}

fn mfa_label(choice: &MfaType) -> String {
    match choice {
        MfaType::SmsMfa => "Text me a code".to_owned(),
        MfaType::EmailOtp | MfaType::EmailMfa => "Email me a code".to_owned(),
        MfaType::SoftwareTokenMfa => "Use my authenticator app".to_owned(),
        other => other.as_str().to_owned(),
    }
}

fn first_label(choice: &ChallengeNameType) -> String {
    match choice {
        ChallengeNameType::Password | ChallengeNameType::PasswordSrp => {
            "Use this password".to_owned()
        }
        ChallengeNameType::EmailOtp => "Email me a code".to_owned(),
        ChallengeNameType::SmsOtp => "Text me a code".to_owned(),
        ChallengeNameType::WebAuthn => "Use a passkey".to_owned(),
        other => other.as_str().to_owned(),
    }
}
