//! `call`: any operation, as its members say.

use std::fs;

use clap::ArgMatches;
use cognito_idp::{
    Client,
    operation::{AnyOperation, AuthScheme, RetrySafety},
};
use serde_json::{Map, Value, json};

use crate::{
    arguments,
    command::Named,
    context,
    exit::Failure,
    output, secret,
    table::{Operation, table},
    validate,
};

pub(crate) fn run(named: &Named, matches: &ArgMatches) -> Result<(), Failure> {
    let Named { name, operation } = named;
    let mut request = match matches.get_one::<String>("json") {
        Some(path) => from_file(path)?,
        None => Map::new(),
    };
    // What is given as an argument counts.
    request.extend(arguments::request(table(), &operation.input, matches)?);
    let request = Value::Object(request);
    let problems = validate::problems(table(), &operation.input, &request);
    if !problems.is_empty() {
        return Err(Failure::usage(format!("{name}: {}", problems.join("; "))));
    }
    if matches.get_flag("dry-run") {
        return output::value(&json!({
            "operation": name,
            "signed": operation.auth,
            "request": validate::redacted(table(), &operation.input, &request),
        }));
    }
    let user_pool_id = request.get("UserPoolId").and_then(Value::as_str);
    let client = context::client(matches, user_pool_id)?;
    let all_pages = matches!(matches.try_get_one::<bool>("all-pages"), Ok(Some(true)));
    crate::block_on(send(&client, name, operation, request, all_pages))
}

async fn send(
    client: &Client,
    name: &'static str,
    operation: &Operation,
    mut request: Value,
    all_pages: bool,
) -> Result<(), Failure> {
    let page_token = table().page_token(operation).filter(|_| all_pages);
    let mut whole = Value::Null;
    loop {
        let call = AnyOperation::new(name, request.clone())
            .auth(auth(operation))
            .retry(retry(operation));
        let answer = client.send_any(call).await?;
        let Some(member) = page_token else {
            return output::value(&answer);
        };
        let next = answer.get(member).filter(|next| next.as_str() != Some(""));
        // The same token again would never end.
        let next = next.filter(|next| request.get(member) != Some(next) && !next.is_null());
        let next = next.cloned();
        if output::is_table() {
            append(&mut whole, answer, member);
        } else {
            output::one_line(&answer)?;
        }
        match next {
            Some(next) => request[member] = next,
            // The columns are as wide as the pages together need it.
            None if output::is_table() => return output::value(&whole),
            None => return Ok(()),
        }
    }
}

/// Adds the lists of a page to those of the pages before it.
fn append(whole: &mut Value, page: Value, page_token: &str) {
    let Value::Object(members) = page else {
        return;
    };
    for (name, value) in members.into_iter().filter(|(name, _)| name != page_token) {
        match (whole[&name].as_array_mut(), value) {
            (Some(items), Value::Array(more)) => items.extend(more),
            (_, value) => whole[&name] = value,
        }
    }
}

fn auth(operation: &Operation) -> AuthScheme {
    match operation.auth.as_str() {
        "NoAuth" => AuthScheme::NoAuth,
        "Optional" => AuthScheme::Optional,
        _ => AuthScheme::SigV4,
    }
}

fn retry(operation: &Operation) -> RetrySafety {
    match operation.retry.as_str() {
        "Repeatable" => RetrySafety::Repeatable,
        _ => RetrySafety::Once,
    }
}

fn from_file(path: &str) -> Result<Map<String, Value>, Failure> {
    let text = match path {
        "-" => secret::standard_input("json")?,
        path => fs::read_to_string(path)
            .map_err(|error| Failure::Io(format!("--json: {path}"), error))?,
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(request)) => Ok(request),
        Ok(_) => Err(Failure::usage(format!(
            "--json: {path} must hold an object"
        ))),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(Failure::usage(format!(
                "--json: {path} must be JSON (line {line}, column {column})"
            )))
        }
    }
}
