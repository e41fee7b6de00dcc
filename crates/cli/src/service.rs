//! The nine calls of everyday user management by their names, for one user pool and app client.

use std::{fs, path::PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use cognito_idp::{
    CognitoConfig, CognitoService,
    auth::{AuthOutcome, Challenge, NewPasswordRequired},
    service::{
        CreateUser, EmailTemplates, EmailVerification, GroupResults, RegisterUser, UpdateUser,
    },
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    arguments::{flag, option},
    context,
    exit::Failure,
    output,
    secret::{given_or_asked, given_or_chosen},
    session,
};

/// How each of the calls is given on the command line.
type Declaration = fn(Command) -> Command;

const CALLS: [(&str, &str, Declaration); 9] = [
    (
        "login",
        "Signs a user in as an administrator, and prints the tokens or the challenge",
        |command| with_app_client(command).args([username(), secret("password", PASSWORD)]),
    ),
    (
        "respond-to-new-password-challenge",
        "Replaces a temporary password, with the session that login printed",
        |command| {
            with_app_client(command)
                .arg(username())
                .arg(secret("session", "The session"))
                .arg(secret("new-password", NEW_PASSWORD))
                .arg(attributes())
        },
    ),
    (
        "register",
        "Signs a user up, who is then sent a code",
        |command| {
            with_app_client(command)
                .args([email(), other_username(), secret("password", NEW_PASSWORD)])
                .args(names())
                .arg(attributes())
        },
    ),
    (
        "create-user",
        "Creates a user with a temporary password; nobody is sent anything, unless --invite says so",
        |command| {
            command
                .args([email(), other_username(), secret("password", NEW_PASSWORD)])
                .args(names())
                .arg(attributes())
                .arg(flag("invite", "Send the invitation by email"))
        },
    ),
    (
        "update-user",
        "Changes attributes of a user; an empty value removes one",
        |command| {
            command
                .arg(username())
                .arg(option("email", "ADDRESS", "Email address").requires("email-verified"))
                .arg(
                    option(
                        "email-verified",
                        "BOOL",
                        "Whether the new address counts as verified, or must be verified first",
                    )
                    .value_parser(["true", "false"])
                    .requires("email"),
                )
                .args(names())
                .arg(attributes())
        },
    ),
    (
        "forgot-password",
        "Sends a code to a user who forgot the password",
        |command| with_app_client(command).arg(username()),
    ),
    (
        "confirm-forgot-password",
        "Sets a new password with that code",
        |command| {
            with_app_client(command)
                .arg(username())
                .arg(secret("code", "The code"))
                .arg(secret("new-password", NEW_PASSWORD))
        },
    ),
    ("add-to-group", "Adds a user to groups", |command| {
        command.arg(username()).arg(
            Arg::new("groups")
                .value_name("GROUP")
                .num_args(1..)
                .required(true)
                .help("Names of the groups"),
        )
    }),
    (
        "update-cognito-email-template",
        "Changes the texts of the verification and the invitation email; all other settings stay",
        email_template,
    ),
];

const PASSWORD: &str = "The password";
const NEW_PASSWORD: &str = "The new password";

pub(crate) fn commands() -> impl Iterator<Item = Command> {
    CALLS.iter().map(|(name, about, declare)| {
        let command = Command::new(*name).about(*about);
        declare(command.arg(context::user_pool_argument()))
    })
}

/// Whether the command is one of these.
pub(crate) fn is_one(command: &str) -> bool {
    CALLS.iter().any(|(name, ..)| *name == command)
}

pub(crate) async fn run(command: &str, matches: &ArgMatches) -> Result<(), Failure> {
    let service = service(command, matches)?;
    let user = || given(matches, "username").unwrap_or_default();
    match command {
        "login" => {
            let password = given_or_asked(matches, "password", "Password")?;
            print_outcome(&service.login(user(), password).await?)
        }
        "respond-to-new-password-challenge" => {
            let session = given_or_asked(matches, "session", "Session")?;
            let password = given_or_chosen(matches, "new-password", "New password")?;
            let challenge = NewPasswordRequired::new(user(), session);
            let answer = all_attributes(matches)?
                .into_iter()
                .fold(challenge, |challenge, (name, value)| {
                    challenge.attribute(name, value)
                })
                .answer(password);
            print_outcome(&service.respond(answer).await?)
        }
        "register" => print(&service.register(registered(matches)?).await?),
        "create-user" => print(&service.create_user(created(matches)?).await?),
        "update-user" => print(&service.update_user(user(), changes(matches)?).await?),
        "forgot-password" => print(&service.forgot_password(user()).await?),
        "confirm-forgot-password" => {
            let code = given_or_asked(matches, "code", "Code")?;
            let password = given_or_chosen(matches, "new-password", "New password")?;
            print(
                &service
                    .confirm_forgot_password(user(), code, password)
                    .await?,
            )
        }
        "add-to-group" => {
            let groups = matches.get_many::<String>("groups");
            let groups = groups.into_iter().flatten();
            print_groups(service.add_to_group(user(), groups).await)
        }
        _ => print(
            &service
                .update_cognito_email_template(templates(matches)?)
                .await?,
        ),
    }
}

/// The service of the user pool and app client that arguments and environment name.
fn service(command: &str, matches: &ArgMatches) -> Result<CognitoService, Failure> {
    let user_pool_id = context::user_pool_id(matches)?;
    let needs_app_client = matches.try_contains_id("client").is_ok();
    let client_id = if needs_app_client {
        context::client_id(matches)?
    } else {
        // The service wants one, and these calls send none.
        command.to_owned()
    };
    let builder = context::builder_of_pool(matches, &user_pool_id)?;
    let mut config = CognitoConfig::new(user_pool_id, client_id)
        .allow_other_region()
        .client(|_| builder);
    if needs_app_client && let Some(secret) = session::client_secret(matches)? {
        config = config.client_secret(secret);
    }
    if let Some(name) = given(matches, "app-name").or_else(|| std::env::var("APP_NAME").ok()) {
        config = config.app_name(name);
    }
    Ok(CognitoService::new(config)?)
}

fn registered(matches: &ArgMatches) -> Result<RegisterUser, Failure> {
    let password = given_or_chosen(matches, "password", "New password")?;
    let mut user = RegisterUser::new(given(matches, "email").unwrap_or_default(), password);
    if let Some(username) = given(matches, "username") {
        user = user.username(username);
    }
    let attributes = all_attributes(matches)?.into_iter();
    Ok(attributes.fold(user, |user, (name, value)| user.attribute(name, value)))
}

fn created(matches: &ArgMatches) -> Result<CreateUser, Failure> {
    let password = given_or_chosen(matches, "password", "Temporary password")?;
    let mut user = CreateUser::new(given(matches, "email").unwrap_or_default(), password);
    if let Some(username) = given(matches, "username") {
        user = user.username(username);
    }
    if matches.get_flag("invite") {
        user = user.invite();
    }
    let attributes = all_attributes(matches)?.into_iter();
    Ok(attributes.fold(user, |user, (name, value)| user.attribute(name, value)))
}

fn changes(matches: &ArgMatches) -> Result<UpdateUser, Failure> {
    let attributes = all_attributes(matches)?;
    let email = given(matches, "email");
    if attributes.is_empty() && email.is_none() {
        return Err(Failure::usage(
            "nothing is to be changed; --help lists what can be",
        ));
    }
    let mut changes = UpdateUser::new();
    if let Some(email) = email {
        let verification = match given(matches, "email-verified").as_deref() {
            Some("true") => EmailVerification::Verified,
            _ => EmailVerification::Unverified,
        };
        changes = changes.email(email, verification);
    }
    let attributes = attributes.into_iter();
    Ok(attributes.fold(changes, |changes, (name, value)| {
        changes.attribute(name, value)
    }))
}

/// The attributes that were given, each by its name or by an argument of its own.
fn all_attributes(matches: &ArgMatches) -> Result<Vec<(String, String)>, Failure> {
    let mut all = Vec::new();
    for (argument, attribute) in [("first-name", "given_name"), ("last-name", "family_name")] {
        if let Some(value) = given(matches, argument) {
            all.push((attribute.to_owned(), value));
        }
    }
    let pairs = matches.get_many::<String>("attribute");
    for pair in pairs.into_iter().flatten() {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| Failure::usage("--attribute: must be NAME=VALUE"))?;
        all.push((name.to_owned(), value.to_owned()));
    }
    Ok(all)
}

fn email_template(command: Command) -> Command {
    let file = |name: &'static str, help| {
        option(name, "FILE", help)
            .required(true)
            .value_parser(value_parser!(PathBuf))
    };
    command
        .arg(file(
            "verification",
            "HTML of the verification email, with {####} for the code",
        ))
        .arg(file(
            "invitation",
            "HTML of the invitation email, with {username}, and {####} for the password",
        ))
        .arg(option("verification-subject", "TEXT", "Its subject"))
        .arg(option("invitation-subject", "TEXT", "Its subject"))
        .arg(option(
            "app-name",
            "NAME",
            "What default subjects end with [APP_NAME, My App]",
        ))
        .args([
            flag(
                "by-link",
                "The verification is by a link: {## and ##} stand around its text",
            ),
            flag(
                "switch-method",
                "Let the pool change between code and link to fit the text",
            ),
            flag(
                "invitation-without-username",
                "Allow an invitation without {username}, which Cognito may not deliver",
            ),
            flag(
                "invitation-without-password",
                "Allow an invitation without {####}, for users who sign in without a password",
            ),
        ])
}

fn templates(matches: &ArgMatches) -> Result<EmailTemplates, Failure> {
    type Change = fn(EmailTemplates) -> EmailTemplates;
    let html = |name| {
        let path = matches
            .get_one::<PathBuf>(name)
            .cloned()
            .unwrap_or_default();
        fs::read_to_string(&path)
            .map_err(|error| Failure::Io(format!("--{name}: {}", path.display()), error))
    };
    let mut templates = EmailTemplates::new(html("verification")?, html("invitation")?);
    if let Some(subject) = given(matches, "verification-subject") {
        templates = templates.verification_subject(subject);
    }
    if let Some(subject) = given(matches, "invitation-subject") {
        templates = templates.invitation_subject(subject);
    }
    let changes: [(&str, Change); 4] = [
        ("by-link", EmailTemplates::verification_by_link),
        ("switch-method", EmailTemplates::switch_verification_method),
        (
            "invitation-without-username",
            EmailTemplates::invitation_without_username,
        ),
        (
            "invitation-without-password",
            EmailTemplates::invitation_without_password,
        ),
    ];
    for (name, change) in changes {
        if matches.get_flag(name) {
            templates = change(templates);
        }
    }
    Ok(templates)
}

fn print(answer: &impl Serialize) -> Result<(), Failure> {
    let answer = serde_json::to_value(answer);
    output::value(&answer.map_err(|error| Failure::Io("the answer".to_owned(), error.into()))?)
}

/// Prints the tokens or the challenge under the names that the API has for them.
fn print_outcome(outcome: &AuthOutcome) -> Result<(), Failure> {
    let answer = match outcome {
        AuthOutcome::Tokens(tokens) => json!({"AuthenticationResult": {
            "AccessToken": tokens.access_token,
            "IdToken": tokens.id_token,
            "RefreshToken": tokens.refresh_token,
            "ExpiresIn": tokens.expires_in.as_secs(),
            "TokenType": tokens.token_type,
            "NewDeviceMetadata": tokens.new_device_metadata,
        }}),
        AuthOutcome::Challenge(challenge) => {
            let mut answer = json!({
                "ChallengeName": challenge.name().as_str(),
                "Session": challenge.session(),
                "Username": challenge.username(),
            });
            if let Challenge::NewPasswordRequired(challenge) = challenge {
                answer["RequiredAttributes"] = json!(challenge.required_attributes);
            }
            answer
        }
    };
    output::value(&without_nulls(answer))
}

/// What did not come is not there, as in the API's own answers.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            members
                .map(|(name, value)| (name, without_nulls(value)))
                .collect()
        }
        value => value,
    }
}

/// Prints each group's fate. Where none was joined, the first reason is that of the whole.
fn print_groups(results: GroupResults) -> Result<(), Failure> {
    let fates = results.iter().map(|result| {
        let fate = json!({"Group": result.group, "IsMember": result.result.is_ok()});
        match &result.result {
            Ok(()) => fate,
            Err(error) => {
                let mut fate = fate;
                fate["Error"] = error.to_string().into();
                fate
            }
        }
    });
    output::value(&fates.collect())?;
    let (all, failed) = (results.iter().len(), results.failures().count());
    let first = results.into_iter().find_map(|result| result.result.err());
    match first {
        None => Ok(()),
        Some(error) if failed == all => Err(error.into()),
        Some(_) => Err(Failure::Partly(format!(
            "{failed} of {all} groups were not joined"
        ))),
    }
}

fn with_app_client(command: Command) -> Command {
    command
        .arg(context::client_argument())
        .arg(session::client_secret_argument())
}

fn username() -> Arg {
    Arg::new("username")
        .value_name("USERNAME")
        .required(true)
        .help("Username, alias or sub")
}

fn email() -> Arg {
    Arg::new("email")
        .value_name("EMAIL")
        .required(true)
        .help("Email address, which is also the username unless there is another")
}

fn other_username() -> Arg {
    option("username", "NAME", "Username other than the email address")
}

fn names() -> [Arg; 2] {
    [
        option("first-name", "NAME", "First name (given_name)"),
        option("last-name", "NAME", "Last name (family_name)"),
    ]
}

fn attributes() -> Arg {
    option(
        "attribute",
        "NAME=VALUE",
        "Any attribute, such as locale=de or custom:tenant=a; several",
    )
    .action(ArgAction::Append)
}

fn secret(name: &'static str, what: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("SOURCE")
        .help([what, ": env:NAME, file:PATH or -; asked for by default"].concat())
}

fn given(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.try_get_one::<String>(name).ok().flatten().cloned()
}
