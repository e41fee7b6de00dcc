//! Every challenge: what it asks, and what its answer is.

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use cognito_idp::{
    Error, ErrorCode, Sensitive,
    auth::{
        AuthOutcome, Challenge, TotpSetup,
        challenge::{ChallengeAnswer, Delivery, MfaType},
        totp_uri,
    },
};
use serde_json::Value;

use super::{Field, Page, Picture, evenly, redirect, sign_in::go_on};
use crate::{
    app::App,
    failure::Failure,
    session::{Fields, Session, SigningIn, Visit},
};

/// What authenticator apps call this service.
pub(crate) const ISSUER: &str = "Example";

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/challenge", get(show).post(answer))
}

async fn show(visit: Visit) -> Result<Response, Failure> {
    match visit.session().await? {
        Some(Session::SigningIn(step)) => Ok(page(&visit, &step).into_response()),
        Some(Session::Totp(name, setup)) => Ok(totp_page(&visit, &name, &setup)?.into_response()),
        Some(Session::SignedIn(_)) => Ok(redirect("/account")),
        _ => Ok(redirect("/sign-in?done=expired")),
    }
}

/// Takes the challenge out, so that it is answered once at a time, and puts it back after a wrong answer.
async fn answer(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    match visit.take().await? {
        Some(Session::SigningIn(step)) => {
            if visit
                .app
                .limits
                .allows_name(step.challenge.username().expose())
            {
                answer_challenge(&visit, step, &fields).await
            } else {
                again(&visit, step, &Failure::TooMany).await
            }
        }
        Some(Session::Totp(name, setup)) => finish_totp(&visit, name, setup, &fields).await,
        // The other tab, or a second click, was faster.
        Some(session @ Session::SignedIn(_)) => {
            visit.put_back(session).await?;
            Ok(redirect("/account"))
        }
        _ => Ok(redirect("/sign-in?done=expired")),
    }
}

async fn answer_challenge(
    visit: &Visit,
    step: SigningIn,
    fields: &Fields,
) -> Result<Response, Failure> {
    if let Challenge::MfaSetup(setup) = &step.challenge
        && fields.text("choice") == "totp"
    {
        return match visit.users.sign_in().set_up_totp(setup.clone()).await {
            Ok(setup) => {
                let session = Session::Totp(step.name, setup);
                visit.renew(&session, "/challenge").await
            }
            Err(error) => Ok(ended(&error.into())),
        };
    }
    let Some(answer) = answer_of(&step.challenge, fields) else {
        return again(visit, step, &Failure::Malformed).await;
    };
    let users = visit.users_on_device().await?;
    match evenly(users.respond(answer)).await {
        Ok(AuthOutcome::Challenge(challenge @ Challenge::CustomChallenge(_))) => {
            // The next question, or the same after a wrong answer: nothing is proven yet.
            let session = Session::SigningIn(SigningIn { challenge, ..step });
            visit.renew(&session, "/challenge").await
        }
        Ok(outcome) => go_on(visit, step.name, outcome).await,
        Err(error) => wrong(visit, step, error).await,
    }
}

async fn wrong(visit: &Visit, step: SigningIn, error: Error) -> Result<Response, Failure> {
    if is_worth_another_try(&error) && !step.is_first {
        return again(visit, step, &error.into()).await;
    }
    if !step.is_first {
        return Ok(ended(&error.into()));
    }
    match Failure::before_proof(error) {
        // So it looks for every name, whether a code is wrong or too old, or none was ever sent.
        Failure::Cognito(StatusCode::UNAUTHORIZED, _) if is_code(&step.challenge) => {
            again(visit, step, &Failure::wrong_code()).await
        }
        failure @ Failure::Cognito(StatusCode::TOO_MANY_REQUESTS, _) => {
            again(visit, step, &failure).await
        }
        failure => Ok(ended(&failure)),
    }
}

async fn finish_totp(
    visit: &Visit,
    name: Sensitive<String>,
    setup: TotpSetup,
    fields: &Fields,
) -> Result<Response, Failure> {
    let sign_in = visit.users.sign_in();
    let finished = sign_in.finish_totp(&setup, fields.secret("code"), None);
    match evenly(finished).await {
        Ok(outcome) => go_on(visit, name, outcome).await,
        Err(error) if is_worth_another_try(&error) => {
            let page = totp_page(visit, &name, &setup)?.failed(&error.into());
            visit.put_back(Session::Totp(name, setup)).await?;
            Ok(page)
        }
        Err(error) => Ok(ended(&error.into())),
    }
}

/// Shows what is to be answered once more, and why.
async fn again(visit: &Visit, step: SigningIn, failure: &Failure) -> Result<Response, Failure> {
    let page = page(visit, &step).failed(failure);
    visit.put_back(Session::SigningIn(step)).await?;
    Ok(page)
}

fn ended(failure: &Failure) -> Response {
    Page::new("Sign in")
        .text("This sign-in has ended.")
        .link("/sign-in", "Begin again")
        .failed(failure)
}

fn is_code(challenge: &Challenge) -> bool {
    matches!(challenge, Challenge::EmailOtp(_) | Challenge::SmsOtp(_))
}

/// The session at Cognito stands after these, and after what never came to it.
fn is_worth_another_try(error: &Error) -> bool {
    error.is(ErrorCode::CodeMismatch)
        || error.is(ErrorCode::EnableSoftwareTokenMfa)
        || error.is(ErrorCode::InvalidPassword)
        || error.is(ErrorCode::PasswordHistoryPolicyViolation)
        || error.is_throttled()
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

fn page(visit: &Visit, step: &SigningIn) -> Page {
    let page = Page::new("Sign in")
        .posts_to("/challenge", visit.csrf())
        .link("/sign-in", "Begin again");
    match &step.challenge {
        // Where it went would tell that there is such a user.
        Challenge::EmailOtp(_) | Challenge::SmsOtp(_) if step.is_first => code_page(
            page,
            "If you can sign in so, we have sent you a code. Please enter it.".to_owned(),
        ),
        Challenge::SmsMfa(challenge) => sent_page(page, &challenge.delivery),
        Challenge::EmailOtp(challenge) => sent_page(page, &challenge.delivery),
        Challenge::SmsOtp(challenge) => sent_page(page, &challenge.delivery),
        Challenge::SoftwareTokenMfa(_) => code_page(
            page,
            "Please enter the code that your authenticator app shows.".to_owned(),
        ),
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

fn sent_page(page: Page, delivery: &Delivery) -> Page {
    let to = delivery.destination.as_deref().unwrap_or("you");
    code_page(
        page,
        format!("Please enter the code that we have sent to {to}."),
    )
}

fn code_page(page: Page, text: String) -> Page {
    page.text(text).field(Field::code()).button("", "Go on")
}

fn totp_page(visit: &Visit, name: &Sensitive<String>, setup: &TotpSetup) -> Result<Page, Failure> {
    let page = set_up_page("/challenge", visit, name, &setup.secret)?;
    Ok(page.link("/sign-in", "Begin again"))
}

/// Shows an authenticator app the secret, labelled with the service and the user.
pub(crate) fn set_up_page(
    action: &'static str,
    visit: &Visit,
    name: &Sensitive<String>,
    secret: &Sensitive<String>,
) -> Result<Page, Failure> {
    // A colon parts the two.
    let account = name.expose().replace(':', " ");
    let uri = totp_uri(ISSUER, &account, secret).map_err(|_| Failure::Ours)?;
    let mut page = code_page(
        Page::new("Set up your authenticator app").posts_to(action, visit.csrf()),
        "Scan this picture with the app, then enter the code that it shows.".to_owned(),
    );
    page.picture = Some(Picture::of(&uri, secret)?);
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
