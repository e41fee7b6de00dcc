//! Signs in on the terminal, whatever Cognito asks for. Passwords and codes are not echoed.
//!
//! `COGNITO_USER_POOL_ID=… COGNITO_CLIENT_ID=… cargo run --example sign_in`
//!
//! The app client must allow `USER_SRP_AUTH`; `COGNITO_CLIENT_SECRET` is its secret, if it has one.
//! No AWS credentials are needed. With standard input redirected, answers are read from there.

use std::{
    error::Error as StdError,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use cognito_idp::{
    CognitoUserService, Error, ErrorCode, Sensitive,
    auth::{
        AuthOutcome, Challenge, NewPasswordRequired, SignIn,
        challenge::{ChallengeAnswer, Delivery, MfaSetup, MfaType, SelectChallenge},
    },
    operation::auth::ChallengeNameType,
};

type Outcome<T> = Result<T, Box<dyn StdError>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run().await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run() -> Outcome<()> {
    let users = CognitoUserService::from_env()?;
    let username = ask("Username")?;
    let password = ask_hidden("Password")?;
    let mut outcome = users.login_srp(username, password).await?;
    let tokens = loop {
        outcome = match outcome {
            AuthOutcome::Tokens(tokens) => break tokens,
            AuthOutcome::Challenge(challenge) => answer(users.sign_in(), challenge).await?,
        };
    };
    println!(
        "Signed in; the access token is valid for {:?}.",
        tokens.expires_in
    );
    Ok(())
}

/// Asks until the answer is accepted, or refused for another reason than a wrong code.
async fn answer(sign_in: &SignIn, challenge: Challenge) -> Outcome<AuthOutcome> {
    if let Challenge::MfaSetup(challenge) = challenge {
        return set_up_mfa(sign_in, challenge).await;
    }
    loop {
        let result = sign_in.respond(ask_answer(&challenge)?).await;
        if !is_wrong_code(&result) {
            return Ok(result?);
        }
        println!("That is not right, try again.");
    }
}

fn is_wrong_code<T>(result: &Result<T, Error>) -> bool {
    let code = result.as_ref().err().and_then(Error::code);
    matches!(
        code,
        Some(ErrorCode::CodeMismatch | ErrorCode::EnableSoftwareTokenMfa)
    )
}

fn ask_answer(challenge: &Challenge) -> Outcome<ChallengeAnswer> {
    Ok(match challenge {
        Challenge::SmsMfa(challenge) => {
            let code = ask_code(&challenge.delivery)?;
            challenge.answer(code)
        }
        Challenge::SmsOtp(challenge) => {
            let code = ask_code(&challenge.delivery)?;
            challenge.answer(code)
        }
        Challenge::EmailOtp(challenge) => {
            let code = ask_code(&challenge.delivery)?;
            challenge.answer(code)
        }
        Challenge::SoftwareTokenMfa(challenge) => {
            challenge.answer(ask_hidden("Code of your authenticator app")?)
        }
        Challenge::SelectMfaType(challenge) => {
            let choice = choose("Which second factor?", &challenge.choices)?.clone();
            challenge.answer(&choice)
        }
        Challenge::SelectChallenge(challenge) => ask_first_factor(challenge)?,
        Challenge::Password(challenge) => challenge.answer(ask_hidden("Password")?),
        Challenge::PasswordSrp(challenge) => challenge.answer(ask_hidden("Password")?),
        Challenge::AdminNoSrpAuth(challenge) => challenge.answer(ask_hidden("Password")?),
        Challenge::NewPasswordRequired(challenge) => ask_new_password(challenge)?,
        Challenge::CustomChallenge(challenge) => {
            for (name, value) in &challenge.parameters {
                println!("{name}: {}", value.expose());
            }
            challenge.answer(ask_hidden("Answer")?)
        }
        Challenge::WebAuthn(challenge) => {
            println!("A browser must sign this: {}", challenge.options.expose());
            let credential: serde_json::Value = serde_json::from_str(&ask("Its answer, as JSON")?)?;
            challenge.answer(credential)
        }
        Challenge::Other(challenge) => {
            println!("{} is new to this program.", challenge.name);
            let name = ask("Name of the response")?;
            let value = ask_hidden("Its value")?;
            challenge.answer([(name, value)])
        }
        // SRP is done on the way, and no device was ever remembered here.
        challenge => return Err(format!("cannot answer {}", challenge.name()).into()),
    })
}

fn ask_first_factor(challenge: &SelectChallenge) -> Outcome<ChallengeAnswer> {
    let choice = choose("How do you want to sign in?", &challenge.choices)?.clone();
    Ok(match choice {
        ChallengeNameType::Password => challenge.answer_password(ask_hidden("Password")?),
        ChallengeNameType::PasswordSrp => challenge.answer_password_srp(ask_hidden("Password")?),
        choice => challenge.answer(&choice),
    })
}

fn ask_new_password(challenge: &NewPasswordRequired) -> Outcome<ChallengeAnswer> {
    println!("Your password is temporary.");
    let mut challenge = challenge.clone();
    for name in challenge.required_attributes.clone() {
        let value = ask(&name)?;
        challenge = challenge.attribute(name, value);
    }
    Ok(challenge.answer(ask_hidden("New password")?))
}

async fn set_up_mfa(sign_in: &SignIn, challenge: MfaSetup) -> Outcome<AuthOutcome> {
    println!("You must set up a second factor.");
    let choice = choose("Which?", &challenge.choices)?.clone();
    if choice != MfaType::SoftwareTokenMfa {
        let address = ask("Email address")?;
        return Ok(sign_in.respond(challenge.answer_email(address)).await?);
    }
    let setup = sign_in.set_up_totp(challenge).await?;
    println!(
        "Enter this secret in your authenticator app: {}",
        setup.secret.expose()
    );
    println!(
        "or show it this as a QR code: {}",
        setup.uri("sign_in", "user")?.expose()
    );
    loop {
        let code = ask_hidden("Code that the app shows")?;
        let result = sign_in.finish_totp(&setup, code, Some("sign_in")).await;
        if !is_wrong_code(&result) {
            return Ok(result?);
        }
        println!("That is not right, try again.");
    }
}

fn ask_code(delivery: &Delivery) -> Outcome<Sensitive<String>> {
    match &delivery.destination {
        Some(destination) => ask_hidden(&format!("Code sent to {destination}")),
        None => ask_hidden("Code"),
    }
}

fn choose<'a, T: std::fmt::Display>(question: &str, choices: &'a [T]) -> Outcome<&'a T> {
    println!("{question}");
    for (number, choice) in choices.iter().enumerate() {
        println!("  {}: {choice}", number + 1);
    }
    let number: usize = ask("Number")?.parse()?;
    let choice = number.checked_sub(1).and_then(|index| choices.get(index));
    choice.ok_or_else(|| "no such choice".into())
}

fn ask(question: &str) -> Outcome<String> {
    print!("{question}: ");
    io::stdout().flush()?;
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        return Err("no answer".into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask_hidden(question: &str) -> Outcome<Sensitive<String>> {
    if !io::stdin().is_terminal() {
        return Ok(ask(question)?.into());
    }
    Ok(rpassword::prompt_password(format!("{question}: "))?.into())
}
