//! `verify`: whether a token is good, and why not.

use std::{fmt::Write as _, fs, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};
use cognito_idp::{
    Sensitive,
    endpoint::Endpoint,
    verify::{Check, CheckName, Explanation, Jwks, TokenUse, TokenVerifier, TrustedPool},
};
use serde_json::{Map, Value, json};

use crate::{
    context,
    exit::{Failure, with_causes},
    output, secret,
};

pub(crate) fn command() -> Command {
    let argument =
        |name: &'static str, value, help| Arg::new(name).long(name).value_name(value).help(help);
    let flag = |name: &'static str, help| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(help)
    };
    Command::new("verify")
        .about("Verifies a token, and prints what it says")
        .arg(
            Arg::new("token")
                .value_name("TOKEN")
                .required(true)
                .help(
                    "env:NAME, file:PATH, or - for standard input. The token itself will do as well, but \
                     other processes of the machine can read it there",
                ),
        )
        .arg(flag("explain", "Print each check, passed or not, and why, instead"))
        .arg(flag("id", "It must be an ID token; by default an access token"))
        .arg(context::user_pool_argument())
        .arg(
            argument(
                "client",
                "ID",
                "The app client that it must have been issued to, or one of several [COGNITO_CLIENT_ID]",
            )
            .action(ArgAction::Append),
        )
        .arg(flag("any-client", "Any of the user pool's app clients will do"))
        .arg(
            argument("scope", "SCOPE", "A scope that it must have, or one of several")
                .action(ArgAction::Append),
        )
        .arg(
            argument("group", "GROUP", "A group that the user must be in, or one of several")
                .action(ArgAction::Append),
        )
        .arg(
            argument("audience", "URL", "The resource that it must be bound to, or one of several")
                .action(ArgAction::Append),
        )
        .arg(argument(
            "issuer",
            "URL",
            "The issuer, where it is not the user pool at AWS or at the endpoint",
        ))
        .arg(argument(
            "jwks",
            "FILE",
            "The user pool's keys; nothing is fetched then",
        ))
        .arg(
            argument("leeway", "SECONDS", "By how much the clocks may differ")
                .default_value("0")
                .value_parser(clap::value_parser!(u64).range(..=300)),
        )
}

pub(crate) async fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let token = token(matches)?;
    let token_use = if matches.get_flag("id") {
        TokenUse::Id
    } else {
        TokenUse::Access
    };
    if matches.get_flag("explain") {
        return explain(matches, &token, token_use).await;
    }
    let user_pool_id = context::user_pool_id(matches)?;
    let clients = clients(matches);
    if clients.is_empty() && !matches.get_flag("any-client") {
        let rule = "--client or COGNITO_CLIENT_ID must be set, or --any-client";
        return Err(Failure::usage(rule));
    }
    let verifier = verifier(matches, &user_pool_id, &clients)?;
    let token = token.expose();
    let claims: Value = match token_use {
        TokenUse::Id => verifier.verify_id(token).await?.read()?,
        _ => verifier.verify_access(token).await?.read()?,
    };
    output::value(&claims)
}

/// Prints the checks. What nobody has named is taken from the token itself, and is no verification.
async fn explain(
    matches: &ArgMatches,
    token: &Sensitive<String>,
    token_use: TokenUse,
) -> Result<(), Failure> {
    let named = context::user_pool_id(matches).ok();
    let user_pool_id = named.clone().or_else(|| own_user_pool_id(token));
    let Some(user_pool_id) = user_pool_id else {
        let rule = "--pool or COGNITO_USER_POOL_ID must be set: the token names none";
        return Err(Failure::usage(rule));
    };
    let clients = clients(matches);
    let verifier = verifier(matches, &user_pool_id, &clients)?;
    let explanation = verifier.explain(token.expose(), token_use).await;
    print(matches, &explanation)?;
    explanation.verdict()?;
    if named.is_none() {
        let rule = "every check is passed, by the user pool that the token itself names; \
                    whether that is yours, --pool tells";
        return Err(Failure::Partly(rule.to_owned()));
    }
    if clients.is_empty() && !matches.get_flag("any-client") {
        let rule = "every check is passed, by any app client; whether it is yours, --client tells";
        return Err(Failure::Partly(rule.to_owned()));
    }
    Ok(())
}

/// Prints the checks: as lines for people, unless a form was asked for.
fn print(matches: &ArgMatches, explanation: &Explanation) -> Result<(), Failure> {
    let checks = explanation.checks().iter();
    if matches.value_source("output") == Some(ValueSource::CommandLine) {
        return output::value(&checks.map(object_of).collect());
    }
    let mut lines = checks.map(line_of);
    lines.try_for_each(|line| output::line(&line))
}

fn object_of(check: &Check) -> Value {
    let reason = check.result.clone().and_then(Result::err);
    json!({
        "check": check.name.to_string(),
        "passed": check.result.as_ref().map(Result::is_ok),
        "found": check.found,
        "required": check.required,
        "reason": reason.map(|error| with_causes(&error)),
    })
}

/// `FAILED       scope      openid: the token lacks the required scope (required: orders/write)`.
fn line_of(check: &Check) -> String {
    let result = match &check.result {
        Some(Ok(())) => "passed",
        Some(Err(_)) => "FAILED",
        None => "not checked",
    };
    let mut line = format!("{result:<13}{:<11}", check.name);
    // Whatever stands there, the terminal must not obey it.
    let found = check.found.as_deref().unwrap_or_default().escape_debug();
    let _ = write!(line, "{found}");
    if let Some(Err(error)) = &check.result {
        let colon = if check.found.is_some() { ": " } else { "" };
        let _ = write!(line, "{colon}{}", with_causes(error));
        let required = match check.name {
            CheckName::Time => check.required.as_ref().map(|now| format!(" (now: {now})")),
            _ => check
                .required
                .as_ref()
                .map(|of| format!(" (required: {of})")),
        };
        line.push_str(&required.unwrap_or_default());
    }
    line.truncate(line.trim_end().len());
    line
}

fn verifier(
    matches: &ArgMatches,
    user_pool_id: &str,
    clients: &[String],
) -> Result<TokenVerifier, Failure> {
    let all = |name| matches.get_many::<String>(name).into_iter().flatten();
    let mut pool = TrustedPool::new(user_pool_id);
    // Whether none had to be named is the caller's to say.
    if clients.is_empty() || matches.get_flag("any-client") {
        pool = pool.any_client();
    }
    pool = clients.iter().fold(pool, TrustedPool::client);
    pool = all("scope").fold(pool, TrustedPool::scope);
    pool = all("group").fold(pool, TrustedPool::group);
    pool = all("audience").fold(pool, TrustedPool::audience);
    pool = all("issuer").fold(pool, TrustedPool::issuer);
    if let Some(url) = context::named_endpoint(matches) {
        pool = pool.endpoint(Endpoint::custom(&url)?);
    }
    if let Some(path) = matches.get_one::<String>("jwks") {
        let keys = fs::read(path).map_err(|error| Failure::Io(format!("--jwks: {path}"), error))?;
        pool = pool.keys(Jwks::parse(&keys)?);
    }
    let leeway = matches.get_one("leeway").copied().unwrap_or_default();
    let builder = TokenVerifier::builder(pool).leeway(Duration::from_secs(leeway));
    Ok(builder.build()?)
}

fn clients(matches: &ArgMatches) -> Vec<String> {
    let named: Vec<_> = matches
        .get_many("client")
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    if !named.is_empty() {
        return named;
    }
    let variable = std::env::var("COGNITO_CLIENT_ID").ok();
    variable.into_iter().filter(|id| !id.is_empty()).collect()
}

fn token(matches: &ArgMatches) -> Result<Sensitive<String>, Failure> {
    let source = matches.get_one::<String>("token").map(String::as_str);
    let source = source.unwrap_or_default();
    let is_elsewhere = source == "-" || source.starts_with("env:") || source.starts_with("file:");
    if !is_elsewhere {
        return Ok(source.trim().into());
    }
    Ok(secret::read("TOKEN", source)?.trim().into())
}

/// The user pool that the token says it is of.
fn own_user_pool_id(token: &Sensitive<String>) -> Option<String> {
    let payload = URL_SAFE_NO_PAD
        .decode(token.expose().split('.').nth(1)?)
        .ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    let issuer = claims.get("iss")?.as_str()?;
    issuer.rsplit('/').next().map(str::to_owned)
}
