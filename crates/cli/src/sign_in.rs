//! `sign-in`: on the terminal, whatever Cognito asks for.

use clap::{Arg, ArgMatches, Command};
use cognito_idp::{
    Error, ErrorCode, Sensitive,
    auth::{
        AuthOutcome, Challenge, NewPasswordRequired, SignIn, Tokens, UserAuth,
        challenge::{ChallengeAnswer, Delivery, MfaSetup, MfaType, SelectChallenge},
    },
    operation::auth::ChallengeNameType,
};

use crate::{
    browser, context,
    exit::Failure,
    secret,
    session::{self, Held, Session},
    terminal::{ask, ask_hidden, ask_new, choose},
};

pub(crate) fn command() -> Command {
    let argument =
        |name: &'static str, value, help| Arg::new(name).long(name).value_name(value).help(help);
    Command::new("sign-in")
        .about("Signs a user in, asks whatever Cognito asks, and keeps the session")
        .arg(
            Arg::new("username")
                .value_name("USERNAME")
                .required_unless_present("managed-login"),
        )
        .arg(context::user_pool_argument())
        .arg(context::client_argument())
        .arg(session::client_secret_argument())
        .arg(argument(
            "password",
            "SOURCE",
            "The password: env:NAME, file:PATH or -; asked for by default",
        ))
        .arg(
            argument("flow", "FLOW", "How to sign in")
                .value_parser(["srp", "password", "custom", "user-auth"])
                .default_value("srp"),
        )
        .arg(session::argument())
        .args(browser::arguments())
}

pub(crate) async fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let user_pool_id = context::user_pool_id(matches)?;
    let client_id = context::client_id(matches)?;
    let client = context::client(matches, Some(&user_pool_id))?;
    let app_client = session::app_client(matches, client_id.clone())?;
    // Another command must not write this session meanwhile, nor may its file be out of reach after
    // all the questions.
    let held = Held::of(matches)?;
    let tokens = if matches.get_flag("managed-login") {
        browser::sign_in(matches, client, app_client).await?
    } else {
        let sign_in = SignIn::public(client, app_client).user_pool_id(&user_pool_id);
        on_the_terminal(&sign_in, matches).await?
    };
    held.write(&Session {
        user_pool_id: Some(user_pool_id),
        client_id: client_id.into(),
        region: context::named_region(matches),
        endpoint_url: context::named_endpoint(matches),
        tokens,
    })?;
    eprintln!("Signed in.");
    Ok(())
}

async fn on_the_terminal(sign_in: &SignIn, matches: &ArgMatches) -> Result<Tokens, Failure> {
    let mut outcome = begin(sign_in, matches).await?;
    loop {
        outcome = match outcome {
            AuthOutcome::Tokens(tokens) => return Ok(tokens),
            AuthOutcome::Challenge(challenge) => answer(sign_in, challenge).await?,
        };
    }
}

async fn begin(sign_in: &SignIn, matches: &ArgMatches) -> Result<AuthOutcome, Failure> {
    let username = matches.get_one::<String>("username");
    let username = username.map(String::as_str).unwrap_or_default();
    let password = || secret::given_or_asked(matches, "password", "Password");
    let flow = matches.get_one::<String>("flow").map(String::as_str);
    Ok(match flow.unwrap_or_default() {
        "password" => sign_in.password(username, password()?).await?,
        "custom" => sign_in.custom(username).await?,
        "user-auth" => sign_in.user_auth(UserAuth::new(username)).await?,
        _ => sign_in.srp(username, password()?).await?,
    })
}

/// Asks until the answer is accepted, or refused for another reason than a wrong code.
async fn answer(sign_in: &SignIn, challenge: Challenge) -> Result<AuthOutcome, Failure> {
    if let Challenge::MfaSetup(challenge) = challenge {
        return set_up_mfa(sign_in, challenge).await;
    }
    loop {
        let result = sign_in.respond(ask_answer(&challenge)?).await;
        if !is_worth_another_try(&result) {
            return Ok(result?);
        }
        eprintln!("That is not right, try again.");
    }
}

fn is_worth_another_try<T>(result: &Result<T, Error>) -> bool {
    let code = result.as_ref().err().and_then(Error::code);
    matches!(
        code,
        Some(
            ErrorCode::CodeMismatch
                | ErrorCode::EnableSoftwareTokenMfa
                | ErrorCode::InvalidPassword
        )
    )
}

fn ask_answer(challenge: &Challenge) -> Result<ChallengeAnswer, Failure> {
    Ok(match challenge {
        Challenge::SmsMfa(challenge) => challenge.answer(ask_code(&challenge.delivery)?),
        Challenge::SmsOtp(challenge) => challenge.answer(ask_code(&challenge.delivery)?),
        Challenge::EmailOtp(challenge) => challenge.answer(ask_code(&challenge.delivery)?),
        Challenge::SoftwareTokenMfa(challenge) => {
            challenge.answer(ask_hidden("Code of your authenticator app")?)
        }
        Challenge::SelectMfaType(challenge) => {
            challenge.answer(choose("Which second factor?", &challenge.choices)?)
        }
        Challenge::SelectChallenge(challenge) => ask_first_factor(challenge)?,
        Challenge::Password(challenge) => challenge.answer(ask_hidden("Password")?),
        Challenge::PasswordSrp(challenge) => challenge.answer(ask_hidden("Password")?),
        Challenge::AdminNoSrpAuth(challenge) => challenge.answer(ask_hidden("Password")?),
        Challenge::NewPasswordRequired(challenge) => ask_new_password(challenge)?,
        Challenge::CustomChallenge(challenge) => {
            for (name, value) in &challenge.parameters {
                eprintln!("{name}: {}", value.expose());
            }
            challenge.answer(ask_hidden("Answer")?)
        }
        Challenge::WebAuthn(_) => {
            let rule =
                "the user must sign in with a passkey, which a browser has and a terminal has not";
            return Err(Failure::usage(rule));
        }
        // SRP is done on the way, and no device was ever remembered here.
        challenge => {
            let name = challenge.name();
            return Err(Failure::usage(format!("this command cannot answer {name}")));
        }
    })
}

fn ask_first_factor(challenge: &SelectChallenge) -> Result<ChallengeAnswer, Failure> {
    Ok(
        match choose("How do you want to sign in?", &challenge.choices)? {
            ChallengeNameType::Password => challenge.answer_password(ask_hidden("Password")?),
            ChallengeNameType::PasswordSrp => {
                challenge.answer_password_srp(ask_hidden("Password")?)
            }
            choice => challenge.answer(choice),
        },
    )
}

fn ask_new_password(challenge: &NewPasswordRequired) -> Result<ChallengeAnswer, Failure> {
    eprintln!("The password is temporary; choose a new one.");
    let mut challenge = challenge.clone();
    for name in challenge.required_attributes.clone() {
        let value = ask(&name)?;
        challenge = challenge.attribute(name, value);
    }
    Ok(challenge.answer(ask_new("New password")?))
}

async fn set_up_mfa(sign_in: &SignIn, challenge: MfaSetup) -> Result<AuthOutcome, Failure> {
    eprintln!("A second factor must be set up.");
    let choice = choose("Which?", &challenge.choices)?.clone();
    if choice != MfaType::SoftwareTokenMfa {
        let address = ask("Email address")?;
        return Ok(sign_in.respond(challenge.answer_email(address)).await?);
    }
    let username = challenge.username().clone();
    let setup = sign_in.set_up_totp(challenge).await?;
    draw(&setup.uri("Cognito", username.expose())?);
    eprintln!(
        "Scan it with an authenticator app, or enter: {}",
        setup.secret.expose()
    );
    loop {
        let code = ask_hidden("Code that the app shows")?;
        let result = sign_in.finish_totp(&setup, code, None).await;
        if !is_worth_another_try(&result) {
            return Ok(result?);
        }
        eprintln!("That is not right, try again.");
    }
}

/// As a QR code, if it fits into one.
fn draw(uri: &Sensitive<String>) {
    if let Ok(code) = qrcode::QrCode::new(uri.expose()) {
        let drawn = code.render::<qrcode::render::unicode::Dense1x2>().build();
        eprintln!("{drawn}");
    }
}

fn ask_code(delivery: &Delivery) -> Result<Sensitive<String>, Failure> {
    match &delivery.destination {
        Some(destination) => ask_hidden(&format!("Code sent to {destination}")),
        None => ask_hidden("Code"),
    }
}
